#!/usr/bin/env python3
"""A server that goes wrong on command, a process of its own so that it can be killed and stopped.

    server.py NAME HOST PORT JOURNAL

Answers GET /...?size=N with N bytes made of the request's x-id, and others with their own body. Each POST's x-id is
appended to JOURNAL before it is answered. Commands come on stdin, one a line, and are acknowledged on stdout:

    ok                well
    hang              accepts, reads, never answers (no probe either)
    reset accept|head|body    RST after accepting, after the request's head, in the middle of the answer
    half N            the next N answers end after their half
    slow SECONDS      the body comes in twenty pieces over so long
    delay SECONDS     the answer begins so late
    status CODE       answers with that status (not probes)
    garbage           answers with what is no HTTP
    refuse            no socket listens
    blackhole         SYNs are not answered: the accept queue is full"""
import asyncio
import os
import socket
import struct
import sys

CHUNK = 16384


def filled(ident, size):
    line = ident + b"\n"
    return (line * (size // len(line) + 1))[:size]


class Server:
    def __init__(self, name, host, port, journal):
        self.name, self.host, self.port = name.encode(), host, port
        self.journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.mode, self.argument = "ok", ""
        self.halves = 0
        self.connections = set()
        self.server = None
        self.plug = []  # of the black hole

    async def listen(self):
        for each in self.plug:
            each.close()
        self.plug = []
        listener = self.bound()
        listener.listen(4096)
        self.server = await asyncio.get_running_loop().create_server(lambda: Connection(self), sock=listener, backlog=4096)

    def bound(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        return listener

    def deaf(self):
        if self.server:
            self.server.close()
            self.server = None
        for each in list(self.connections):
            each.reset()

    async def set(self, line):
        self.mode, _, self.argument = line.partition(" ")
        if self.mode == "half":
            self.halves = int(self.argument)
        if self.mode in ("refuse", "blackhole"):
            self.deaf()
        elif self.server is None:
            await self.listen()
        if self.mode == "blackhole":
            hole = self.bound()
            hole.listen(0)
            self.plug = [hole]
            for _ in range(4):
                stopper = socket.socket()
                stopper.setblocking(False)
                stopper.connect_ex((self.host, self.port))
                self.plug.append(stopper)


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.buffer = bytearray()
        self.rest = memoryview(b"")
        self.paused = False

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(0)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.connections.add(self)
        if (self.server.mode, self.server.argument) == ("reset", "accept"):
            self.reset()

    def connection_lost(self, error):
        self.server.connections.discard(self)

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = bytes(self.buffer[:end]).split(b"\r\n")
            fields = {}
            for line in lines[1:]:
                name, _, value = line.partition(b":")
                fields[name.lower()] = value.strip()
            length = int(fields.get(b"content-length", 0))
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4:end + 4 + length])
            del self.buffer[:end + 4 + length]
            self.answer(lines[0], fields, body)

    def answer(self, line, fields, body):
        mode, argument = self.server.mode, self.server.argument
        method, target, _ = line.split(b" ")
        probe = target == b"/health"
        ident = fields.get(b"x-id", b"")
        if method == b"POST" and not (mode == "reset" and argument == "head"):
            os.write(self.server.journal, ident + b" " + self.server.name + b"\n")
        if mode == "hang":
            return
        if mode == "reset" and argument in ("accept", "head"):
            self.reset()
            return
        if mode == "garbage":
            self.transport.write(b"\x00\x01 no HTTP at all\r\n\r\n")
            self.transport.close()
            return
        if b"?size=" in target:
            body = filled(ident, int(target.split(b"?size=")[1]))
        status = int(argument) if mode == "status" and not probe else 200
        head = (b"HTTP/1.1 %d Said\r\nx-server: %s\r\nx-id: %s\r\nContent-Length: %d\r\n\r\n"
                % (status, self.server.name, ident, len(body)))
        whole = head + body
        half = whole[:len(head) + len(body) // 2]
        loop = asyncio.get_running_loop()
        if mode == "reset" and not probe:
            self.transport.write(half)
            loop.call_soon(self.reset)
        elif mode == "half" and not probe and self.server.halves > 0:
            self.server.halves -= 1
            self.transport.write(half)
            self.transport.close()
        elif mode == "slow" and not probe:
            pieces = [body[at * len(body) // 20:(at + 1) * len(body) // 20] for at in range(20)]
            self.transport.write(head)
            for number, piece in enumerate(pieces):
                loop.call_later(float(argument) * (number + 1) / 20, self.transport.write, piece)
        elif mode == "delay" and not probe:
            loop.call_later(float(argument), self.send, whole)
        else:
            self.send(whole)

    def send(self, whole):
        if len(whole) <= CHUNK:
            self.transport.write(whole)
            return
        self.rest = memoryview(whole)
        self.resume_writing()

    def pause_writing(self):
        self.paused = True

    def resume_writing(self):
        """Never more than a piece in the transport's buffer, however many clients read slowly."""
        self.paused = False
        while self.rest and not self.paused:
            self.transport.write(self.rest[:CHUNK])
            self.rest = self.rest[CHUNK:]


async def main(name, host, port, journal):
    server = Server(name, host, int(port), journal)
    await server.listen()
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while line := (await commands.readline()).decode().strip():
        await server.set(line)
        print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
