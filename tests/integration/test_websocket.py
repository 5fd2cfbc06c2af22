"""WebSocket through the engine, with npm's ws at both ends."""
import json
import pathlib
import subprocess

import backends
from harness import health
from waiting import equal, reduced, scaled, wait_until

PEERS = pathlib.Path(__file__).resolve().parent / "peers"


class Talk:
    """A ws client process: say() an order, hear() the next line."""

    def __init__(self, lab, port, name="ws-client"):
        self.process = lab.spawn([lab.program("node"), str(PEERS / "ws_client.js"), lab.node_modules(),
                                  f"ws://127.0.0.1:{port}/chat"], name, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, **order):
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the WebSocket client ended")
        return json.loads(line)


def echo_server(lab, name="a"):
    port = backends.free_port()
    server = backends.ProcessBackend(lab, name, [lab.program("node"), str(PEERS / "ws_server.js"), lab.node_modules(),
                                                 str(port)], port)
    return server


def test_messages_both_ways_and_close_codes(lab):
    engine = lab.engine(echo_server(lab))
    talk = Talk(lab, engine.port)
    equal(talk.hear(), {"open": True})
    talk.say(text="grüß dich")
    equal(talk.hear(), {"text": "grüß dich"})
    talk.say(ping=True)
    equal(talk.hear(), {"pong": True})
    size = reduced(8 << 20, 1 << 16)
    talk.say(binary=size)
    big = talk.hear()
    equal((big["binary"], big["sha256"]), (size, big["sent"]))
    talk.say(close=4001, reason="enough")
    equal(talk.hear(), {"closed": 4001, "reason": "enough"})
    record = engine.await_log(1, lambda each: each["status"] == 101)[0]
    assert record["bytes_out"] >= size and record["bytes_in"] >= size, record
    wait_until(lambda: engine.server("a")["in_flight"] == 0, "the lease is given back")


def test_the_server_closes(lab):
    engine = lab.engine(echo_server(lab))
    talk = Talk(lab, engine.port)
    talk.hear()
    talk.say(text="close 4002 go away")
    equal(talk.hear(), {"closed": 4002, "reason": "go away"})


def test_it_survives_a_reload_and_is_cut_at_the_drain_deadline(lab):
    pool = [echo_server(lab), lab.backend("b")]
    engine = lab.engine(*pool, pool={"drain": {"timeout": "1s"}, "algorithm": "round-robin"})
    talk = Talk(lab, engine.port)
    equal(talk.hear(), {"open": True})
    engine.ctl("reload")
    talk.say(text="still here")
    equal(talk.hear(), {"text": "still here"})
    engine.ctl("drain", "shop/a")
    talk.say(text="and draining")
    equal(talk.hear(), {"text": "and draining"})
    equal(talk.hear()["closed"], 1006, "cut, not closed by either end")
    engine.await_admin("a", "maintenance")
    record = engine.await_log(1, lambda each: each["status"] == 101)[0]
    equal(record["reason"], "drain_deadline")
