"""What runs out under the engine: descriptors, memory, disk; and a clock that jumps."""
import os
import pathlib
import time

from fault_servers import judge, within
from harness import Late, server
from http_wire import Broken, Client
from marks import long, short
from scene import POOL, Scene, span
from traffic import Traffic
from waiting import equal, wait_until

CGROUPS = pathlib.Path("/sys/fs/cgroup/memory")


@short
def descriptors_run_out(lab):
    """The engine does not spin, its probes go on, and it accepts again within 200 ms of descriptors being free."""
    scene = Scene(lab, engine={"wrapper": [lab.program("prlimit"), "--nofile=90:90"]})
    held = [Client(scene.port) for _ in range(120)]
    wait_until(lambda: scene.fds() >= 80, "descriptors run out")
    before = scene.engine.cpu_seconds()
    span(1)
    spent = scene.engine.cpu_seconds() - before
    assert spent < 0.2, f"{spent:.2f} s of CPU in 1 s without descriptors"
    for each in held:
        each.close()
    began = time.monotonic()

    def served():
        try:
            return scene.engine.request().status == 200
        except (OSError, Broken):
            return False
    wait_until(served, "it serves again", 5, 0.01)
    back = time.monotonic() - began
    downs = [at for name in "abc" for at in scene.events.times(f"shop/{name}", "down: ")]
    equal(downs, [], "servers were taken for dead for want of our own descriptors")
    return f"{spent * 100:.0f} % CPU while out of them; {within(0.4, back, 'serves again in')}"


def memory_group(lab, megabytes):
    """A memory cgroup (v1) -> the wrapper that starts a command in it."""
    if not os.access(CGROUPS / "cgroup.procs", os.W_OK):
        lab.skip("no memory cgroup (v1) that we may make")
    group = CGROUPS / lab.folder.name
    group.mkdir()
    lab.at_end(lambda: leave(group))
    (group / "memory.limit_in_bytes").write_text(str(megabytes << 20))
    return group, ["sh", "-c", f"echo $$ > {group}/cgroup.procs && exec \"$@\"", "sh"]


def leave(group):
    """The group's processes are killed after this; the last to end takes the group along."""
    for pid in (group / "cgroup.procs").read_text().split():
        (CGROUPS / "cgroup.procs").write_text(pid)
    try:
        group.rmdir()
    except OSError:
        pass


@long
def memory_is_short(lab):
    """As many clients as max_connections admits, all of them slow, in a cgroup that has room for their budget: the engine
    lives, refuses the rest at the door, and serves on."""
    group, wrapper = memory_group(lab, 12)
    scene = Scene(lab, engine={"wrapper": wrapper}, listener={"max_connections": 400})
    slow = []
    for number in range(380):
        client = Client(scene.port, timeout=5)
        client.start("GET", "/echo?size=300000", [("x-id", f"slow-{number}")])
        slow.append(client)
    span(1)
    with Traffic(scene.port, 50, threads=3) as traffic:
        span(3)
        used = int((group / "memory.max_usage_in_bytes").read_text()) / 2**20
        failures = int((group / "memory.failcnt").read_text())
    for each in slow:
        each.close()
    return f"380 slow readers, at most {used:.0f} of 12 MB, limit hit {failures} times; {judge(lab, traffic.results)}"


def small_disk(lab):
    """A wrapper that puts the engine's folder on a disk of 64 KB, with its configuration."""
    return ["unshare", "-m", "sh", "-c",
            f"text=$(cat {lab.folder}/engine/steelyard.yaml) && mount -t tmpfs -o size=64k tmpfs {lab.folder}/engine && "
            f"printf %s \"$text\" > {lab.folder}/engine/steelyard.yaml && exec \"$@\"", "sh"]


@short
def the_disk_is_full(lab):
    """Log and configuration on one disk: traffic goes on, it is told, save refuses and keeps the old file; with room
    again both work."""
    if os.geteuid() != 0:
        lab.skip("needs root, to mount a small disk")
    scene_of = {"ready": False, "wrapper": small_disk(lab)}
    servers = Scene.servers_of(lab, 2)
    engine = lab.start(lab.config([server(each) for each in servers], pool=POOL), **scene_of)
    engine.await_ready()
    inside = pathlib.Path(f"/proc/{engine.pid}/root{engine.folder}")
    engine.socket = inside / "control.sock"
    for each in servers:
        engine.await_health(each.name, "healthy")
    text = (inside / "steelyard.yaml").read_bytes()
    log = inside / "access.log"
    with Traffic(engine.port, 400) as traffic:
        wait_until(lambda: any("write" in text or "No space" in text for text in engine.event_texts("access log")),
                   "a full disk is told", 15, 0.1)
        full = log.stat().st_size
        engine.ctl("weight", "shop/a", "77")
        said = engine.ctl("save", code=1)
        equal((inside / "steelyard.yaml").read_bytes(), text, "the file is as it was")
        os.truncate(log, 0)
        engine.ctl("save")
        assert b"77" in (inside / "steelyard.yaml").read_bytes()
        wait_until(lambda: log.stat().st_size > 0, "lines are written again", 5)
    reason = (said.err or said.out).strip().splitlines()[0]
    return f"full at {full} bytes; save: {reason!r}; {judge(lab, traffic.results, 0, posts=0)}"


@short
def the_clock_jumps(lab):
    """An hour forward and two back: nobody notices."""
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    if not os.path.exists(library):
        lab.skip("libfaketime is not installed")
    lever = lab.folder / "clock"
    lever.write_text("+0\n")
    faked = ["env", f"LD_PRELOAD={library}", "DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1",
             f"FAKETIME_TIMESTAMP_FILE={lever}"]
    scene = Scene(lab, clock_lies=True, engine={"wrapper": faked})
    began = time.monotonic()
    with Traffic(scene.port, 100) as traffic:
        dates = []
        for jump in ("+3600", "-3600", "+0"):
            lever.write_text(jump + "\n")
            span(0.7)
            dates.append(scene.engine.request().get("date") or scene.engine.access_log()[-1]["time"])
    changes = [at for name in "abc" for word in ("down: ", "up: ", "checking: ")
               for at in scene.events.times(f"shop/{name}", word, began)]
    equal(changes, [], "changes of state")
    assert len(set(dates)) == 3, f"the clock did not jump: {dates}"
    if traffic.results.worst > 0.5:
        raise Late(f"worst {traffic.results.worst:.2f} s")
    return f"+1 h, -2 h, +1 h: 0 changes of state; {judge(lab, traffic.results, 0, posts=0)}"
