#!/usr/bin/env python3
"""Plays our own conformance cases (own_cases.py, own_responses.py, own_exchanges.py) against a headless engine: whole
with four workers, and the short ones cut in two at every byte with one worker.

usage: own.py [STEELYARDD] [--every N] [--no-split] [--only TEXT]

The server here reads what it receives strictly: a byte that is not part of a canonical request is a failure, whatever
the case. For a cut, all first parts are sent, then requests on an older connection make two rounds through the same
worker, so that the first parts have been read when the second ones are sent. Exit code: 0 good, 1 failures.
"""
import argparse
import asyncio
import collections
import json
import pathlib
import re
import sys
import tempfile
import time

import run
from own_cases import CASES
from own_exchanges import EXCHANGES
from own_responses import RESPONSES

SHORT = 170  # bytes: longer ones are not cut at every byte
BATCH = 250  # connections at a time
PATIENCE = 10  # seconds for what must come
START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ (/[!-\"$-~]*|\*) HTTP/1\.1$")
FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+: ?[\x20-\x7e\x80-\xff\t]*$")
NUMBER = re.compile(rb"/(\d{6})/")
Request = collections.namedtuple("Request", "method target body raw")


class NotCanonical(Exception):
    pass


def read_chunked(data):
    """-> (body, bytes used) or None while it is not complete."""
    body, at = b"", 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", data[at:end]):
            raise NotCanonical(f"chunk size {data[at:end]!r}")
        size = int(data[at:end], 16)
        at = end + 2
        if size == 0:
            end = data.find(b"\r\n\r\n", at - 2)
            return None if end < 0 else (body, end + 4)
        if len(data) < at + size + 2:
            return None
        if data[at + size:at + size + 2] != b"\r\n":
            raise NotCanonical("chunk data without its end")
        body, at = body + data[at:at + size], at + size + 2


def read_request(data):
    """-> (Request, bytes used), or None while it is not complete."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.split(b"\r\n")
    if not START.match(lines[0]):
        raise NotCanonical(f"start line {lines[0]!r}")
    for line in lines[1:]:
        if not FIELD.match(line):
            raise NotCanonical(f"field line {line!r}")
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1 or any(value.lower() != b"chunked" for value in codings) or not all(map(bytes.isdigit, lengths)):
        raise NotCanonical(f"framing {lengths} {codings}")
    if sum(name == b"host" for name, _ in fields) != 1:
        raise NotCanonical("not one Host")
    used, body = len(head) + 4, b""
    if codings:
        found = read_chunked(rest)
        if found is None:
            return None
        body, more = found
        used += more
    elif lengths:
        if len(rest) < int(lengths[0]):
            return None
        body = rest[:int(lengths[0])]
        used += len(body)
    method, target, _ = lines[0].split(b" ")
    return Request(method.decode(), target.decode(), body, data[:used]), used


class Server:
    """The only server: keeps what it receives by the number in it; answers as the case with that number says."""

    def __init__(self):
        self.seen = collections.defaultdict(list)
        self.problems = []
        self.hooks = {}    # by number: who plays the whole connection instead
        self.answers = {}  # by number: (Response, where to cut or None)
        self.cut_at = 0    # connections that wait for their second part
        self.second = asyncio.Event()
        self.connections = 0

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        return self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        self.connections += 1
        own, data = self.connections, b""
        try:
            while piece := await reader.read(65536):
                data += piece
                number = NUMBER.search(data)
                hook = self.hooks.get(int(number[1])) if number else None
                if hook and b"\r\n\r\n" in data:
                    await hook(reader, writer, data)
                    return
                while data and (found := read_request(data)):
                    request, used = found
                    data = data[used:]
                    number = NUMBER.search(request.raw)
                    number = int(number[1]) if number else 0
                    self.seen[number].append((request, own))
                    if not await self.answer(writer, request, number):
                        return
        except NotCanonical as error:
            self.problems.append(f"{error}: {data[:300]!r}")
        except (OSError, asyncio.CancelledError):
            pass  # the engine closed it, or the run is over
        finally:
            writer.close()

    async def answer(self, writer, request, number):
        case, at = self.answers.get(number, (None, None))
        if case is None or "/second" in request.target:
            body = b"" if request.method == "HEAD" else b"ok"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body)
            return True
        if at:
            writer.write(case.raw[:at])
            await writer.drain()
            self.cut_at += 1
            await self.second.wait()
            writer.write(case.raw[at:])
        else:
            writer.write(case.raw)
        await writer.drain()
        return case.then == "keep"


def final_responses(data, methods, closed):
    """-> [(status, body, complete)] of the final responses; `methods` of their requests, in order."""
    out = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
        if not end or not match:
            out.append((0, data, False))
            break
        status = int(match[1])
        if status < 200:
            data = rest
            continue
        method = methods[len(out)] if len(out) < len(methods) else "GET"
        length = re.search(rb"(?im)^content-length: (\d+)\r?$", head)
        if method == "HEAD" or status in (204, 304):
            out.append((status, b"", True))
            data = rest
        elif re.search(rb"(?im)^transfer-encoding: chunked\r?$", head):
            try:
                found = read_chunked(rest)
            except NotCanonical:
                found = None
            out.append((status, found[0] if found else rest, found is not None))
            data = rest[found[1]:] if found else b""
        elif length:
            size = int(length[1])
            out.append((status, rest[:size], len(rest) >= size))
            data = rest[size:]
        else:
            out.append((status, rest, closed))
            data = b""
    return out


class Client:
    def __init__(self, address):
        self.host, _, self.port = address.rpartition(":")
        self.data, self.closed = b"", False

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, int(self.port))

    async def read_until(self, enough):
        """Until enough(self) or the end; False when neither came in time."""
        async def read():
            while not enough(self) and not self.closed:
                try:
                    piece = await self.reader.read(65536)
                except OSError:
                    piece = b""
                self.data += piece
                self.closed = self.closed or not piece
        try:
            await asyncio.wait_for(read(), PATIENCE)
        except asyncio.TimeoutError:
            return False
        return True

    async def send(self, data):
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError:
            pass  # refused before all was sent: what the client got tells


class Player:
    def __init__(self, address, server):
        self.address, self.server = address, server
        self.number = 100000
        self.failed = collections.defaultdict(list)  # by case
        self.played = 0

    async def barrier(self):
        """Everything that was sent before has been read by the worker."""
        for _ in range(2):
            before = len(self.pacer.data)
            await self.pacer.send(b"GET /barrier HTTP/1.1\r\nHost: lab\r\n\r\n")
            if not await self.pacer.read_until(lambda c: c.data[before:].endswith(b"ok")):
                raise RuntimeError("the engine does not answer")

    async def play(self, cases, kind):
        """`cases`: (case, where to cut or None)."""
        self.pacer = Client(self.address)
        await self.pacer.connect()
        for start in range(0, len(cases), BATCH):
            batch = []
            for case, at in cases[start:start + BATCH]:
                self.number += 1
                batch.append((case, at, self.number, Client(self.address)))
            await asyncio.gather(*(client.connect() for *_, client in batch))
            await kind(self, batch)
            self.played += len(batch)
            for *_, client in batch:
                client.writer.close()
        self.pacer.writer.close()
        for problem in self.server.problems:
            self.failed["the server"].append(f" received {problem}")
        self.server.problems.clear()

    def fail(self, case, at, why, client):
        cut = f", cut at {at}" if at else ""
        self.failed[f"{case.rule} / {case.name}"].append(f"{cut}: {why}; the client got {client.data[:200]!r}")


async def play_requests(player, batch):
    raws = [case.raw.replace(b"/I/", b"/%06d/" % number) for case, _, number, _ in batch]
    cuts = [(at if at < case.raw.find(b"/I/") else at + 5) if at else 0 for case, at, _, _ in batch]
    if any(cuts):
        await asyncio.gather(*(client.send(raw[:at]) for (*_, client), raw, at in zip(batch, raws, cuts)))
        await player.barrier()
    await asyncio.gather(*(client.send(raw[at:]) for (*_, client), raw, at in zip(batch, raws, cuts)))

    async def judge(case, at, number, client):
        methods = [method for method, _, _ in case.seen]

        def enough(c):
            return not case.closes and len([r for r in final_responses(c.data, methods, False) if r[2]]) >= len(case.statuses)
        in_time = await client.read_until(enough)
        got = final_responses(client.data, methods, client.closed)
        seen = [(r.method, r.target, r.body) for r, _ in player.server.seen[number]]
        wanted = [(m, t.replace("/I/", f"/{number:06d}/"), b) for m, t, b in case.seen]
        raw = b"".join(r.raw for r, _ in player.server.seen[number])
        if seen != wanted:
            player.fail(case, at, f"the server saw {seen}", client)
        elif [status for status, _, _ in got] != case.statuses or not all(complete for *_, complete in got):
            player.fail(case, at, f"wanted {case.statuses}", client)
        elif not in_time:
            player.fail(case, at, "the connection stays open", client)
        elif "with" in case.checks and not re.search(case.checks["with"], raw):
            player.fail(case, at, f"the server should have got {case.checks['with']!r}, got {raw!r}", client)
        elif "without" in case.checks and re.search(case.checks["without"], raw):
            player.fail(case, at, f"the server should not have got {case.checks['without']!r}, got {raw!r}", client)
    await asyncio.gather(*(judge(*each) for each in batch))


async def play_responses(player, batch):
    server = player.server
    server.cut_at, server.second = 0, asyncio.Event()
    for case, at, number, client in batch:
        server.answers[number] = (case, at)
    await asyncio.gather(*(client.send(b"%s /%06d/first HTTP/1.1\r\nHost: lab\r\n\r\n" % (case.method.encode(), number))
                           for case, _, number, client in batch))
    waiting = sum(1 for _, at, _, _ in batch if at)
    while server.cut_at < waiting:
        await player.barrier()
    if waiting:
        await player.barrier()
    server.second.set()

    async def judge(case, at, number, client):
        first = [case.method]
        ended = await client.read_until(lambda c: any(r[2] for r in final_responses(c.data, first, False)))
        got = final_responses(client.data, first, client.closed)
        status, body, complete = got[0] if got else (0, b"", False)
        if not ended:
            return player.fail(case, at, "no end", client)
        if case.outcome == "cut":
            if complete:
                player.fail(case, at, "the client took it for complete", client)
            return None
        if (status, complete) != (case.status, True) or (case.body is not None and body != case.body):
            return player.fail(case, at, f"wanted {case.outcome} {case.status}", client)
        if case.outcome == "502" and b"502 Bad Gateway: " not in body and case.method != "HEAD":
            player.fail(case, at, "502 without a reason", client)
        if "with" in case.checks and not re.search(case.checks["with"], client.data):
            player.fail(case, at, f"should have got {case.checks['with']!r}", client)
        if "without" in case.checks and re.search(case.checks["without"], client.data):
            player.fail(case, at, f"should not have got {case.checks['without']!r}", client)
        if not client.closed:
            await client.send(b"GET /%06d/second HTTP/1.1\r\nHost: lab\r\n\r\n" % number)
            before = client.data
            await client.read_until(lambda c: c.data[len(before):].endswith(b"\r\n\r\nok"))
            if not client.data[len(before):].endswith(b"\r\n\r\nok"):
                player.fail(case, at, "the second request got another answer", client)
        connections = [own for _, own in server.seen[number]]
        if not case.reused and len(connections) == 2 and connections[0] == connections[1]:
            player.fail(case, at, "the server's connection was used again", client)
        return None
    await asyncio.gather(*(judge(*each) for each in batch))


class Talk:
    """What one exchange of own_exchanges.py is given."""

    def __init__(self, player, number):
        self.player, self.number = player, number
        self.client = Client(player.address)

        self.over = asyncio.Event()  # the server's side is done
        self.over.set()

    def server(self, hook):
        async def tracked(*arguments):
            try:
                await hook(*arguments)
            finally:
                arguments[1].close()
                self.over.set()
        self.over.clear()
        self.player.server.hooks[self.number] = tracked

    async def engine_has_read(self):
        await self.player.barrier()


async def play_exchanges(player, only):
    player.pacer = Client(player.address)
    await player.pacer.connect()
    for exchange in EXCHANGES:
        if only not in exchange.__name__:
            continue
        player.number += 1
        player.played += 1
        talk = Talk(player, player.number)
        await talk.client.connect()
        wrong = await exchange(talk)
        talk.client.writer.close()
        await asyncio.wait_for(talk.over.wait(), PATIENCE)  # or the engine would wait for it when it is told to end
        if wrong:
            player.failed[exchange.__name__].append(f": {wrong}")
    player.pacer.writer.close()


def jobs(cases, every):
    """`every`: 0 for whole cases, else cut at each so-many-th byte."""
    if not every:
        return [(case, None) for case in cases]
    cuts = [(case, at) for case in cases if case.split and len(case.raw) <= SHORT for at in range(1, len(case.raw))]
    return cuts[::every]


def unlogged(log, numbers):
    """Numbers of refused responses for which the access log gives no reason word with a sentence."""
    told = set()
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        number = NUMBER.search(entry.get("path", entry.get("target", "")).encode())
        if number and entry.get("reason") in ("bad_response", "server_reset") and entry["status"] == 502:
            told.add(int(number[1]))
    return sorted(numbers - told)


async def one_engine(binary, only, every):
    began = time.monotonic()
    server = Server()
    port = await server.start()
    with tempfile.TemporaryDirectory(prefix="steelyard-own-") as name:
        folder = pathlib.Path(name)
        with run.Engine(binary, folder, port, workers=1 if every else 4, seconds=2 * PATIENCE,
                        access_log=folder / "access.log") as engine:
            player = Player(engine.address, server)
            chosen = [case for case in CASES if only in f"{case.rule} / {case.name}"]
            await player.play(jobs(chosen, every), play_requests)
            chosen = [case for case in RESPONSES if only in f"{case.rule} / {case.name}"]
            await player.play(jobs(chosen, every), play_responses)
            if not every:
                await play_exchanges(player, only)
        refused = {number for number, (case, _) in server.answers.items() if case.outcome == "502"}
        silent = unlogged(folder / "access.log", refused)
        if silent:
            player.failed["access log"].append(f": no reason for {len(silent)} refused responses, such as {server.answers[silent[0]][0]}")
    server.server.close()
    print(f"{'cut' if every else 'whole'}: {player.played} played, {len(player.failed)} cases failed, "
          f"{time.monotonic() - began:.0f} s")
    for name, whys in list(player.failed.items())[:40]:
        print(f"  {name}{whys[0]}" + (f" (and {len(whys) - 1} more)" if len(whys) > 1 else ""))
    return len(player.failed)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", nargs="?", default=str(run.SOURCE / "build/bin/steelyardd"))
    arguments.add_argument("--every", type=int, default=1, help="cut at every so-many-th byte (default 1)")
    arguments.add_argument("--no-split", action="store_true", help="do not cut")
    arguments.add_argument("--only", default="", help="only the cases whose 'rule / name' holds this text")
    options = arguments.parse_args()
    failures = 0
    for every in (0,) if options.no_split else (0, options.every):
        failures += asyncio.run(one_engine(options.binary, options.only, every))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
