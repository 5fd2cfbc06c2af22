#!/usr/bin/env python3
"""What connections cost: memory of an idle one, CPU per request beside idle ones, and 100,000 held by engines on one port.

1. Each program runs once for each level: with 0, 1,000, 10,000 idle clients and as many as its descriptor limit leaves
   (the hard limit, less 2,500: steelyardd keeps a tenth for servers). Each idle client has had a request answered. Memory
   per connection is the slope between 1,000 and the limit: of the process (anonymous: heap and stacks; RSS), and of the
   kernel while they were opened (slabs and socket buffers, for both ends, as both are on this machine). CPU per request is
   wrk's keep-alive load beside them, interleaved, as a ratio to the same program's with none.
2. `--engines` processes of steelyardd share one port (reuse_port) and hold `--total` connections from 127.0.0.x together;
   while they are held each holder sends requests on all of its connections in turn, and wrk runs beside it. An error, a
   lost connection or an unanswered request fails the run.

    connections.py                                      1 minute of opening, 4 levels x 3 programs x 5 rounds x 3 s, then 2.
    connections.py --only steelyard --rounds 7          about 3 minutes
    connections.py --part share --total 110000 --engines 6"""

import json
import subprocess
import sys
import threading
from pathlib import Path

import measuring
from balancers import DESCRIPTORS, Steelyard, free_ports
from measuring import LOADS, Bench, cell, measure, rotated, spread, wrk

PAGE = 4096
SPARE = 2500  # descriptors for what is no idle client; steelyardd keeps a tenth of its own for servers
HOLDER_LIMIT = DESCRIPTORS - 100


class Holder:
    """A hold_connections, from ten addresses of its own."""

    def __init__(self, bench, port, count, number):
        command = ["taskset", "-c", bench.arguments.load_core, bench.tool("hold_connections"), str(port), str(count),
                   str(1 + number * 10)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        bench.stack.callback(self.stop)

    def told(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"held": 0, "requests": 0, "failed": 1, "latency": {}}

    def serve(self, rate, seconds):
        self.process.stdin.write(f"serve {rate} {seconds}\n")
        self.process.stdin.flush()

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(60)
            self.process.stdout.close()


def kernel_bytes():
    """{"slabs", "socket_buffers", and each slab cache as readable}: bytes in use by the kernel now."""
    found = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            found["slabs"] = int(line.split()[1]) * 1024
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            found["socket_buffers"] = int(line.split()[-1]) * PAGE
    try:
        for line in Path("/proc/slabinfo").read_text().splitlines()[2:]:
            fields = line.split()
            found["slab " + fields[0]] = int(fields[14]) * int(fields[5]) * PAGE
    except OSError:
        pass  # root's only: the sum above must do
    return found


def hold(bench, program, count, errors, what):
    """Opens that many idle connections; what the kernel took for them."""
    before = kernel_bytes()
    if count:
        sizes = [min(HOLDER_LIMIT, count - done) for done in range(0, count, HOLDER_LIMIT)]
        for holder in [Holder(bench, program.port, size, number) for number, size in enumerate(sizes)]:
            told = holder.told()
            if told["failed"]:
                errors.append(f"{what}: {told}")
    after = kernel_bytes()
    return {key: after[key] - before.get(key, 0) for key in after}


def memory_per_connection(levels):
    """Slopes between the level 1,000 and the last, and the kernel's for the last."""
    few, many = levels[1], levels[-1]
    count = many["connections"] - few["connections"]
    found = {key: (many["memory"][key] - few["memory"][key]) / count for key in many["memory"]}
    kernel = {key: value / many["connections"] for key, value in many["kernel"].items()}
    return {**found, "kernel": {key: value for key, value in kernel.items() if abs(value) >= 8}}


def costs(bench, arguments, errors):
    """Part 1: {program: {"memory": ..., "levels": [...]}}."""
    counts = [0, 1000, 10000, DESCRIPTORS - SPARE]
    names = list(bench.contestants(arguments.only))
    levels = {name: [] for name in names}
    for count in counts:
        for name, program in bench.contestants(arguments.only, max_connections=DESCRIPTORS).items():
            bench.start(program)
            errors += measure(program, LOADS["keep-alive"], 1, bench)["errors"]
            kernel = hold(bench, program, count, errors, f"{name}, {count} idle")
            levels[name].append({"connections": count, "program": program, "kernel": kernel, "memory": program.memory(),
                                 "runs": []})
    pairs = [(name, index) for name in names for index in range(len(counts))]
    for number in range(arguments.rounds):
        for name, index in rotated(pairs, number):
            run = measure(levels[name][index]["program"], LOADS["keep-alive"], arguments.seconds, bench)
            levels[name][index]["runs"].append(run)
            errors += [f"{name}, {counts[index]} idle: {error}" for error in run["errors"]]
            print(f"round {number + 1} {name:10} {counts[index]:6} idle {run['us']:7.2f} µs", file=sys.stderr)
    return {name: {"memory": memory_per_connection(of), "levels": [
        {"connections": level["connections"], "cpu_us_per_request": spread(run["us"] for run in level["runs"]),
         "to_none": spread(run["us"] / none["us"] for run, none in zip(level["runs"], of[0]["runs"]))}
        for level in of]} for name, of in levels.items()}


def print_costs(found):
    print(f"\n{'bytes per idle connection':28}{'anonymous':>10}{'RSS':>10}{'kernel: slabs, both ends':>26}{'buffers':>9}")
    for name, row in found.items():
        memory = row["memory"]
        print(f"{name:28}{memory['anonymous']:>10.0f}{memory['rss']:>10.0f}{memory['kernel'].get('slabs', 0):>26.0f}"
              f"{memory['kernel'].get('socket_buffers', 0):>9.0f}")
    print(f"\n{'idle connections':28}{'CPU µs/request':>26}{'to none':>26}")
    for name, row in found.items():
        for level in row["levels"]:
            print(f"{name:16}{level['connections']:>12}{cell(level['cpu_us_per_request'], '.2f', 26)}"
                  f"{cell(level['to_none'], '.3f', 26)}")


def share(bench, arguments, errors):
    """Part 2: engines that share one port."""
    port = free_ports(1)[0]
    path = next(iter(bench.binaries().values()))
    engines = []
    for _ in range(arguments.engines):
        engine = Steelyard(path)
        engine.port, engine.reuse_port = port, True
        engines.append(bench.start(engine))
    empty = [(engine.memory()["anonymous"], engine.descriptors()) for engine in engines]
    sizes = [arguments.total // arguments.engines + (i < arguments.total % arguments.engines)
             for i in range(arguments.engines)]
    holders = [Holder(bench, port, size, number) for number, size in enumerate(sizes)]
    opened = [holder.told() for holder in holders]
    held = [engine.descriptors() - before for engine, (_, before) in zip(engines, empty)]
    grown = sum(engine.memory()["anonymous"] - before for engine, (before, _) in zip(engines, empty))
    for holder in holders:
        holder.serve(arguments.rate / len(holders), arguments.serve_seconds)
    beside = {}
    runner = threading.Thread(target=lambda: beside.update(result=wrk(
        port, LOADS["keep-alive"], int(arguments.serve_seconds), arguments.load_core, bench.directory)))
    runner.start()
    served = [holder.told() for holder in holders]
    runner.join()
    requests, took, wrong = beside["result"]
    errors += wrong
    failed = sum(told["failed"] for told in served)
    if failed or sum(told["failed"] for told in opened):
        errors.append(f"{failed} of the held connections failed")
    asked = sum(int(arguments.rate / len(holders) * arguments.serve_seconds) for _ in holders)
    answered = sum(told["requests"] for told in served)
    if answered < asked:
        errors.append(f"{asked - answered} requests on held connections were not answered")
    for holder in holders:
        holder.stop()
    return {"engines": arguments.engines, "held": sum(told["held"] for told in served), "by_engine": held,
            "anonymous_bytes_per_connection": grown / arguments.total, "requests_on_held": answered, "failed": failed,
            "latency_us": [told["latency"] for told in served], "wrk_requests_per_second": requests / took}


def print_share(found):
    print(f"\n{found['engines']} engines on one port: {found['held']} connections held (descriptors by engine: "
          f"{' '.join(map(str, found['by_engine']))}), {found['anonymous_bytes_per_connection']:.0f} bytes each (engines; "
          f"anonymous), {found['requests_on_held']} requests answered on them, {found['failed']} failed; wrk beside it: "
          f"{found['wrk_requests_per_second']:.0f}/s")


def main():
    parser = measuring.options(__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of load for each level and round")
    parser.add_argument("--only", nargs="*", default=["nginx", "haproxy", "steelyard"])
    parser.add_argument("--part", choices=("costs", "share"), help="only this one")
    parser.add_argument("--engines", type=int, default=6)
    parser.add_argument("--total", type=int, default=105000, help="connections of part 2")
    parser.add_argument("--rate", type=float, default=5000, help="requests/s on the held connections of part 2")
    parser.add_argument("--serve-seconds", type=float, default=30, help="for which part 2 serves requests")
    arguments = parser.parse_args()
    measuring.need("wrk")
    line = measuring.machine()
    print(f"{line}\ndescriptor limit {DESCRIPTORS}; {arguments.rounds} rounds, {arguments.seconds} s each; "
          "median (min..max)")
    figures, errors = {"machine": line, "descriptors": DESCRIPTORS}, []
    if arguments.part != "share":
        with Bench(arguments) as bench:
            figures["costs"] = costs(bench, arguments, errors)
        print_costs(figures["costs"])
    if arguments.part != "costs":
        with Bench(arguments) as bench:
            figures["share"] = share(bench, arguments, errors)
        print_share(figures["share"])
    return measuring.finish(arguments, figures, errors)


if __name__ == "__main__":
    sys.exit(main())
