#!/usr/bin/env python3
"""Runs the fuzzers and prints what they did: executions, rate, coverage, corpus, findings.

usage: run.py [--minutes M] [--jobs N] [--build DIR] [--keep] [NAME...]

Builds nothing: cmake --preset fuzz && cmake --build --preset fuzz --target fuzzers makes them (in build-fuzz/). Each
fuzzer starts from its corpus and regressions, works in a folder of its own under the build and runs for M minutes (10),
N of them side by side (2). A finding is kept in regressions/NAME/, to be mended and committed with its mend. --keep puts
a minimised corpus (of what is new, too) back into corpus/NAME/.
Exit code: 0 no finding, 1 findings, 2 cannot run.
"""
import argparse
import concurrent.futures
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
MOST_BYTES = {"config": 4096, "smuggling": 512, "cookie": 512, "route": 512, "socket": 1024}
# A corpus that is committed stays small: so many inputs, of all sizes up to so many bytes.
KEPT_INPUTS, KEPT_BYTES = 150, 700


def fuzz(program, name, minutes, build):
    """-> (name, figures of libFuzzer's last line and statistics, new findings)."""
    work = build / "corpus" / name
    crashes = build / "findings" / name
    for folder in (work, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    seeds = [str(folder) for folder in (HERE / "corpus" / name, HERE / "regressions" / name) if folder.is_dir()]
    command = ["nice", "-n", "10", str(program), str(work), *seeds, f"-max_total_time={int(minutes * 60)}", "-timeout=10",
               "-rss_limit_mb=3000", f"-max_len={MOST_BYTES.get(name, 2048)}", "-print_final_stats=1", "-detect_leaks=0",  # between inputs; at the end LSan still looks
               f"-artifact_prefix={crashes}/"]
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    log = build / "findings" / f"{name}.log"
    with open(log, "wb") as output:
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=build, check=False).returncode
    text = log.read_text(errors="replace")
    states = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)/", text)
    executions = re.findall(r"number_of_executed_units:\s*(\d+)", text) or re.findall(r"^#(\d+)", text, re.M) or ["0"]
    rates = re.findall(r"average_exec_per_sec:\s*(\d+)", text) or ["0"]
    found = sorted(set(crashes.iterdir()) - before)
    return {"name": name, "code": code, "executions": int(executions[-1]), "rate": int(rates[-1]),
            "coverage": states[-1] if states else ("0", "0", "0"), "found": found, "log": log}


def keep_finding(name, path):
    folder = HERE / "regressions" / name
    folder.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()
    target = folder / hashlib.sha256(data).hexdigest()[:12]
    target.write_bytes(data)
    return target


def keep_corpus(program, name, build):
    merged = build / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    short = build / "short" / name
    shutil.rmtree(short, ignore_errors=True)
    short.mkdir(parents=True)
    own = HERE / "corpus" / name
    for folder in (own, build / "corpus" / name):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.stat().st_size <= KEPT_BYTES:
                shutil.copy(path, short / path.name)
    subprocess.run([str(program), "-set_cover_merge=1", "-timeout=10", str(merged), str(own), str(short)], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, cwd=build, check=True)
    by_size = sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    kept = [path.read_bytes() for path in by_size[::-(-len(by_size) // KEPT_INPUTS)]]
    seeds = [path for path in own.iterdir() if path.name.startswith("seed-")]
    for path in own.iterdir():
        if path not in seeds:
            path.unlink()
    for data in kept:
        (own / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
    return len(kept)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", help="the fuzzers; all without names")
    arguments.add_argument("--minutes", type=float, default=10, help="of each fuzzer (default 10)")
    arguments.add_argument("--jobs", type=int, default=2, help="fuzzers side by side (default 2)")
    arguments.add_argument("--build", type=pathlib.Path, default=SOURCE / "build-fuzz")
    arguments.add_argument("--keep", action="store_true", help="put a minimised corpus back into the source tree")
    options = arguments.parse_args()
    build = options.build.resolve()
    programs = {path.name[len("fuzz_"):]: path for path in sorted((build / "fuzz").glob("fuzz_*"))}
    names = options.names or sorted(programs)
    unknown = [name for name in names if name not in programs]
    if unknown or not names:
        print(f"no fuzzer {', '.join(unknown) or 'at all'} in {build}/fuzz; build the target 'fuzzers' of the preset 'fuzz'")
        return 2

    findings = 0
    print(f"{'fuzzer':<10} {'executions':>12} {'per second':>10} {'coverage':>9} {'features':>9} {'corpus':>7} {'findings':>8}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(fuzz, programs[name], name, options.minutes, build) for name in names]
        for run in runs:
            done = run.result()
            coverage, features, corpus = done["coverage"]
            print(f"{done['name']:<10} {done['executions']:>12} {done['rate']:>10} {coverage:>9} {features:>9} {corpus:>7} "
                  f"{len(done['found']):>8}", flush=True)
            for path in done["found"]:
                findings += 1
                print(f"  {keep_finding(done['name'], path)}")
            if done["code"] != 0:
                findings += not done["found"]
                print(f"  ended with {done['code']}: {done['log']}")
    if options.keep:
        for name in names:
            print(f"{name}: {keep_corpus(programs[name], name, build)} inputs kept")
    print("no finding" if findings == 0 else f"{findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
