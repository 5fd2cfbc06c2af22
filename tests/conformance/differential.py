#!/usr/bin/env python3
"""Plays our own conformance cases against Steelyard, nginx and HAProxy, and writes every difference as a table.

usage: differential.py [STEELYARDD] [--out FILE]

Each balancer stands in front of the same plain server with one second timeouts. A row holds the cases of one rule in
which the three did the same three things; its reason is the rule's, from REASONS below: a difference of a rule without a
reason is a failure. Not part of CI: it needs nginx and HAProxy, and what they do depends on their versions. Exit code:
0 good, 1 a difference without a reason.
"""
import argparse
import asyncio
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import run
from own import NUMBER, Client, NotCanonical, Server, final_responses, read_request
from own_cases import CASES
from own_responses import RESPONSES

PATIENCE = 2.5
REASONS = {
    "obs-fold": "RFC 9112 5.2 lets a proxy refuse a folded line or join it; we refuse, because whoever reads the line otherwise reads another "
                "request. HAProxy joins; nginx passes a folded response line on.",
    "CL and TE": "RFC 9112 6.3 (3) permits either; both at once is what smuggling is made of, so we refuse and close.",
    "Content-Length": "RFC 9110 8.6 permits collapsing equal lengths; we take one number and nothing else. Above 2^63-1 HAProxy 2.6 wraps.",
    "Transfer-Encoding": "RFC 9112 6.1: one coding, exactly \"chunked\", in HTTP/1.1 only. Others answer with other statuses (501, 422); an unknown "
                         "coding is 400 here, a known one that we do not decode 501.",
    "line ends": "RFC 9112 2.2 permits bare LF in heads (not in chunked bodies); we take CRLF only.",
    "control characters": "RFC 9110 5.5 permits retaining some; we refuse all but HTAB.",
    "field names": "RFC 9112 5.1 and the grammar: a line that is no field is an error. nginx leaves such lines out and serves the request.",
    "start line": "RFC 9112 3: three parts with one space between, HTTP/1.x, no fragment, visible ASCII. Others serve some of these or use other statuses.",
    "absolute-form": "RFC 9112 3.2.2: the target's authority counts; a Host that differs is refused here, since the client cannot have meant both.",
    "Host": "RFC 9112 3.2: exactly one valid Host; nginx and HAProxy check it less.",
    "limits": "Sizes differ by design: ours are 16 KiB a line, 64 KiB a block, 100 fields, with 414 and 431.",
    "chunk extensions": "RFC 9112 7.1.1: unknown ones are ignored, long ones refused; we check their grammar and drop them.",
    "chunk sizes": "RFC 9112 7.1: hexadecimal digits only, no blanks, at most 2^63-1.",
    "trailers": "RFC 9110 6.5: we send trailers on apart, without those that would act as headers; framing in trailers is refused. nginx drops all.",
    "hop-by-hop": "RFC 9110 7.6.1: what Connection names is removed; naming a field that must survive is refused. nginx and HAProxy send named fields on.",
    "Expect": "RFC 9110 10.1.1: sent on; unknown expectations are 417; ignored in HTTP/1.0. nginx answers 100 itself.",
    "Upgrade": "RFC 9110 7.8: only WebSocket is asked for; h2c is not. nginx upgrades only where configured; HAProxy sends h2c on.",
    "pipelining": "The same requests in the same order; only the answers to the bad one differ.",
    "persistence": "RFC 9112 9.3: a proxy must not keep an HTTP/1.0 client's connection; we close.",
    "methods": "RFC 9110 9.3.6, 9.3.8, 7.6.2: CONNECT and TRACE are not for a gateway (405); Max-Forwards is honoured.",
    "forwarding": "What a client claims of itself is replaced unless it is trusted; the others leave that to their configuration.",
    "plain": "RFC 9112 2.2: one empty line before a request is skipped, not more. nginx needs a reason's space in a status line; HAProxy cuts off a client "
             "whose HTTP/1.0 response ends with the connection.",
    "framing": "A response framed in two ways, or in none that we know, becomes 502 and its connection is not used again.",
    "status line": "RFC 9112 4: a status line that is none becomes 502. nginx takes some for HTTP/0.9 and sends them on as a body.",
    "bodies": "RFC 9112 6.3 (1); the others differ in fields only.",
    "surplus": "RFC 9112 9.2: what follows a response is never a response.",
    "informational": "RFC 9110 15.2: 1xx are sent on, but 101 only to whom asked; nginx 1.22 takes a 1xx for the final response.",
    "broken bodies": "RFC 9112 8: the client must see that the response is cut.",
    "broken heads": "A head that does not end becomes 502.",
    "fields": "Order and lines of fields are kept.",
}
NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 2048; }}
http {{ access_log off; client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; proxy_read_timeout 1s;
 client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 upstream one {{ server 127.0.0.1:{port} max_fails=0; keepalive 16; }}
 server {{ listen 127.0.0.1:{own}; location / {{ proxy_pass http://one; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
 proxy_next_upstream off; }} }} }}
"""
HAPROXY = """defaults
 mode http
 timeout connect 1s
 timeout client 1s
 timeout server 1s
 timeout http-request 1s
 timeout http-keep-alive 1s
 retries 0
frontend web
 bind 127.0.0.1:{own}
 default_backend one
backend one
 server only 127.0.0.1:{port}
"""


class Other:
    """nginx or HAProxy as run.Engine is Steelyard."""

    def __init__(self, command, text, folder, port):
        own = run.free_port()
        self.address = f"127.0.0.1:{own}"
        self.folder = folder
        file = folder / "configuration"
        file.write_text(text.format(folder=folder, port=port, own=own))
        self.process = subprocess.Popen([*command, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Recorder(Server):
    """Notes what is not canonical under the number in it, and goes on."""

    def __init__(self):
        super().__init__()
        self.spoilt = {}

    async def serve(self, reader, writer):
        data = b""
        try:
            while piece := await reader.read(65536):
                data += piece
                while data and (found := read_request(data)):
                    request, used = found
                    data = data[used:]
                    number = NUMBER.search(request.raw)
                    number = int(number[1]) if number else 0
                    self.seen[number].append((request, 0))
                    if not await self.answer(writer, request, number):
                        return
        except NotCanonical as error:
            number = NUMBER.search(data)
            self.spoilt[int(number[1]) if number else 0] = re.match(r"start line|field line|framing|not one Host|chunk \w+", str(error))[0]
            writer.write(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def reachable(address):
    host, _, port = address.rpartition(":")
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.01)  # lint: polls for a process of another's making
    raise RuntimeError(f"nobody listens at {address}")


async def talk(address, raw, methods, enough):
    client = Client(address)
    await client.connect()
    await client.send(raw)
    try:
        await asyncio.wait_for(client.read_until(lambda c: len([r for r in final_responses(c.data, methods, False) if r[2]]) >= enough), PATIENCE)
    except asyncio.TimeoutError:
        pass
    client.writer.close()
    return final_responses(client.data, methods, client.closed), client


async def of_request(address, server, case, number):
    raw = case.raw.replace(b"/I/", b"/%06d/" % number)
    methods = [method for method, _, _ in case.seen]
    got, _ = await talk(address, raw, methods, len(case.statuses) + (case.closes and not case.seen))
    seen = len(server.seen[number])
    smuggled = any("smuggled" in request.target for request, _ in server.seen[number])
    statuses = " ".join(str(status) for status, _, _ in got) or "closed"
    if number in server.spoilt:
        return f"sent on as it was ({server.spoilt[number]})"
    if not seen:
        return f"refused ({statuses})" if not got or got[0][0] >= 400 else f"answered ({statuses})"
    text = f"{seen} sent on" + (", the one behind too" if smuggled else "")
    sent = b"".join(request.raw for request, _ in server.seen[number])
    if "with" in case.checks and not re.search(case.checks["with"], sent, re.I):
        text += ", without what is wanted"
    if "without" in case.checks and re.search(case.checks["without"], sent, re.I):
        text += ", with what is not wanted"
    return text


async def of_response(address, server, case, number):
    server.answers[number] = (case, None)
    server.second.set()
    got, client = await talk(address, b"%s /%06d/first HTTP/1.1\r\nHost: lab\r\n\r\n" % (case.method.encode(), number), [case.method], 1)
    status, _, complete = got[0] if got else (0, b"", False)
    if status in (500, 502, 503, 504):
        return "502" if status == 502 else f"502 ({status})"
    if not got:
        return "closed without an answer"
    text = f"passed ({status})" if complete else "cut"
    if "without" in case.checks and re.search(case.checks["without"], client.data, re.I):
        text += ", with what is not wanted"
    if "with" in case.checks and not re.search(case.checks["with"], client.data, re.I):
        text += ", without what is wanted"
    return text


async def outcomes(make):
    """-> what one balancer does with each case, in order."""
    server = Recorder()
    port = await server.start()
    with tempfile.TemporaryDirectory(prefix="steelyard-differential-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        with make(folder, port) as balancer:
            await reachable(balancer.address)
            todo = [of_request(balancer.address, server, case, 100001 + i) for i, case in enumerate(CASES)]
            todo += [of_response(balancer.address, server, case, 200001 + i) for i, case in enumerate(RESPONSES)]
            out = []
            for start in range(0, len(todo), 24):
                out += await asyncio.gather(*todo[start:start + 24])
    server.server.close()
    return out


def version(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", nargs="?", default=str(run.SOURCE / "build/bin/steelyardd"))
    arguments.add_argument("--out", type=pathlib.Path, help="write the table there; else to standard output")
    options = arguments.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    nginx, haproxy = shutil.which("nginx"), shutil.which("haproxy")
    if not nginx or not haproxy:
        print("nginx or haproxy is missing")
        return 1
    ours = asyncio.run(outcomes(lambda folder, port: run.Engine(options.binary, folder, port)))
    theirs = [asyncio.run(outcomes(lambda folder, port: Other([nginx, "-p", str(folder), "-c"], NGINX, folder, port))),
              asyncio.run(outcomes(lambda folder, port: Other([haproxy, "-f"], HAPROXY, folder, port)))]

    rows = collections.defaultdict(list)
    same = 0
    for case, own, first, second in zip(CASES + RESPONSES, ours, *theirs):
        if own == first == second:
            same += 1
        else:
            side = "response" if case in RESPONSES else "request"
            rows[case.rule, side, own, first, second].append(case.name)
    missing = sorted({rule for rule, *_ in rows if rule not in REASONS})
    lines = ["# Where Steelyard, nginx and HAProxy differ", "",
             "Generated by `tests/conformance/differential.py`; do not edit. " +
             f"nginx {version([nginx, '-v'])}, HAProxy {version([haproxy, '-v'])}. Of {len(ours)} cases {same} came out the same three times.",
             "\"Sent on\": requests that reached the server; \"as it was\": not in canonical form; \"the one behind\": a request after a bad one.", ""]
    for rule in dict.fromkeys(rule for rule, *_ in rows):
        lines += [f"## {rule}", "", REASONS.get(rule, "NO REASON"), "", "| Side | Cases | Steelyard | nginx | HAProxy |", "|---|---|---|---|---|"]
        for (name, side, *did), cases in rows.items():
            if name == rule:
                lines.append(f"| {side} | {'; '.join(cases)} | {' | '.join(did)} |")
        lines.append("")
    text = "\n".join(lines)
    if options.out:
        options.out.write_text(text)
    else:
        print(text)
    print(f"{len(ours)} cases, {same} the same, {len(ours) - same} differ, in {len(rows)} rows", file=sys.stderr)
    for rule in missing:
        print(f"no reason for rule '{rule}'", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
