#!/usr/bin/env python3
"""CPU per request of steelyardd beside nginx, HAProxy, h2o, Caddy, a raw relay (the floor) and no balancer (direct).

The machine drifts by 10-20 %, so only figures of one run compare: in every round each program has each load once, in a
rotating order, and ratios are taken round by round. The balancer is alone on one core; wrk and backends are on another.
Fair rules: balancers.py. wrk is closed-loop: CPU per request is meaningful, latency not (latency.py). An error fails the
run. Loads: keep-alive (64 connections, 1 KiB replies), close (a connection per request), large (1 MB replies), upload
(100 kB), headers (a browser's 14 fields and 1 KiB of cookies, 15 fields and 1 KiB of Set-Cookie back), active-2000
(2,000 connections at work). HAProxy is there twice for large and upload: as it is, and splicing.

    compare.py                                         all loads, all programs: 6 loads x 7 programs x 5 rounds x 4 s
    compare.py --loads keep-alive --only nginx haproxy h2o floor steelyard
    compare.py --binary old=/tmp/a/steelyardd --binary new=build/bin/steelyardd --only floor steelyard"""

import sys

import measuring
from measuring import LOADS, PEERS, Bench, cell, measure, rotated, spread


def ratios(rounds, name, others, key="us"):
    """Round by round: this one's figure over the best of the others' µs, or over the others' rate."""
    others = [other for other in others if other in rounds and other != name]
    if not others or name == "direct" and key == "us":
        return None
    best = [min(rounds[other][i][key] for other in others) for i in range(len(rounds[name]))]
    return spread(mine[key] / max(other, 1e-9) for mine, other in zip(rounds[name], best))


def summarise(rounds):
    first = next((name for name in rounds if name.startswith("steelyard-")), None)
    return {name: {"cpu_us_per_request": None if name == "direct" else spread(r["us"] for r in results),
                   "requests_per_second": spread(r["rps"] for r in results),
                   "to_best_peer": ratios(rounds, name, PEERS),
                   "to_each_peer": {peer: ratios(rounds, name, [peer]) for peer in PEERS if peer in rounds},
                   "to_floor": ratios(rounds, name, ["floor"]),
                   "rate_to_direct": ratios(rounds, name, ["direct"], "rps"),
                   "to_first_binary": ratios(rounds, name, [first]) if name.startswith("steelyard-") else None}
            for name, results in rounds.items()}


def table(load, summary):
    several = any(row["to_first_binary"] for row in summary.values())
    print(f"\n{load:15}{'CPU µs/request':>24}{'requests/s':>24}{'CPU to best peer':>22}{'CPU to floor':>22}"
          f"{'rate to direct':>22}{'CPU to first binary' if several else '':>22}")
    for name, row in summary.items():
        print(f"{name:15}{cell(row['cpu_us_per_request'], '.2f', 24)}{cell(row['requests_per_second'], '.0f', 24)}"
              f"{cell(row['to_best_peer'], '.3f')}{cell(row['to_floor'], '.3f')}{cell(row['rate_to_direct'], '.3f')}"
              f"{cell(row['to_first_binary'], '.3f') if several else ''}")
    for name, row in summary.items():
        if name.startswith("steelyard") and row["to_each_peer"]:
            print(f"{name} to each peer: " + ", ".join(
                f"{peer} {ratio['median']:.3f}" for peer, ratio in row["to_each_peer"].items()))


def main():
    parser = measuring.options(__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of each load for each program and round")
    parser.add_argument("--loads", nargs="*", choices=LOADS, default=list(LOADS))
    parser.add_argument("--only", nargs="*", help="of: direct floor nginx haproxy haproxy-splice h2o caddy steelyard")
    parser.add_argument("--access-log", action="store_true", help="on for all")
    parser.add_argument("--install", action="store_true", help="first install what is missing")
    arguments = parser.parse_args()
    if arguments.install:
        measuring.install()
    measuring.need("wrk")
    errors = []
    line = measuring.machine()
    with Bench(arguments) as bench:
        programs = {name: bench.start(program) for name, program in
                    bench.contestants(arguments.only, access_log=arguments.access_log).items()}
        rounds = {load: {name: [] for name in programs if name != "haproxy-splice" or load in ("large", "upload")}
                  for load in arguments.loads}
        for number in range(arguments.rounds):
            for load in arguments.loads:
                for name in rotated(rounds[load], number):
                    result = measure(programs[name], LOADS[load], arguments.seconds, bench)
                    rounds[load][name].append(result)
                    errors += [f"{load}, {name}, round {number + 1}: {error}" for error in result["errors"]]
                    print(f"round {number + 1} {load:12} {name:12} {result['us']:8.2f} µs {result['rps']:8.0f}/s",
                          file=sys.stderr)
    summary = {load: summarise(of_load) for load, of_load in rounds.items()}
    print(f"{line}\n{arguments.rounds} rounds, {arguments.seconds} s each; median (min..max); access log "
          f"{'on' if arguments.access_log else 'off'}")
    for load, row in summary.items():
        table(load, row)
    figures = {"machine": line, "rounds": arguments.rounds, "seconds": arguments.seconds,
               "access_log": arguments.access_log, "loads": summary}
    return measuring.finish(arguments, figures, errors)


if __name__ == "__main__":
    sys.exit(main())
