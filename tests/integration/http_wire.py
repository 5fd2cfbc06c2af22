"""HTTP/1 by hand on a blocking socket, for both sides of a test: nothing is added, mended or hidden on the way."""
import socket

from waiting import scaled

TIMEOUT = 15


class Broken(Exception):
    """The peer closed or reset in the middle of a message."""


class Head:
    """A start line and its fields, in order."""

    def __init__(self, text):
        lines = text.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields.append((name, value.strip()))
        self.body = b""
        self.trailers = []

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        found = self.all(name)
        return ", ".join(found) if found else default

    @property
    def status(self):
        return int(self.line.split(" ")[1])

    @property
    def method(self):
        return self.line.split(" ")[0]

    @property
    def target(self):
        return self.line.split(" ")[1]

    def __repr__(self):
        return f"{self.line} {self.fields} {self.body[:80]!r}"


class Wire:
    """A socket with what was read ahead. Every wait has a deadline (socket timeout)."""

    def __init__(self, connection):
        self.socket = connection
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        """Reads once; false at the peer's end."""
        try:
            piece = self.socket.recv(262144)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise Broken(f"reset: {error}") from None
        self.buffer += piece
        return bool(piece)

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise Broken(f"the peer ended after {self.buffer[:200]!r}")
        taken = self.take(self.buffer.index(mark))
        self.take(len(mark))
        return taken

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise Broken(f"the peer ended {count - len(self.buffer)} bytes early")
        return self.take(count)

    def read_head(self):
        """-> Head, or None where the peer ended between messages."""
        while not self.buffer:
            if not self.more():
                return None
        return Head(self.until(b"\r\n\r\n"))

    def pieces(self, head):
        """The body's bytes as they come; head.trailers afterwards. Requests without framing have none."""
        if "chunked" in (head.get("transfer-encoding") or "").lower():
            while True:
                size = int(self.until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    break
                while size:
                    if not self.buffer and not self.more():
                        raise Broken("the peer ended inside a chunk")
                    piece = self.take(size)
                    size -= len(piece)
                    yield piece
                self.exactly(2)
            line = self.until(b"\r\n")
            while line:
                name, _, value = line.decode("latin-1").partition(":")
                head.trailers.append((name, value.strip()))
                line = self.until(b"\r\n")
        elif head.get("content-length") is not None:
            left = int(head.get("content-length"))
            while left:
                if not self.buffer and not self.more():
                    raise Broken(f"the peer ended {left} bytes early")
                piece = self.take(left)
                left -= len(piece)
                yield piece
        elif head.line.startswith("HTTP/"):
            while self.buffer or self.more():
                yield self.take(len(self.buffer))

    def read_body(self, head):
        head.body = b"".join(self.pieces(head))
        return head.body

    def read_response(self, method="GET", informational=None):
        """-> Head with its body. 1xx responses are appended to `informational`."""
        while True:
            head = self.read_head()
            if head is None:
                raise Broken("the peer ended before a response")
            if head.status >= 200 or head.status == 101:
                break
            if informational is not None:
                informational.append(head)
        if method != "HEAD" and head.status not in (101, 204, 304):
            self.read_body(head)
        return head

    def ended(self):
        """Waits for the peer's end; false when bytes come instead."""
        try:
            return not self.buffer and not self.more()
        except Broken:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Client(Wire):
    """One connection to 127.0.0.1:PORT, from 127.0.0.1 or `source`: any address of 127.0.0.0/8."""

    def __init__(self, port, timeout=TIMEOUT, source=None):
        super().__init__(socket.create_connection(("127.0.0.1", port), scaled(timeout), source and (source, 0)))
        if self.socket.getsockname() == self.socket.getpeername():
            # Nobody listens, and the system gave us that very port: TCP's simultaneous open with oneself.
            self.close()
            raise ConnectionRefusedError(f"connected to itself on port {port}")
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self, method="GET", target="/", fields=(), body=None, host="test.lab", version="1.1"):
        """Sends a request; a body gets its Content-Length."""
        lines = [f"{method} {target} HTTP/{version}"]
        if host is not None:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def request(self, method="GET", target="/", fields=(), body=None, **how):
        self.start(method, target, fields, body, **how)
        return self.read_response(method)


def request(port, method="GET", target="/", fields=(), body=None, **how):
    """One request on a connection of its own."""
    with Client(port) as client:
        return client.request(method, target, fields, body, **how)
