"""Bodies of any size go through, both ways, in constant memory; a slow side slows the fast one."""
import hashlib
import random
import socket
import threading
import time

from backends import reply
from harness import Background, once, slow
from http_wire import Broken, chunk
from waiting import SLOWDOWN, equal, reduced, scaled, wait_until

MB = 1 << 20


def stream(size, seed=1):
    """Reproducible bytes in pieces of 256 KiB that do not repeat within a piece's size."""
    block = random.Random(seed).randbytes(256 * 1024 + 7)
    left = size
    while left:
        piece = block[: min(left, len(block))]
        left -= len(piece)
        yield piece


def digest(pieces):
    total, hashed = 0, hashlib.sha256()
    for piece in pieces:
        total += len(piece)
        hashed.update(piece)
    return total, hashed.hexdigest()


def sink(seen):
    """A handler that digests the request's body and answers with a body as large, framed as the target says."""
    def handle(wire, head):
        if head.method == "POST":
            seen.append(digest(wire.pieces(head)))
            reply(wire, 200, seen[-1][1].encode())
            return True
        size = int(head.target.rpartition("/")[2])
        if "chunked" in head.target:
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in stream(size):
                wire.send(chunk(piece))
            wire.send(b"0\r\n\r\n")
        else:
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for piece in stream(size):
                wire.send(piece)
        return True
    return handle


def upload(client, size, chunked):
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    client.send(f"POST /in HTTP/1.1\r\nHost: lab\r\n{framing}\r\n\r\n".encode())
    for piece in stream(size):
        client.send(chunk(piece) if chunked else piece)
    if chunked:
        client.send(b"0\r\n\r\n")
    return client.read_response("POST")


def download(client, target):
    client.start("GET", target)
    head = client.read_head()
    equal(head.status, 200)
    return digest(client.pieces(head))


def both_ways(lab, size):
    seen = []
    engine = lab.engine(lab.backend("a", sink(seen), read_body=False))
    expected = digest(stream(size))
    with engine.client() as client:
        client.request("GET", "/length/1")
        before = engine.rss()
        peak = [before]
        for chunked in (False, True):
            answer = upload(client, size, chunked)
            equal((answer.status, answer.body.decode()), (200, expected[1]), f"upload, chunked: {chunked}")
            peak.append(engine.rss())
            equal(download(client, f"/{'chunked' if chunked else 'length'}/{size}"), expected, f"download, {chunked}")
            peak.append(engine.rss())
        # A sanitizer keeps freed memory: up to 256 MB (AddressSanitizer's quarantine_size_mb).
        allowed = 20 if SLOWDOWN == 1 else 276
        assert max(peak) - before < allowed, f"memory grew from {before:.1f} to {max(peak):.1f} MB"


def test_large_bodies_are_identical_both_ways(lab):
    both_ways(lab, reduced(64 * MB, MB))


@once
def test_1_GB_both_ways_in_flat_memory(lab):
    both_ways(lab, reduced(1024 * MB, 16 * MB))


@slow
@once
def test_10_GB_through_50_MB(lab):
    both_ways(lab, 10 * 1024 * MB)


def test_a_slow_reader_stops_the_fast_writer(lab):
    sent = [0]

    def flood(wire, _):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4096 * MB))
        wire.socket.settimeout(scaled(60))
        for piece in stream(4096 * MB):
            wire.send(piece)
            sent[0] += len(piece)

    engine = lab.engine(lab.backend("a", flood))
    before = engine.rss()
    with engine.client() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        client.start("GET", "/")
        client.read_head()
        last = [-1]

        def stands_still():
            still, last[0] = sent[0] == last[0] and sent[0] > 0, sent[0]
            return still
        wait_until(stands_still, "the writer is stopped", 20, 0.5)
        assert sent[0] < 64 * MB, f"{sent[0] / MB:.0f} MB were taken from the writer"
        assert engine.rss() - before < 20 * SLOWDOWN, engine.rss()
        read = 0
        while read < 16 * MB:  # and it goes on when the reader does
            piece = client.socket.recv(1 << 20)
            read += len(piece)


def test_a_slow_server_stops_the_fast_uploader(lab):
    go = threading.Event()

    def lazy(wire, head):
        go.wait(scaled(60))
        equal(digest(wire.pieces(head))[0], 64 * MB)
        reply(wire, 200, b"done")

    engine = lab.engine(lab.backend("a", lazy, read_body=False))
    before = engine.rss()
    with engine.client() as client:
        client.send(b"POST /in HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % (64 * MB))
        sent = [0]

        def send():
            for piece in stream(64 * MB):
                client.send(piece)
                sent[0] += len(piece)
            return client.read_response("POST")
        work = Background(send)
        last = [-1]

        def stands_still():
            still, last[0] = sent[0] == last[0] and sent[0] > 0, sent[0]
            return still
        wait_until(stands_still, "the uploader is stopped", 20, 0.5)
        assert sent[0] < 32 * MB, sent[0]
        assert engine.rss() - before < 20 * SLOWDOWN, engine.rss()
        go.set()
        equal(work.join().body, b"done")


def test_a_client_that_goes_in_mid_upload_is_not_completed(lab):
    outcome = []

    def handle(wire, head):
        try:
            outcome.append(digest(wire.pieces(head))[0])
        except (OSError, Broken):
            outcome.append("cut")
        return False

    engine = lab.engine(lab.backend("a", handle, read_body=False))
    for framing in (b"Content-Length: 1000", b"Transfer-Encoding: chunked"):
        with engine.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: lab\r\n" + framing + b"\r\n\r\n" + chunk(b"x" * 100))
            wait_until(lambda: engine.server("a")["in_flight"] == 1, "in flight")
        wait_until(lambda: outcome and outcome[-1] == "cut", "the server sees a cut request")
        outcome.clear()
    record = engine.await_log(2)[-1]
    equal(record["reason"], "client_aborted")


def test_an_early_answer_to_an_upload_reaches_the_client(lab):
    def refuse(wire, _):
        wire.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        wire.socket.shutdown(socket.SHUT_WR)
        time.sleep(0.3)  # lint: a server that lingers a little, as they do
        return False

    engine = lab.engine(lab.backend("a", refuse, read_body=False))
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000)
        answer = client.read_response("POST")
        equal((answer.status, answer.body), (413, b"big"))


def test_expect_continue_with_curl(lab):
    seen = []
    engine = lab.engine(lab.backend("a", continuing(seen), read_body=False))
    file = lab.folder / "body"
    file.write_bytes(b"".join(stream(3 * MB)))
    ended = lab.run(lab.program("curl"), "-sS", "-H", "Expect: 100-continue", "--expect100-timeout", "20", "-T", str(file),
                    f"http://127.0.0.1:{engine.port}/up")
    equal((ended.code, ended.out), (0, "stored"), ended.err)
    equal(seen, [digest(stream(3 * MB))])


def continuing(seen):
    def handle(wire, head):
        equal((head.get("expect") or "").lower(), "100-continue")
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.append(digest(wire.pieces(head)))
        reply(wire, 200, b"stored")
    return handle


def test_trailers_go_both_ways(lab):
    trailers = []

    def handle(wire, head):
        wire.read_body(head)
        trailers.extend(head.trailers)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n" + chunk(b"abc")
                  + b"0\r\nx-sum: 6\r\n\r\n")

    engine = lab.engine(lab.backend("a", handle, read_body=False))
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\nTrailer: x-up\r\n\r\n"
                    + chunk(b"hello") + b"0\r\nx-up: 5\r\n\r\n")
        answer = client.read_response("POST")
    equal([(name.lower(), value) for name, value in trailers], [("x-up", "5")])
    equal((answer.body, [(name.lower(), value) for name, value in answer.trailers]), (b"abc", [("x-sum", "6")]))


def test_an_upload_may_last_longer_than_the_response_timeout(lab):
    """response_header counts from the end of the request, not from its beginning."""
    engine = lab.engine(lab.backend("a"), pool={"timeouts": {"response_header": "300ms"}})
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            time.sleep(0.1)  # lint: the slow client is what is tested
            client.send(b"x")
        equal(client.read_response("POST").status, 200)
        client.start(target="/gated")
        equal(client.read_response().status, 504, "and then it does count")
