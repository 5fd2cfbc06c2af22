#!/usr/bin/env python3
"""One of four real servers answers after 300 ms, the others at once: its share and the p99 of each algorithm, beside nginx
and HAProxy on the same load.

The load is open-loop at a fixed rate and times requests from when they were due, so a balancer that keeps sending to the
slow server pays for it in p99. The figures are of single runs; the share of the slow server is what tells the algorithms
apart.

    slow_server.py [--steelyardd build/bin/steelyardd] [--rate 300] [--seconds 3] [--only NAME...] [--json FILE]"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from balancers import HaProxy, Nginx, Program, Steelyard

HERE = Path(__file__).resolve().parent
ALGORITHMS = ("round-robin", "random", "least-connections", "power-of-two", "peak-ewma", "prequal", "ring-hash",
              "maglev",
              "rendezvous-hash", "client-ip-hash", "first")
SLOW = "d"


class Server(Program):
    """A Node server, of its own process."""

    def __init__(self, name, delay):
        super().__init__(shutil.which("node"))
        self.name = name
        self.delay = delay

    def command(self, home, backends):
        words = [str(self.delay)] if self.delay else []
        return [self.program, str(HERE.parent / "integration/peers/http_server.js"), self.name, str(self.port), *words]


def variant(kind, program, **settings):
    made = kind(program)
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def contestants(steelyardd):
    """name -> balancer, of what is installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    found = {name: variant(Steelyard, steelyardd, algorithm=name,
                           affinity="query:uid" if name in ("ring-hash", "maglev", "rendezvous-hash") else "")
             for name in ALGORITHMS}
    nginx, haproxy = shutil.which("nginx", path=path), shutil.which("haproxy", path=path)
    if nginx:
        found["nginx least_conn"] = variant(Nginx, nginx, method="least_conn;")
    if haproxy:
        found["haproxy leastconn"] = variant(HaProxy, haproxy, balance="leastconn")
        found["haproxy random(2)"] = variant(HaProxy, haproxy, balance="random(2)")
    return found


def load(port, rate, seconds):
    done = subprocess.run([shutil.which("node"), str(HERE / "open_load.js"), str(port), str(rate), "0.5", str(seconds)],
                          capture_output=True, text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout)


def measure(steelyardd, rate=300, seconds=3, delay=300, only=()):
    """name -> {"sent", "failed", "served", "p50", "p99", "slow_share"}"""
    chosen = {name: each for name, each in contestants(steelyardd).items() if not only or name in only}
    servers = [Server(name, delay if name == SLOW else 0) for name in f"abc{SLOW}"]
    results = {}
    with tempfile.TemporaryDirectory() as directory:
        try:
            for server in servers:
                server.start(directory, "0-" + str(os.cpu_count() - 1), [])
            for name, balancer in chosen.items():
                balancer.start(directory, "0-" + str(os.cpu_count() - 1), [server.port for server in servers])
                found = load(balancer.port, rate, seconds)
                found["slow_share"] = found["served"].get(SLOW, 0) / max(1, found["sent"])
                results[name] = found
                balancer.stop()
        finally:
            for process in [*chosen.values(), *servers]:
                process.stop()
    return results


def table(results):
    lines = [f"{'':20}{'slow server':>12}{'p50 ms':>9}{'p99 ms':>9}{'sent':>8}{'failed':>8}"]
    lines += [f"{name:20}{row['slow_share']:>11.1%} {row['p50']:>8.1f} {row['p99']:>8.1f} {row['sent']:>7} {row['failed']:>7}"
              for name, row in results.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steelyardd", default="build/bin/steelyardd")
    parser.add_argument("--rate", type=int, default=300, help="requests a second")
    parser.add_argument("--seconds", type=float, default=3, help="of load for each, after half a second of warm-up")
    parser.add_argument("--delay", type=int, default=300, help="of the slow server, in ms")
    parser.add_argument("--only", nargs="*", default=[], help="of: " + ", ".join(contestants("")))
    parser.add_argument("--json", help="also write the figures there")
    options = parser.parse_args()
    if not shutil.which("node"):
        sys.exit("slow_server.py: node is not installed")
    results = measure(os.path.abspath(options.steelyardd), options.rate, options.seconds, options.delay, options.only)
    print(table(results))
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["failed"] for row in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
