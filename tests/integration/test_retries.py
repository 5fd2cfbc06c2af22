"""A server dies, at every moment of an exchange: idempotent requests survive, a POST is never sent twice."""
import itertools
import threading

import backends
from backends import free_port, reset_on_close
from harness import server
from http_wire import Broken, chunk
from waiting import equal, wait_until

RETRIES = 3  # of requests that were sent once already: the budget's least
BODY = bytes(i * 7 % 251 for i in range(20000))


class Mortal:
    """talk() of a raw backend that dies at a given moment; with `reset` by RST.

    arrived: heads of the requests of which it saw anything."""

    def __init__(self, lab, moment, reset, name="a"):
        self.moment = moment
        self.reset = reset
        self.arrived = []
        self.died = threading.Event()
        self.backend = lab.raw_backend(self.talk, name)

    def talk(self, wire):
        if self.moment == "at accept":
            return self.die(wire)
        head = wire.read_head()
        if head is None:
            return None
        self.arrived.append(head)
        if self.moment == "after the headers":
            return self.die(wire)
        if self.moment == "in the body":
            while len(wire.buffer) < 1000:
                wire.more()
            return self.die(wire)
        wire.read_body(head)
        if self.moment == "before the response":
            return self.die(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 40)
        return self.die(wire)

    def die(self, wire):
        if self.reset:
            reset_on_close(wire)
        self.died.set()


BEFORE_THE_RESPONSE = ("at accept", "after the headers", "in the body", "before the response")


def scene(lab, moment, reset, name):
    """An engine whose round robin asks the dying server first."""
    dying = Mortal(lab, moment, reset)
    good = lab.backend("b")
    return dying, good, lab.start(lab.config([dying.backend, good]), name=name)


def framings():
    return itertools.product(BEFORE_THE_RESPONSE, (False, True), ("length", "chunked"))


def send_slowly(client, method, framing, dying):
    """A request whose second half is sent only once the first server has died, where it dies before the whole arrived."""
    half = BODY[:10000]
    field = f"Content-Length: {len(BODY)}" if framing == "length" else "Transfer-Encoding: chunked"
    wrap = (lambda data: data) if framing == "length" else chunk
    client.send(f"{method} /x HTTP/1.1\r\nHost: test.lab\r\n{field}\r\n\r\n".encode() + wrap(half))
    if dying.moment != "before the response":
        dying.died.wait(10)
    client.send(wrap(BODY[10000:]) + (b"0\r\n\r\n" if framing == "chunked" else b""))


def test_an_idempotent_request_survives_a_death_at_any_moment_before_the_response(lab):
    for number, (moment, reset, framing) in enumerate(framings()):
        dying, good, engine = scene(lab, moment, reset, f"put-{number}")
        with engine.client() as client:
            send_slowly(client, "PUT", framing, dying)
            head = client.read_response()
            what = f"PUT, {framing}, died {moment} by {'RST' if reset else 'FIN'}"
            equal((head.status, head.body), (200, b"b"), what)
            equal([each.body for each in good.requests], [BODY], what + ": the whole body, once")
            dying.moment = "at accept"
            equal(client.request().status, 200, what + ": the connection goes on")
        dying.backend.stop()
        engine.process.kill()


def test_a_get_survives_a_death_before_the_response(lab):
    for reset in (False, True):
        for moment in ("at accept", "after the headers", "before the response"):
            dying, good, engine = scene(lab, moment, reset, f"get-{moment.replace(' ', '-')}-{reset}")
            equal([engine.request().body for _ in range(RETRIES)], [b"b"] * RETRIES, f"GET, died {moment}")
            equal(len(good.requests), RETRIES)
            engine.process.kill()


def test_a_server_that_refuses_is_passed_over_for_any_method(lab):
    good = lab.backend("b")
    engine = lab.engine({"name": "gone", "address": f"127.0.0.1:{free_port()}"}, good, pool={"retry": {"budget": "0%"}})
    for method in ("GET", "POST", "PATCH", "PUT"):
        for _ in range(2):
            equal(engine.request(method, body=b"x").status, 200, method)
    equal(len(good.requests), 8, "each arrived once")


def test_a_post_is_never_sent_twice_once_a_byte_of_it_reached_a_server(lab):
    for number, (moment, reset, framing) in enumerate(framings()):
        if moment == "at accept":
            continue  # it may or may not have reached the server: see the next test
        dying, good, engine = scene(lab, moment, reset, f"post-{number}")
        what = f"POST, {framing}, died {moment} by {'RST' if reset else 'FIN'}"
        with engine.client() as client:
            try:
                send_slowly(client, "POST", framing, dying)
                equal(client.read_response().status, 502, what)
            except (Broken, BrokenPipeError, ConnectionResetError):
                pass  # an answer in the middle of an upload may end the connection
        equal((len(dying.arrived), len(good.requests)), (1, 0), what)
        reasons = [record["reason"] for record in engine.await_log(1)]
        assert reasons[0] in ("server_reset", "client_aborted"), f"{what}: {reasons}"
        engine.process.kill()


def test_a_post_arrives_at_one_server_at_most(lab):
    """Many of them, while connections are closed under their feet: kept ones that are stale, and new ones."""
    def fickle(wire, head):
        if len(seen) % 3 == 0:
            seen.append(head.target)
            return False
        seen.append(head.target)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return len(seen) % 5 != 0  # closes some right after a whole response: the kept connection is stale

    seen = []
    engine = lab.engine(lab.backend("a", fickle), lab.backend("b", fickle))
    statuses = []
    with engine.client() as client:
        for number in range(300):
            statuses.append(client.request("POST", f"/{number}", body=b"once").status)
    equal(len(seen), len(set(seen)), "none arrived twice")
    assert set(statuses) <= {200, 502} and 200 in statuses and 502 in statuses, statuses


def test_death_in_the_response_is_a_cut_response_and_never_a_join(lab):
    for reset in (False, True):
        dying, good, engine = scene(lab, "in the response", reset, f"cut-{reset}")
        with engine.client() as client:
            client.start()
            head = client.read_head()
            equal(head.status, 200)
            try:
                body = client.read_body(head)
            except Broken:
                body = None
            equal(body, None, "a cut response looks whole")
        equal((len(dying.arrived), len(good.requests)), (1, 0), "asked nobody else")
        equal(engine.await_log(1)[0]["reason"], "response_cut")
        engine.process.kill()


def test_bodies_up_to_64_kib_are_replayed_and_no_larger_ones(lab):
    for size, expected in ((65536, 200), (65537, 502), (200000, 502)):
        dying, good, engine = scene(lab, "before the response", False, f"size-{size}")
        with engine.client() as client:
            equal(client.request("PUT", body=b"z" * size).status, expected, f"{size} bytes")
        equal([len(head.body) for head in good.requests], [size] if expected == 200 else [])
        engine.process.kill()


def test_502_503_504_of_idempotent_requests_are_tried_elsewhere(lab):
    def says(status):
        return lambda wire, head: wire.send(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    for status, tried in ((502, True), (503, True), (504, True), (500, False), (404, False)):
        engine = lab.start(lab.config([lab.backend("a", says(status)), lab.backend("b")]), name=f"status-{status}")
        found = {engine.request().status for _ in range(RETRIES)}
        equal(found, {200} if tried else {200, status}, f"GET {status}")
        equal(sorted(engine.request("POST", body=b"x").status for _ in range(2)), sorted([200, status]),
              f"POST {status}")


def test_no_retries_where_attempts_is_0_and_several_where_it_is_more(lab):
    def drop(wire, head):
        return False

    dead = [lab.backend(name, drop) for name in "abc"]
    none = lab.start(lab.config([dead[0], lab.backend("d")], pool={"retry": {"attempts": 0}}), name="none")
    equal(sorted(none.request().status for _ in range(4)), [200, 200, 502, 502])
    three = lab.start(lab.config([*dead, lab.backend("d")], pool={"retry": {"attempts": 3}}), name="three")
    equal(three.request().body, b"d")
    equal([attempt["server"] for attempt in three.await_log(1)[0]["attempts"]], list("abcd"),
          "always a different server")
    two = lab.start(lab.config([*dead, lab.backend("d")], pool={"retry": {"attempts": 2}}), name="two")
    equal(two.request().status, 502, "the fourth server is not tried")


def test_the_retry_budget_bounds_what_is_sent_twice(lab):
    """Half of all first tries fail: with 10 % at most every tenth request is sent again, with 0 % only the least number."""
    for budget in (0, 10, 50):
        hanging_up = lab.backend("a", lambda wire, head: False)
        engine = lab.start(lab.config([hanging_up, lab.backend("b")], pool={"algorithm": "random",
                                                                            "retry": {"budget": f"{budget}%"}}),
                           name=f"budget-{budget}")
        with engine.client() as client:
            statuses = [client.request().status for _ in range(200)]
        retried = sum(len(record["attempts"]) > 1 for record in engine.await_log(200))
        equal(statuses.count(502) + retried, len(hanging_up.requests), f"{budget} %")
        assert RETRIES <= retried <= 200 * budget // 100 + RETRIES + 1, f"{retried} of 200 with {budget} %"


def under_load(lab, names, at_once, connections=64):
    pool = [backends.nginx(lab, name) for name in names]
    engine = lab.start(lab.config(pool, pool={"algorithm": "least-connections"}), name=f"{len(names)}-servers-{connections}")
    log = lab.folder / f"{names[0]}.access"
    seen = log.stat().st_size
    load = lab.start_load(engine.port, connections=connections, seconds=2)
    # By the server's own log: the engine tells its counters four times a second only.
    wait_until(lambda: log.stat().st_size > seen + (0 if at_once else 300000), "load", 5, 0.0005)
    pool[0].kill()
    result = lab.finish_load(load)
    equal(result.failed, 0, f"of {result.requests}: {result.text}")
    assert result.requests > 300, result.text
    for each in pool:
        each.kill()


def test_a_sudden_death_under_full_load_fails_nothing(lab):
    under_load(lab, "abc", at_once=False)


def test_a_sudden_death_right_after_the_start_fails_nothing(lab):
    for names in ("ab", "abc"):
        under_load(lab, names, at_once=True)
    under_load(lab, "ab", at_once=True, connections=256)


def test_a_server_that_begins_to_hang_up_under_load_fails_nothing(lab):
    """Not a death, but every request to it must be sent again: a seventh of all stays inside the budget of 20 %."""
    pool = [backends.nginx(lab, name) for name in "abcdef"]
    sick = threading.Event()

    def moody(wire, head):
        if sick.is_set():
            return False
        backends.reply(wire)
        return True

    engine = lab.engine(*pool, server(lab.backend("z", moody)), pool={"outlier_detection": {"consecutive_errors": 5}})
    load = lab.start_load(engine.port, connections=64, seconds=3)
    wait_until(lambda: engine.server("a")["totals"]["requests"] > 300, "load", 3)
    sick.set()
    result = lab.finish_load(load)
    equal(result.failed, 0, f"of {result.requests}: {result.text}")
    wait_until(lambda: engine.server("z", "shop")["ejected"], "it is ejected")
