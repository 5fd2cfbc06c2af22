#!/usr/bin/env python3
"""How steelyardd scales over workers, and what watching it costs. Three parts, each interleaved:

workers        one worker, two, and two with two addresses to listen on; the same load from two wrk. CPU per request and
               requests/s to one worker's. Balancer and load share all cores, so where there are two the rate says little
               and the CPU per request is the figure.
fairness       two workers and wrk with 4 connections, many short runs: the share of each run's CPU that the less busy
               worker had. None in a run is an error.
observability  access log off; on; on with /metrics scraped every second; and with every decision recorded on top, of which
               a sample of 20/s is always recorded. Counters and histograms cannot be turned off: bench_micro tells what
               recording into one costs.

    scaling.py                               all parts: 3 x 5 rounds x 4 s, 20 runs of 2 s, 4 x 5 rounds x 4 s: 4 minutes
    scaling.py --part observability --rounds 9"""

import os
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import measuring
from balancers import Steelyard, free_ports
from measuring import LOADS, Bench, cell, measure, rotated, spread, wrk

PARTS = ("workers", "fairness", "observability")
FAIRNESS_RUNS = 20


def started(bench, **settings):
    program = Steelyard(next(iter(bench.binaries().values())))
    for key, value in settings.items():
        setattr(program, key, value)
    return bench.start(program)


def measure_two(program, bench, seconds):
    """As measure(), from two wrk with half the connections each, on two addresses where there are."""
    load = replace(LOADS["keep-alive"], connections=32)
    ports = [program.port, *program.extra_ports, program.port][:2]
    before = program.cpu_ns()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda port: wrk(port, load, seconds, bench.arguments.load_core, bench.directory), ports))
    spent = program.cpu_ns() - before
    requests = sum(each[0] for each in done)
    return {"us": spent / 1000 / max(requests, 1), "rps": sum(each[0] / each[1] for each in done),
            "errors": [error for each in done for error in each[2]]}


def interleave(programs, arguments, run, errors):
    rounds = {name: [] for name in programs}
    for number in range(arguments.rounds):
        for name in rotated(programs, number):
            result = run(name, programs[name])
            rounds[name].append(result)
            errors += [f"{name}: {error}" for error in result["errors"]]
            print(f"round {number + 1} {name:30} {result['us']:7.2f} µs {result['rps']:8.0f}/s", file=sys.stderr)
    base = next(iter(rounds.values()))
    return {name: {"cpu_us_per_request": spread(r["us"] for r in of), "requests_per_second": spread(r["rps"] for r in of),
                   "cpu_to_first": spread(r["us"] / b["us"] for r, b in zip(of, base)),
                   "rate_to_first": spread(r["rps"] / max(b["rps"], 1e-9) for r, b in zip(of, base))}
            for name, of in rounds.items()}


def table(title, found):
    print(f"\n{title:32}{'CPU µs/request':>26}{'requests/s':>26}{'CPU to first':>26}{'rate to first':>26}")
    for name, row in found.items():
        print(f"{name:32}{cell(row['cpu_us_per_request'], '.2f', 26)}{cell(row['requests_per_second'], '.0f', 26)}"
              f"{cell(row['cpu_to_first'], '.3f', 26)}{cell(row['rate_to_first'], '.3f', 26)}")


def workers(bench, arguments, errors):
    programs = {"one worker": started(bench, workers=1),
                "two workers": started(bench, workers=2),
                "two workers, two addresses": started(bench, workers=2, extra_ports=tuple(free_ports(1)))}
    found = interleave(programs, arguments, lambda _, program: measure_two(program, bench, arguments.seconds), errors)
    table("workers", found)
    return found


def fairness(bench, arguments, errors):
    program = started(bench, workers=2)
    load = replace(LOADS["keep-alive"], connections=4)
    shares = []
    for number in range(arguments.runs):
        before = program.threads()
        result = measure(program, load, min(2, arguments.seconds), bench)
        errors += result["errors"]
        spent = sorted(ns - before.get(thread, ("", 0))[1] for thread, (name, ns) in program.threads().items()
                       if name.startswith("worker-"))
        shares.append(spent[0] / max(sum(spent), 1))
        if shares[-1] < 0.02:
            errors.append(f"fairness, run {number + 1}: a worker had {shares[-1]:.1%} of the CPU time")
    found = spread(shares)
    print(f"\nwrk -c 4, two workers, {arguments.runs} runs: the less busy one had {cell(found, '.1%', 0)} of the CPU time")
    return found


def scrape(port, ended):
    while not ended.wait(1):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            answer.read()


def observability(bench, arguments, errors):
    programs = {"all off": started(bench),
                "access log": started(bench, access_log=True),
                "access log, metrics scraped": started(bench, access_log=True, metrics_port=free_ports(1)[0]),
                "and every decision recorded": started(bench, access_log=True, metrics_port=free_ports(1)[0])}
    every = programs["and every decision recorded"]
    control = str(Path(every.program).parent / "steelyardctl")
    if os.access(control, os.X_OK):
        subprocess.run([control, "--socket", str(every.home / "socket"), "explain", "--record", "all"], check=True,
                       stdout=subprocess.DEVNULL)
    else:
        every.stop()
        del programs["and every decision recorded"]

    def run(_, program):
        ended = threading.Event()
        scraper = threading.Thread(target=scrape, args=(program.metrics_port, ended)) if program.metrics_port else None
        if scraper:
            scraper.start()
        try:
            return measure(program, LOADS["keep-alive"], arguments.seconds, bench)
        finally:
            ended.set()
            if scraper:
                scraper.join()

    found = interleave(programs, arguments, run, errors)
    table("observability", found)
    return found


def main():
    parser = measuring.options(__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each and round")
    parser.add_argument("--part", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--runs", type=int, default=FAIRNESS_RUNS, help="of the part fairness")
    arguments = parser.parse_args()
    measuring.need("wrk")
    line = measuring.machine()
    print(f"{line}\n{arguments.rounds} rounds, {arguments.seconds} s each; median (min..max)")
    every_core = f"0-{os.cpu_count() - 1}"
    cores = {"workers": (every_core, every_core), "fairness": (every_core, every_core),
             "observability": (arguments.balancer_core, arguments.load_core)}
    errors, found = [], {}
    for part in arguments.part:
        arguments.balancer_core, arguments.load_core = cores[part]
        with Bench(arguments) as bench:
            found[part] = globals()[part](bench, arguments, errors)
    return measuring.finish(arguments, {"machine": line, "parts": found}, errors)


if __name__ == "__main__":
    sys.exit(main())
