#!/usr/bin/env python3
"""Faults: each is brought about against a running engine under load, and must cost what it may and no more.

    run.py [--binary-dir DIR] [--workers N] [--short] [--list] [NAMES...]

NAMES: parts of "file.fault" names; all without. --short: only those that take few seconds, for CI. One line a fault, with
its figure. Exit code: 0 none failed, 1 some did, 2 wrong usage. campaign.py runs many of them at random."""
import argparse
import importlib
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
sys.dont_write_bytecode = True

from harness import SOURCE, run_one  # noqa: E402


def faults(names):
    for file in sorted(HERE.glob("fault_*.py")):
        module = importlib.import_module(file.stem)
        for name, function in vars(module).items():
            if callable(function) and function.__module__ == file.stem and hasattr(function, "fault"):
                full = f"{file.stem[6:]}.{name}"
                if not names or any(part in full for part in names):
                    yield full, function


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAMES")
    parser.add_argument("--binary-dir", default=str(SOURCE / "build/bin"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true", help="names only")
    options = parser.parse_args()
    chosen = [(name, fault) for name, fault in faults(options.names) if fault.fault == "short" or not options.short]
    if not chosen:
        parser.error("no fault has such a name")
    if options.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    binaries = pathlib.Path(options.binary_dir).resolve()
    counts = {"passed": 0, "FAILED": 0, "skipped": 0}
    for name, fault in chosen:
        began = time.monotonic()
        verdict, words = run_one(fault, binaries, options.workers)
        counts[verdict] += 1
        print(f"{verdict:7} {name} ({time.monotonic() - began:.1f} s): {words}", flush=True)
    print(f"{counts['passed']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
