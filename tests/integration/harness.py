"""What a test function gets as its one argument: a Lab with a folder, engines, backends and clients, all ended with it.

Tests are functions test_*(lab) whose name and docstring say what must hold; they fail by AssertionError (or any other
exception) and are skipped by lab.skip(). Marks: @slow (only with --slow), @once (for one worker count only)."""
import collections
import ctypes
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import backends
import http_wire
from waiting import scaled, wait_until

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

Ended = collections.namedtuple("Ended", "code out err")
Load = collections.namedtuple("Load", "requests failed text")


class Skip(Exception):
    pass


class Late(AssertionError):
    """Something came later than it should. A busy machine does that too, so such a test gets three tries."""


def slow(test):
    test.slow = True
    return test


def once(test):
    test.once = True
    return test


def die_with_the_runner():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def server(backend, **more):
    """A backend's entry in the configuration."""
    return {"name": backend.name, "address": backend.address, **more}


def route(pool, name="everything", **match):
    entry = {"name": name, "pool": pool}
    if match:
        entry["match"] = match
    return entry


def health(**more):
    """A quick health check: down within 3 x 100 ms, up within 2."""
    return {"path": "/health", "interval": "100ms", "fast_interval": "50ms", "timeout": "500ms", "fall": 3, "rise": 2,
            **more}


class Engine:
    """steelyardd with a configuration of its own in a folder of its own."""

    def __init__(self, lab, configuration, ready=True, wrapper=(), name="engine", arguments=(),
                 program=None):
        self.lab = lab
        self.name = name
        self.folder = lab.folder / name
        self.folder.mkdir(exist_ok=True)
        self.file = self.folder / "steelyard.yaml"
        self.socket = self.folder / "control.sock"
        self.log = self.folder / "access.log"
        self.write(configuration)
        self.process = lab.spawn([*wrapper, str(program or lab.binary("steelyardd")), "run", str(self.file), "--socket",
                                  str(self.socket), *arguments], name, stdout=subprocess.PIPE)
        self.ports = {}
        if ready:
            self.await_ready()

    def write(self, configuration):
        text = configuration if isinstance(configuration, str) else json.dumps(configuration, indent=1)
        self.file.write_text(text)

    def await_ready(self, seconds=15):
        deadline = time.monotonic() + scaled(seconds)
        text = b""
        while b"\n" not in text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError("no ready line in time; " + self.words())
            piece = os.read(self.process.stdout.fileno(), 4096)
            if not piece:
                raise AssertionError(f"the engine ended with {self.process.wait()}: " + self.words())
            text += piece
        line = text.split(b"\n")[0].decode()
        if not line.startswith("ready "):
            raise AssertionError(f"not a ready line: {line!r}")
        for word in line.split()[1:]:
            listener, _, addresses = word.partition("=")
            self.ports[listener] = int(addresses.split(",")[0].rpartition(":")[2])

    @property
    def port(self):
        return self.ports["web"]

    @property
    def pid(self):
        return self.process.pid

    def words(self):
        return self.lab.words(self.name)

    # ---- control

    def ctl(self, *arguments, code=0):
        """steelyardctl; AssertionError unless it ends with `code` (None: any)."""
        ended = self.lab.run(self.lab.binary("steelyardctl"), "--socket", str(self.socket), *arguments)
        if code is not None and ended.code != code:
            raise AssertionError(f"steelyardctl {' '.join(arguments)}: exit {ended.code}, expected {code}: "
                                 f"{ended.out}{ended.err}")
        return ended

    def data(self, *arguments):
        """What a command answers as JSON besides its words."""
        return json.loads(self.ctl("--json", *arguments).out)["data"]

    def status(self):
        return json.loads(self.ctl("--json", "status").out)

    def server(self, name, pool="shop"):
        """A server's row of `servers --json`."""
        rows = json.loads(self.ctl("--json", "servers", f"{pool}/{name}").out)["servers"]
        return rows[0]

    def await_health(self, name, state, pool="shop", seconds=10):
        wait_until(lambda: self.server(name, pool)["health"] == state, f"{pool}/{name} is {state}", seconds, 0.05)

    def await_admin(self, name, state, pool="shop", seconds=10):
        wait_until(lambda: self.server(name, pool)["admin"] == state, f"{pool}/{name} is {state}", seconds, 0.05)

    def events(self):
        return [json.loads(line) for line in self.ctl("--json", "events").out.splitlines()]

    def event_texts(self, source=None):
        return [event["text"] for event in self.events() if source in (None, event["source"])]

    def reload_by_signal(self):
        before = self.status()["config_version"]
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.status()["config_version"] > before, "SIGHUP reloads")

    @property
    def admin_port(self):
        """Of admin.http, which is bound to port 0: an event tells."""
        for text in self.event_texts("engine"):
            found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", text)
            if found:
                return int(found[1])
        raise AssertionError("no event tells where the metrics are")

    # ---- traffic

    def request(self, method="GET", target="/", fields=(), body=None, **how):
        return http_wire.request(self.port, method, target, fields, body, **how)

    def client(self, **how):
        return http_wire.Client(self.port, **how)

    def picks(self, count, connection=None):
        """Who answered `count` sequential requests."""
        ask = connection.request if connection else self.request
        return [ask().body.decode() for _ in range(count)]

    def access_log(self):
        """Every line so far; a last one that is still being written is left out."""
        return [json.loads(line) for line in self.log.read_text().split("\n")[:-1]] if self.log.exists() else []

    def await_log(self, count, matching=lambda record: True):
        """-> the records, when there are that many: the log is written by a thread of its own."""
        def enough():
            records = [record for record in self.access_log() if matching(record)]
            return records if len(records) >= count else None
        return wait_until(enough, f"{count} lines in the access log")

    def rss(self):
        """Resident memory in MB."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds=10):
        try:
            return self.process.wait(scaled(seconds))
        except subprocess.TimeoutExpired:
            raise AssertionError("the engine did not end; " + self.words()) from None


class Lab:
    """One test's world. Ends every process it started, by its id."""

    python = sys.executable

    def __init__(self, binaries, workers):
        self.binaries = pathlib.Path(binaries)
        self.workers = workers
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="steelyard-integration-"))
        self.processes = []
        self.endings = []
        self.engines = []

    # ---- processes

    def spawn(self, command, name, stdin=subprocess.DEVNULL, stdout=None):
        log = open(self.folder / f"{name}.log", "ab")
        with log:
            process = subprocess.Popen(command, stdin=stdin, stdout=stdout or log, stderr=log, cwd=self.folder,
                                       preexec_fn=die_with_the_runner)
        self.processes.append(process)
        return process

    def run(self, *command, seconds=30, stdin=""):
        """Runs to the end -> Ended."""
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, input=stdin, check=False,
                              timeout=scaled(seconds), cwd=self.folder, errors="replace")
        return Ended(done.returncode, done.stdout, done.stderr)

    def words(self, name):
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace")[-3000:] if file.exists() else ""

    def binary(self, name):
        path = self.binaries / name
        # A build may be replacing it at this moment.
        wait_until(path.exists, f"{path} is there", 60)
        return str(path)

    def program(self, name):
        found = shutil.which(name)
        if found is None:
            self.skip(f"{name} is not installed")
        return found

    def skip(self, why):
        raise Skip(why)

    def node_modules(self):
        """Where the npm package ws is: packaging/setup.sh puts it into build/node."""
        for folder in (SOURCE / "build/node/node_modules", self.binaries.parent / "node/node_modules"):
            if (folder / "ws").is_dir():
                return str(folder)
        return self.skip("the npm package ws is not installed (packaging/setup.sh test)")

    def at_end(self, action):
        self.endings.append(action)

    def close(self):
        for action in reversed(self.endings):
            action()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the parts of a scene

    def backend(self, name="a", handler=None, **how):
        made = backends.HttpBackend(name, handler, **how)
        self.at_end(made.stop)
        return made

    def raw_backend(self, talk, name="a"):
        made = backends.RawBackend(talk)
        made.name = name
        self.at_end(made.stop)
        return made

    def config(self, servers, pool=None, listener=None, routes=None, pools=(), **top):
        """A configuration with a listener `web`, a pool `shop` of these servers, and an access log.

        pool, listener: keys to add to those two; pools: further ones; top: further keys of the top level."""
        entries = [server(each) if not isinstance(each, dict) else each for each in servers]
        return {"version": 1, "workers": self.workers, "state_dir": "state", "access_log": {"path": "access.log"},
                "listeners": [{"name": "web", "bind": "127.0.0.1:0", "routes": routes or [route("shop")],
                               **(listener or {})}],
                "pools": [{"name": "shop", "algorithm": "round-robin", "backends": entries, **(pool or {})}, *pools],
                **top}

    def start(self, configuration, **how):
        """An engine of this configuration; it must still live when the test is over, unless the test ended it."""
        engine = Engine(self, configuration, **how)
        self.engines.append(engine)
        return engine

    def engine(self, *servers, **how):
        return self.start(self.config(servers, **how))

    def check_engines(self):
        for engine in self.engines:
            code = engine.process.poll()
            if code not in (None, 0, 1, -signal.SIGKILL, -signal.SIGTERM):
                raise AssertionError(f"the engine died with {code}: {engine.words()}")

    # ---- load

    def start_load(self, port, connections=64, seconds=5, target="/"):
        """wrk with one thread; finish_load() gives the result."""
        return self.spawn([self.program("wrk"), "-c", str(connections), "-t", "1", "-d", f"{seconds}s", "--timeout",
                           "10s", f"http://127.0.0.1:{port}{target}"], f"wrk-{port}", stdout=subprocess.PIPE)

    def finish_load(self, load, seconds=60):
        text = load.communicate(timeout=scaled(seconds))[0].decode()
        requests = re.search(r"(\d+) requests in", text)
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        failed = int(wrong[1]) if wrong else 0
        failed += sum(map(int, errors.groups())) if errors else 0
        return Load(int(requests[1]) if requests else 0, failed, text)


class Background:
    """Runs a function on a thread; join() gives its result, or raises what it raised."""

    def __init__(self, work, *arguments):
        self.result = None
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(work, arguments), daemon=True)
        self.thread.start()

    def run(self, work, arguments):
        try:
            self.result = work(*arguments)
        except BaseException as error:  # told by join()
            self.error = error

    @property
    def running(self):
        return self.thread.is_alive()

    def join(self, seconds=30):
        self.thread.join(scaled(seconds))
        if self.running:
            raise AssertionError("work in the background did not end in time")
        if self.error:
            raise self.error
        return self.result

def run_one(test, binaries, workers):
    """-> (verdict, what the test returned or why it did not pass). Late gets three tries."""
    for left in reversed(range(3)):
        lab = Lab(binaries, workers)
        try:
            returned = test(lab)
            lab.check_engines()
            return "passed", returned or ""
        except Skip as why:
            return "skipped", str(why)
        except Late:
            if left == 0:
                return "FAILED", traceback.format_exc()
        except Exception:
            logs = "".join(f"  {engine.name}: {line}\n" for engine in lab.engines
                           for line in engine.words().splitlines()[-12:])
            return "FAILED", traceback.format_exc() + logs
        finally:
            lab.close()
    raise AssertionError("not reached")
