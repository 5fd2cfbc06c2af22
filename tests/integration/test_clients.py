"""Clients and servers as they are found: curl, a browser, HTTP/1.0, nginx's own answers; starting, stopping and following."""
import json
import shutil
import subprocess

import backends
import http_wire
from harness import Background, health
from waiting import contains, equal, never, scaled, wait_until


def test_curl_gets_files_of_nginx_whole_in_part_and_not_again(lab):
    """Length, range and conditional answers are nginx's own and pass unchanged."""
    nginx = backends.nginx(lab, "a")
    (lab.folder / "files").mkdir()
    data = bytes(range(256)) * 4096
    (lab.folder / "files" / "data").write_bytes(data)
    engine = lab.engine(nginx)
    out = lab.folder / "out"
    url = f"http://127.0.0.1:{engine.port}/files/data"

    def curl(*arguments):
        ended = lab.run(lab.program("curl"), "-sS", "-o", out, "-w", "%{http_code} %{num_connects}", *arguments)
        equal(ended.code, 0, ended.err)
        return ended.out

    equal(curl(url), "200 1")
    equal(out.read_bytes(), data)
    equal(curl("-r", "1000-1999", url), "206 1")
    equal(out.read_bytes(), data[1000:2000])
    etag = engine.request("HEAD", "/files/data").get("etag")
    equal(curl("-H", f"If-None-Match: {etag}", url), "304 1")
    equal(curl("-I", url), "200 1")
    equal(curl("--http1.0", url), "200 1")
    equal(out.read_bytes(), data, "HTTP/1.0")
    contains(curl(url, "-o", out, url), "200 0", "the second request goes over the kept connection")


def test_nginx_refuses_a_large_upload_before_it_is_read(lab):
    engine = lab.engine(backends.nginx(lab, "a"))
    file = lab.folder / "large"
    file.write_bytes(b"x" * (8 << 20))
    ended = lab.run(lab.program("curl"), "-sS", "-o", lab.folder / "out", "-w", "%{http_code}", "-H", "Expect:", "-T", file,
                    f"http://127.0.0.1:{engine.port}/small-bodies")
    contains(ended.out, "413", ended.err)
    equal(engine.request().status, 200)


def test_an_http_1_0_client_gets_no_chunks(lab):
    def chunked(wire, _):
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + http_wire.chunk(b"abc") + b"0\r\n\r\n")

    engine = lab.engine(lab.backend("a", chunked))
    with engine.client() as client:
        client.start(version="1.0", host=None)
        answer = client.read_response()
        equal((answer.status, answer.body, answer.get("transfer-encoding")), (200, b"abc", None))
        assert client.ended()


def test_a_browser_shows_a_page_through_the_engine(lab):
    if shutil.which("chromium") is None:
        lab.skip("chromium is not installed")

    def page(wire, head):
        script = b"<p id=p></p><script>fetch('/x').then(r => r.text()).then(t => p.textContent = 'got ' + t)</script>"
        backends.reply(wire, 200, b"xyz" if head.target == "/x" else script, [("Content-Type", "text/html")])

    engine = lab.engine(lab.backend("a", page))
    profile = lab.folder / "profile"
    ended = lab.run("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                    "--virtual-time-budget=5000", "--dump-dom", f"http://127.0.0.1:{engine.port}/", seconds=60)
    contains(ended.out, "got xyz", ended.err[-500:])


def test_a_request_id_is_kept_only_from_trusted_proxies(lab):
    for trusted, kept in (([], False), (["127.0.0.1/32"], True)):
        backend = lab.backend("a")
        engine = lab.start(lab.config([backend], listener={"headers": {"x_request_id": True}}, trusted_proxies=trusted),
                           name=f"trusted-{kept}")
        equal(engine.request(fields=[("X-Request-Id", "from-outside")]).status, 200)
        seen = backend.requests[-1].all("x-request-id")
        equal(len(seen), 1)
        equal(seen[0] == "from-outside", kept, f"trusted: {kept}")


def test_the_ready_line_waits_for_the_first_probes_but_not_for_ever(lab):
    quick = lab.backend("a")
    engine = lab.start(lab.config([quick], pool={"health_check": health()}), name="quick")
    equal((quick.probes > 0, engine.request().status), (True, 200), "served from the ready line on")
    mute = lab.backend("b")
    mute.health = None
    engine = lab.start(lab.config([mute], pool={"health_check": health(timeout="60s")}), ready=False, name="mute")
    engine.await_ready(6)
    equal(engine.request().status, 503, "nothing is in service yet")


def test_a_server_is_up_after_rise_and_down_after_fall_probes(lab):
    """Exactly: not one probe earlier."""
    backend = lab.backend("a")
    engine = lab.engine(backend, pool={"health_check": health(interval="30s", fast_interval="30s", fall=3, rise=2)})
    engine.await_health("a", "healthy")

    def probe(expected):
        before = backend.probes
        engine.ctl("check-now", "shop/a")
        wait_until(lambda: backend.probes == before + 1 and engine.server("a")["health"] == expected,
                   f"{expected} after this probe", 3)

    for status, states in ((500, ["healthy", "healthy", "unhealthy"]), (200, ["unhealthy", "healthy"])):
        backend.health = status
        for state in states:
            probe(state)
            if state == "healthy" and status == 500:
                equal(engine.request().status, 200)


def test_sigterm_under_load_answers_what_was_accepted(lab):
    """Every request whose bytes had arrived is answered; then the connection ends cleanly, between two responses."""
    engine = lab.engine(lab.backend("a"))

    def ask_until_closed():
        answers = 0
        with engine.client() as client:
            while True:
                try:
                    client.start()
                    if client.ended():
                        return answers
                except OSError:
                    return answers
                head = client.read_response()
                equal((head.status, head.body), (200, b"a"))
                answers += 1
                if head.get("connection") == "close":
                    return answers

    work = [Background(ask_until_closed) for _ in range(8)]
    engine.await_log(100)
    engine.terminate()
    equal(engine.wait(10), 0)
    assert all(each.join() > 0 for each in work)


def test_events_are_followed_as_they_happen(lab):
    engine = lab.engine(lab.backend("a"), lab.backend("b"))
    follower = lab.spawn([lab.binary("steelyardctl"), "--socket", str(engine.socket), "--json", "events", "--follow"],
                         "follower", stdout=subprocess.PIPE)
    lines = []

    def read():
        for line in follower.stdout:
            lines.append(json.loads(line))

    reader = Background(read)
    wait_until(lambda: lines, "the events so far")
    engine.ctl("weight", "shop/a", "7")
    wait_until(lambda: any(line["source"] == "shop/a" and line["text"].startswith("weight 7") for line in lines), "an event")
    numbers = [line["sequence"] for line in lines if "sequence" in line]
    equal(numbers, sorted(set(numbers)), "in order, none twice")
    engine.terminate()
    engine.wait()
    equal(follower.wait(scaled(5)), 3, "the engine is gone")
    reader.join()


def test_status_counts_what_was_served(lab):
    engine = lab.engine(lab.backend("a"), lab.backend("b"))
    engine.picks(10)
    wait_until(lambda: engine.status()["totals"]["requests"] == 10, "ten requests")
    status = engine.status()
    equal((status["state"], status["workers"], status["config_path"]), ("serving", lab.workers, str(engine.file)))
    equal([row["totals"]["requests"] for row in status["pools"][0]["servers"]], [5, 5])
    equal([row["totals"]["status_2xx"] for row in status["pools"][0]["servers"]], [5, 5])
    never(lambda: engine.status()["totals"]["requests"] != 10, "it counts what nobody asked", 0.3)
