"""Passive health: who fails or dawdles under live traffic is ejected, told with its cause, and returns."""
import threading

from crowd import servers_of, steady
from harness import health
from waiting import contains, equal, never, scaled, wait_until


def outliers(**more):
    """Quick: judged over 1 s."""
    return {"outlier_detection": {"consecutive_errors": 5, "error_rate": "50%", "min_requests": 20, "window": "1s",
                                  "eject_for": "2s", "max_eject_for": "60s", "max_ejected": "50%", **more}}


class Moody:
    """A handler whose status and pace a test sets at any time."""

    def __init__(self, name):
        self.name = name
        self.status = 200
        self.every = 1  # only each n-th answer has that status
        self.seconds = 0
        self.count = 0
        self.never_set = threading.Event()

    def __call__(self, wire, head):
        self.count += 1
        if self.seconds:
            self.never_set.wait(self.seconds)
        status = self.status if self.count % self.every == 0 else 200
        wire.send(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(self.name)}\r\n\r\n{self.name}".encode())


def moody(lab, count):
    return [lab.backend(name, Moody(name)) for name in "abcdefghij"[:count]]


def ejected(engine, pool="shop"):
    rows = next(row for row in engine.status()["pools"] if row["name"] == pool)["servers"]
    return [row["name"] for row in rows if row["ejected"]]


def ask(engine):
    def step():
        engine.request()
    return step


def told(engine, name, *words):
    """The text of an event of that server that has all these words."""
    def found():
        return next((text for text in engine.event_texts(f"shop/{name}") if all(word in text for word in words)), None)
    return wait_until(found, f"an event of {name} says {words}: {engine.event_texts(f'shop/{name}')}", 3)


def test_a_burst_of_5xx_ejects_and_time_returns(lab):
    for count in (2, 3, 10):
        servers = moody(lab, count)
        engine = lab.start(lab.config(servers, pool=outliers()), name=f"pool-of-{count}")
        engine.picks(2 * count)
        servers[0].handler.status = 500
        with steady(ask(engine), 2):
            wait_until(lambda: engine.server("a")["ejected"], f"pool of {count}: ejected", 3)
        row = engine.server("a")
        assert 0 < row["ejected_seconds_left"] <= 2, row
        equal((row["selectable"], row["health"]), (False, "healthy"), "probes have nothing to say here")
        contains(told(engine, "a", "ejected"), "error")
        assert "a" not in engine.picks(3 * count), f"pool of {count}: the ejected server gets requests"
        equal(ejected(engine), ["a"])
        servers[0].handler.status = 200
        wait_until(lambda: not engine.server("a")["ejected"], f"pool of {count}: returned", 3)
        assert "a" in engine.picks(2 * count), "it serves again"
        assert len(engine.event_texts("shop/a")) >= 2, f"its return is told: {engine.event_texts('shop/a')}"
        equal(engine.server("a")["ejected_seconds_left"] <= 0, True)


def test_a_share_of_errors_ejects_though_never_five_in_a_row(lab):
    servers = moody(lab, 3)
    engine = lab.engine(*servers, pool=outliers(consecutive_errors=0))
    servers[1].handler.status, servers[1].handler.every = 503, 2
    with steady(ask(engine), 2):
        wait_until(lambda: engine.server("b")["ejected"], "half of its answers are errors", 5)
    told(engine, "b", "ejected", "%")
    equal(ejected(engine), ["b"])


def test_4xx_is_no_error(lab):
    servers = moody(lab, 2)
    engine = lab.engine(*servers, pool=outliers())
    servers[0].handler.status = 404
    for _ in range(60):
        engine.request()
    equal(ejected(engine), [])


def test_a_flapping_server_is_ejected_for_longer_each_time(lab):
    servers = moody(lab, 3)
    engine = lab.engine(*servers, pool=outliers(eject_for="1s", max_eject_for="2500ms"))
    lasted = []
    with steady(ask(engine), 2):
        for _ in range(3):
            servers[0].handler.status = 500
            row = wait_until(lambda: (lambda each: each if each["ejected"] else None)(engine.server("a")), "ejected", 5,
                             0.01)
            lasted.append(row["ejected_seconds_left"])
            wait_until(lambda: not engine.server("a")["ejected"], "returned", 4, 0.01)
    assert 0.3 < lasted[0] <= 1 < lasted[1] <= 2 < lasted[2] <= 2.5, f"1 s, 2 s, then the cap of 2.5 s: {lasted}"
    texts = engine.event_texts("shop/a")
    assert sum("ejected" in text for text in texts) >= 3, texts


def test_a_slow_server_is_ejected_with_its_latency_told(lab):
    for count in (2, 3, 10):
        servers = moody(lab, count)
        engine = lab.start(lab.config(servers, pool=outliers(latency_factor=3)), name=f"pool-of-{count}")
        servers[0].handler.seconds = 0.03 * scaled(1)
        with steady(ask(engine), 6):
            wait_until(lambda: engine.server("a")["ejected"], f"pool of {count}: the slow server is ejected", 8)
            text = told(engine, "a", "ejected")
            assert any(word in text for word in ("latency", "slow", "ms")), text
            servers[0].handler.seconds = 0
            wait_until(lambda: not engine.server("a")["ejected"], "returned", 5)
        assert "a" in engine.picks(2 * count)


def test_dead_servers_are_ejected_by_failed_connections(lab):
    servers = moody(lab, 3)
    engine = lab.engine(*servers, pool=outliers(eject_for="30s"))
    engine.picks(3)
    servers[2].stop()
    with steady(ask(engine), 2):
        wait_until(lambda: engine.server("c")["ejected"], "attempts count, though every request was answered elsewhere",
                   5)
    told(engine, "c", "ejected", "connect")


def test_at_most_half_is_ejected_and_never_the_last(lab):
    for count, most in ((1, 0), (2, 1), (3, 1), (10, 5)):
        servers = moody(lab, count)
        engine = lab.start(lab.config(servers, pool=outliers(eject_for="30s")),
                           name=f"pool-of-{count}")
        for each in servers:
            each.handler.status = 500
        with steady(ask(engine), 2):
            wait_until(lambda: len(ejected(engine)) == most and all(each.handler.count > 40 for each in servers
                                                                    if each.name not in ejected(engine)),
                       f"{most} of {count} are ejected: {ejected(engine)}", 8)
            never(lambda: len(ejected(engine)) > most, f"more than {most} of {count} are ejected", 0.3)
        equal(engine.request().status, 500, "somebody still serves")


def test_what_probes_took_out_counts_too(lab):
    """One is down by its probes: the other is the last one in service and is not ejected, whatever it answers."""
    servers = moody(lab, 2)
    engine = lab.engine(*servers, pool={"health_check": health(), **outliers(max_ejected="100%")})
    for name in "ab":
        engine.await_health(name, "healthy")
    servers[0].health = 500
    engine.await_health("a", "unhealthy")
    servers[1].handler.status = 500
    before = servers[1].handler.count
    with steady(ask(engine), 2):
        wait_until(lambda: servers[1].handler.count > before + 60, "many errors of the last one", 5)
        equal(ejected(engine), [])
    equal(engine.request().status, 500)


def test_observe_only_tells(lab):
    servers = moody(lab, 2)
    engine = lab.engine(*servers, pool=outliers(mode="observe"))
    servers[0].handler.status = 500
    engine.picks(30)
    text = told(engine, "a", "eject")
    assert "observe" in text or "would" in text, f"it says that nothing was done: {text}"
    equal((engine.server("a")["ejected"], engine.server("a")["selectable"]), (False, True))
    assert "a" in engine.picks(4)


def test_a_good_probe_ends_an_ejection_early(lab):
    servers = moody(lab, 3)
    engine = lab.engine(*servers, pool={"health_check": health(interval="500ms"),
                                        **outliers(eject_for="60s")})
    for name in "abc":
        engine.await_health(name, "healthy")
    servers[0].handler.status = 500
    with steady(ask(engine), 1):
        wait_until(lambda: any("ejected" in text for text in engine.event_texts("shop/a")), "ejected", 5)
    servers[0].handler.status = 200
    wait_until(lambda: not engine.server("a")["ejected"], "back by the next good probe, not after a minute", 5)
    contains(told(engine, "a", "probe"), "probe")
    wait_until(lambda: "a" in engine.picks(6), "it serves again", 3)


def test_an_ejection_does_not_move_what_operators_see_as_health(lab):
    """Ejected is a mark on top: maintenance and ready act as ever, and a reload keeps the ejection."""
    servers = moody(lab, 3)
    engine = lab.engine(*servers, pool=outliers(eject_for="30s"))
    servers[0].handler.status = 500
    engine.picks(30)
    wait_until(lambda: engine.server("a")["ejected"], "ejected", 3)
    engine.ctl("reload")
    equal(ejected(engine), ["a"], "after a reload")
    engine.ctl("maintenance", "shop/a")
    equal(engine.server("a")["admin"], "maintenance")
    engine.ctl("ready", "shop/a")
    equal(len(servers_of(engine.port, [("/", ())] * 10)), 10, "nobody else is touched")


def test_the_last_one_that_is_not_ejected_is_the_last_in_service(lab):
    servers = moody(lab, 2)
    engine = lab.engine(*servers, pool=outliers(eject_for="30s"))
    servers[0].handler.status = 500
    with steady(ask(engine), 2):
        wait_until(lambda: engine.server("a")["ejected"], "ejected", 3)
    for command in (["drain", "shop/b"], ["maintenance", "shop/b"], ["weight", "shop/b", "0"]):
        contains(engine.ctl(*command, code=1).err, "last server in service")
    equal(engine.picks(3), ["b"] * 3)


def test_all_down_is_told_and_follows_when_all_down(lab):
    for mode, expected in (("fail-closed", 503), ("fail-open", 200)):
        servers = moody(lab, 3)
        engine = lab.start(lab.config(servers, pool={"health_check": health(), "when_all_down": mode, **outliers()}),
                           name=mode)
        for each in servers:
            engine.await_health(each.name, "healthy")
        for each in servers:
            each.health = 500
        for each in servers:
            engine.await_health(each.name, "unhealthy")
        head = engine.request()
        equal(head.status, expected, mode)
        if mode == "fail-closed":
            equal(engine.await_log(1, lambda record: record["status"] == 503)[-1]["reason"], "no_server")
            contains([field.lower() for field, _ in head.fields], "retry-after")
        pool = next(row for row in engine.status()["pools"] if row["name"] == "shop")
        equal((pool["all_down"], pool["fail_open"]), (True, mode == "fail-open"), "a banner as long as it lasts")
        contains(" ".join(engine.event_texts("shop")),
                 "no server in service" if mode == "fail-closed" else "no healthy server; fail-open")
        for each in servers:
            each.health = 200
        for each in servers:
            engine.await_health(each.name, "healthy")
        equal(engine.request().status, 200, mode)
