#!/usr/bin/env python3
"""Minutes of everything at once, and whether the memory grows: every load of compare.py, sticky sessions that come and
expire, clients that go in the middle of a request or of an answer, 2,000 connections that come and go, health checks, an
access log, scrapes of /metrics, and in each cycle a reload (SIGHUP) that changes weights.

Memory (anonymous: heap and stacks) and descriptors are sampled in the lull after each cycle. The slope is the median of
all pairs' (Theil and Sen) over the last three quarters of the samples. Fails on an error of a load, when the engine ends,
or when the memory grows by more than 5 % in that time (runs of 5 minutes and more).

    soak.py                     10 minutes, in cycles of 10 s
    soak.py --minutes 60"""

import contextlib
import itertools
import os
import signal
import socket
import statistics
import struct
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import measuring
from balancers import Steelyard, free_ports
from connections import Holder
from measuring import LOADS, Bench, wrk

GROWTH_LIMIT = 0.05
ENOUGH = 8  # samples, for a slope
JUDGED = 5  # minutes: shorter runs only show how the pools fill
HELD = 2000
PAUSE = 0.02  # between two rude clients
MIX = (replace(LOADS["keep-alive"], connections=32), replace(LOADS["close"], connections=8),
       replace(LOADS["large"], connections=8), replace(LOADS["upload"], connections=8),
       replace(LOADS["headers"], connections=8), replace(LOADS["keep-alive"], path="/sticky", connections=8))


class Engine(Steelyard):
    def command(self, home, backends):
        return [self.program, "run", str(self.write(home, backends, 100)), "--socket", str(home / "socket")]

    def write(self, home, backends, weight):
        """The configuration, with that weight for every other server."""
        servers = "\n".join(f"      - {{ name: s{i}, address: 127.0.0.1:{port}, weight: {weight if i % 2 else 100} }}"
                            for i, port in enumerate(backends))
        config = home / "soak.yaml"
        config.write_text(f"""version: 1
workers: 2
state_dir: {home}
access_log: {{ path: {home}/access.log }}
admin: {{ http: 127.0.0.1:{self.metrics_port} }}
listeners:
  - name: web
    bind: 127.0.0.1:{self.port}
    routes:
      - {{ name: sticky, match: {{ path: {{ prefix: /sticky }} }}, pool: sticky }}
      - {{ name: everything, pool: shop }}
pools:
  - name: shop
    algorithm: peak-ewma
    health_check: {{ type: http, interval: 500ms }}
    outlier_detection: {{ mode: observe }}
    slow_start: {{ window: 5s }}
    backends:
{servers}
  - name: sticky
    stickiness: {{ idle: 5s, max: 10s }}
    health_check: {{ type: tcp, interval: 500ms }}
    backends:
{servers}
""")
        return config


def rude_clients(port, ended):
    """Clients that reset their connection: within the head, within a body, within the answer."""
    halves = itertools.cycle((b"GET / HTTP/1.1\r\nHost: a\r\nX-Half", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999"
                              b"\r\n\r\nhalf", b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"))
    while not ended.wait(PAUSE):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            sent = next(halves)
            client.sendall(sent)
            if b"/large" in sent:
                client.recv(10_000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def rude(port):
    ended = threading.Event()
    thread = threading.Thread(target=rude_clients, args=(port, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def cycle(engine, bench, seconds, weight, errors):
    """Everything at once for that long; requests answered."""
    with rude(engine.port), ThreadPoolExecutor(len(MIX)) as pool:
        runs = [pool.submit(wrk, engine.port, load, seconds, bench.arguments.load_core, bench.directory) for load in MIX]
        holder = Holder(bench, engine.port, HELD, 0)
        told = holder.told()
        if told["failed"]:
            errors.append(f"{told['failed']} of {HELD} connections failed")
        engine.write(engine.home, bench.backends.ports, weight)
        os.kill(engine.process.pid, signal.SIGHUP)
        with urllib.request.urlopen(f"http://127.0.0.1:{engine.metrics_port}/metrics", timeout=10) as answer:
            answer.read()
        done = [run.result() for run in runs]
        holder.stop()
    engine.trim_logs()
    for load, (_, _, wrong) in zip(MIX, done):
        errors += [f"{load.name} {load.path}: {error}" for error in wrong]
    return sum(requests for requests, _, _ in done)


def slope(samples):
    """Theil and Sen's: the median of the slopes of all pairs of (x, y)."""
    return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.combinations(samples, 2))


def main():
    parser = measuring.options(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--cycle", type=int, default=10, help="seconds of each")
    arguments = parser.parse_args()
    measuring.need("wrk")
    line = measuring.machine()
    errors, samples, requests = [], [], 0
    with Bench(arguments) as bench:
        engine = Engine(next(iter(bench.binaries().values())))
        engine.metrics_port = free_ports(1)[0]
        bench.start(engine)
        start = time.monotonic()
        while time.monotonic() - start < arguments.minutes * 60 and not errors:
            try:
                requests += cycle(engine, bench, arguments.cycle, 50 if len(samples) % 2 else 100, errors)
            except OSError as error:
                errors.append(f"the engine does not answer: {error}")
            if engine.process.poll() is not None:
                break
            samples.append(((time.monotonic() - start) / 60, engine.memory()["anonymous"], engine.descriptors()))
            print(f"{samples[-1][0]:6.2f} min {samples[-1][1] / 1024:9.0f} KiB {samples[-1][2]:6} descriptors "
                  f"{requests:10} requests", file=sys.stderr)
        if engine.process.poll() is not None:
            errors.append(f"the engine ended with {engine.process.returncode}")
    figures = {"machine": line, "minutes": arguments.minutes, "requests": requests,
               "samples": [{"minutes": at, "bytes": size, "descriptors": open_} for at, size, open_ in samples]}
    print(f"{line}\n{len(samples)} cycles, {requests} requests")
    if samples:
        print(f"memory {samples[0][1] / 1024:.0f} KiB after the first, {samples[-1][1] / 1024:.0f} KiB after the last; "
              f"descriptors {samples[0][2]} and {samples[-1][2]}")
    if len(samples) >= ENOUGH:
        late = samples[len(samples) // 4:]
        figures["bytes_per_minute"] = slope(late)
        growth = figures["bytes_per_minute"] * (late[-1][0] - late[0][0]) / statistics.median(size for _, size, _ in late)
        print(f"slope {figures['bytes_per_minute'] / 1024:+.1f} KiB/min: {growth:+.1%} over the last "
              f"{late[-1][0] - late[0][0]:.1f} minutes")
        if growth > GROWTH_LIMIT and arguments.minutes >= JUDGED:
            errors.append(f"memory grows by {growth:.1%}")
    return measuring.finish(arguments, figures, errors)


if __name__ == "__main__":
    sys.exit(main())
