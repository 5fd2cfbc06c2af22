"""What the drivers of the bench share: their options, the machine's line, programs by name, wrk, interleaving, figures."""

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from balancers import (Backends, Caddy, Direct, H2o, HaProxy, HaProxySplice, Nginx, RawRelay, Steelyard,
                       find_program)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = {"nginx": Nginx, "haproxy": HaProxy, "haproxy-splice": HaProxySplice, "h2o": H2o, "caddy": Caddy}
VERSIONS = {"nginx": "-v", "haproxy": "-v", "h2o": "--version", "caddy": "version", "wrk": "-v"}


@dataclass(frozen=True)
class Load:
    """A closed-loop load of wrk."""
    name: str
    connections: int = 64
    path: str = "/"
    close: bool = False  # one connection a request
    upload: int = 0  # bytes of a POST's body
    headers: tuple = ()


BROWSER = ("Cookie: session=" + "c" * 1000 + "; theme=dark", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0)",
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language: en-GB,en;q=0.5",
           "Accept-Encoding: gzip, deflate, br", "Referer: http://shop.example/a/page", "DNT: 1",
           "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin", "Sec-Fetch-User: ?1",
           "Upgrade-Insecure-Requests: 1", "Cache-Control: max-age=0", "X-Requested-With: bench")
LOADS = {load.name: load for load in (
    Load("keep-alive"),
    Load("close", close=True),
    Load("large", path="/large"),
    Load("upload", upload=100_000),
    Load("headers", path="/headers", headers=BROWSER),
    Load("active-2000", connections=2000))}


def options(description):
    """A parser with what every driver takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", action="append", metavar="[LABEL=]PATH",
                        help="a steelyardd; several interleave builds (default build/bin/steelyardd)")
    parser.add_argument("--tools", default=str(ROOT / "build/tests"),
                        help="where raw_relay, load_server, ... are; those that are not there are compiled")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--balancer-core", default="1", help="a core or a list of cores")
    parser.add_argument("--load-core", default="0", help="of load and backends")
    parser.add_argument("--json", help="also write the figures there")
    return parser


def install():
    """The peers, from Debian, those that are missing; no service of theirs is started."""
    subprocess.run([str(ROOT / "packaging/setup.sh"), "test", "bench"], check=True)


def machine():
    """One line: where and with what it was measured."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) // 1024 // 1024
    versions = []
    for name, flag in VERSIONS.items():
        program = find_program(name)
        if program:
            done = subprocess.run([program, flag], capture_output=True, text=True, check=False)
            found = re.search(r"\d+\.\d+[.\d]*", done.stdout + done.stderr)
            versions.append(f"{name} {found[0] if found else '?'}")
    return (f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory} GiB, "
            f"Linux {platform.release()}, load {os.getloadavg()[0]:.2f}; {', '.join(versions)}")


class Bench:
    """A directory, the backends and the programs of one run; all end with it."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.stack = contextlib.ExitStack()
        self.directory = None
        self.backends = None

    def __enter__(self):
        self.directory = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-bench-"))
        self.backends = self.start(Backends(self.tool("load_server")), core=self.arguments.load_core)
        return self

    def __exit__(self, *unused):
        self.stack.close()

    def tool(self, name):
        """A program of the bench itself, built or else compiled."""
        built = Path(self.arguments.tools) / name
        if os.access(built, os.X_OK):
            return str(built)
        made = Path(self.directory) / name
        if not made.exists():
            subprocess.run(["c++", "-std=c++20", "-O2", str(HERE / f"{name}.cpp"), "-o", str(made)], check=True)
        return str(made)

    def start(self, program, core=None):
        self.stack.callback(program.stop)
        program.start(self.directory, self.arguments.balancer_core if core is None else core,
                      self.backends.ports if self.backends else [])
        return program

    def binaries(self):
        """{name: path} of the builds of steelyardd: "steelyard", or "steelyard-A", ... where there are several."""
        given = self.arguments.binary or [str(ROOT / "build/bin/steelyardd")]
        found = {}
        for number, text in enumerate(given):
            label, _, path = text.rpartition("=")
            label = label or chr(ord("A") + number)
            if not os.access(path, os.X_OK):
                sys.exit(f"{path}: no such program; --binary names one")
            found["steelyard" if len(given) == 1 else f"steelyard-{label}"] = os.path.abspath(path)
        return found

    def contestants(self, only=None, **settings):
        """{name: program, not started} of what is installed and wanted: direct, floor, peers, steelyard."""
        found = {"direct": Direct(), "floor": RawRelay(self.tool("raw_relay"))}
        for name, kind in PEERS.items():
            command = name.partition("-")[0]
            if find_program(command):
                found[name] = kind(find_program(command))
            elif not only or name in only:
                print(f"{command} is not installed (--install)", file=sys.stderr)
        for name, path in self.binaries().items():
            found[name] = Steelyard(path)
        for program in found.values():
            for key, value in settings.items():
                setattr(program, key, value)
        wanted = [name for name in found if not only or name in only or name.startswith("steelyard-") and "steelyard" in only]
        return {name: found[name] for name in wanted}


def rotated(names, number):
    """The order of round `number`: who goes first changes."""
    names = list(names)
    return names[number % len(names):] + names[:number % len(names)]


def wrk(port, load, seconds, core, directory):
    """Runs a load: (requests, seconds, errors)."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "10s"]
    for field in (*load.headers, *(("Connection: close",) if load.close else ())):
        command += ["-H", field]
    if load.upload:
        script = Path(directory) / "upload.lua"
        script.write_text(f'wrk.method = "POST"\nwrk.body = string.rep("x", {load.upload})\n')
        command += ["-s", str(script)]
    done = subprocess.run([*command, f"http://127.0.0.1:{port}{load.path}"], capture_output=True, text=True, check=False)
    count = re.search(r"(\d+) requests in ([\d.]+)(m?s)", done.stdout)
    if done.returncode or not count:
        return 0, 1.0, [done.stdout.strip() + done.stderr.strip()]
    errors = re.findall(r"(?:Non-2xx.*|Socket errors.*)", done.stdout)
    if not int(count[1]):
        errors.append("no request was answered")
    return int(count[1]), float(count[2]) / (1000 if count[3] == "ms" else 1), errors


def measure(program, load, seconds, bench):
    """One run of one load: µs of CPU per request, requests per second, errors."""
    before = program.cpu_ns()
    requests, took, errors = wrk(program.port, load, seconds, bench.arguments.load_core, bench.directory)
    spent = program.cpu_ns() - before
    program.trim_logs()
    return {"us": spent / 1000 / max(requests, 1), "rps": requests / took, "errors": errors}


def spread(values):
    """Median, least and largest; None without values."""
    values = list(values)
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": values}


def cell(value, form, width=22):
    """A spread as "median (min..max)"."""
    if value is None:
        return "-".rjust(width)
    return f"{value['median']:{form}} ({value['min']:{form}}..{value['max']:{form}})".rjust(width)


def finish(arguments, figures, errors):
    """Writes the JSON beside the table; the exit code: 1 where there was an error."""
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"command": sys.argv, **figures, "errors": errors}, indent=1) + "\n",
                                        encoding="utf-8")
        print(f"figures: {arguments.json}")
    for error in errors:
        print(f"ERROR: {error}")
    return 1 if errors else 0


def need(*names):
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        sys.exit(f"not installed: {' '.join(missing)}")
