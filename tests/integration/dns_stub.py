"""A name server on UDP that answers as a test tells it: addresses with a TTL, or one of its ways to fail."""
import socket
import struct
import threading

A, AAAA = 1, 28
NXDOMAIN, SERVFAIL = 3, 2


class NameServer:
    """names: by lower-case name a list of IPv4 and IPv6 addresses; others do not exist.

    failing: None, or "servfail", "nxdomain", "silence", "garbage", for every question."""

    def __init__(self, lab, ttl=1, **names):
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.ttl = ttl
        self.failing = None
        self.questions = []  # (name, type)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        lab.at_end(self.stop)
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        except OSError:
            pass
        self.socket.close()

    def serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            if not peer or len(question) < 17:
                return
            answer = self.answer(question)
            if answer:
                try:
                    self.socket.sendto(answer, peer)
                except OSError:
                    return

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1"))
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.questions.append((name, kind))
        asked = question[12:at + 5]
        if self.failing == "silence":
            return None
        if self.failing == "garbage":
            return question[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 7, 0, 0) + asked + b"\xc0\x0c\x00\x01\xff"
        code = {"servfail": SERVFAIL, "nxdomain": NXDOMAIN}.get(self.failing, 0 if name in self.names else NXDOMAIN)
        records = b""
        count = 0
        for address in self.names.get(name, []) if code == 0 else []:
            family, number = (socket.AF_INET6, AAAA) if ":" in address else (socket.AF_INET, A)
            if number != kind:
                continue
            data = socket.inet_pton(family, address)
            records += b"\xc0\x0c" + struct.pack(">HHIH", number, 1, self.ttl, len(data)) + data
            count += 1
        return question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0) + asked + records
