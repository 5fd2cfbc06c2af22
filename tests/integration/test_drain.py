"""Drain, maintenance and ready by steelyardctl, and what its exit codes tell."""
import threading
import time

from harness import Background
from http_wire import Broken
from waiting import contains, equal, scaled, wait_until


def gated_requests(engine, backends, count, target="/gated"):
    """`count` requests that hang in their servers, spread over them by round robin -> their connections."""
    clients = []
    for number in range(count):
        client = engine.client(timeout=30)
        client.start(target=target)
        clients.append(client)
        wait_until(lambda: sum(len(each.requests) for each in backends) == number + 1, "the request arrives")
    return clients


def test_a_drained_server_finishes_and_gets_nothing_new(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(a, b)
    held = gated_requests(engine, [a, b], 6)
    equal(len(a.requests), 3, "in flight at a")

    # Requests say whether they were sent after the command had returned: none such may reach a.
    drained, stop = threading.Event(), threading.Event()

    def hammer():
        sent = 0
        with engine.client() as client:
            while not stop.is_set():
                phase = "after" if drained.is_set() else "before"
                equal(client.request(target=f"/{phase}").status, 200)
                sent += 1
        return sent

    hammers = [Background(hammer) for _ in range(4)]
    wait_until(lambda: any(head.target == "/before" for head in list(a.requests)), "traffic reaches a")
    began = time.monotonic()
    ended = engine.ctl("drain", "shop/a")
    drained.set()
    contains(ended.out, "draining shop/a")
    wait_until(lambda: sum(head.target == "/after" for head in list(b.requests)) > 200, "traffic after the drain", 20)
    stop.set()
    for work in hammers:
        work.join()
    equal([head.target for head in a.requests if head.target == "/after"], [], "new requests at the drained server")
    engine.await_admin("a", "draining")
    wait_until(lambda: engine.server("a")["in_flight"] == 3, "three are in flight")
    row = engine.server("a")
    assert 0 < row["drain_seconds_left"] <= 30 - (time.monotonic() - began) / scaled(1) + 1, row
    equal(row["selectable"], False)

    a.gate.set()
    b.gate.set()
    for client in held:
        equal(client.read_response().status, 200, "in flight when the drain began")
    engine.await_admin("a", "maintenance", seconds=2)
    assert any(text.startswith("drained") for text in engine.event_texts("shop/a")), engine.event_texts("shop/a")
    equal(engine.picks(6), ["b"] * 6)
    engine.ctl("ready", "shop/a")
    equal(sorted(engine.picks(6)), ["a"] * 3 + ["b"] * 3, "back in service")


def test_an_idle_server_is_drained_at_once(lab):
    engine = lab.engine(lab.backend("a"), lab.backend("b"))
    engine.picks(4)
    engine.ctl("drain", "shop/a")
    engine.await_admin("a", "maintenance", seconds=1)


def test_what_is_left_at_the_deadline_is_closed(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(a, b)
    held = gated_requests(engine, [a, b], 4)
    began = time.monotonic()
    engine.ctl("drain", "shop/a", "--timeout", "1s")
    answers = []
    for client in held[0::2]:  # a, b, a, b
        answers.append(client.read_response())
    took = time.monotonic() - began
    equal([each.status for each in answers], [503, 503], "the rest at a")
    assert 0.9 < took < 1 + scaled(1), f"closed after {took:.2f} s, the deadline was 1 s"
    engine.await_admin("a", "maintenance", seconds=2)
    assert any("deadline passed" in text for text in engine.event_texts("shop/a")), engine.event_texts("shop/a")
    records = engine.await_log(2)
    equal([record["reason"] for record in records], ["drain_deadline"] * 2)
    b.gate.set()
    for client in held[1::2]:
        equal(client.read_response().status, 200, "b is not touched")


def test_a_response_under_way_at_the_deadline_is_visibly_cut(lab):
    def stream(wire, head):
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        wire.more()
        return False

    engine = lab.engine(lab.backend("a", stream), lab.backend("b", stream))
    with engine.client() as client:
        client.start()
        head = client.read_head()
        equal(head.status, 200)
        engine.ctl("drain", "shop/a", "--timeout", "200ms")
        try:
            client.read_body(head)
        except Broken:
            return
        raise AssertionError("the cut body looks complete")


def test_maintenance_lets_in_flight_finish_and_ready_ends_a_drain(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(a, b)
    held = gated_requests(engine, [a, b], 2)
    engine.ctl("maintenance", "shop/a")
    equal(engine.picks(4), ["b"] * 4)
    engine.ctl("ready", "shop/a")
    engine.ctl("drain", "shop/a")
    engine.ctl("ready", "shop/a")
    equal(sorted(engine.picks(4)), ["a", "a", "b", "b"], "a drain taken back")
    a.gate.set()
    b.gate.set()
    for client in held:
        equal(client.read_response().status, 200)
    time_passes = engine.picks(20)
    equal(time_passes.count("a"), 10, "a drain that was taken back does not end in maintenance")


def test_the_last_server_in_service_is_refused_without_force(lab):
    engine = lab.engine(lab.backend("a"), lab.backend("b"))
    engine.ctl("maintenance", "shop/a")
    for command in (["drain", "shop/b"], ["maintenance", "shop/b"], ["remove", "shop/b"], ["weight", "shop/b", "0"]):
        ended = engine.ctl(*command, code=1)
        contains(ended.err, "last server in service")
        equal(engine.request().body, b"b", "nothing changed")
    contains(engine.ctl("drain", "shop/b", code=1).err, "--force")
    engine.ctl("drain", "shop/b", "--force")
    equal(engine.request().status, 503)
    engine.ctl("ready", "shop/b")
    equal(engine.request().status, 200)


def test_exit_codes_of_steelyardctl(lab):
    engine = lab.engine(lab.backend("a"), lab.backend("b"))
    ctl = lab.binary("steelyardctl")
    contains(engine.ctl("ready", "shop/a").out, "already")
    engine.ctl("maintenance", "shop/a")
    contains(engine.ctl("maintenance", "shop/a").out, "already")
    for command in (["drain", "shop/x"], ["drain", "nopool/a"], ["algorithm", "shop", "best"], ["weight", "shop/a", "257"]):
        assert engine.ctl(*command, code=None).code in (1, 2), command
    contains(engine.ctl("drain", "shop/x", code=1).err, "a, b", "names the servers there are")
    for words in (["drain"], ["frobnicate"], ["weight", "shop/a"], ["drain", "shop/a", "--timeout"], []):
        ended = lab.run(ctl, "--socket", engine.socket, *words)
        equal(ended.code, 2, f"wrong usage {words}: {ended.out}{ended.err}")
        assert ended.err
    ended = lab.run(ctl, "--socket", lab.folder / "nobody.sock", "status")
    equal(ended.code, 3)
    contains(ended.err, "nobody.sock")


def test_servers_are_added_and_removed_at_run_time(lab):
    a, b = lab.backend("a"), lab.backend("b")
    engine = lab.engine(a)
    engine.ctl("add", "shop", f"b={b.address}")
    equal(sorted(engine.picks(4)), ["a", "a", "b", "b"])
    with engine.client(timeout=30) as held:
        while not any(head.target == "/gated" for head in a.requests):
            held.start(target="/gated")
            wait_until(lambda: any(head.target == "/gated" for head in a.requests + b.requests), "it arrives")
            if any(head.target == "/gated" for head in b.requests):
                b.gate.set()
                held.read_response()
        contains(engine.ctl("remove", "shop/a").out, "1 requests in flight finish")
        equal(engine.picks(4), ["b"] * 4)
        a.gate.set()
        equal(held.read_response().status, 200, "in flight at a removed server")
