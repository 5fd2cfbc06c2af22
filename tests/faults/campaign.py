#!/usr/bin/env python3
"""A storm of faults under mixed load, drawn from a seed: servers that die, hang, reset, swallow SYNs, answer late, wrongly
or by halves; a name service that fails and changes; operators who never rest; clients that mean no good; now and then all
servers down. Every answer is compared byte by byte with what its request's id makes of it.

    campaign.py [--minutes M] [--seed N] [--rate R] [--binary-dir DIR] [--workers N]

Prints attempts, failures by cause, availability with its bound, the worst gap, times of detection and recovery against
what the configuration promises, memory and descriptors. Exit code: 0 all is as promised, 1 not, 2 wrong usage."""
import argparse
import collections
import math
import pathlib
import random
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
sys.dont_write_bytecode = True

from dns_stub import NameServer  # noqa: E402
from fault_clients import Attack  # noqa: E402
from harness import SOURCE, Lab, server  # noqa: E402
from scene import Scene, down_bound, repeated_posts, span, up_bound  # noqa: E402
from traffic import GOOD, IDEMPOTENT, Traffic, percentile  # noqa: E402
from waiting import wait_until  # noqa: E402

PROMISE = 0.9999
ALGORITHMS = ("round-robin", "least-connections", "power-of-two", "random", "peak-ewma", "prequal")
# What no proxy can mend, told apart: the server ended its own answer early, or answered with an error of its own.
SERVERS_OWN = ("cut", "status")
# How a server goes wrong: its mode; does it stay silent (each probe then takes its timeout), or not fail its probes.
DOWN = {"refuse": False, "hang": True, "reset accept": False, "reset head": False, "blackhole": True, "kill": False,
        "stop": True}
UP = ("reset body", "half 3", "slow 0.5", "delay 0.5", "status 500")
REST = (0.5, 2.0)  # seconds between two faults


def upper_bound(failures, level=0.95):
    """The one-sided upper limit of a Poisson mean of which so many were seen."""
    low, high = 0.0, failures * 2.0 + 20
    for _ in range(60):
        mean = (low + high) / 2
        chance = sum(math.exp(-mean + count * math.log(mean) - math.lgamma(count + 1)) for count in range(failures + 1))
        low, high = (mean, high) if chance > 1 - level else (low, mean)
    return high


class Storm:
    def __init__(self, lab, seed):
        self.lab = lab
        self.chance = random.Random(seed)
        self.operator = random.Random(seed + 1)
        self.crowd = random.Random(seed + 2)
        self.names = NameServer(lab, ttl=0, d_lab=["127.0.0.1"])
        self.scene = Scene(lab, count=4, pool={"retry": {"attempts": 2}, "slow_start": {"window": "1s"}},
                           resolver={"servers": [self.names.address], "min_ttl": "1s", "max_ttl": "5s"})
        config = self.scene.configuration
        config["pools"][0]["backends"][3]["address"] = f"d.lab:{self.scene.servers[3].port}"
        self.scene.engine.write(config)
        self.scene.engine.ctl("reload")
        self.scene.engine.await_health("d", "healthy")
        self.done = collections.Counter()
        self.detected = collections.defaultdict(list)  # by fault: (seconds, bound)
        self.recovered = []
        self.all_down = []  # (from, to)
        self.wrong = []  # what was not as promised, in words
        self.memory = []  # MB
        self.ending = threading.Event()
        self.quiet = threading.Lock()  # held while all are down: nobody else acts

    # ---- servers

    def start_fault(self, victim, mode):
        if mode == "kill":
            victim.kill()
        elif mode == "stop":
            victim.process.send_signal(signal.SIGSTOP)
        else:
            victim.be(mode)

    def end_fault(self, victim, mode):
        if mode == "kill":
            victim.start()
        elif mode == "stop":
            victim.process.send_signal(signal.SIGCONT)
        else:
            victim.be("ok")

    def one_down(self, victim, mode):
        name = f"shop/{victim.name}"
        bound = down_bound(DOWN[mode])
        self.start_fault(victim, mode)
        began = time.monotonic()
        try:
            after = self.scene.events.wait(name, "down: ", began, 3 * bound)
            self.detected[mode].append((after, bound))
            if after > bound:
                self.tell_late(f"{mode} of {name} detected after {after:.2f} s", began, after)
        except AssertionError as error:
            self.wrong.append(f"{mode} of {name}: {error}")
        span(self.chance.uniform(0.2, 2))
        self.end_fault(victim, mode)
        began = time.monotonic()
        try:
            self.recovered.append((self.scene.events.wait(name, "up: ", began, 10), up_bound()))
        except AssertionError as error:
            self.wrong.append(f"{name} after {mode}: {error}")

    def tell_late(self, title, began, after):
        """What else went on meanwhile, and a second before."""
        print(title)
        for at, event in list(self.scene.events.events):
            if began - 1 <= at <= began + after:
                print(f"  {at - began:+.3f} s {event['source']}: {event['text']}", flush=True)

    def one_ill(self, victim, mode):
        self.start_fault(victim, mode)
        span(self.chance.uniform(0.3, 1.5))
        self.end_fault(victim, mode)

    def everybody_down(self):
        with self.quiet:
            began = time.monotonic()
            for each in self.scene.servers:
                each.be("refuse")
            span(1.5)
            for each in self.scene.servers:
                each.be("ok")
            wait_until(lambda: self.scene.engine.status()["pools"][0]["selectable"] == 4, "all are back", 15, 0.1)
            self.all_down.append((began - 0.05, time.monotonic()))

    def faults(self):
        while not self.ending.is_set():
            drawn = self.chance.random()
            victim = self.chance.choice(self.scene.servers[1:])
            if drawn < 0.02:
                mode = "all down"
                self.everybody_down()
            elif drawn < 0.6:
                mode = self.chance.choice(list(DOWN))
                self.one_down(victim, mode)
            else:
                mode = self.chance.choice(UP)
                self.one_ill(victim, mode)
            self.done[mode] += 1
            span(self.chance.uniform(*REST))

    # ---- operators and the name service

    def operate(self):
        config = self.scene.configuration
        engine = self.scene.engine
        while not self.ending.is_set():
            act = self.operator.choice(("reload", "algorithm", "weight", "drain", "names fail", "names change"))
            with self.quiet:
                if act == "reload":
                    config["pools"][0]["backends"] = [
                        {**each, "weight": self.operator.randint(50, 150)} for each in config["pools"][0]["backends"]]
                    engine.write(config)
                    engine.ctl("reload")
                elif act == "algorithm":
                    engine.ctl("algorithm", "shop", self.operator.choice(ALGORITHMS))
                elif act == "weight":
                    engine.ctl("weight", f"shop/{self.operator.choice('abcd')}", str(self.operator.randint(20, 200)),
                               code=None)
                elif act == "drain":
                    engine.ctl("drain", "shop/a", "--timeout", "3s", code=None)
                    span(1)
                    engine.ctl("ready", "shop/a", code=None)
                elif act == "names fail":
                    self.names.failing = self.operator.choice(("servfail", "nxdomain", "garbage", "silence"))
                    span(2)
                    self.names.failing = None
                else:
                    self.names.names["d.lab"] = self.operator.choice((["127.0.0.1"], ["127.0.0.1", "127.0.0.9"]))
            self.done[act] += 1
            self.ending.wait(self.operator.uniform(0.5, 3))

    def annoy(self):
        while not self.ending.is_set():
            kind, count = self.crowd.choice((("storm", 20), ("slow-head", 300), ("slow-read", 200), ("slow-body", 200),
                                             ("idle", 300)))
            with Attack(self.lab, kind, self.scene.port, count):
                self.ending.wait(self.crowd.uniform(2, 6))
            self.done[f"clients: {kind}"] += 1
            self.ending.wait(self.crowd.uniform(1, 5))

    def weigh(self):
        """Memory each tenth of the time."""
        while not self.ending.wait(self.seconds / 10):
            self.memory.append(self.scene.engine.rss())

    def run(self, seconds):
        self.seconds = seconds
        acting = [threading.Thread(target=self.guarded, args=(each,), daemon=True)
                  for each in (self.faults, self.operate, self.annoy, self.weigh)]
        for each in acting:
            each.start()
        self.ending.wait(seconds)
        self.ending.set()
        for each in acting:
            each.join(60)

    def guarded(self, work):
        try:
            work()
        except BaseException as error:  # the campaign has failed, and says so
            self.wrong.append(f"{work.__name__}: {error!r}")
            self.ending.set()


class Report:
    def __init__(self, storm, results, seconds):
        self.storm, self.seconds = storm, seconds
        self.failed = list(storm.wrong)
        while_down = [each for each in results.outcomes if self.is_down(each)]
        self.outcomes = [each for each in results.outcomes if not self.is_down(each)]
        self.while_down = len(while_down)
        self.every = results

    def is_down(self, outcome):
        return any(start <= outcome.at <= end or start <= outcome.at + outcome.seconds <= end
                   for start, end in self.storm.all_down)

    def expect(self, good, words):
        if not good:
            self.failed.append(words)

    def availability(self, title, outcomes, promise=None):
        lost = sum(each.kind != GOOD for each in outcomes)
        share = 1 - lost / len(outcomes)
        limit = 1 - upper_bound(lost) / len(outcomes)
        print(f"{title}: {lost} of {len(outcomes)} lost, {share:.4%} (95 %: at least {limit:.4%})")
        if promise:
            self.expect(share >= promise, f"{title}: {share:.4%} is below {promise:.2%}")

    def print(self):
        causes = collections.Counter((each.method in IDEMPOTENT, each.kind) for each in self.outcomes if each.kind != GOOD)
        print(f"faults: {', '.join(f'{name} {count}' for name, count in sorted(self.storm.done.items()))}")
        print(f"attempts: {self.every.count} in {self.seconds:.0f} s; {self.while_down} of them while all servers were down, "
              "not counted below")
        for (idempotent, kind), count in sorted(causes.items()):
            own = ", the server's own doing" if kind in SERVERS_OWN else ""
            print(f"  {'GET and PUT' if idempotent else 'POST'}: {count} {kind}{own}")
        idempotent = [each for each in self.outcomes if each.method in IDEMPOTENT]
        posts = [each for each in self.outcomes if each.method not in IDEMPOTENT]
        self.availability("availability, idempotent", [each for each in idempotent if each.kind not in SERVERS_OWN], PROMISE)
        self.availability("  with what the servers did to their own answers", idempotent)
        self.availability("availability, POST", [each for each in posts if each.kind not in SERVERS_OWN])
        wrong = self.every.lost["wrong"]
        repeated = repeated_posts(self.storm.lab)
        print(f"corrupted or crossed answers: {wrong}; POSTs that came to a server twice: {len(repeated)}")
        self.expect(wrong == 0, f"{wrong} answers were not the request's")
        self.expect(not repeated, f"POSTs sent twice: {repeated[:3]}")
        self.gap()
        self.times()
        self.explain([each for each in idempotent if each.kind not in (GOOD, *SERVERS_OWN)][:5])

    def explain(self, lost):
        """What the access log says of these."""
        records = self.storm.scene.engine.access_log() if lost else []
        for each in lost:
            found = [record for record in records if record["target"].split("?")[0] == f"/echo/{each.ident}"]
            said = [f"{record['status']} {record.get('reason')} {record['attempts']}" for record in found]
            print(f"  lost: {each.method} {each.ident}, {each.kind} after {each.seconds:.3f} s: {'; '.join(said)}")

    def gap(self):
        ends = sorted(each.at + each.seconds for each in self.outcomes if each.kind == GOOD)
        gaps = [(after - before, before) for before, after in zip(ends, ends[1:])
                if not any(start < after and before < end for start, end in self.storm.all_down)]
        times = [each.seconds for each in self.outcomes if each.kind == GOOD]
        print(f"worst gap without a good answer: {max(gaps)[0]:.2f} s; latency p50 {percentile(times, 0.5) * 1000:.1f} ms, "
              f"p99 {percentile(times, 0.99) * 1000:.1f} ms, p99.9 {percentile(times, 0.999) * 1000:.0f} ms, "
              f"worst {max(times) * 1000:.0f} ms")

    def times(self):
        for fault, pairs in sorted(self.storm.detected.items()):
            self.against(f"detected, {fault}", pairs)
        self.against("recovered", self.storm.recovered)

    def against(self, title, pairs):
        if not pairs:
            return
        seconds = [each for each, _ in pairs]
        bound = pairs[0][1]
        over = sum(each > bound for each in seconds)
        print(f"{title}: {len(seconds)} times, median {percentile(seconds, 0.5):.2f} s, worst {max(seconds):.2f} s, "
              f"bound {bound:.2f} s, {over} beyond")
        self.expect(over == 0, f"{title}: {over} of {len(seconds)} beyond the bound of {bound:.2f} s")


def campaign(lab, options):
    storm = Storm(lab, options.seed)
    engine = storm.scene.engine
    with Traffic(engine.port, options.rate, threads=24, seed=options.seed) as traffic:
        span(10)
        base, fds = engine.rss(), storm.scene.fds()
        began = time.monotonic()
        storm.run(options.minutes * 60)
        seconds = time.monotonic() - began
        span(5)
    results = traffic.results
    wait_until(lambda: storm.scene.fds() <= fds + 30, "descriptors are free again", 30)
    with Traffic(engine.port, options.rate, threads=24, seed=options.seed + 1):
        span(10)
        rest, rest_fds = engine.rss(), storm.scene.fds()
    report = Report(storm, results, seconds)
    report.print()
    series = " ".join(f"{each:.1f}" for each in storm.memory)
    print(f"memory: {base:.1f} MB before; each tenth of the time {series}; {rest:.1f} at rest; descriptors {fds} before, "
          f"{rest_fds} at rest")
    # The allocator and the pools keep what a crowd once needed; what grows without end grows after that too.
    level = max([base, *storm.memory[:4]])
    report.expect(options.minutes < 5 or rest <= level * 1.1 + 2,
                  f"memory grew from {level:.1f} MB, when all had happened once, to {rest:.1f} MB")
    report.expect(engine.process.poll() is None, f"the engine ended with {engine.process.poll()}")
    engine.terminate()
    report.expect(engine.wait(30) == 0, "the engine did not end well")
    for words in report.failed:
        print(f"NOT AS PROMISED: {words}")
    return not report.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 20))
    parser.add_argument("--rate", type=float, default=250, help="requests a second; default: 250")
    parser.add_argument("--binary-dir", default=str(SOURCE / "build/bin"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.rate:g} requests/s", flush=True)
    lab = Lab(pathlib.Path(options.binary_dir).resolve(), options.workers)
    try:
        good = campaign(lab, options)
    finally:
        lab.close()
    print("as promised" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
