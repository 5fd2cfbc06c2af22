"""A fault's world: three servers that go wrong on command, an engine in front of them, its events as they come, and the
bounds that follow from its configuration."""
import collections
import json
import pathlib
import subprocess
import threading
import time

from backends import free_port
from harness import server
from waiting import scaled, wait_until

HERE = pathlib.Path(__file__).resolve().parent

# Of every scene here, in seconds: what the bounds are computed from.
INTERVAL, FAST, TIMEOUT, FALL, RISE, JITTER = 0.25, 0.1, 0.4, 3, 2, 0.05
CONNECT, RESPONSE = 0.5, 1.0
SLACK = 0.25  # timers may be 100 ms late (contract), and the event must come to us

CHECK = {"path": "/health", "interval": "250ms", "fast_interval": "100ms", "timeout": "400ms", "fall": FALL, "rise": RISE,
         "jitter": "5%"}
OUTLIERS = {"consecutive_errors": 5, "window": "5s", "min_requests": 20, "eject_for": "1s", "max_eject_for": "5s",
            "max_ejected": "50%"}
POOL = {"algorithm": "least-connections", "health_check": CHECK, "outlier_detection": OUTLIERS,
        "timeouts": {"connect": "500ms", "response_header": "1s", "idle": "5s"}}


def down_bound(silent):
    """Seconds until a server is down by probes; `silent`: it does not answer, so each probe takes its timeout.

    interval + (fall - 1) x fast interval, each jittered, + fall x timeout: a probe begins an interval after the last
    one began, or when that ends."""
    each = TIMEOUT if silent else 0
    return INTERVAL * (1 + JITTER) + each + (FALL - 1) * max(FAST * (1 + JITTER), each) + SLACK


def up_bound():
    """Seconds until it is up: the probe under way, then rise probes."""
    return INTERVAL * (1 + JITTER) + TIMEOUT + (RISE - 1) * FAST * (1 + JITTER) + SLACK


class Server:
    """server.py; its port survives its death."""

    host = "127.0.0.1"

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.port = free_port()
        self.journal = lab.folder / "posts"
        self.start()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def start(self):
        command = [self.lab.python, str(HERE / "server.py"), self.name, self.host, str(self.port), str(self.journal)]
        self.process = self.lab.spawn(command, f"server-{self.name}", subprocess.PIPE, subprocess.PIPE)
        self.await_word("ready")

    def await_word(self, word):
        found = self.process.stdout.readline().decode().strip()
        if found != word:
            raise AssertionError(f"server {self.name}: {found!r}: {self.lab.words(f'server-{self.name}')}")

    def be(self, mode):
        self.process.stdin.write(mode.encode() + b"\n")
        self.process.stdin.flush()
        self.await_word(mode)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def posts_seen(lab):
    """How often each POST came to a server."""
    file = lab.folder / "posts"
    lines = file.read_text().splitlines() if file.exists() else []
    return collections.Counter(line.split(" ")[0] for line in lines)


def repeated_posts(lab):
    return [ident for ident, count in posts_seen(lab).items() if count > 1]


class Events:
    """The engine's events with their times on this process's monotonic clock: as the engine tells them, or, where its wall
    clock is made to lie, as they come here."""

    def __init__(self, lab, engine, as_they_come):
        self.events = []
        self.offset = None if as_they_come else time.time() - time.monotonic()
        self.process = lab.spawn([lab.binary("steelyardctl"), "--socket", str(engine.socket), "--json", "events",
                                  "--follow"], f"events-{engine.name}", stdout=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if "wall_ms" not in event:
                continue  # that the engine has ended
            at = time.monotonic() if self.offset is None else event["wall_ms"] / 1000 - self.offset
            self.events.append((at, event))

    def times(self, source, start, since=0.0):
        return [at for at, event in list(self.events) if at >= since and event["source"] == source
                and event["text"].startswith(start)]

    def wait(self, source, start, since, seconds=10):
        """-> seconds from `since` to the first such event."""
        found = wait_until(lambda: self.times(source, start, since), f"{source}: {start}...", seconds, 0.01)
        return found[0] - since


class Scene:
    def __init__(self, lab, count=3, engine=None, clock_lies=False, servers=None, **how):
        self.lab = lab
        self.servers = servers or self.servers_of(lab, count)
        self.configuration = lab.config([server(each) for each in self.servers], pool={**POOL, **how.pop("pool", {})},
                                        **how)
        self.engine = lab.start(self.configuration, **(engine or {}))
        for each in self.servers:
            self.engine.await_health(each.name, "healthy")
        self.events = Events(lab, self.engine, clock_lies)
        wait_until(lambda: all(self.events.times(f"shop/{each.name}", "up: ") for each in self.servers), "events come")

    @staticmethod
    def servers_of(lab, count):
        return [Server(lab, name) for name in "abcdef"[:count]]

    @property
    def port(self):
        return self.engine.port

    def fds(self):
        return len(list(pathlib.Path(f"/proc/{self.engine.pid}/fd").iterdir()))


def span(seconds):
    """Lets load go on for so long."""
    threading.Event().wait(scaled(seconds))
