"""A server dies under load: no request may fail, and it comes back into rotation by itself."""
import backends
from harness import health
from waiting import equal, wait_until


def kill_under_load(lab, kind):
    pool = [backends.KINDS[each](lab, name) for name, each in zip("abc", ("nginx", "node", "python"))]
    victim = next(each for each, name in zip(pool, ("nginx", "node", "python")) if name == kind)
    engine = lab.engine(*pool, pool={"health_check": health(), "algorithm": "least-connections"})
    for each in pool:
        engine.await_health(each.name, "healthy")
    served = engine.server(victim.name)["totals"]["requests"]
    load = lab.start_load(engine.port, seconds=5)
    wait_until(lambda: engine.server(victim.name)["totals"]["requests"] > served + 100, "the victim is under load", 4)
    victim.kill()
    engine.await_health(victim.name, "unhealthy", seconds=3)
    before = engine.server(victim.name)["totals"]["requests"]
    victim.start()
    engine.await_health(victim.name, "healthy", seconds=5)
    result = lab.finish_load(load)
    equal(result.failed, 0, f"failed of {result.requests} requests when {kind} was killed\n{result.text}")
    assert result.requests > 100, result.text
    with engine.client() as client:
        wait_until(lambda: victim.name in engine.picks(3, client), "the restarted server gets requests again", 5)
    wait_until(lambda: engine.server(victim.name)["totals"]["requests"] > before, "and they are counted", 5)

    row = engine.server(victim.name)
    equal((row["health"], row["selectable"]), ("healthy", True))
    texts = engine.event_texts(f"shop/{victim.name}")
    assert any(text.startswith("down: ") for text in texts), texts
    assert texts[-1].startswith("up: "), texts

    retried = engine.await_log(1, lambda record: len(record["attempts"]) > 1)
    assert retried, "the access log shows no retry"
    for record in retried:
        equal(record["status"], 200)
        first, last = record["attempts"][0], record["attempts"][-1]
        equal(last["result"], "ok", str(record))
        assert first["server"] == victim.name and first["result"] != "ok", record


def test_killing_nginx_under_load_loses_no_request(lab):
    kill_under_load(lab, "nginx")


def test_killing_node_under_load_loses_no_request(lab):
    kill_under_load(lab, "node")


def test_killing_python_under_load_loses_no_request(lab):
    kill_under_load(lab, "python")


def test_a_server_without_health_check_killed_under_load_loses_no_request(lab):
    """Without probes every request to it fails over by itself."""
    pool = [backends.nginx(lab, name) for name in "ab"]
    engine = lab.engine(*pool)
    load = lab.start_load(engine.port, seconds=3)
    wait_until(lambda: engine.server("a")["totals"]["requests"] > 100, "load", 3)
    pool[0].kill()
    result = lab.finish_load(load)
    equal(result.failed, 0, result.text)
