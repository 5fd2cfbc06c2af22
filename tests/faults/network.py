"""A network of the fault's own, in which a host can vanish: nothing answers any more, neither a SYN nor on a connection
that is open. No reset, no ICMP: packets to it leave by a cable at whose end is nobody."""
import contextlib
import ctypes
import os
import subprocess

from scene import Server

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
HOST = "10.77.0.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def own_network(lab):
    """For this thread and for all threads and processes that it starts in here; the machine's own is not touched."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(NEW_NETWORK) != 0:
            lab.skip(f"a network of its own needs root: {os.strerror(ctypes.get_errno())}")
        try:
            ip("link", "set", "lo", "up")
            ip("link", "add", "cable", "type", "veth", "peer", "name", "end")
            for each in ("cable", "end"):
                ip("link", "set", each, "up")
            ip("addr", "add", "10.77.0.1/24", "dev", "cable")
            ip("neigh", "add", HOST, "lladdr", "02:00:00:00:00:02", "dev", "cable", "nud", "permanent")
            yield
        finally:
            libc.setns(before, NEW_NETWORK)
    finally:
        os.close(before)


class HostOfItsOwn(Server):
    """server.py at HOST. While it is there, its address is one of ours; vanished, the way to it is the cable."""

    host = HOST

    def start(self):
        ip("addr", "add", f"{HOST}/32", "dev", "lo")
        super().start()

    def be(self, mode):
        if mode == "vanished":
            ip("addr", "del", f"{HOST}/32", "dev", "lo")
        elif mode == "ok":
            ip("addr", "add", f"{HOST}/32", "dev", "lo")
        else:
            super().be(mode)
