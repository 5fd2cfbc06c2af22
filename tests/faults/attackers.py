#!/usr/bin/env python3
"""Clients that mean no good, thousands of them, in a process of their own: for its descriptors, and so that the honest
ones are not slowed by it.

    attackers.py KIND PORT COUNT

KIND: slow-head (a byte of an endless header now and then), slow-body (of an upload), slow-read (asks for 60 KB and reads
a byte now and then; more, times 8,000, would exceed the system's tcp_mem), idle (says nothing), storm (COUNT clients at a
time that ask and reset, again and again until the end). Prints "ready OPEN" when COUNT are there or were
refused, then once a second "open OPEN made MADE"; ends with its standard input."""
import errno
import resource
import selectors
import socket
import struct
import sys
import time

REQUEST = {
    "slow-head": b"GET / HTTP/1.1\r\nHost: test.lab\r\nx-drip: ",
    "slow-body": b"POST /echo HTTP/1.1\r\nHost: test.lab\r\nx-id: slow\r\nContent-Length: 100000\r\n\r\n",
    "slow-read": b"GET /echo?size=60000 HTTP/1.1\r\nHost: test.lab\r\nx-id: slow-reader-of-a-large-answer\r\n\r\n",
    "idle": b"",
    "storm": b"GET /files/storm?size=20000 HTTP/1.1\r\nHost: test.lab\r\nx-id: storm\r\n\r\n",
}
RESET = struct.pack("ii", 1, 0)
PERIOD = 4.0  # of the drops, for each client


class Crowd:
    def __init__(self, kind, port, count):
        self.kind, self.port, self.count = kind, port, count
        self.open = {}
        self.made = 0
        self.ends = selectors.DefaultSelector()
        self.ends.register(sys.stdin, selectors.EVENT_READ)

    def connect(self):
        client = socket.socket()
        if self.kind == "slow-read":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        try:
            client.connect(("127.0.0.1", self.port))
            if REQUEST[self.kind]:
                client.sendall(REQUEST[self.kind])
        except OSError:
            client.close()
            return
        client.setblocking(False)
        self.open[client.fileno()] = client
        self.made += 1

    def drop(self, client):
        self.open.pop(client.fileno(), None)
        client.close()

    def drip(self, client):
        try:
            if self.kind == "slow-read":
                if not client.recv(1):
                    self.drop(client)
            elif self.kind in ("slow-head", "slow-body"):
                client.send(b"x")
            elif not client.recv(1):
                self.drop(client)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                self.drop(client)

    def told_to_end(self, seconds):
        return bool(self.ends.select(seconds))

    def hold(self):
        for number in range(self.count):
            self.connect()
            # Those that reach a server come at a pace that our small servers keep up with.
            if number % 50 == 49 and self.told_to_end(0.08 if self.kind in ("slow-read", "slow-body") else 0.01):
                return
        print(f"ready {len(self.open)}", flush=True)
        told = time.monotonic()
        while True:
            clients = list(self.open.values())
            step = max(1, len(clients) // 80)
            for at in range(0, max(1, len(clients)), step):
                for client in clients[at:at + step]:
                    self.drip(client)
                if self.told_to_end(PERIOD * step / max(1, len(clients))):
                    return
            # Who was cut off comes back.
            for _ in range(min(200, self.count - len(self.open))):
                self.connect()
            if time.monotonic() - told > 1:
                told = time.monotonic()
                print(f"open {len(self.open)} made {self.made}", flush=True)

    def storm(self):
        print("ready 0", flush=True)
        while not self.told_to_end(0.02):
            for _ in range(self.count):
                self.connect()
            for client in list(self.open.values()):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.drop(client)
        print(f"open 0 made {self.made}", flush=True)


def main(kind, port, count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(kind, int(port), int(count))
    crowd.storm() if kind == "storm" else crowd.hold()


if __name__ == "__main__":
    main(*sys.argv[1:])
