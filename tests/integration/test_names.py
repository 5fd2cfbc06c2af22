"""Servers by name: an answer that changes, fails or never came stops nothing; several addresses are used in turn."""
import collections
import errno
import json
import time

from crowd import steady
from dns_stub import A, NameServer
from harness import health, once, server
from waiting import contains, equal, never, scaled, wait_until

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


def same_port(lab, count=3):
    """Backends at one port of several addresses, named by them."""
    while True:
        first = lab.backend(HOSTS[0])
        try:
            return [first] + [lab.backend(host, host=host, port=first.port) for host in HOSTS[1:count]]
        except OSError as error:  # free at the first address, and taken at another
            if error.errno != errno.EADDRINUSE:
                raise


def at(backend, host="shop.lab", **more):
    return {"name": "a", "address": f"{host}:{backend.port}", **more}


def resolver(names, **more):
    return {"servers": [names.address], "min_ttl": "1s", "max_ttl": "5m", **more}


def told(engine, *words):
    def found():
        return any(all(word in text for word in words) for text in engine.event_texts("resolver"))
    wait_until(found, f"an event says {words}: {engine.event_texts('resolver')}", 12)


def test_several_addresses_are_used_in_turn(lab):
    backends = same_port(lab)
    names = NameServer(lab, shop_lab=list(HOSTS))
    engine = lab.start(lab.config([at(backends[0])], resolver=resolver(names)))
    equal(collections.Counter(engine.picks(9)), {host: 3 for host in HOSTS}, "one connection for each request")
    with engine.client() as client:
        equal(collections.Counter(engine.picks(9, client)), {host: 3 for host in HOSTS}, "kept connections")
    told(engine, "'shop.lab' is 127.0.0.1, 127.0.0.2, 127.0.0.3")


def failed_over(lab, pool):
    backends = same_port(lab)
    names = NameServer(lab, shop_lab=list(HOSTS))
    engine = lab.start(lab.config([at(backends[0])], resolver=resolver(names), pool=pool))
    equal(len(set(engine.picks(6))), 3)
    backends[1].stop()
    answers = [engine.request("POST" if number % 2 else "GET", body=b"x" if number % 2 else None) for number in range(20)]
    equal([head.status for head in answers], [200] * 20, "the server has other addresses")
    equal({head.body.decode() for head in answers[2:]}, {HOSTS[0], HOSTS[2]})
    equal(engine.server("a")["totals"]["connect_errors"], 0, "not the server's fault")
    return engine, backends


def test_an_address_that_refuses_is_failed_over_without_losing_a_request(lab):
    failed_over(lab, {})


def test_probes_bring_an_address_back(lab):
    engine, backends = failed_over(lab, {"health_check": health()})
    again = lab.backend(HOSTS[1], host=HOSTS[1], port=backends[1].port)
    wait_until(lambda: HOSTS[1] in engine.picks(3), "it is used again", 5)
    engine.await_health("a", "healthy")
    for each in (backends[0], backends[2], again):
        each.stop()
    engine.await_health("a", "unhealthy")


def test_a_changed_answer_is_followed_under_load(lab):
    backends = same_port(lab)
    for pool in ({}, {"health_check": health()}):
        names = NameServer(lab, ttl=0, shop_lab=[HOSTS[0]])
        engine = lab.start(lab.config([at(backends[0])], resolver=resolver(names), pool=pool), name=f"engine-{len(pool)}")
        if pool:
            engine.await_health("a", "healthy")

        def step():
            equal(engine.request().status, 200)

        with steady(step, 2):
            equal(set(engine.picks(4)), {HOSTS[0]})
            names.names["shop.lab"] = [HOSTS[1]]
            wait_until(lambda: set(engine.picks(4)) == {HOSTS[1]}, "the new address", 5)
        # Its state is kept over a new answer: nobody waits for a probe.
        equal([text for text in engine.event_texts("shop/a") if text.startswith(("checking", "down"))], [])


@once
def test_the_last_good_addresses_stay_when_the_answer_goes_away(lab):
    backends = same_port(lab, 1)
    scenes = []
    for way, words in (("servfail", "could not contact DNS servers"), ("nxdomain", "domain name not found"),
                       ("garbage", ""), ("silence", "timeout")):
        names = NameServer(lab, ttl=0, shop_lab=[HOSTS[0]])
        engine = lab.start(lab.config([at(backends[0])], resolver=resolver(names)), name=way)
        equal(engine.request().status, 200)
        names.failing = way
        scenes.append((engine, names, way, words))
    for engine, names, way, words in scenes:
        told(engine, "cannot resolve 'shop.lab'", words, "the last addresses stay in use")
        equal([engine.request().status for _ in range(10)], [200] * 10, way)
        asked = len(names.questions)
        wait_until(lambda: len(names.questions) > asked + 2, "it asks on", 12)
        equal(len([text for text in engine.event_texts("resolver") if "cannot" in text]), 1, "told once")
    for _, names, *_ in scenes:
        names.failing = None
    for engine, *_ in scenes:
        told(engine, "'shop.lab' resolves again")
        equal(engine.request().status, 200)


def test_a_name_without_an_answer_shows_its_cause_and_serves_once_it_has_one(lab):
    backends = same_port(lab, 1)
    names = NameServer(lab)
    config = lab.config([at(backends[0]), server(lab.backend("b"))], resolver=resolver(names))
    config["pools"].append({"name": "probed", "backends": [at(backends[0])], "health_check": health()})
    engine = lab.start(config)
    equal(set(engine.picks(6)), {"b"})
    row = engine.server("a")
    equal((row["selectable"], row["excluded"]), (False, "its name is not resolved"))
    wait_until(lambda: engine.server("a")["reason"].startswith("name not resolved: "), "the cause", 5)
    contains(engine.server("a")["reason"], "not found")
    engine.await_health("a", "unhealthy", pool="probed")
    contains(engine.server("a", "probed")["reason"], "probes failed: name not resolved: ")
    names.names["shop.lab"] = [HOSTS[0]]
    wait_until(lambda: HOSTS[0] in engine.picks(2), "it serves", 5)
    equal(engine.server("a")["reason"], "name resolved")
    engine.await_health("a", "healthy", pool="probed")


def test_a_reload_with_names_that_do_not_resolve_stops_nothing(lab):
    good = lab.backend("good")
    names = NameServer(lab)
    names.failing = "silence"
    engine = lab.start(lab.config([good], resolver=resolver(names)))

    def step():
        equal(engine.request().body, b"good")

    with steady(step, 2):
        for number in range(5):
            nowhere = {"name": f"n{number}", "address": f"nowhere-{number}.lab:80"}
            engine.write(lab.config([good, nowhere], resolver=resolver(names)))
            began = time.monotonic()
            engine.ctl("reload")
            assert time.monotonic() - began < scaled(1), "reload waits for the name service"
    equal(engine.server("n4")["excluded"], "its name is not resolved")


@once
def test_an_answer_is_believed_for_its_ttl_within_the_bounds(lab):
    backends = same_port(lab, 1)
    scenes = []
    for number, (ttl, bounds, least, most) in enumerate(((0, {}, 2, 4), (1, {"min_ttl": "1h", "max_ttl": "2h"}, 0, 0),
                                                         (3600, {"max_ttl": "1s"}, 2, 4), (3600, {}, 0, 0))):
        names = NameServer(lab, ttl=ttl, shop_lab=[HOSTS[0]])
        engine = lab.start(lab.config([at(backends[0])], resolver=resolver(names, **bounds)), name=f"engine-{number}")
        equal(engine.request().status, 200)
        scenes.append((names, len(names.questions), f"ttl {ttl}, {json.dumps(bounds)}", least, most))
    never(lambda: False, "", 3.5)
    for names, before, what, least, most in scenes:
        count = len([kind for _, kind in names.questions[before:] if kind == A])
        assert least <= count <= most, f"{what}: asked {count} times in 3.5 s"


def test_other_name_servers_after_a_reload(lab):
    backends = same_port(lab, 2)
    first = NameServer(lab, ttl=3600, shop_lab=[HOSTS[0]])
    second = NameServer(lab, ttl=3600, shop_lab=[HOSTS[1]])
    engine = lab.start(lab.config([at(backends[0])], resolver=resolver(first)))
    equal(set(engine.picks(3)), {HOSTS[0]})
    engine.write(lab.config([at(backends[0])], resolver=resolver(second)))
    engine.ctl("reload")
    wait_until(lambda: set(engine.picks(3)) == {HOSTS[1]}, "the other one's answer", 5)
