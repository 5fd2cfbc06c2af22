"""The engine's own failover: killed, hanging, changed for another program; and what survives that."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import http_wire
from harness import Late, health, once
from waiting import SLOWDOWN, contains, equal, scaled, wait_until

BACK_WITHIN = 0.2


def supervised(lab, *servers, binary=None, **how):
    made = lab.config(servers, **how)
    return lab.start(made, arguments=["--supervise"], **({"program": binary} if binary else {}))


def children(pid):
    """The processes that `pid` started and that still run."""
    found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def pid_of(engine):
    """The serving engine's process; `engine.pid` is the supervisor's."""
    return wait_until(lambda: children(engine.pid), "an engine runs")[0]


def kill_engine(engine):
    """-> the killed one's process"""
    pid = pid_of(engine)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in children(engine.pid) and children(engine.pid), "another engine runs", interval=0.002)
    return pid


class Knocking:
    """New connections, one request each, one after the other: when each began and ended, and how."""

    def __init__(self, port):
        self.port = port
        self.tries = []
        self.going = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            began = time.monotonic()
            try:
                how = str(http_wire.request(self.port).status)
            except (OSError, http_wire.Broken) as error:
                how = type(error).__name__
            self.tries.append((began, time.monotonic(), how))

    def stop(self):
        self.going = False
        self.thread.join(scaled(20))
        return self.tries


def gap_after(tries, moment):
    """Seconds from `moment` to the first good answer of a request that began after it."""
    return min(ended for began, ended, how in tries if began >= moment and how == "200") - moment


def test_a_killed_engine_is_back_at_once_and_nobody_is_refused(lab):
    engine = supervised(lab, lab.backend("a"), lab.backend("b"), pool={"health_check": health()})
    for each in "ab":
        engine.await_health(each, "healthy")
    load = lab.start_load(engine.port, connections=16, seconds=3)
    knocking = Knocking(engine.port)
    wait_until(lambda: len(knocking.tries) > 50, "load")
    wait_until(lambda: engine.status()["totals"]["requests"] > 500, "load is counted")
    pid = pid_of(engine)
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: any(began > killed and how == "200" for began, _, how in list(knocking.tries)), "served again")
    wait_until(lambda: len(knocking.tries) > 200, "and goes on")
    tries = knocking.stop()
    result = lab.finish_load(load)
    hows = {how for _, _, how in tries}
    assert "ConnectionRefusedError" not in hows, hows
    assert "connect 0," in result.text or "Socket errors" not in result.text, result.text
    assert not re.search(r"Non-2xx", result.text), result.text
    lost = [how for _, _, how in tries if how != "200"]
    gap = gap_after(tries, killed)
    print(f"        back {gap * 1000:.0f} ms after kill -9; {len(tries)} tries one after the other, lost {lost}; "
          f"wrk beside: {result.requests} requests, {result.failed} broken off")
    assert len(lost) <= 1, lost  # what was in flight
    texts = engine.event_texts("engine")
    assert any("was killed by signal 9" in text and "started instead" in text for text in texts), texts
    contains(engine.words(), "starting it again at once")
    if gap > BACK_WITHIN * SLOWDOWN:
        raise Late(f"back after {gap * 1000:.0f} ms")


def test_connections_wait_while_there_is_no_engine(lab):
    """Killed twice in a row: the second time it is started after a pause, in which clients wait and are not refused."""
    engine = supervised(lab, lab.backend("a"))
    kill_engine(engine)
    pid = pid_of(engine)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not children(engine.pid), "no engine", interval=0.001)
    began = time.monotonic()
    equal(engine.request().status, 200)
    assert time.monotonic() - began > 0.05, "there was an engine"
    contains(engine.words(), "starting it again in 250 ms")


def test_what_operators_changed_and_what_was_known_survives_a_kill(lab):
    sick = lab.backend("c")
    sick.health = 500
    engine = supervised(lab, lab.backend("a"), lab.backend("b"), sick, lab.backend("d"),
                        pool={"health_check": health(interval="30s", fast_interval="50ms")})
    for name, state in (("a", "healthy"), ("b", "healthy"), ("c", "unhealthy"), ("d", "healthy")):
        engine.await_health(name, state)
    engine.ctl("maintenance", "shop/b")
    engine.ctl("weight", "shop/a", "20")
    engine.ctl("algorithm", "shop", "least-connections")
    added = lab.backend("e")
    engine.ctl("add", "shop", f"e={added.address}")
    engine.await_health("e", "healthy")
    for _ in range(50):
        equal(engine.request().status, 200)
    counted = wait_until(lambda: engine.status()["totals"]["requests"] == 50 and engine.status(), "counted")
    state = next((lab.folder / "engine/state").glob("runtime-*.json"))
    wait_until(lambda: json.loads(state.read_text())["totals"].get("requests") == 50, "written")
    equal(state.stat().st_mode & 0o777, 0o600)
    before = {row["name"]: row for row in engine_rows(engine)}
    kill_engine(engine)
    equal(engine.request().status, 200)
    after = {row["name"]: row for row in engine_rows(engine)}
    for name, row in before.items():
        for key in ("admin", "weight", "address"):
            equal(after[name][key], row[key], f"{name}'s {key}")
        equal(after[name]["health"], row["health"], f"{name}'s health")
        assert after[name]["totals"]["requests"] >= row["totals"]["requests"], (row, after[name])
    equal(engine.status()["pools"][0]["algorithm"], "least-connections")
    wait_until(lambda: engine.status()["totals"]["requests"] > counted["totals"]["requests"], "counting goes on")
    # A restart of the whole is as good; and the file's word is newer where it changed.
    engine.terminate()
    equal(engine.wait(), 0)
    changed = json.loads(engine.file.read_text())
    changed["pools"][0]["backends"][0]["weight"] = 77
    again = lab.start(changed, name="engine")
    equal(again.server("a")["weight"], 77)
    equal(again.server("b")["admin"], "maintenance")


def engine_rows(engine):
    return json.loads(engine.ctl("--json", "servers").out)["servers"]


@once
def test_a_hanging_engine_is_ended_and_replaced(lab):
    engine = supervised(lab, lab.backend("a"))
    pid = pid_of(engine)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: pid not in children(engine.pid) and children(engine.pid), "replaced", 15)
    equal(engine.request().status, 200)
    contains(engine.words(), "no sign of life")


def test_an_upgrade_under_load_fails_no_request(lab):
    """SIGUSR2 with another program on the disk: clients with kept and with new connections notice nothing."""
    program = lab.folder / "steelyardd"
    shutil.copy(lab.binary("steelyardd"), program)
    engine = supervised(lab, lab.backend("a"), lab.backend("b"), binary=program, pool={"health_check": health()},
                        admin={"http": "127.0.0.1:0"})
    for each in "ab":
        engine.await_health(each, "healthy")
    port = engine.admin_port
    engine.ctl("weight", "shop/b", "50")
    old = pid_of(engine)
    load = lab.start_load(engine.port, connections=32, seconds=4)
    knocking = Knocking(engine.port)
    ready = Knocking(port)
    wait_until(lambda: len(knocking.tries) > 50, "load")
    shutil.copy(program, lab.folder / "next")
    os.rename(lab.folder / "next", program)
    began = time.monotonic()
    engine.process.send_signal(signal.SIGUSR2)
    wait_until(lambda: "serves, engine" in engine.words(), "taken over")
    took = time.monotonic() - began
    new = wait_until(lambda: [each for each in children(engine.pid) if each != old], "the new one")[0]
    equal(os.readlink(f"/proc/{new}/exe"), str(program))
    result = lab.finish_load(load)
    tries = knocking.stop()
    asked = ready.stop()
    equal(result.failed, 0, result.text)
    lost = [how for _, _, how in tries if how != "200"]
    equal(lost, [], f"of {len(tries)}")
    equal({how for _, _, how in asked}, {"421"}, "the admin port answers all the time (it was asked by a wrong name)")
    wait_until(lambda: children(engine.pid) == [new], "the old one ends", 15)
    equal(engine.server("b")["weight"], 50)
    assert engine.status()["totals"]["requests"] > 0.2 * result.requests, "counters go on"
    equal(engine.admin_port, port)
    print(f"        upgrade in {took:.2f} s, {result.requests + len(tries)} requests meanwhile, 0 failed")


def test_a_program_that_does_not_work_changes_nothing(lab):
    program = lab.folder / "steelyardd"
    shutil.copy(lab.binary("steelyardd"), program)
    engine = supervised(lab, lab.backend("a"), binary=program)
    old = pid_of(engine)
    shutil.copy("/bin/false", lab.folder / "next")
    os.rename(lab.folder / "next", program)
    engine.process.send_signal(signal.SIGUSR2)
    wait_until(lambda: "upgrade failed" in engine.words(), "told")
    equal(children(engine.pid), [old])
    equal(engine.request().status, 200)
    # Killed now, it comes back as the program that worked.
    kill_engine(engine)
    equal(engine.request().status, 200)
    equal(engine.ctl("status").code, 0)


def test_a_broken_file_and_a_crash_lead_to_the_last_good_configuration(lab):
    engine = supervised(lab, lab.backend("a"))
    good = engine.file.read_text()
    engine.write(good[:200])
    kill_engine(engine)
    equal(engine.request().status, 200)
    contains(engine.words(), "with the last good configuration")
    texts = engine.event_texts("config")
    assert any("running the last good configuration" in text for text in texts), texts
    equal(engine.ctl("reload", code=1).code, 1)
    engine.write(good)
    engine.ctl("reload")
    equal(engine.request().status, 200)


def test_the_supervisor_passes_signals_on(lab):
    backend = lab.backend("a")
    engine = supervised(lab, backend)
    engine.reload_by_signal()
    with engine.client() as client:
        client.start(target="/gated")
        wait_until(lambda: engine.server("a")["in_flight"] == 1, "in flight")
        engine.terminate()
        wait_until(lambda: engine.status()["state"] == "draining", "draining")
        try:
            engine.client().close()
            raise AssertionError("a new connection was taken while it drains")
        except ConnectionRefusedError:
            pass
        backend.gate.set()
        equal(client.read_response().status, 200)
    equal(engine.wait(), 0)
    # Nothing to serve, nothing to supervise: the engine's own words and code.
    bad = lab.folder / "bad.yaml"
    bad.write_text("version: 1\nlisteners: 5\n")
    ended = lab.run(lab.binary("steelyardd"), "run", bad, "--supervise")
    equal((ended.code, ended.out), (1, ""))
    contains(ended.err, "bad.yaml:2:12: error: ")


def test_an_engine_without_its_supervisor_finishes(lab):
    engine = supervised(lab, lab.backend("a"))
    pid = pid_of(engine)
    engine.process.kill()
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the engine ends too")


# A process manager as systemd is one: a listening socket as descriptor 3, and an address for words.
MANAGER = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
if listener.fileno() == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(listener.fileno(), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web", NOTIFY_SOCKET=sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
"""


def words_of(notify, wanted):
    """The messages to the service manager, until one has that line."""
    notify.settimeout(scaled(10))
    seen = []
    while wanted not in seen:
        seen += notify.recv(4096).decode().split("\n")
    return seen


def test_as_a_service_of_systemd(lab):
    for arguments in ([], ["--supervise"]):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = str(lab.folder / f"notify{len(arguments)}")
        notify.bind(address)
        engine = lab.start(lab.config([lab.backend("a")]), name=f"service{len(arguments)}", arguments=arguments,
                           wrapper=[sys.executable, "-c", MANAGER, address])
        words_of(notify, "READY=1")
        equal(engine.request().status, 200)
        words_of(notify, "WATCHDOG=1")
        # Its environment is not for others: the supervisor's engine has its own.
        listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
        equal(listening.count(f"127.0.0.1:{engine.port} "), 1 if listening else 0)
        engine.process.send_signal(signal.SIGHUP)
        seen = words_of(notify, "RELOADING=1")
        assert any(word.startswith("MONOTONIC_USEC=") for word in seen + words_of(notify, "READY=1")), seen
        engine.terminate()
        words_of(notify, "STOPPING=1")
        equal(engine.wait(), 0)
        notify.close()


def test_root_is_given_up_but_for_low_ports(lab):
    if os.geteuid() != 0:
        lab.skip("only root can give root up")
    lab.folder.chmod(0o755)
    configuration = lab.config([lab.backend("a")], listener={"bind": f"127.0.0.1:{low_port(lab)}"})
    folder = lab.folder / "engine"
    folder.mkdir()
    shutil.chown(folder, "nobody")
    if subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", "test", "-x", lab.binary("steelyardd")],
                      check=False).returncode != 0:
        lab.skip("nobody may not run the programs of this build")
    for arguments in (["--user", "nobody"], ["--user", "nobody", "--supervise"]):
        engine = lab.start(configuration, arguments=arguments)
        equal(engine.request().status, 200)
        for pid in [engine.pid, *children(engine.pid)]:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            contains(status, "Uid:\t65534\t65534\t65534\t65534")
            contains(status, "CapEff:\t0000000000000400")  # CAP_NET_BIND_SERVICE
            contains(status, "NoNewPrivs:\t1")
        engine.terminate()
        equal(engine.wait(), 0)
    ended = lab.run(lab.binary("steelyardd"), "run", engine.file, "--user", "no-such-user")
    equal(ended.code, 1)
    contains(ended.err, "there is no user 'no-such-user'")


def low_port(lab):
    for port in range(1023, 900, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    return lab.skip("no port below 1024 is free")


def test_web_pages_reach_nothing(lab):
    engine = lab.engine(lab.backend("a"), admin={"http": "127.0.0.1:0"})
    port = engine.admin_port
    for target in ("/metrics", "/readyz", "/healthz"):
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{port}"):
            answer = http_wire.request(port, target=target, fields=[("Origin", origin)], host=f"127.0.0.1:{port}")
            equal(answer.status, 403, origin)
            equal(answer.get("Access-Control-Allow-Origin"), None)
        equal(http_wire.request(port, target=target, host="rebound.evil.example").status, 421)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        equal(http_wire.request(port, method=method, host="127.0.0.1").status, 405, method)


def test_a_state_directory_of_anybody_is_not_believed(lab):
    folder = lab.folder / "engine/state"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    engine = lab.engine(lab.backend("a"))
    wait_until(lambda: any("others may write" in text for text in engine.event_texts("engine")), "told")
    engine.ctl("weight", "shop/a", "7")
    equal(list(folder.glob("runtime-*")), [])


def test_another_user_does_not_control_the_engine(lab):
    """The socket's mode keeps others out, and if that is loosened, the credentials of the peer do."""
    if os.geteuid() != 0:
        lab.skip("only root can be another user")
    engine = lab.engine(lab.backend("a"))
    lab.folder.chmod(0o755)
    ask = f"""if True:
        import socket
        wire = socket.socket(socket.AF_UNIX)
        wire.connect({str(engine.socket)!r})
        print(len(wire.recv(100)))
        """
    nobody = ["setpriv", "--reuid=nobody", "--clear-groups", sys.executable, "-c", ask]
    contains(lab.run(*nobody).err, "PermissionError")
    engine.socket.chmod(0o666)
    equal(lab.run(*nobody).out, "0\n", "closed without a word")
    wait_until(lambda: any("tried to control" in text for text in engine.event_texts("engine")), "told")


def test_a_file_that_anybody_may_write_is_told(lab):
    configuration = lab.config([lab.backend("a")])
    folder = lab.folder / "engine"
    folder.mkdir()
    (folder / "steelyard.yaml").write_text("")
    (folder / "steelyard.yaml").chmod(0o666)
    engine = lab.start(configuration)
    contains(engine.words(), "anybody may write to this file")
