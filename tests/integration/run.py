#!/usr/bin/env python3
"""Black-box tests of steelyardd and steelyardctl with real peers: nginx, node, python, curl, wrk, ws.

    run.py [--binary-dir DIR] [--workers N] [--jobs N] [--slow] [--list] [NAMES...]

NAMES: parts of "file.test" names; all tests without. --workers N: engines with N workers; default: 1, then 4.
--jobs N: so many tests at a time, but for the files that load or time the machine (ALONE), which follow one by one. A test
that fails is tried once more at the end, alone; one that passes then counts as passed and is told as flaky.
--slow: also the tests that take long (10 GB). STEELYARD_SLOWDOWN=N in the environment: deadlines N times longer,
loads and bodies smaller, for sanitizer builds. Exit code: 0 none failed, 1 some did, 2 wrong usage."""
import argparse
import importlib
import multiprocessing
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from harness import SOURCE, run_one  # noqa: E402


def tests(names):
    for file in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(file.stem)
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                full = f"{file.stem[5:]}.{name[5:]}"
                if not names or any(part in full for part in names):
                    yield full, function


# Files whose tests load the machine or measure times: never beside others.
ALONE = {"bodies", "comparison", "explain", "kill", "reload", "retries", "rolling", "storm", "supervision", "timeouts"}


def report(name, workers, seconds, verdict, words):
    plural = "worker" if workers == 1 else "workers"
    line = f"{verdict:7} {name} ({workers} {plural}, {seconds:.1f} s)"
    print(line + (f": {words}" if verdict == "skipped" else ""), flush=True)
    if verdict == "FAILED":
        print(words, flush=True)


def timed(name, test, binaries, workers):
    began = time.monotonic()
    verdict, words = run_one(test, binaries, workers)
    return name, workers, time.monotonic() - began, verdict, words


def timed_by_name(name, binaries, workers):
    """In a process of its own: a test's threads and signals are no other's."""
    return timed(name, dict(tests([name]))[name], binaries, workers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAMES")
    parser.add_argument("--binary-dir", default=str(SOURCE / "build/bin"))
    parser.add_argument("--workers", type=int, help="1 to 256; default: 1, then 4")
    parser.add_argument("--jobs", type=int, default=1, help="tests at a time; default: 1")
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--list", action="store_true", help="names only")
    options = parser.parse_args()
    chosen = list(tests(options.names))
    if not chosen:
        parser.error("no test has such a name")
    if options.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    # ctest ends a test that takes too long with SIGTERM: what was started must end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    binaries = pathlib.Path(options.binary_dir).resolve()
    counts = {"passed": 0, "FAILED": 0, "skipped": 0}
    failed = []

    def tell(result):
        report(*result)
        if result[3] == "FAILED":
            failed.append(result[:2])
        else:
            counts[result[3]] += 1

    for workers in [options.workers] if options.workers else [1, 4]:
        here = [(name, test) for name, test in chosen
                if (options.slow or not getattr(test, "slow", False))
                and not (getattr(test, "once", False) and workers == 1 and options.workers != 1)]
        together = [name for name, _ in here if name.split(".")[0] not in ALONE] if options.jobs > 1 else []
        if together:
            with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
                for waiting in [pool.apply_async(timed_by_name, (name, binaries, workers)) for name in together]:
                    tell(waiting.get())
        for name, test in here:
            if name not in together:
                tell(timed(name, test, binaries, workers))
    flaky = []
    for name, workers in failed:
        result = timed(name, dict(chosen)[name], binaries, workers)
        report(*result)
        counts[result[3]] += 1
        if result[3] != "FAILED":
            flaky.append(name)
    if flaky:
        print("flaky, passed only when tried again: " + ", ".join(flaky))
    print(f"{counts['passed']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
