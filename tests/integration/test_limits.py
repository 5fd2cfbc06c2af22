"""Limits: max_requests of a server with its queue, request rate and connections of a client."""
import resource
import selectors
import threading
import time

from backends import reset_on_close
from crowd import pinned_browser, pipelined
from harness import Background, server
from http_wire import Broken
from waiting import SLOWDOWN, contains, equal, scaled, wait_until


class Counting:
    """A handler that knows how many requests it has at once; each takes `seconds`."""

    def __init__(self, seconds=0.004):
        self.seconds = seconds
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.never_set = threading.Event()

    def __call__(self, wire, head):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.never_set.wait(self.seconds)
        with self.lock:
            self.now -= 1  # before the answer: the next one may come the moment this one is complete
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def queued(engine):
    return next(row for row in engine.status()["pools"] if row["name"] == "shop")["queued"]


def wait_for_queue(engine, count):
    wait_until(lambda: queued(engine) == count, f"{count} wait, {queued(engine)} do")


def test_max_requests_is_never_exceeded(lab):
    """Over all workers and algorithms: at the server itself, not by our own count."""
    for algorithm in ("round-robin", "least-connections", "power-of-two", "random", "maglev"):
        small, large = Counting(), Counting()
        servers = [server(lab.backend("a", small), max_requests=2), server(lab.backend("b", large), max_requests=5)]
        engine = lab.start(lab.config(servers, pool={"algorithm": algorithm, "timeouts": {"queue": "20s"}}),
                           name=algorithm)

        def ask():
            with engine.client(timeout=30) as client:
                return [client.request(target=f"/{number}").status for number in range(15)]

        for work in [Background(ask) for _ in range(24)]:
            equal(set(work.join()), {200}, algorithm)
        assert small.most <= 2 and large.most <= 5, f"{algorithm}: {small.most} and {large.most} at once, not 2 and 5"
        assert large.most >= 2, f"{algorithm}: {large.most}: the limit is used"
        engine.process.kill()


def test_the_queue_is_first_in_first_out(lab):
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": "20s"}})
    clients = [engine.client(timeout=30) for _ in range(10)]
    clients[0].start(target="/gated")
    wait_until(lambda: backend.requests, "the first one has the server")
    for number, client in enumerate(clients[1:], 1):
        client.start(target=f"/{number}")
        wait_for_queue(engine, number)
    equal(len(backend.requests), 1, "nobody else got through")
    backend.gate.set()
    equal([client.read_response().status for client in clients], [200] * 10)
    equal([head.target for head in backend.requests], ["/gated", *(f"/{number}" for number in range(1, 10))])
    wait_for_queue(engine, 0)


def test_who_waits_too_long_gets_503_with_retry_after(lab):
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": "400ms"}})
    with engine.client(timeout=30) as busy:
        busy.start(target="/gated")
        wait_until(lambda: backend.requests, "busy")
        began = time.monotonic()
        head = engine.request()
        took = time.monotonic() - began
        equal(head.status, 503)
        assert int(head.get("retry-after")) >= 1, head
        assert 0.38 <= took <= 0.4 + scaled(0.1), f"400 ms became {took:.3f} s"
        equal(engine.await_log(1)[0]["reason"], "queue_timeout")
        equal(queued(engine), 0)
        backend.gate.set()
        equal(busy.read_response().status, 200)
    equal(engine.request().status, 200)


def test_queue_0_lets_nobody_wait(lab):
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": 0}})
    with engine.client(timeout=30) as busy:
        busy.start(target="/gated")
        wait_until(lambda: backend.requests, "busy")
        began = time.monotonic()
        equal(engine.request().status, 503)
        assert time.monotonic() - began < scaled(0.2)
        backend.gate.set()
        equal(busy.read_response().status, 200)


def test_a_full_queue_refuses_at_once(lab):
    """It holds 10,000; each of them is a connection."""
    wanted = 10000 + 300
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted or SLOWDOWN > 1:
        lab.skip(f"needs {wanted} descriptors, and a machine at full speed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    lab.at_end(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": "60s"}})
    clients = [engine.client(timeout=60) for _ in range(10002)]
    clients[0].start(target="/gated")
    wait_until(lambda: backend.requests, "busy")
    for client in clients[1:]:
        client.start()
    began = time.monotonic()
    with selectors.DefaultSelector() as waiting:  # select() knows no descriptor above 1023
        for client in clients[1:]:
            waiting.register(client.socket, selectors.EVENT_READ, client)
        refused = [key.data for key, _ in waiting.select(scaled(10))]
    assert time.monotonic() - began < scaled(5)
    equal(len(refused), 1, "one more than the queue holds")
    head = refused[0].read_response()
    equal((head.status, head.get("retry-after") is not None), (503, True))
    equal(engine.await_log(1)[0]["reason"], "queue_full")
    wait_for_queue(engine, 10000)
    backend.gate.set()
    equal([client.read_response().status for client in clients if client is not refused[0]], [200] * 10001)
    for client in clients:
        client.close()


def test_who_gives_up_leaves_the_queue(lab):
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": "20s"}})
    with engine.client(timeout=30) as busy, engine.client(timeout=30) as patient:
        busy.start(target="/gated")
        wait_until(lambda: backend.requests, "busy")
        with engine.client() as leaving:
            leaving.start(target="/left")
            wait_for_queue(engine, 1)
            reset_on_close(leaving)  # a plain end is no farewell: the answer may still be wanted
        wait_for_queue(engine, 0)
        patient.start(target="/patient")
        wait_for_queue(engine, 1)
        backend.gate.set()
        equal((busy.read_response().status, patient.read_response().status), (200, 200))
    equal([head.target for head in backend.requests], ["/gated", "/patient"])


def test_a_pinned_client_waits_for_its_server_and_nobody_else_does(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(server(a, max_requests=1), b, pool={"stickiness": {"cookie": "S"}, "timeouts": {"queue": "20s"}})
    browser = pinned_browser(engine.port, "a")
    with browser.open(target="/gated", timeout=30) as busy:
        wait_until(lambda: any(head.target == "/gated" for head in a.requests), "its server is busy")
        with browser.open(timeout=30) as waiting:
            wait_until(lambda: queued(engine) >= 1, "it waits for its own server, though b is free")
            equal(set(engine.picks(10)), {"b"}, "others do not wait")
            a.gate.set()
            equal((busy.read_response().status, waiting.read_response().body), (200, b"a"))


def test_who_waits_is_answered_when_the_engine_ends(lab):
    backend = lab.backend("a")
    engine = lab.engine(server(backend, max_requests=1), pool={"timeouts": {"queue": "20s"}})
    with engine.client(timeout=30) as busy, engine.client(timeout=30) as waiting:
        busy.start(target="/gated")
        wait_until(lambda: backend.requests, "busy")
        waiting.start()
        wait_for_queue(engine, 1)
        engine.terminate()
        wait_until(lambda: engine.status()["state"] == "draining", "draining")
        backend.gate.set()
        equal((busy.read_response().status, waiting.read_response().status), (200, 200), "in flight and in the queue")
    equal(engine.wait(), 0)


def test_a_server_whose_limit_is_lifted_takes_who_waits(lab):
    backend = lab.backend("a")
    configuration = lab.config([server(backend, max_requests=1)], pool={"timeouts": {"queue": "10s"}})
    engine = lab.start(configuration)
    with engine.client(timeout=30) as busy, engine.client(timeout=30) as waiting:
        busy.start(target="/gated")
        wait_until(lambda: backend.requests, "busy")
        waiting.start()
        wait_for_queue(engine, 1)
        del configuration["pools"][0]["backends"][0]["max_requests"]
        engine.write(configuration)
        engine.ctl("reload")
        equal(engine.request().status, 200, "new requests know no limit")
        backend.gate.set()
        equal((busy.read_response().status, waiting.read_response().status), (200, 200))


def test_the_rate_of_a_client_is_limited_and_only_its(lab):
    engine = lab.engine(lab.backend("a"), listener={"limits": {"requests_per_second": 5, "burst": 10}})
    began = time.monotonic()
    answers = pipelined(engine.port, [("/", ())] * 40)
    took = time.monotonic() - began
    good = sum(head.status == 200 for head in answers)
    refused = [head for head in answers if head.status != 200]
    assert 10 <= good <= 11 + 5 * took + 1, f"{good} of 40 in {took:.2f} s at 5/s with a burst of 10"
    equal({head.status for head in refused}, {429})
    assert all(int(head.get("retry-after")) >= 1 for head in refused), refused[0]
    reasons = {record["reason"] for record in engine.await_log(len(refused), lambda each: each["status"] == 429)}
    equal(reasons, {"rate_limited"})
    equal({head.status for head in pipelined(engine.port, [("/", ())] * 10, source="127.0.0.2")}, {200},
          "another client")
    wait_until(lambda: engine.request().status == 200, "and this one again, in time", 3, 0.1)


def test_a_client_within_its_rate_is_never_refused(lab):
    engine = lab.engine(lab.backend("a"), listener={"limits": {"requests_per_second": 200, "burst": 20}})
    pace = threading.Event()
    with engine.client() as client:
        for _ in range(100):
            equal(client.request().status, 200)
            pace.wait(0.01)  # 100 a second at most


def turned_away(engine, source=None):
    """True when a new connection gets no service."""
    try:
        with engine.client(source=source, timeout=5) as client:
            return client.request().status in (429, 503)
    except (Broken, OSError):
        return True


def test_the_connections_of_a_client_are_limited_and_only_its(lab):
    engine = lab.engine(lab.backend("a"), listener={"limits": {"connections": 3}})
    clients = [engine.client() for _ in range(3)]
    for client in clients:
        equal(client.request().status, 200)
    for _ in range(5):
        assert turned_away(engine), "a fourth connection is served"
    equal(turned_away(engine, "127.0.0.2"), False, "another client's connection")
    for client in clients:
        equal(client.request().status, 200, "those that are there stay")
    clients[0].close()
    wait_until(lambda: not turned_away(engine), "served once one is closed")


def test_limits_change_with_a_reload(lab):
    configuration = lab.config([lab.backend("a")], listener={"limits": {"requests_per_second": 1, "burst": 1}})
    engine = lab.start(configuration)
    contains([head.status for head in pipelined(engine.port, [("/", ())] * 10)], 429)
    del configuration["listeners"][0]["limits"]
    engine.write(configuration)
    engine.ctl("reload")
    equal({head.status for head in pipelined(engine.port, [("/", ())] * 50)}, {200}, "no limit any more")


def test_nothing_leaks_from_a_queue_under_load(lab):
    """Clients that leave at any moment: in the end nothing is in flight and nobody waits."""
    backend = Counting(0.002)
    engine = lab.engine(server(lab.backend("a", backend), max_requests=2), pool={"timeouts": {"queue": "100ms"}})

    def leave_early():
        pause = threading.Event()
        for number in range(25):
            with engine.client() as client:
                client.start(target=f"/{number}")
                pause.wait(0.001 * (number % 7))

    for work in [Background(leave_early) for _ in range(12)]:
        work.join()
    wait_until(lambda: engine.request().status == 200, "it serves again")
    equal({engine.request().status for _ in range(20)}, {200}, "and goes on")
    wait_until(lambda: (engine.server("a")["in_flight"], queued(engine)) == (0, 0), "all is given back")
    assert backend.most <= 2, backend.most
