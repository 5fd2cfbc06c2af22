"""Sessions pinned by a cookie: what the cookie is, how long it holds, what breaks it, and the operator's view."""
import time

from crowd import Browser, pinned_browser
from harness import route, server
from waiting import contains, equal, never, scaled, wait_until

COOKIE = "SYSERVER"


def sticky(**more):
    return {"stickiness": {"cookie": COOKIE, **more}}


def sessions(engine, *filters):
    """The rows of `sessions --json`."""
    return engine.data("sessions", *filters)["sessions"]


def test_a_browser_stays_with_its_server(lab):
    engine = lab.engine(*(lab.backend(name) for name in "abc"), pool=sticky())
    for name in "abc":
        browser = pinned_browser(engine.port, name)
        equal({browser.server() for _ in range(9)}, {name})
    equal(len(set(engine.picks(9))), 3, "clients without cookies are spread as before")


def test_the_cookie_says_nothing_and_is_safe(lab):
    backend = lab.backend("alpha-server")
    engine = lab.engine(backend, pool=sticky())
    browser = Browser(engine.port)
    browser.request()
    words = [word.strip() for word in browser.given.split(";")]
    name, _, value = words[0].partition("=")
    equal(name, COOKIE)
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute.lower() in [word.lower() for word in words], f"{attribute} is missing: {browser.given}"
    assert "secure" not in [word.lower() for word in words], "there is no TLS here"
    for secret in ("alpha", "127.0.0.1", str(backend.port), "7f000001", f"{backend.port:x}"):
        if len(secret) > 4:
            assert secret not in value, f"{secret} can be read from {value}"
    browser.request()
    equal(browser.given, None, "a fresh cookie is not set again")
    other = Browser(engine.port)
    other.request()
    assert other.cookies[COOKIE] != value, "two clients have two sessions"
    assert "set-cookie" not in [field.lower() for head in backend.requests for field, _ in head.fields]


def test_what_a_backend_sets_stays_beside_ours(lab):
    def shop(wire, head):
        wire.send(b"HTTP/1.1 200 OK\r\nSet-Cookie: cart=1; Path=/\r\nContent-Length: 1\r\n\r\na")

    engine = lab.engine(lab.backend("a", shop), pool=sticky())
    given = engine.request().all("set-cookie")
    equal(len(given), 2, str(given))
    contains(given, "cart=1; Path=/")


def test_forged_truncated_and_foreign_cookies_are_ignored_and_replaced(lab):
    servers = [lab.backend(name) for name in "ab"]
    engine = lab.engine(*servers, pool=sticky())
    foreign = lab.start(lab.config(servers, pool=sticky(), state_dir="other-state"), name="foreign")
    token = pinned_browser(engine.port, "a").cookies[COOKIE]
    strange = pinned_browser(foreign.port, "a").cookies[COOKIE]
    middle = len(token) // 2
    swapped = "A" if token[middle] != "A" else "B"
    wrong = {"forged": token[:middle] + swapped + token[middle + 1:], "truncated": token[:-1], "half": token[:middle],
             "longer": token + "A", "empty": "", "a name": "a", "an address": servers[0].address, "long": "A" * 3000,
             "foreign": strange, "not ASCII": "\xff\xfe"}
    for what, value in wrong.items():
        found = set()
        for _ in range(4):
            browser = Browser(engine.port, cookies={COOKIE: value})
            found.add(browser.server())
            assert browser.given and browser.cookies[COOKIE] != value, f"{what}: not replaced, {browser.given}"
        equal(found, {"a", "b"}, f"{what}: nobody is pinned by it")
    good = [("Cookie", f"x=1; {COOKIE}={token}; y=2")]
    equal({engine.request(fields=good).body for _ in range(4)}, {b"a"}, "among other cookies")


def test_persistence_beats_weight_0(lab):
    engine = lab.engine(*(lab.backend(name) for name in "ab"), pool=sticky())
    browser = pinned_browser(engine.port, "a")
    engine.ctl("weight", "shop/a", "0")
    equal({browser.server() for _ in range(6)}, {"a"})
    equal(set(engine.picks(6)), {"b"}, "clients without a pin")


def test_persistence_beats_split_weights(lab):
    old, new = lab.backend("old"), lab.backend("new")

    def configuration(old_weight, new_weight):
        shares = [{"pool": "shop", "weight": old_weight}, {"pool": "next", "weight": new_weight}]
        return lab.config([old], pool=sticky(), routes=[{"name": "all", "split": {"pools": shares}}],
                          pools=[{"name": "next", "backends": [server(new)], **sticky()}])

    engine = lab.start(configuration(50, 50))
    stays = pinned_browser(engine.port, "new")
    other = pinned_browser(engine.port, "old")
    equal(({stays.server() for _ in range(10)}, {other.server() for _ in range(10)}), ({"new"}, {"old"}))
    engine.write(configuration(1, 0))
    engine.ctl("reload")
    equal({stays.server() for _ in range(10)}, {"new"}, "pinned to a side whose weight is 0 now")
    equal({Browser(engine.port).server() for _ in range(10)}, {"old"}, "new clients")


def test_the_pin_ends_when_idle_and_after_its_longest_life(lab):
    servers = [lab.backend(name) for name in "ab"]
    engine = lab.engine(*servers, pool=sticky(idle="2s", max="4s"))
    idle, busy = pinned_browser(engine.port, "a"), pinned_browser(engine.port, "a")
    began = time.monotonic()
    engine.ctl("weight", "shop/a", "0")  # whoever is chosen anew gets b
    # Kept in use, well over the idle time: its cookie is refreshed.
    refreshed = []

    def moved():
        before = busy.cookies[COOKIE]
        found = busy.server()
        if busy.given and found == "a":
            refreshed.append(before != busy.cookies[COOKIE])
        return found == "b"
    never(moved, "a browser in use lost its server before `max`", 2.8)
    assert refreshed, "the cookie is refreshed after half the idle time"
    equal(idle.server(), "b", "idle for longer than `idle`")
    wait_until(moved, "the longest life ends", 2 + scaled(1))
    took = time.monotonic() - began
    assert 3.0 <= took <= 4.2 + scaled(1), f"max is 4 s, it ended after {took:.1f} s"


def test_the_key_is_kept_over_a_restart_and_shared(lab):
    servers = [lab.backend(name) for name in "abc"]
    state = str(lab.folder / "shared-state")
    first = lab.start(lab.config(servers, pool=sticky(), state_dir=state))
    second = lab.start(lab.config(servers, pool=sticky(), state_dir=state), name="second")
    browsers = {name: pinned_browser(first.port, name) for name in "abc"}
    tokens = {name: browser.cookies[COOKIE] for name, browser in browsers.items()}
    for name, token in tokens.items():
        other = Browser(second.port, cookies={COOKIE: token})
        equal({other.server() for _ in range(6)}, {name}, "an engine that shares the state directory agrees")
    first.terminate()
    equal(first.wait(), 0)
    again = lab.start(lab.config(servers, pool=sticky(), state_dir=state), name="again")
    for name, token in tokens.items():
        equal({Browser(again.port, cookies={COOKIE: token}).server() for _ in range(4)}, {name}, "after a restart")
    for file in (lab.folder / "shared-state").rglob("*"):
        if file.is_file() and "key" in file.name:
            equal(file.stat().st_mode & 0o077, 0, f"{file.name} is for its owner alone")


def test_a_retry_breaks_the_pin_and_rewrites_the_cookie(lab):
    failing = []

    def sometimes(wire, head):
        if failing:
            return False  # received, never answered
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")

    a, b = lab.backend("a", sometimes), lab.backend("b")
    engine = lab.engine(a, b, pool=sticky())
    browser = pinned_browser(engine.port, "a")
    token = browser.cookies[COOKIE]
    failing.append(True)
    equal(browser.server(), "b")
    assert browser.given and browser.cookies[COOKIE] != token, "the cookie names the new server"
    failing.clear()
    equal({browser.server() for _ in range(6)}, {"b"}, "and it stays there")
    refused = pinned_browser(engine.port, "a")
    a.stop()
    equal(refused.server(), "b", "its server refuses connections")
    asked = len(engine.await_log(1, lambda record: len(record["attempts"]) > 1))
    equal({refused.server() for _ in range(3)}, {"b"})
    equal(len([record for record in engine.access_log() if len(record["attempts"]) > 1]) >= asked, True)
    equal(refused.given, None)


def test_sessions_are_shown(lab):
    engine = lab.engine(*(lab.backend(name) for name in "ab"), pool=sticky(idle="10m", max="1h"))
    browsers = [pinned_browser(engine.port, name) for name in "aab"]
    wait_until(lambda: len(sessions(engine)) >= 3, "all are there")
    rows = sessions(engine)
    assert all(0 <= row["idle_seconds"] <= row["age_seconds"] < 60 and 0 < row["left_seconds"] <= 3600 for row in rows), rows
    by_a = sessions(engine, "shop/a")
    assert by_a and all(row["server"] == "shop/a" for row in by_a), by_a
    table = engine.ctl("sessions").out
    for row in rows:
        contains(table, row["id"])
    for browser in browsers:
        assert browser.cookies[COOKIE] not in table, "who reads the table cannot take a session over"
    wait_until(lambda: engine.server("a").get("pinned", 0) >= 2, "the server's row counts them")


def test_a_session_and_all_of_a_server_are_expired(lab):
    engine = lab.engine(*(lab.backend(name) for name in "ab"), pool=sticky())
    first = pinned_browser(engine.port, "a")
    wait_until(lambda: sessions(engine, "shop/a"), "it is there")
    mine = sessions(engine, "shop/a")[0]["id"]
    others = [pinned_browser(engine.port, "a") for _ in range(3)]
    stays = pinned_browser(engine.port, "b")
    engine.ctl("weight", "shop/a", "0")  # whoever is chosen anew gets b
    equal([each.server() for each in (first, *others)], ["a"] * 4)
    engine.ctl("expire", mine)
    equal(first.server(), "b", "its session was expired")
    equal([each.server() for each in others], ["a"] * 3, "the others' were not")
    assert mine not in [row["id"] for row in sessions(engine)]
    engine.ctl("expire", "shop/a")
    equal([each.server() for each in others], ["b"] * 3, "all of the server were expired")
    equal(({stays.server() for _ in range(4)}, stays.given), ({"b"}, None), "another server's session was not touched")
    equal(sessions(engine, "shop/a"), [])
    assert engine.ctl("expire", "f" * 24, code=None).code in (0, 1), "a session that is none is no crash"
    equal(engine.ctl("expire", "nonsense", code=None).code, 2)


def test_two_pools_have_two_pins(lab):
    """A browser has one cookie for each pool, or one that holds both: neither pool may break the other's pin."""
    shop, blog = [lab.backend(name) for name in "ab"], [lab.backend(name) for name in "xy"]
    engine = lab.start(lab.config(shop, pool=sticky(), routes=[route("blog", "blog", path={"prefix": "/blog"}),
                                                               route("shop")],
                                  pools=[{"name": "blog", "algorithm": "round-robin",
                                          "backends": [server(each) for each in blog],
                                          "stickiness": {"cookie": "BLOGSERVER"}}]))
    browser = Browser(engine.port)
    found = [(browser.request().body, browser.request(target="/blog").body) for _ in range(6)]
    equal(len(set(found)), 1, str(found))
