"""Clients that mean no good. The others must not feel it: their p99 stays within twice that of calm times; memory and
descriptors go back to what they were."""
import contextlib
import os
import resource
import subprocess

from backends import nginx
from fault_servers import judge
from harness import Late, route, server
from marks import long, short
from scene import HERE, Scene, span
from traffic import Traffic
from waiting import scaled, wait_until

FLOOR = 0.005  # seconds: below it a p99 on a machine with other work says nothing
SHORT_FLOOR = 0.025  # of the short ones, which run where others work too
RATE = 100
ALL = os.sched_getaffinity(0)
THEIRS = {min(ALL)}
OURS = ALL - THEIRS or ALL


@contextlib.contextmanager
def on(processors):
    """What begins in here runs there."""
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)


def server_of_a_storm(lab):
    """A server that bears it, a pool of its own: nobody is to wait in the queues of slow ones."""
    folder = lab.folder / "files"
    folder.mkdir(exist_ok=True)
    (folder / "storm").write_bytes(bytes(20000))
    with on(THEIRS):
        crowd = nginx(lab, "crowd")
    return {"routes": [route("crowd", "storm", path={"prefix": "/files"}), route("shop")],
            "pools": [{"name": "crowd", "keep_alive": {"idle": "1s"}, "backends": [server(crowd)]}]}


class Attack:
    def __init__(self, lab, kind, port, count):
        # Attackers of the world do not sit on our processors; here they get what the honest leave.
        command = ["taskset", "-c", str(*THEIRS), "chrt", "--idle", "0", lab.python, str(HERE / "attackers.py"), kind, str(port),
                   str(count)]
        self.process = lab.spawn(command, f"attack-{kind}", subprocess.PIPE, subprocess.PIPE)

    def __enter__(self):
        words = self.process.stdout.readline().split()
        self.held = int(words[1])
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.last = self.process.stdout.read().decode().strip().splitlines()[-1:]
        self.process.wait(scaled(30))


def attack(lab, kind, count, held=None, seconds=4, per_client=64, calm_seconds=3, floor=FLOOR, **how):
    """p99 of the others in calm and under attack -> the figure. per_client: KB of memory that each may cost."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if count > 100 and hard < 2 * count + 1000:
        lab.skip(f"needs {2 * count + 1000} descriptors")
    if kind == "storm":
        how |= server_of_a_storm(lab)
    # The engine has its processors to itself: what is measured is how long it lets the honest wait.
    with on(THEIRS):
        servers = Scene.servers_of(lab, 3)
    with on(OURS):
        # Connections to servers are kept for a second only: what is held after that is held for attackers.
        scene = Scene(lab, servers=servers, pool={"keep_alive": {"idle": "1s"}}, **how)
        engine = scene.engine
    with on(THEIRS):
        with Traffic(scene.port, RATE, threads=3) as traffic:
            span(calm_seconds)
        calm = traffic.results
        base, fds = engine.rss(), scene.fds()
        with Attack(lab, kind, scene.port, count) as attackers:
            with Traffic(scene.port, RATE, threads=3, seed=2) as traffic:
                span(seconds)
            attacked = traffic.results
            grown = engine.rss() - base
    if held is not None and attackers.held < held:
        raise AssertionError(f"only {attackers.held} of {count} attackers were there")
    words = judge(lab, attacked, 0, posts=0)
    judge(lab, calm, 0, posts=0)
    limit = max(2 * calm.p99, floor)
    assert grown < 8 + count * per_client / 1024, f"{grown:.0f} MB more for {count} clients"
    wait_until(lambda: scene.fds() <= fds + 20, "their descriptors are free again", 15)
    if attacked.p99 > limit:
        raise Late(f"p99 {attacked.p99 * 1000:.1f} ms, in calm {calm.p99 * 1000:.1f} ms")
    came = "".join(attackers.last) or "none came back"
    return (f"{attackers.held} held ({came}); p99 {calm.p99 * 1000:.1f} -> {attacked.p99 * 1000:.1f} ms, {grown:.1f} MB more; "
            f"{words}")


@short
def five_hundred_slow_heads(lab):
    return attack(lab, "slow-head", 500, held=500, floor=SHORT_FLOOR)


@long
def slow_heads(lab):
    """Slowloris. The header timeout (10 s) cuts them off; they come back."""
    return attack(lab, "slow-head", 8000, held=8000, seconds=12)


@long
def slow_bodies(lab):
    """Each holds a connection to a server too."""
    return attack(lab, "slow-body", 8000, held=8000, seconds=6)


@long
def slow_readers(lab):
    return attack(lab, "slow-read", 8000, held=8000, seconds=6, per_client=160)


@long
def silent_clients(lab):
    return attack(lab, "idle", 8000, held=8000, seconds=4)


@short
def a_storm_of_disconnects(lab):
    return attack(lab, "storm", 50, floor=SHORT_FLOOR)


@long
def a_long_storm_of_disconnects(lab):
    return attack(lab, "storm", 100, seconds=10)


@long
def header_timeout_is_kept_by_the_thousand(lab):
    """With a header timeout of 2 s nobody holds a connection longer, however it drips."""
    scene = Scene(lab, listener={"timeouts": {"client_header": "2s"}})

    def cut():
        return scene.engine.log.read_text().count('"status":408')

    with Attack(lab, "slow-head", scene.port, 2000):
        wait_until(lambda: cut() >= 2000, "as many as there were are cut off", 20, 0.2)
    return f"{cut()} were told 408"
