"""All servers are restarted one after the other by drain, restart, ready, under load with stickiness: nothing fails."""
import backends
from crowd import Browser, steady
from harness import health
from waiting import equal, wait_until


def rolling_restart(lab, mode, kinds):
    pool = [backends.KINDS[kind](lab, name) for kind, name in zip(kinds, "abc")]
    engine = lab.engine(*pool, pool={"algorithm": "power-of-two", "health_check": health(), "drain": {"timeout": "2s"},
                                     "stickiness": {"cookie": "SYSERVER", "when_draining": mode}})
    for each in pool:
        engine.await_health(each.name, "healthy")
    browsers = [Browser(engine.port, kept=number % 2 == 0) for number in range(8)]
    for browser in browsers:
        browser.server()
    idle = browsers[:]
    moves = []
    served = []

    def browse():
        """A visit of ten pages by a browser that nobody else has in hand."""
        browser = idle.pop()
        try:
            for _ in range(10):
                before = browser.cookies["SYSERVER"]
                served.append(browser.server())
                if browser.cookies["SYSERVER"] != before:
                    moves.append(served[-1])
        finally:
            idle.append(browser)

    load = lab.start_load(engine.port, connections=32, seconds=8)
    with steady(browse, 4):
        for each in pool:
            seen = len(served)
            engine.ctl("drain", f"shop/{each.name}")
            engine.await_admin(each.name, "maintenance", seconds=5)
            wait_until(lambda: engine.server(each.name)["in_flight"] == 0, "safe to stop", 2)
            each.kill()
            wait_until(lambda: len(served) > seen + 40, "browsers go on without it")
            each.start()
            engine.ctl("ready", f"shop/{each.name}")
            engine.await_health(each.name, "healthy")
            before = engine.server(each.name)["totals"]["requests"]
            wait_until(lambda: engine.server(each.name)["totals"]["requests"] > before + 10,
                       f"{each.name} serves again")
        assert load.poll() is None, "the load was over before the last restart"
    result = lab.finish_load(load)
    equal(result.failed, 0, f"of {result.requests}: {result.text}")
    assert moves, "browsers were moved"
    wrong = [record for record in engine.access_log() if record["status"] != 200]
    equal(wrong[:3], [], f"{len(wrong)} failed")


def test_a_rolling_restart_with_stickiness_keep_loses_nothing(lab):
    rolling_restart(lab, "keep", ("nginx", "nginx", "nginx"))


def test_a_rolling_restart_with_stickiness_repin_loses_nothing(lab):
    rolling_restart(lab, "repin", ("nginx", "node", "python"))
