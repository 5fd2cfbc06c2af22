"""Backends. HttpBackend and RawBackend live in the test's own process, where a test sees and steers every request;
nginx, node and python are processes of their own, to be loaded and killed."""
import pathlib
import shutil
import socket
import struct
import threading

from http_wire import Broken, Wire, request
from waiting import SLOWDOWN, scaled, wait_until

PEERS = pathlib.Path(__file__).resolve().parent / "peers"


class RawBackend:
    """Hands every connection to talk(wire) on a thread of its own; the connection is closed when it returns."""

    def __init__(self, talk=None, port=0, host="127.0.0.1"):
        self.talk = talk or self.talk
        self.host = host
        self.connections = 0
        self.open_wires = set()
        self.lock = threading.Lock()
        self.stopped = False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.stopped:
                    connection.close()
                    return
                self.connections += 1
                connection.settimeout(scaled(60))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wire = Wire(connection)
                self.open_wires.add(wire)
            threading.Thread(target=self.serve, args=(wire,), daemon=True).start()

    def serve(self, wire):
        try:
            self.talk(wire)
        except (OSError, Broken, ValueError):
            pass
        finally:
            with self.lock:
                self.open_wires.discard(wire)
            wire.close()

    def stop(self, reset=False):
        """Refuses from now on and closes every connection; `reset`: with RST."""
        with self.lock:
            self.stopped = True
            wires = list(self.open_wires)
        # shutdown() wakes the accepting thread, close() alone would leave the port open until its call returns.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for wire in wires:
            reset_on_close(wire) if reset else None
            try:
                wire.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def address(self):
        return f"{self.host}:{self.port}"


def reset_on_close(wire):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reply(wire, status=200, body=b"", fields=(), reason="Said"):
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in fields]
    wire.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


class HttpBackend(RawBackend):
    """Answers 200 with its name, or what handler(wire, head) writes (it returns False to close the connection).

    requests: every request head with its body, in order of arrival, but for those to /health, which `health` answers:
    a status, or None for no answer at all until the backend stops."""

    def __init__(self, name="a", handler=None, port=0, read_body=True, host="127.0.0.1"):
        self.name = name
        self.handler = handler
        self.requests = []
        self.health = 200
        self.probes = 0
        self.body_is_read = read_body
        self.gate = threading.Event()
        super().__init__(port=port, host=host)

    def talk(self, wire):
        while True:
            head = wire.read_head()
            if head is None:
                return
            if head.target == "/health":
                self.probes += 1
                if self.health is None:
                    wire.more()
                    return
                reply(wire, self.health, b"ok")
                continue
            if self.body_is_read:
                wire.read_body(head)
            self.requests.append(head)
            if head.target.startswith("/gated"):
                self.gate.wait(scaled(60))
            if self.handler is None:
                reply(wire, 200, self.name.encode(), [("x-server", self.name)])
            elif self.handler(wire, head) is False:
                return

    def stop(self, reset=False):
        self.gate.set()
        super().stop(reset)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


NGINX = """\
daemon off;
master_process off;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error warn;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/{name}.access;
    client_body_temp_path {folder}/{name}-body;
    proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi;
    uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
    client_max_body_size 64k;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port};
        add_header x-server {name};
        default_type text/plain;
        root {folder};
        location = /health {{ return 200 "ok"; }}
        location /files/ {{ }}
        location = /small-bodies {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{port}/; }}
        location / {{ return 200 "{name}"; }}
    }}
}}
"""


class ProcessBackend:
    """A server of its own process on a port that survives its death."""

    def __init__(self, lab, name, command, port):
        self.lab = lab
        self.name = name
        self.command = command
        self.port = port
        self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = self.lab.spawn(self.command, self.name)
        wait_until(self.answers, f"{self.name} serves", 15)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}: {self.lab.words(self.name)}")
        try:
            return request(self.port, target="/health").status == 200
        except (OSError, Broken):
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()


def nginx(lab, name):
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        lab.skip("nginx is not installed")
    port = free_port()
    file = lab.folder / f"{name}.conf"
    file.write_text(NGINX.format(folder=lab.folder, name=name, port=port))
    return ProcessBackend(lab, name, [program, "-c", str(file), "-p", str(lab.folder), "-e", f"{lab.folder}/{name}.error"],
                          port)


def node(lab, name):
    port = free_port()
    return ProcessBackend(lab, name, [lab.program("node"), str(PEERS / "http_server.js"), name, str(port)], port)


def python(lab, name):
    port = free_port()
    return ProcessBackend(lab, name, [lab.python, str(PEERS / "http_server.py"), name, str(port)], port)


KINDS = {"nginx": nginx, "node": node, "python": python}
SLOW = SLOWDOWN > 1
