#!/usr/bin/env python3
"""Runs the HTTP/1 conformance cases against a headless engine.

usage: run.py [STEELYARDD] [--starts N] [--only TEXT] [--workers N] [--mutate COUNT [--seed S]]

The cases and their runners (run_h1.py, run_resp.py) are not part of this project: they are looked for in the folder
that STEELYARD_CONFORMANCE names, else in ../shared/conformance beside the source tree. Without them the test is
skipped with exit code 77. Each part of the cases gets an engine and a backend of its own, so that parts run side by
side; everything is run over several starts of the engine, since what depends on a start must not differ. --mutate plays
COUNT mutations of the given requests instead (mutate.py), judged anew by the oracle that comes with them.
Exit code: 0 good, 1 a difference that differences.txt does not excuse, 77 skipped.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

import mutate

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
SKIPPED = 77
SUITES = (  # runner, cases, parts
    ("run_h1.py", "h1-cases.jsonl", 4),
    ("run_resp.py", "h1-response-cases.jsonl", 2),
)
CONFIGURATION = """\
version: 1
workers: {workers}
state_dir: {folder}/state
{more}listeners:
  - name: web
    bind: 127.0.0.1:0
    timeouts: {{ client_header: {seconds}s, client_body: {seconds}s, keep_alive: {seconds}s }}
    routes:
      - name: everything
        pool: cases
pools:
  - name: cases
    retry: {{ attempts: 0 }}
    timeouts: {{ connect: {seconds}s, response_header: {seconds}s, idle: {seconds}s }}
    backends:
      - {{ name: only, address: "127.0.0.1:{port}" }}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    """One engine with one backend address; `with` ends it."""

    def __init__(self, binary, folder, backend_port, workers=2, seconds=1, access_log=None):
        configuration = folder / "steelyard.yaml"
        more = f"access_log: {{ path: {access_log} }}\n" if access_log else ""
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=backend_port, workers=workers, seconds=seconds, more=more))
        self.log = folder / "engine.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "run", str(configuration), "--socket", str(folder / "control.sock")],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.address = self.read_ready_line()

    def read_ready_line(self, seconds=20):
        deadline = time.monotonic() + seconds
        text = b""
        while b"\n" not in text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                self.stop()
                raise RuntimeError("the engine did not say that it is ready\n" + self.words())
            piece = os.read(self.process.stdout.fileno(), 4096)
            if not piece:
                self.process.wait()
                raise RuntimeError(f"the engine ended with {self.process.returncode}\n" + self.words())
            text += piece
        for word in text.decode().split():
            if word.startswith("web="):
                return word[len("web="):].split(",")[0]
        self.stop()
        raise RuntimeError(f"no listener in the ready line {text!r}")

    def words(self):
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the engine did not end within 10 s of SIGTERM") from None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        died = self.process.poll()
        if died is None:
            self.stop()
        elif error[0] is None:
            raise RuntimeError(f"the engine died during the cases with {died}\n" + self.words())


def run_part(binary, cases_folder, runner, rows, workers):
    """-> the runner's records for these rows."""
    with tempfile.TemporaryDirectory(prefix="steelyard-conformance-") as name:
        folder = pathlib.Path(name)
        (folder / "cases.jsonl").write_text("".join(row + "\n" for row in rows))
        port = free_port()
        command = [sys.executable, str(cases_folder / runner), "--upstream-port", str(port), "--quiet",
                   "--cases", str(folder / "cases.jsonl"), "--out", str(folder / "out.jsonl")]
        with Engine(binary, folder, port, workers) as engine:
            done = subprocess.run(command + ["--proxy", engine.address], capture_output=True, text=True,
                                  env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"), check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{runner} ended with {done.returncode}\n{done.stderr[-2000:]}")
        records = [json.loads(line) for line in open(folder / "out.jsonl")]
        if len(records) != len(rows):
            raise RuntimeError(f"{runner} judged {len(records)} of {len(rows)} cases")
        return records


def read_differences():
    excused = {}
    for line in (HERE / "differences.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            identity, _, reason = line.partition(" ")
            if not reason.strip():
                raise RuntimeError(f"differences.txt gives no reason for {identity}")
            excused[identity] = reason.strip()
    return excused


def is_wanted(record, severity, excused):
    verdict = record["verdict"]
    if verdict == "pass":
        return True
    if verdict == "lenient":
        return not severity.startswith("S1")
    return verdict in ("stricter", "semantic") and record["id"] in excused


def one_start(binary, cases_folder, suites, workers, pool):
    """-> (verdict counts by suite, records with their severity)."""
    jobs = []
    for runner, rows, parts in suites:
        for part in range(parts):
            if rows[part::parts]:
                jobs.append((runner, rows[part::parts]))
    futures = [(runner, rows, pool.submit(run_part, binary, cases_folder, runner, rows, workers)) for runner, rows in jobs]
    counts = collections.defaultdict(collections.Counter)
    results = []
    for runner, rows, future in futures:
        severities = {case["id"]: case.get("severity", "") for case in map(json.loads, rows)}
        for record in future.result():
            counts[runner][record["expect"], record["verdict"]] += 1
            results.append((record, severities[record["id"]]))
    return counts, results


def chosen(cases_folder, options):
    """-> (runner, rows, parts) of each suite."""
    if options.mutate:
        return [("run_h1.py", [json.dumps(row) for row in mutate.make(cases_folder, options.mutate, options.seed)], 4)]
    suites = []
    for runner, file, parts in SUITES:
        rows = [line for line in (cases_folder / file).read_text().splitlines() if line]
        suites.append((runner, [row for row in rows if not options.only or options.only in json.loads(row)["id"]], parts))
    return suites


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", nargs="?", default=str(SOURCE / "build/bin/steelyardd"))
    arguments.add_argument("--starts", type=int, default=2, help="starts of the engine (default 2)")
    arguments.add_argument("--only", help="run only the cases whose id holds this text")
    arguments.add_argument("--workers", type=int, default=2, help="of each engine (default 2)")
    arguments.add_argument("--mutate", type=int, metavar="COUNT", help="play that many mutations of the given requests")
    arguments.add_argument("--seed", type=int, default=1, help="of the mutations (default 1)")
    options = arguments.parse_args()

    cases_folder = pathlib.Path(os.environ.get("STEELYARD_CONFORMANCE") or SOURCE.parent / "shared/conformance")
    if not all((cases_folder / name).exists() for runner, file, _ in SUITES for name in (runner, file)):
        print(f"skipped: no conformance cases in {cases_folder}")
        return SKIPPED

    excused = read_differences()
    suites = chosen(cases_folder, options)
    unwanted = 0
    with concurrent.futures.ThreadPoolExecutor(sum(parts for _, _, parts in SUITES)) as pool:
        for start in range(1, options.starts + 1):
            began = time.monotonic()
            try:
                counts, results = one_start(options.binary, cases_folder, suites, options.workers, pool)
            except (RuntimeError, OSError) as error:
                print(f"start {start}: {error}")
                return 1
            print(f"start {start}, {time.monotonic() - began:.0f} s")
            for runner, verdicts in sorted(counts.items()):
                print(f"  {runner}: " + ", ".join(f"{e} {v} {n}" for (e, v), n in sorted(verdicts.items())))
            for record, severity in results:
                if record["verdict"] == "pass":
                    continue
                wanted = is_wanted(record, severity, excused)
                unwanted += not wanted
                print("  {} {} {} (expected {}, {}): status {}, {}{}".format(
                    "allowed" if wanted else "NOT ALLOWED", record["verdict"], record["id"], record["expect"],
                    severity or "response", record["status"], "; ".join(record["why"]) or "no word",
                    "; " + excused[record["id"]] if record["id"] in excused else ""))
    print("good" if unwanted == 0 else f"{unwanted} differences are not allowed")
    return 0 if unwanted == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
