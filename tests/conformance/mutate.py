#!/usr/bin/env python3
"""Makes new conformance cases out of the given ones: mutated bytes, judged anew by the oracle that comes with them.

usage: mutate.py CASES_FOLDER COUNT SEED > cases.jsonl      (run.py --mutate COUNT does it by itself)

A mutation is what smuggling is made of: a line repeated, moved, joined from another case or with one byte changed,
another case's request behind it. Cases whose outcome depends on time (a message that does not end) are left out, so
that every run is short. The same seed makes the same cases.
"""
import base64
import importlib
import json
import pathlib
import random
import sys

BYTES = (b"\0", b"\t", b"\n", b"\r", b"\r\n", b" ", b"#", b",", b"0", b"1", b":", b";", b"=", b"_", b"\x0b", b"\x7f", b"\x80",
         b"\xff", b'"', b"@", b"%00", b"\r\n ")
LINES = (b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Content-Length: 0", b"Host: other.example", b"Connection: close",
         b"Connection: keep-alive, host", b"Expect: 100-continue", b"Upgrade: h2c", b"Max-Forwards: 0", b"TE: trailers",
         b"Transfer-Encoding : chunked", b"Transfer-Encoding: gzip, chunked", b" folded", b"X: y\nZ: w", b"Trailer: X")
BEHIND = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"


def mutated(raw, others, rng):
    kind = rng.randrange(8)
    at = rng.randrange(len(raw) + 1)
    lines = raw.split(b"\r\n")
    line = rng.randrange(len(lines))
    if kind == 0:
        return raw[:at] + rng.choice(BYTES) + raw[at:]
    if kind == 1:
        return raw[:at] + rng.choice(BYTES) + raw[at + 1:]
    if kind == 2:
        return raw[:at] + raw[at + rng.randint(1, 3):]
    if kind == 3:
        lines.insert(line, rng.choice(LINES))
    elif kind == 4:
        lines.insert(rng.randrange(len(lines)), lines[line])
    elif kind == 5:
        lines.insert(line, rng.choice(rng.choice(others).split(b"\r\n")))
    elif kind == 6:
        del lines[line]
    else:
        return raw + rng.choice((BEHIND, rng.choice(others)))
    return b"\r\n".join(lines)


def case(number, raw, verdict):
    requests = [{"method": request["method"], "target": request["target"],
                 "body_base64": base64.b64encode(request.get("body", b"")).decode()} for request in verdict["reqs"]]
    whys = [note["why"] for note in verdict["notes"]]
    return {"id": f"mutated/{number}", "source": "mutated", "raw_base64": base64.b64encode(raw).decode(),
            "expect": verdict["expect"], "allowed_n": verdict["allowed_n"], "must_close": verdict["must_close"],
            "notes": whys, "why": "; ".join(whys), "reqs": requests, "severity": "S1-framing"}


def make(folder, count, seed):
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    judge = importlib.import_module("h1oracle").judge
    rng = random.Random(seed)
    given = [base64.b64decode(json.loads(row)["raw_base64"])
             for row in (pathlib.Path(folder) / "h1-cases.jsonl").read_text().splitlines() if row]
    given = [raw for raw in given if len(raw) < 2000]
    seen = set(given)
    while count:
        raw = rng.choice(given)
        for _ in range(rng.randint(1, 3)):
            raw = mutated(raw, given, rng)
        if not raw or raw in seen:
            continue
        seen.add(raw)
        verdict = judge(raw)
        if any(note["level"] == "incomplete" for note in verdict["notes"]):
            continue
        count -= 1
        yield case(len(seen), raw, verdict)


if __name__ == "__main__":
    for row in make(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])):
        print(json.dumps(row))
