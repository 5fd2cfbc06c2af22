#!/usr/bin/env python3
"""What a balancer adds to the latency, against direct, at fixed rates: steelyardd, a raw relay (the floor) and the peers.

open_load sends requests at fixed times and counts from when each was due. In every round each program has each rate once
in a rotating order, and what direct took in that round is subtracted. Rates: 5,000 and 15,000 requests/s, and 30, 50 and
70 % of what the weakest of the programs can do (wrk, 64 connections, measured first). A program is not asked for more than
85 % of its own capacity, direct's included: latency at saturation says nothing. Caddy only when --only names it, because
its capacity would lower all shares.

    latency.py                       1 capacity run of 2 s, then 5 rates x 6 programs x 5 rounds x (0.5 + 4) s: 12 minutes
    latency.py --rates 5000 --only direct floor nginx steelyard --rounds 9"""

import json
import subprocess
import sys

import measuring
from measuring import LOADS, Bench, cell, rotated, spread, wrk

WARM_UP = 0.5
POINTS = ("p50", "p90", "p99", "p99.9")
HEADROOM = 0.85
SHARES = (0.3, 0.5, 0.7)


def open_load(program, rate, arguments, bench):
    """One run: {"sent", "failed", "latency": {"p50": µs, ...}, "lag": {...}}."""
    command = ["taskset", "-c", arguments.load_core, bench.tool("open_load"), str(program.port), str(rate), str(WARM_UP),
               str(arguments.seconds), str(arguments.connections)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=arguments.seconds + 60)
    if done.returncode:
        return {"sent": 0, "failed": 1, "latency": dict.fromkeys(POINTS, 0.0), "lag": dict.fromkeys(POINTS, 0.0),
                "error": done.stderr.strip()}
    return json.loads(done.stdout)


def capacities(programs, arguments, bench):
    """Requests/s of each at full load."""
    found = {}
    for name, program in programs.items():
        seconds = 1 if arguments.seconds < 2 else 2
        requests, took, errors = wrk(program.port, LOADS["keep-alive"], seconds, arguments.load_core, bench.directory)
        if errors:
            sys.exit(f"{name}: {errors[0]}")
        found[name] = requests / took
        program.trim_logs()
    return found


def chosen_rates(arguments, capacity):
    weakest = min(rate for name, rate in capacity.items() if name not in ("direct", "floor"))
    rates = [float(rate) for rate in arguments.rates]
    if not arguments.no_shares:
        rates += [round(share * weakest, -2) for share in SHARES]
    return rates


def added(runs, name, point):
    """Round by round: this one's quantile less direct's."""
    return spread(mine["latency"][point] - direct["latency"][point] for mine, direct in zip(runs[name], runs["direct"]))


def to_floor(runs, name, point):
    """Ratio of the medians: single rounds of the difference of two small numbers would say little."""
    floor = added(runs, "floor", point) if "floor" in runs else None
    return added(runs, name, point)["median"] / floor["median"] if floor and floor["median"] > 0 else None


def summarise(runs):
    return {name: {"latency_us": {point: spread(run["latency"][point] for run in of) for point in POINTS},
                   "added_us": {point: added(runs, name, point) for point in POINTS},
                   "added_to_floor": {point: to_floor(runs, name, point) for point in POINTS},
                   "generator_lag_us": {point: spread(run["lag"][point] for run in of) for point in POINTS}}
            for name, of in runs.items()}


def table(rate, summary):
    print(f"\n{rate:8.0f}/s{'p50 µs':>26}{'added p50':>26}{'to floor':>9}{'added p90':>26}{'p99 µs':>30}{'added p99':>30}"
          f"{'to floor':>9}")
    for name, row in summary.items():
        ratio = {point: "-" if value is None or name == "direct" else f"{value:.2f}"
                 for point, value in row["added_to_floor"].items()}
        print(f"{name:10}{cell(row['latency_us']['p50'], '.1f', 26)}{cell(row['added_us']['p50'], '+.1f', 26)}"
              f"{ratio['p50']:>9}{cell(row['added_us']['p90'], '+.1f', 26)}{cell(row['latency_us']['p99'], '.1f', 30)}"
              f"{cell(row['added_us']['p99'], '+.1f', 30)}{ratio['p99']:>9}")


def main():
    parser = measuring.options(__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="of each rate for each program and round")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rates", nargs="*", type=int, default=[5000, 15000], help="requests/s")
    parser.add_argument("--no-shares", action="store_true", help="without the shares of the weakest one's capacity")
    parser.add_argument("--only", nargs="*", default=["direct", "floor", "nginx", "haproxy", "h2o", "steelyard"])
    arguments = parser.parse_args()
    measuring.need("wrk")
    only = {"direct", *arguments.only}
    line = measuring.machine()
    errors, results = [], {}
    with Bench(arguments) as bench:
        programs = {name: bench.start(program) for name, program in bench.contestants(only).items()}
        capacity = capacities(programs, arguments, bench)
        rates = chosen_rates(arguments, capacity)
        able = {rate: [name for name in programs if rate <= HEADROOM * capacity[name]] for rate in rates}
        runs = {rate: {name: [] for name in able[rate]} for rate in rates if "direct" in able[rate]}
        for number in range(arguments.rounds):
            for rate in runs:
                for name in rotated(able[rate], number):
                    run = open_load(programs[name], rate, arguments, bench)
                    runs[rate][name].append(run)
                    if run["failed"]:
                        errors.append(f"{rate:.0f}/s, {name}, round {number + 1}: {run['failed']} failed "
                                      f"{run.get('error', '')}")
                    print(f"round {number + 1} {rate:6.0f}/s {name:12} p50 {run['latency']['p50']:8.1f} "
                          f"p99 {run['latency']['p99']:8.1f} µs", file=sys.stderr)
    print(f"{line}\n{arguments.rounds} rounds, {arguments.seconds} s each, {arguments.connections} connections; median "
          f"(min..max) over the rounds; added: less direct's in the same round")
    print("capacity, requests/s: " + ", ".join(f"{name} {rate:.0f}" for name, rate in capacity.items()))
    for rate in rates:
        left_out = [name for name in programs if rate not in runs or name not in runs[rate]]
        if rate in runs:
            results[rate] = summarise(runs[rate])
            table(rate, results[rate])
        if left_out:
            print(f"{rate:8.0f}/s is above {HEADROOM:.0%} of the capacity of: {', '.join(left_out)}")
    figures = {"machine": line, "rounds": arguments.rounds, "seconds": arguments.seconds, "capacity": capacity,
               "rates": {f"{rate:.0f}": row for rate, row in results.items()}}
    return measuring.finish(arguments, figures, errors)


if __name__ == "__main__":
    sys.exit(main())
