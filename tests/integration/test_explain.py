"""Why this server? Recorded decisions in words, and made again they give the server that really served."""
import json

import backends
from crowd import Browser, pinned_browser, pipelined
from harness import health, server
from waiting import contains, equal, reduced, wait_until


def verify(engine):
    return engine.data("explain", "--verify")


def record_all(engine):
    engine.ctl("explain", "--record", "all")


def decisions(engine):
    return engine.data("explain")["decisions"]


def mixed_pool(lab):
    """Fast and slow ones."""
    return [*(backends.nginx(lab, name) for name in "abc"), backends.node(lab, "d"), backends.python(lab, "e")]


def recomputed(lab, count):
    """Under a mixed load, with every algorithm, weights, limits, drains and a death on the way."""
    pool = mixed_pool(lab)
    limited = [server(each, **({"max_requests": 2} if each.name in "ce" else {})) for each in pool]
    engine = lab.engine(*limited, pool={"health_check": health(), "affinity": {"key": "client-ip"},
                                     "slow_start": {"window": "1s"},
                                     "outlier_detection": {"window": "1s", "eject_for": "1s"},
                                     "stickiness": {"cookie": "S"}})
    for each in pool:
        engine.await_health(each.name, "healthy")
    record_all(engine)
    load = lab.start_load(engine.port, connections=32, seconds=60)

    def served():
        return engine.status()["totals"]["requests"]

    algorithms = ("round-robin", "least-connections", "power-of-two", "random", "peak-ewma", "maglev", "ring-hash",
                  "rendezvous-hash", "first", "prequal")
    browser = Browser(engine.port)
    for number, algorithm in enumerate(algorithms):
        engine.ctl("algorithm", "shop", algorithm)
        engine.ctl("weight", "shop/b", str(20 + 10 * number))
        if number == 3:
            engine.ctl("drain", "shop/c")
        if number == 6:
            engine.ctl("ready", "shop/c")
            pool[3].kill()
        if number == 8:
            pool[3].start()
        browser.server()
        goal = count * (number + 1) // len(algorithms)
        wait_until(lambda: served() >= goal, f"{goal} requests with {algorithm}", 120)
    load.kill()
    load.wait()
    wait_until(lambda: sum(row["in_flight"] for row in engine.status()["pools"][0]["servers"]) == 0, "all is over")
    found = verify(engine)
    assert min(found["decisions"], found["choices"], found["leases"]) >= count, found
    equal((found["same"], found["served"]), (found["choices"], found["leases"]), f"made again, of {found}")


def test_100000_recorded_decisions_made_again_give_the_server_that_served(lab):
    recomputed(lab, reduced(100000, 5000))


def test_explain_lists_recent_decisions_and_tells_one(lab):
    engine = lab.engine(*(server(lab.backend(name), weight=weight) for name, weight in zip("abc", (100, 50, 25))),
                        pool={"algorithm": "least-connections"})
    record_all(engine)
    targets = [f"/page/{number}" for number in range(12)]
    answers = [head.body.decode() for head in pipelined(engine.port, [(target, ()) for target in targets])]
    wait_until(lambda: len(decisions(engine)) >= 12, "they are recorded")
    listed = {each["target"]: each for each in decisions(engine)}
    equal({target: listed[target]["served"][-1] for target in targets}, dict(zip(targets, answers)), "who served")
    table = engine.ctl("explain").out
    for target in targets:
        contains(table, target)
    some = listed["/page/5"]
    told = engine.ctl("explain", str(some["id"])).out
    for word in ("/page/5", "everything", "shop", "least-connections", "127.0.0.1", *"abc"):
        contains(told, word)
    data = engine.data("explain", str(some["id"]))
    equal(str(data["decision"]["id"]), str(some["id"]))
    choice = data["decision"]["choices"][0]
    equal([each["server"] for each in choice["candidates"]], ["a", "b", "c"])
    assert all(isinstance(each["score"], (int, float)) and each["text"] for each in choice["candidates"]), choice
    equal([each["server"] for each in choice["candidates"] if each["chosen"]], some["served"])
    equal((choice["kind"], choice["server"]), ("balanced", some["served"][0]))
    assert choice["rule"] and choice["text"], choice
    contains(engine.ctl("explain", "999999999", code=1).err, "no decision")
    equal(engine.ctl("explain", "nonsense", code=None).code, 2)


def explained(engine, target):
    """-> {server: why it was no candidate}, and the decision about that target's request."""
    wait_until(lambda: any(each["target"] == target for each in decisions(engine)), f"{target} is recorded")
    identity = next(each["id"] for each in decisions(engine) if each["target"] == target)
    decision = engine.data("explain", str(identity))["decision"]
    told = engine.ctl("explain", str(identity)).out
    found = {each["server"]: each["why"] for each in decision["filtered"]}
    for why in found.values():
        contains(told, why)
    return found, decision


def test_it_says_for_what_a_server_was_left_out(lab):
    a, b, c, d, e, f = (lab.backend(name) for name in "abcdef")
    engine = lab.engine(a, b, server(c, state="maintenance"), server(d, weight=0), server(e, backup=True), f,
                        pool={"health_check": health(), "algorithm": "first"})
    for name in "abdef":
        engine.await_health(name, "healthy")
    record_all(engine)
    held = engine.client(timeout=30)
    held.start(target="/gated")
    wait_until(lambda: a.requests, "a has something to finish")
    engine.ctl("drain", "shop/a")
    b.health = 500
    engine.await_health("b", "unhealthy")
    equal(engine.request(target="/who").body, b"f")
    found, decision = explained(engine, "/who")
    equal(set(found), set("abcde"))
    for name, word in (("a", "drain"), ("b", "down"), ("c", "maintenance"), ("d", "weight"), ("e", "backup")):
        contains(found[name], word)
    equal([each["server"] for each in decision["choices"][0]["candidates"]], ["f"])
    a.gate.set()
    equal(held.read_response().status, 200)


def test_it_says_that_a_server_was_at_its_limit(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(server(a, max_requests=1), b, pool={"algorithm": "first"})
    record_all(engine)
    with engine.client(timeout=30) as held:
        held.start(target="/gated")
        wait_until(lambda: a.requests, "the first one is full")
        equal(engine.request(target="/who").body, b"b")
        _, decision = explained(engine, "/who")
        told = engine.ctl("explain", str(decision["id"])).out
        assert any(word in told for word in ("limit", "full")), told
        equal(decision["served"], ["b"])
        a.gate.set()
        equal(held.read_response().status, 200)


def test_attempts_and_a_tried_server_are_told(lab):
    a, b = lab.backend("a", lambda wire, head: False), lab.backend("b")
    engine = lab.engine(a, b)
    record_all(engine)
    equal(engine.request(target="/twice").body, b"b")
    found, decision = explained(engine, "/twice")
    equal([each["server"] for each in decision["attempts"]], ["a", "b"])
    equal(decision["served"], ["a", "b"])
    equal([each["result"] == "ok" for each in decision["attempts"]], [False, True])
    equal(found, {}, "both were candidates")
    last = {each["server"]: each for each in decision["choices"][-1]["candidates"]}
    equal((last["a"].get("tried"), last["b"]["chosen"]), (True, True), "a was tried already")
    contains(engine.ctl("explain", str(decision["id"])).out, "tried")
    equal(verify(engine)["same"], verify(engine)["choices"])


def test_a_pinned_request_says_so(lab):
    engine = lab.engine(*(lab.backend(name) for name in "ab"), pool={"stickiness": {"cookie": "S"}})
    record_all(engine)
    browser = pinned_browser(engine.port, "a")
    equal(browser.request(target="/mine").body, b"a")
    _, decision = explained(engine, "/mine")
    contains(json.dumps(decision["choices"][0]), "pinned")


def test_without_asking_a_sample_is_recorded(lab):
    engine = lab.engine(*(lab.backend(name) for name in "ab"))
    pipelined(engine.port, [("/", ())] * 3000)
    wait_until(lambda: decisions(engine), "some are recorded")
    few = verify(engine)["decisions"]
    assert few < 3000, f"{few} of 3000 are no sample"
    record_all(engine)
    pipelined(engine.port, [("/", ())] * 50)
    wait_until(lambda: verify(engine)["decisions"] >= 50, "all are recorded on demand")
    engine.ctl("explain", "--record", "sampled")
    pipelined(engine.port, [("/", ())] * 1000)
    assert verify(engine)["decisions"] < 500, "a sample again"
