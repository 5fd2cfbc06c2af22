"""Every timeout of the contract fires within 100 ms of its time, with its status and its reason word."""
import socket
import time

from harness import Late
from waiting import equal, scaled, wait_until

SECONDS = 0.5
SET = "500ms"
LATE = 0.1


def timed(what, began):
    took = time.monotonic() - began
    assert took >= SECONDS - 0.02, f"{what}: {SET} became {took:.3f} s"
    if took > SECONDS + scaled(LATE):
        raise Late(f"{what}: {SET} became {took:.3f} s")


def reason(engine, status):
    return engine.await_log(1, lambda record: record["status"] == status)[0]["reason"]


def deaf_port(lab):
    """A port whose connections never come about: its accept queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    lab.at_end(lambda: [each.close() for each in (listener, *fillers)])
    return listener.getsockname()[1]


def test_connect(lab):
    engine = lab.engine({"name": "deaf", "address": f"127.0.0.1:{deaf_port(lab)}"}, pool={"timeouts": {"connect": SET}})
    began = time.monotonic()
    equal(engine.request("POST", body=b"x").status, 504)
    timed("connect", began)
    equal(reason(engine, 504), "connect_timeout")


def test_a_connect_timeout_goes_elsewhere(lab):
    engine = lab.engine({"name": "deaf", "address": f"127.0.0.1:{deaf_port(lab)}"}, lab.backend("b"),
                        pool={"timeouts": {"connect": SET}})
    began = time.monotonic()
    equal(engine.request("POST", body=b"x").body, b"b")
    timed("connect", began)


def test_response_header(lab):
    engine = lab.engine(lab.backend("a"), pool={"timeouts": {"response_header": SET}})
    for method, body in (("GET", None), ("POST", b"x")):
        began = time.monotonic()
        equal(engine.request(method, "/gated", body=body).status, 504, method)
        timed(f"response_header of {method}", began)
    equal(reason(engine, 504), "response_timeout")
    equal(engine.request().status, 200)


def test_idle_in_a_response(lab):
    def stall(wire, head):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.")
        wire.more()
        return False

    engine = lab.engine(lab.backend("a", stall), pool={"timeouts": {"idle": SET}})
    with engine.client() as client:
        client.start()
        client.until(b"half.")
        began = time.monotonic()
        assert client.ended(), "more came"
        timed("idle", began)
    equal(reason(engine, 200), "idle_timeout")


def test_idle_in_a_tunnel(lab):
    def tunnel(wire, head):
        wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        while wire.buffer or wire.more():
            wire.send(wire.take(len(wire.buffer)))
        return False

    engine = lab.engine(lab.backend("a", tunnel), pool={"timeouts": {"idle": SET}})
    with engine.client() as client:
        client.start(fields=[("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])
        equal(client.read_response().status, 101)
        client.send(b"ping")
        equal(client.exactly(4), b"ping")
        began = time.monotonic()
        assert client.ended()
        timed("idle", began)


def test_a_response_that_goes_on_slowly_is_not_idle(lab):
    def drip(wire, head):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            pacing.gate.wait(SECONDS / 3)
            wire.send(b".")

    pacing = lab.backend("pacing")  # its gate is never set
    engine = lab.engine(lab.backend("a", drip), pool={"timeouts": {"idle": SET, "response_header": SET}})
    equal(engine.request().body, b"." * 8)


def test_client_header(lab):
    engine = lab.engine(lab.backend("a"), listener={"timeouts": {"client_header": SET}})
    with engine.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: te")
        began = time.monotonic()
        answer = client.read_head()
        timed("client_header", began)
        assert answer is None or answer.status == 408, answer
    # It is for the whole block: progress does not extend it.
    with engine.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: test.lab\r\n")
        began = time.monotonic()
        client.socket.settimeout(SECONDS / 4)
        for number in range(12):
            try:
                if client.more() or not client.buffer:
                    break
            except TimeoutError:
                client.send(f"x-{number}: 1\r\n".encode())
        timed("client_header with progress", began)


def test_client_body(lab):
    backend = lab.backend("a")
    engine = lab.engine(backend, listener={"timeouts": {"client_body": SET}})
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: test.lab\r\nContent-Length: 10\r\n\r\nhalf.")
        began = time.monotonic()
        answer = client.read_head()
        timed("client_body", began)
        assert answer is None or answer.status == 408, answer
    equal(reason(engine, 408), "request_timeout")
    # Progress extends it.
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: test.lab\r\nContent-Length: 6\r\n\r\n")
        for _ in range(6):
            backend.gate.wait(SECONDS / 3)
            client.send(b".")
        equal(client.read_response().status, 200)


def test_keep_alive(lab):
    engine = lab.engine(lab.backend("a"), listener={"timeouts": {"keep_alive": SET}})
    with engine.client() as client:
        equal(client.request().status, 200)
        began = time.monotonic()
        assert client.ended()
        timed("keep_alive", began)


def test_idle_backend_connections_are_closed_in_time(lab):
    backend = lab.backend("a")
    engine = lab.engine(backend, pool={"keep_alive": {"idle": SET}})
    equal(engine.request().status, 200)
    began = time.monotonic()
    equal(len(backend.open_wires), 1)
    wait_until(lambda: not backend.open_wires, "the cached connection is closed", 3, 0.005)
    timed("keep_alive.idle", began)


def test_timers_hold_while_many_are_armed(lab):
    """50 at once: none is late because of the others."""
    engine = lab.engine(lab.backend("a"), pool={"timeouts": {"response_header": SET}})
    clients = [engine.client() for _ in range(50)]
    began = []
    for client in clients:
        client.start(target="/gated")
        began.append(time.monotonic())
    for client, start in zip(clients, began):
        equal(client.read_response().status, 504)
    took = time.monotonic() - began[0]
    assert SECONDS - 0.02 <= took <= SECONDS + scaled(0.3), f"50 timeouts of {SET} took {took:.3f} s in all"
    phases = [record["phases_us"]["total"] for record in engine.await_log(50)]
    assert all(SECONDS - 0.02 <= each / 1e6 <= SECONDS + scaled(LATE) for each in phases), max(phases)
    equal(engine.request().status, 200)
