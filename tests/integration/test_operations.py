"""What operators and monitoring rely on: exit codes, signals, socket, metrics, readiness, limits."""
import json
import os
import signal
import stat

import http_wire
from backends import free_port
from harness import Background, health
from waiting import SLOWDOWN, contains, equal, never, wait_until


def get(port, target, **how):
    return http_wire.request(port, target=target, host="127.0.0.1", **how)


def test_metrics_healthz_readyz(lab):
    backend = lab.backend("a")
    engine = lab.engine(backend, admin={"http": "127.0.0.1:0"})
    for _ in range(3):
        equal(engine.request().status, 200)
    port = engine.admin_port
    equal((get(port, "/healthz").status, get(port, "/readyz").status), (200, 200))
    wait_until(lambda: b'steelyard_backend_responses_total{' in get(port, "/metrics").body, "metrics")
    equal(http_wire.request(port, target="/metrics", host="evil.example").status, 421)
    equal(get(port, "/readyz", method="POST").status, 405)
    with engine.client() as client:
        client.start(target="/gated")
        wait_until(lambda: engine.server("a")["in_flight"] == 1, "in flight")
        engine.terminate()
        wait_until(lambda: get(port, "/readyz").status == 503, "not ready while draining")
        backend.gate.set()
        equal(client.read_response().status, 200, "what is in flight finishes")
    equal(engine.wait(), 0)


def test_a_second_sigterm_exits_at_once(lab):
    engine = lab.engine(lab.backend("a"))
    with engine.client() as client:
        client.start(target="/gated")
        wait_until(lambda: engine.server("a")["in_flight"] == 1, "in flight")
        engine.terminate()
        wait_until(lambda: engine.status()["state"] == "draining", "draining")
        engine.terminate()
        equal(engine.wait(3), 0)


def test_idle_connections_do_not_delay_the_end(lab):
    engine = lab.engine(lab.backend("a"))
    with engine.client() as client:
        equal(client.request().status, 200)
        engine.terminate()
        assert client.ended()
        equal(engine.wait(3), 0)


def test_the_socket_is_ours_alone(lab):
    engine = lab.engine(lab.backend("a"))
    equal(stat.S_IMODE(os.stat(engine.socket).st_mode), 0o600)
    other = lab.run(lab.binary("steelyardd"), "run", engine.file, "--socket", engine.socket)
    equal((other.code, other.out), (1, ""))
    contains(other.err, f"another engine (pid {engine.pid}) is serving")


def test_exit_codes_of_run_and_check(lab):
    bad = lab.folder / "bad.yaml"
    bad.write_text("version: 1\nlisteners: 5\n")
    for command in (("check", bad), ("run", bad)):
        ended = lab.run(lab.binary("steelyardd"), *command)
        equal(ended.code, 1)
        contains(ended.err, f"{bad}:2:12: error: ")
    equal(lab.run(lab.binary("steelyardd"), "check", lab.folder / "none.yaml").code, 1)
    equal(lab.run(lab.binary("steelyardd"), "fly").code, 2)
    taken = lab.engine(lab.backend("a"))
    configuration = lab.config([lab.backend("b")], listener={"bind": f"127.0.0.1:{taken.port}"})
    good = lab.folder / "taken.yaml"
    good.write_text(json.dumps(configuration))
    equal(lab.run(lab.binary("steelyardd"), "check", good).code, 0)
    ended = lab.run(lab.binary("steelyardd"), "run", good, "--socket", lab.folder / "other.sock")
    equal(ended.code, 1)
    contains(ended.err, "listener 'web': cannot bind 127.0.0.1")
    equal(lab.run(lab.binary("steelyardctl"), "--socket", lab.folder / "none.sock", "status").code, 3)
    equal(lab.run(lab.binary("steelyardctl"), "drain").code, 2)


def test_max_connections_holds(lab):
    engine = lab.engine(lab.backend("a"), listener={"max_connections": 3})
    clients = [engine.client() for _ in range(3)]
    for client in clients:
        equal(client.request().status, 200)
    with engine.client() as waiting:
        waiting.start()
        answer = Background(waiting.read_response)
        never(lambda: not answer.running, "a fourth connection was served", 0.3)
        clients[0].close()
        equal(answer.join().status, 200, "served once there is room")


def test_out_of_descriptors_and_back(lab):
    if SLOWDOWN > 1:
        lab.skip("the sanitizers' own checks need descriptors (UBSan asks a pipe whether memory can be read)")
    engine = lab.start(lab.config([lab.backend("a")]),
                       wrapper=[lab.program("prlimit"), "--nofile=80:80"])
    clients = [engine.client() for _ in range(100)]
    wait_until(lambda: len(os.listdir(f"/proc/{engine.pid}/fd")) >= 70, "descriptors run out")
    before = engine.cpu_seconds()
    never(lambda: False, "", 0.5)
    assert engine.cpu_seconds() - before < 0.25, "it spins while full"
    for client in clients:
        client.close()

    def served():
        try:
            return engine.request().status == 200
        except (OSError, http_wire.Broken):
            return False  # turned away: the descriptors are not free yet
    wait_until(served, "serves again once descriptors are free")
    before = engine.cpu_seconds()
    never(lambda: False, "", 0.5)
    assert engine.cpu_seconds() - before < 0.25, "it spins"


def test_access_log_lines(lab):
    engine = lab.engine(lab.backend("a"), listener={"headers": {"x_request_id": True}})
    engine.request(target="/a?b=\"c\"", fields=[("User-Agent", "x")])
    record = engine.await_log(1)[0]
    equal((record["method"], record["target"], record["host"], record["status"]), ("GET", "/a?b=\"c\"", "test.lab", 200))
    equal((record["listener"], record["route"], record["pool"]), ("web", "everything", "shop"))
    equal([(attempt["server"], attempt["result"]) for attempt in record["attempts"]], [("a", "ok")])
    for phase in ("connect", "first_byte", "body", "total", "own"):
        assert record["phases_us"][phase] >= 0, record
    equal(len(record["request_id"]), 32)


def test_probes_take_servers_out_and_back(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(a, b, pool={"health_check": health()})
    for each in "ab":
        engine.await_health(each, "healthy")
    a.health = 500
    engine.await_health("a", "unhealthy")
    equal(set(engine.picks(10)), {"b"})
    contains(engine.server("a")["probe"]["text"], "500")
    a.health = 200
    engine.await_health("a", "healthy")
    equal(set(engine.picks(10)), {"a", "b"})
    b.health = None
    engine.await_health("b", "unhealthy")
    contains(engine.server("b")["probe"]["text"], "timeout")


def test_no_traffic_before_the_first_good_probe(lab):
    silent, good = lab.backend("a"), lab.backend("b")
    silent.health = None
    engine = lab.engine(silent, good, pool={"health_check": health(timeout="30s")})
    engine.await_health("b", "healthy")
    equal(set(engine.picks(10)), {"b"})
    equal((engine.server("a")["health"], silent.requests), ("checking", []))


def test_all_down_is_told_at_once_and_fail_open_serves(lab):
    for mode, expected in (("fail-closed", 503), ("fail-open", 200)):
        sick = lab.backend("a")
        sick.health = 500
        engine = lab.start(lab.config([sick], pool={"health_check": health(), "when_all_down": mode}), name=mode)
        engine.await_health("a", "unhealthy")
        equal(engine.request().status, expected, mode)
        if expected == 503:
            equal(engine.await_log(1)[0]["reason"], "no_server")
            contains(" ".join(engine.event_texts("shop")), "no server in service")


def test_posts_are_sent_once_and_connect_failures_go_elsewhere(lab):
    def drop(wire, _):
        return False  # the request was received; the connection ends without an answer

    dropping, good = lab.backend("a", drop), lab.backend("b")
    engine = lab.engine(dropping, good)
    statuses = [engine.request("POST", body=b"once").status for _ in range(4)]
    equal((sorted(statuses), len(dropping.requests), len(good.requests)), ([200, 200, 502, 502], 2, 2))
    equal([engine.request().status for _ in range(3)], [200] * 3, "idempotent ones are tried elsewhere")
    gone = {"name": "gone", "address": f"127.0.0.1:{free_port()}"}
    second = lab.start(lab.config([gone, good]), name="second")
    equal([second.request("POST", body=b"x").status for _ in range(4)], [200] * 4)


def test_a_name_that_does_not_resolve_stops_nothing(lab):
    nowhere = {"name": "nowhere", "address": "no-such-name.invalid:80"}
    engine = lab.engine(nowhere, lab.backend("b"))
    equal(set(engine.picks(4)), {"b"})
    wait_until(lambda: any("cannot resolve 'no-such-name.invalid'" in text for text in engine.event_texts("resolver")),
               "it is told")


def test_ctl_refuses_in_words(lab):
    engine = lab.engine(lab.backend("a"))
    contains(engine.ctl("weight", "shop/x", "5", code=1).err, "no server 'x'")
    contains(engine.ctl("weight", "nix/a", "5", code=1).err, "no pool 'nix'")
    contains(engine.ctl("algorithm", "shop", "best", code=2).err, "there are round-robin")
    contains(engine.ctl("weight", "shop/a", "100").out, "already")
    added = lab.backend("b")
    engine.ctl("add", "shop", f"b={added.address}")
    equal(set(engine.picks(4)), {"a", "b"})
    engine.ctl("remove", "shop/b")
    equal(set(engine.picks(4)), {"a"})


def test_sighup_is_told_on_stderr(lab):
    engine = lab.engine(lab.backend("a"))
    engine.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reload: reloaded" in engine.words(), "told")


def test_a_server_is_edited_and_its_latency_told(lab):
    first, other = lab.backend("a"), lab.backend("x")
    engine = lab.engine(first)
    equal(engine.request().status, 200)
    told = engine.ctl("edit", "shop/a", "--address", f"127.0.0.1:{other.port}", "--max-requests", "5", "--weight", "7")
    contains(told.out, f"shop/a: address 127.0.0.1:{other.port}, was 127.0.0.1:{first.port}; weight 7, was 100; at most 5")
    contains(engine.ctl("edit", "shop/a", "--weight", "7").out, "is so already")
    for _ in range(5):
        equal(engine.request().status, 200)
    equal(engine.server("a")["max_requests"], 5)
    wait_until(lambda: engine.data("latency", "shop/a")["count"] >= 5, "its answers are counted")
    contains(engine.ctl("latency", "shop/a").out, "#")
    equal(engine.ctl("weight", "shop/a", "0", code=1).out, "")
    engine.ctl("weight", "shop/a", "0", "--force")
    equal(engine.server("a")["weight"], 0)


def test_a_pool_is_added_and_removed(lab):
    engine = lab.engine(lab.backend("a"))
    refused = engine.ctl("remove-pool", "shop", code=1)
    contains(refused.err, "pool 'shop' is used by the routes")
    contains(engine.ctl("add-pool", "extra", "--algorithm", "random").out, "add servers, and a route to it")
    engine.ctl("add", "extra", "x=127.0.0.1:9")
    contains(engine.ctl("add-pool", "extra", code=1).err, "already")
    engine.ctl("save")
    contains(engine.file.read_text(), "name: extra")
    engine.ctl("remove-pool", "extra")
    engine.ctl("servers", "extra", code=1)
    contains(engine.ctl("add-pool", "extra").out, "is back with 1 servers")
    engine.ctl("remove-pool", "extra")
    engine.ctl("save")
    assert "extra" not in engine.file.read_text()
