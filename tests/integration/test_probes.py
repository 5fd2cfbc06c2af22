"""Probes as the servers see them: what is sent, what counts as good, from where, and what is kept of the last one."""
import threading

from backends import reply
from harness import health
from waiting import contains, equal, wait_until


class Probed:
    """A raw server of probes: keeps their heads, answers what the test says."""

    def __init__(self, lab, name="a"):
        self.heads = []
        self.answer = (200, b"fine", ())
        self.backend = lab.raw_backend(self.talk, name)

    def talk(self, wire):
        head = wire.read_head()
        if head is None:
            return
        self.heads.append(head)
        status, body, fields = self.answer
        reply(wire, status, b"" if head.method == "HEAD" else body, fields)


def test_a_probe_is_what_the_configuration_says(lab):
    probed, other = Probed(lab), lab.backend("b")
    engine = lab.engine(other, pool={"health_check": health(
        method="HEAD", path="/up?deep=1", host="shop.lab", headers={"x-probe": "steelyard",
                                                                    "authorization": "Basic eDp5"},
        port=probed.backend.port)})
    engine.await_health("b", "healthy")
    head = probed.heads[0]
    equal((head.method, head.target, head.all("host")), ("HEAD", "/up?deep=1", ["shop.lab"]))
    equal((head.get("x-probe"), head.get("authorization")), ("steelyard", "Basic eDp5"))
    equal(other.probes, 0, "the port of its own was probed, not the one that serves")
    equal(engine.request().body, b"b")
    probed.backend.stop()
    engine.await_health("b", "unhealthy")


def test_what_is_expected_of_the_answer(lab):
    cases = [({"status": 200}, (200, b"x", ()), (201, b"x", ())),
             ({"status": [200, "300-399"]}, (302, b"x", ()), (404, b"x", ())),
             ({"header": {"x-ready": "yes"}}, (200, b"x", [("X-Ready", "yes")]), (200, b"x", [("X-Ready", "no")])),
             ({"body_contains": "all good"}, (200, b"all is: all good.", ()), (200, b"all is bad", ())),
             ({}, (399, b"", ()), (400, b"", ()))]
    for number, (expect, good, bad) in enumerate(cases):
        probed = Probed(lab)
        probed.answer = good
        engine = lab.start(lab.config([{"name": "a", "address": probed.backend.address}],
                                      pool={"health_check": health(expect=expect)}), name=f"case-{number}")
        engine.await_health("a", "healthy")
        probed.answer = bad
        engine.await_health("a", "unhealthy")
        contains(" ".join(engine.event_texts("shop/a")), "down: 3 probes failed", str(expect))
        probed.answer = good
        engine.await_health("a", "healthy")


def test_tcp_probes_only_connect(lab):
    lines = []
    backend = lab.raw_backend(lambda wire: lines.append(wire.read_head()))
    engine = lab.engine({"name": "a", "address": backend.address}, pool={"health_check": {
        "type": "tcp", "interval": "100ms", "fast_interval": "50ms", "timeout": "500ms", "fall": 2, "rise": 2}})
    engine.await_health("a", "healthy")
    wait_until(lambda: backend.connections >= 3, "probed again and again")
    equal([line for line in lines if line is not None], [], "no byte was sent")
    backend.stop()
    engine.await_health("a", "unhealthy")


def test_the_last_probe_is_kept_and_shown(lab):
    probed = Probed(lab)
    probed.answer = (503, b"out of beans", [("x-why", "beans")])
    engine = lab.engine({"name": "a", "address": probed.backend.address}, pool={"health_check": health()})
    engine.await_health("a", "unhealthy")
    told = engine.ctl("probe", "shop/a").out
    for part in ("503", "GET /health", "x-why: beans", "out of beans"):
        contains(told, part)
    data = engine.data("probe", "shop/a")
    equal((data["good"], data["status"]), (False, 503))
    contains(engine.server("a")["probe"]["text"], "503")


def test_check_now_does_not_wait_for_the_interval(lab):
    probed = Probed(lab)
    engine = lab.engine({"name": "a", "address": probed.backend.address},
                        pool={"health_check": health(interval="1h", fast_interval="50ms")})
    engine.await_health("a", "healthy")
    before = len(probed.heads)
    probed.answer = (500, b"", ())
    engine.ctl("check-now", "shop/a")
    wait_until(lambda: len(probed.heads) > before, "probed at once", 2)
    engine.await_health("a", "unhealthy", seconds=3)  # fast_interval while the change is pending


def test_a_probe_that_hangs_ends_at_its_timeout(lab):
    never_set = threading.Event()
    lab.at_end(never_set.set)
    backend = lab.raw_backend(lambda wire: never_set.wait(30))
    engine = lab.engine({"name": "a", "address": backend.address}, lab.backend("b"),
                        pool={"health_check": health(timeout="200ms")})
    engine.await_health("a", "unhealthy", seconds=5)
    contains(engine.server("a")["probe"]["text"], "timeout")
    equal(set(engine.picks(6)), {"b"})
