"""Everything at once: every feature on, operators and reloads that never rest, servers that die. Nothing fails."""
import json
import random
import time

import backends
from crowd import Browser, steady
from harness import health, route, server
from waiting import equal, scaled, wait_until

ALGORITHMS = ("round-robin", "least-connections", "power-of-two", "random", "peak-ewma", "ring-hash", "maglev",
              "rendezvous-hash", "client-ip-hash", "first", "prequal")
SECONDS = 7


def configuration(lab, pool, shadow, chance):
    """One that differs each time: routes come and go, weights, limits, algorithm, budgets."""
    entries = [server(each, weight=chance.randint(20, 200),
                      **({"max_requests": chance.randint(8, 40)} if chance.random() < 0.3 else {})) for each in pool]
    routes = [{"name": "split", "match": {"path": {"prefix": "/split"}},
               "split": {"key": "cookie:SYSERVER", "pools": [{"pool": "shop", "weight": chance.randint(1, 9)},
                                                             {"pool": "other", "weight": 1}]}},
              {**route("shop", "rewritten", path={"prefix": "/re"}), "rewrite": {"path": "/"},
               "request_headers": {"set": {"x-lab": "1"}}, "response_headers": {"add": {"x-served": "lab"}}},
              {**route("shop"), "mirror": {"pool": "shadow", "share": "10%"}}]
    if chance.random() < 0.5:
        routes.insert(0, {"name": "pot", "match": {"path": {"exact": "/pot"}, "headers": {"x-pot": {"present": True}}},
                          "reply": {"status": 200, "body": "pot"}})
    every = {"health_check": health(), "stickiness": {"idle": "1m", "max": "1h", "when_draining": "keep"},
             "outlier_detection": {"window": "1s", "eject_for": "1s", "latency_factor": 20},
             "slow_start": {"window": "1s"}, "affinity": {"key": "path", "bounded_load": "150%"},
             "timeouts": {"queue": "5s"}, "drain": {"timeout": f"{int(scaled(2))}s"}, "retry": {"attempts": 2}}
    return lab.config(entries, pool={**every, "algorithm": chance.choice(ALGORITHMS)}, routes=routes,
                      pools=[{"name": "other", "algorithm": chance.choice(ALGORITHMS), "backends": [server(pool[0])],
                              **every},
                             {"name": "shadow", "backends": [server(shadow)]}])


def act(engine, chance, pool, remake):
    """One thing that an operator may do. Refusals are answers too; nothing else is. The first server stays in service."""
    name = f"shop/{chance.choice(pool[1:]).name}"
    command = chance.choice([
        ["weight", name, str(chance.randint(0, 256))], ["algorithm", "shop", chance.choice(ALGORITHMS)],
        ["drain", name],
        ["drain", name, "--timeout", f"{int(scaled(500))}ms"], ["maintenance", name],
        ["ready", name], ["ready", name], ["ready", name],
        ["expire", name], ["sessions"], ["explain"], ["explain", "--record", chance.choice(["all", "sampled"])],
        ["explain", "--verify"], ["route", "GET", "/split", "-H", "Host: x"], ["servers"], ["check-now"], ["reload"]])
    if command == ["reload"]:
        engine.write(remake())
    ended = engine.ctl(*command, code=None)
    assert ended.code in (0, 1), f"{command}: {ended.code} {ended.out}{ended.err}"
    if command == ["explain", "--verify"]:
        equal(ended.code, 0, f"a decision made again differs: {ended.out}{ended.err}")


def test_operators_reloads_and_deaths_under_load_with_everything_on_lose_nothing(lab):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    pool = [backends.nginx(lab, name) for name in "abcd"]
    shadow = lab.backend("shadow")

    def remake():
        return configuration(lab, pool, shadow, chance)

    engine = lab.start(remake())
    for each in pool:
        engine.await_health(each.name, "healthy")
    browsers = [Browser(engine.port, kept=number % 2 == 0) for number in range(6)]

    def browse():
        browser = browsers.pop()
        for target in ("/", "/split/x", "/re/y", "/pot", "/some?uid=1"):
            head = browser.request(target=target)
            equal(head.status, 200, f"{target}, seed {seed}: {head}")
        browsers.append(browser)

    load = lab.start_load(engine.port, connections=64, seconds=SECONDS + 1)
    done = 0
    with steady(browse, 4):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            act(engine, chance, pool, remake)
            done += 1
            if done % 40 == 0:
                victim = chance.choice(pool[1:])
                victim.kill()
                engine.ctl("check-now", code=None)
                victim.start()
    result = lab.finish_load(load)
    equal(result.failed, 0, f"seed {seed}, of {result.requests}: {result.text}")
    assert done > 20 / scaled(1), done
    for each in pool:
        engine.ctl("ready", f"shop/{each.name}")
    wait_until(lambda: sum(row["in_flight"] for every in engine.status()["pools"] for row in every["servers"]) == 0,
               "nothing is in flight in the end")
    equal(next(row for row in engine.status()["pools"] if row["name"] == "shop")["queued"], 0)
    assert json.loads(engine.ctl("--json", "servers").out)["servers"]
