"""Two machines and one address that moves: the exported configuration in a real keepalived, two network namespaces."""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness import once
from waiting import scaled, wait_until

ADDRESS = "10.77.31.100"
NODES = {"a": "10.77.31.2", "b": "10.77.31.3"}


def ip(*words, check=True):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=check)


class Network:
    """A bridge in a namespace of the clients', and one namespace for each machine."""

    def __init__(self, lab):
        self.prefix = f"sy{os.getpid()}"
        self.clients = f"{self.prefix}-clients"
        lab.at_end(self.remove)
        if ip("netns", "add", self.clients, check=False).returncode:
            lab.skip("this machine gives no network namespaces")
        self.run(self.clients, "ip", "link", "add", "bridge", "type", "bridge")
        self.run(self.clients, "ip", "link", "set", "bridge", "up")
        self.run(self.clients, "ip", "addr", "add", "10.77.31.1/24", "dev", "bridge")
        for name, address in NODES.items():
            space = self.space(name)
            ip("netns", "add", space)
            ip("-n", self.clients, "link", "add", f"port-{name}", "type", "veth", "peer", "name", "lan", "netns", space)
            self.run(self.clients, "ip", "link", "set", f"port-{name}", "master", "bridge", "up")
            self.run(space, "ip", "link", "set", "lo", "up")
            self.run(space, "ip", "link", "set", "lan", "up")
            self.run(space, "ip", "addr", "add", f"{address}/24", "dev", "lan")

    def space(self, name):
        return f"{self.prefix}-{name}"

    def inside(self, space):
        return ["ip", "netns", "exec", space]

    def run(self, space, *words):
        subprocess.run([*self.inside(space), *words], check=True, capture_output=True)

    def remove(self):
        for name in (*map(self.space, NODES), self.clients):
            ip("netns", "del", name, check=False)

    def holders(self):
        """Which machines have the address."""
        return [name for name in NODES if f"inet {ADDRESS}/" in ip("-n", self.space(name), "addr").stdout]


def enter(space):
    """This thread's network is that namespace's from now on."""
    import ctypes
    with open(f"/var/run/netns/{space}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Asking:
    """One request after the other to the address that moves: when, and who answered."""

    def __init__(self, space, port):
        self.answers = []
        self.going = True
        self.thread = threading.Thread(target=self.run, args=(space, port), daemon=True)
        self.thread.start()

    def run(self, space, port):
        enter(space)
        while self.going:
            who = None
            try:
                with socket.create_connection((ADDRESS, port), 0.2) as wire:
                    wire.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
                    text = b""
                    while piece := wire.recv(4096):
                        text += piece
                    if text.startswith(b"HTTP/1.1 200"):
                        who = text[-1:].decode()
            except OSError:
                time.sleep(0.01)  # lint: refused at once, it would spin
            self.answers.append((time.monotonic(), who))

    def heard(self, who, after):
        return any(at > after and each == who for at, each in list(self.answers))

    def gap(self, after):
        """The longest time without an answer from `after` on."""
        times = [after] + [at for at, who in self.answers if who and at > after]
        return max(later - earlier for earlier, later in zip(times, times[1:]))


@once
def test_the_address_moves_to_the_machine_that_serves(lab):
    keepalived = shutil.which("keepalived", path=os.environ["PATH"] + ":/usr/sbin")
    if os.geteuid() != 0 or keepalived is None or shutil.which("ip") is None or shutil.which("curl") is None:
        lab.skip("needs root, ip, curl and keepalived (packaging/setup.sh test)")
    network = Network(lab)
    engines = {}
    for name in NODES:
        configuration = {"version": 1, "workers": 1, "state_dir": "state", "admin": {"http": "127.0.0.1:9900"},
                         "listeners": [{"name": "web", "bind": "0.0.0.0:8080", "routes": [
                             {"name": "me", "reply": {"status": 200, "body": name}}]}], "pools": []}
        engines[name] = lab.start(configuration, name=f"machine-{name}", arguments=["--supervise"],
                                  wrapper=network.inside(network.space(name)))
        exported = lab.run(lab.binary("steelyardd"), "export", "--to", "keepalived", engines[name].file).out
        text = exported.replace("$INTERFACE=eth0", "$INTERFACE=lan")
        text = re.sub(r"(?m)^\$ADDRESS=\S+", f"$ADDRESS={ADDRESS}/24", text)
        if name == "b":
            text = text.replace("$PRIORITY=100", "$PRIORITY=90")
        file = lab.folder / f"keepalived-{name}.conf"
        file.write_text(text)
        file.chmod(0o644)
        pids = [f"--{kind}={lab.folder}/{name}-{kind}" for kind in ("pid", "vrrp_pid", "checkers_pid")]
        lab.spawn([*network.inside(network.space(name)), keepalived, "--dont-fork", "--log-console", "--vrrp",
                   f"--use-file={file}", *pids], f"keepalived-{name}")
    wait_until(lambda: len(network.holders()) == 1, "one machine has the address; " + lab.words("keepalived-a"), 20)
    first = network.holders()[0]
    second = "b" if first == "a" else "a"
    asking = Asking(network.clients, 8080)
    wait_until(lambda: asking.heard(first, 0), "it answers")

    # The engine is killed under its supervisor: back before keepalived would move anything.
    pid = int(open(f"/proc/{engines[first].pid}/task/{engines[first].pid}/children").read().split()[0])
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: asking.heard(first, began), "the same machine goes on")
    crash = asking.gap(began)

    # It drains: /readyz says so, and the other one takes over.
    began = time.monotonic()
    engines[first].terminate()
    wait_until(lambda: asking.heard(second, began), "the other machine serves", 20)
    gap = asking.gap(began)
    wait_until(lambda: network.holders() == [second], "the address has moved", 10)
    asking.going = False
    asking.thread.join(scaled(5))
    print(f"        without service: {crash * 1000:.0f} ms when the engine was killed, {gap:.2f} s when it was stopped "
          f"and the address moved (bound: 2 checks of 1 s, and a try of 0.2 s)")
    assert gap < scaled(4), gap
