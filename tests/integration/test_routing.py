"""Which route takes a request, and the words for it: conditions, precedence, `steelyardctl route`, `check`."""
import time

from crowd import pipelined
from harness import route
from waiting import contains, equal, scaled


def says(name, **match):
    """A route that answers with its own name."""
    return {"name": name, **({"match": match} if match else {}), "reply": {"status": 200, "body": name}}


def engine_with(lab, *routes, **how):
    return lab.start(lab.config([lab.backend("a")], routes=[*routes, says("else")]), **how)


def check(engine, cases):
    """cases: (method, target, fields, expected)"""
    for method, target, fields, expected in cases:
        with engine.client() as client:
            head = client.request(method, target, fields)
        equal(head.body.decode(), expected, f"{method} {target} {fields}")


def test_methods(lab):
    engine = engine_with(lab, says("write", method=["POST", "PUT"]),
                         says("read", method=["GET"], path={"prefix": "/r"}))
    check(engine, [("POST", "/", [], "write"), ("PUT", "/x", [], "write"), ("DELETE", "/", [], "else"),
                   ("GET", "/r/1", [], "read"), ("POST", "/r/1", [], "write"), ("GET", "/", [], "else")])


def test_headers_query_and_cookies(lab):
    engine = engine_with(
        lab, says("beta", headers={"x-beta": "1"}), says("tenant", headers={"X-Tenant": {"regex": "[a-z]{2,4}"}}),
        says("signed", headers={"authorization": {"present": True}}),
        says("debug", query={"debug": "1"}), says("user", query={"user": {"regex": "[0-9]+"}}),
        says("trace", query={"trace": {"present": True}}),
        says("cohort", cookies={"cohort": "b"}), says("uid", cookies={"uid": {"present": True}}),
        says("theme", cookies={"theme": {"regex": "dark|light"}}))
    check(engine, [
        ("GET", "/", [("X-Beta", "1")], "beta"), ("GET", "/", [("x-beta", "11")], "else"),
        ("GET", "/", [("x-beta", "")], "else"),
        ("GET", "/", [("x-tenant", "abc")], "tenant"), ("GET", "/", [("x-tenant", "abcde")], "else"),
        ("GET", "/", [("x-tenant", "ABC")], "else"), ("GET", "/", [("Authorization", "Basic x")], "signed"),
        ("GET", "/?debug=1", [], "debug"), ("GET", "/?a=b&debug=1", [], "debug"), ("GET", "/?debug=2", [], "else"),
        ("GET", "/?xdebug=1", [], "else"), ("GET", "/?user=17", [], "user"), ("GET", "/?user=17a", [], "else"),
        ("GET", "/?trace", [], "trace"), ("GET", "/?trace=", [], "trace"), ("GET", "/debug=1", [], "else"),
        ("GET", "/", [("Cookie", "cohort=b")], "cohort"), ("GET", "/", [("Cookie", "a=1; cohort=b; c=2")], "cohort"),
        ("GET", "/", [("Cookie", "cohort=bb")], "else"), ("GET", "/", [("Cookie", "xcohort=b")], "else"),
        ("GET", "/", [("Cookie", "uid=")], "uid"), ("GET", "/", [("Cookie", "theme=dark")], "theme"),
        ("GET", "/", [("Cookie", "theme=darker")], "else")])


def test_client_ranges(lab):
    engine = engine_with(lab, says("seven", client=["127.0.0.7"]), says("net", client=["127.0.1.0/24", "::1"]))
    for source, expected in (("127.0.0.1", "else"), ("127.0.0.7", "seven"), ("127.0.1.9", "net"),
                             ("127.0.2.9", "else")):
        with engine.client(source=source) as client:
            equal(client.request().body.decode(), expected, source)


def test_paths_and_hosts(lab):
    engine = engine_with(lab, says("item", path={"regex": "/item/[0-9]+"}), says("api", path={"prefix": "/api"}),
                         says("pot", path={"exact": "/pot"}), says("below", host="*.shop.lab"),
                         says("shop", host="shop.lab"))
    check(engine, [("GET", "/item/17", [], "item"), ("GET", "/item/17?x=1", [], "item"),
                   ("GET", "/item/17/", [], "else"),
                   ("GET", "/item/", [], "else"), ("GET", "/api", [], "api"), ("GET", "/api/1", [], "api"),
                   ("GET", "/apix", [], "else"), ("GET", "/pot", [], "pot"), ("GET", "/pot/1", [], "else")])
    for host, expected in (("a.shop.lab", "below"), ("a.b.SHOP.lab", "below"), ("shop.lab:80", "shop"),
                           ("xshop.lab", "else")):
        with engine.client() as client:
            equal(client.request(host=host).body.decode(), expected, host)


def test_precedence_is_the_gateway_apis(lab):
    """exact > longest prefix > regex > method > number of headers > number of query matches > order in the file."""
    engine = engine_with(
        lab, says("regex", path={"regex": "/a/.*"}), says("prefix", path={"prefix": "/a"}),
        says("longer", path={"prefix": "/a/b"}),
        says("exact", path={"exact": "/a/b/c"}),
        says("m-none", path={"prefix": "/m"}),
        says("m-headers", path={"prefix": "/m"}, headers={"x-1": "1", "x-2": "2"}),
        says("m-method", path={"prefix": "/m"}, method=["GET"]),
        says("h-one", path={"prefix": "/h"}, headers={"x-1": "1"}),
        says("h-query", path={"prefix": "/h"}, query={"a": "1", "b": "2"}),
        says("h-two", path={"prefix": "/h"}, headers={"x-1": "1", "x-2": "2"}),
        says("q-one", path={"prefix": "/q"}, query={"a": "1"}),
        says("q-two", path={"prefix": "/q"}, query={"a": "1", "b": "2"}),
        says("first", path={"prefix": "/o"}, headers={"x-1": "1"}),
        says("second", path={"prefix": "/o"}, headers={"x-2": "2"}),
        says("only-regex", path={"regex": "/z/[0-9]+"}))
    both = [("x-1", "1"), ("x-2", "2")]
    check(engine, [("GET", "/a/b/c", [], "exact"), ("GET", "/a/b/d", [], "longer"), ("GET", "/a/x", [], "prefix"),
                   ("GET", "/m", both, "m-method"), ("POST", "/m", both, "m-headers"), ("POST", "/m", [], "m-none"),
                   ("GET", "/h?a=1&b=2", both, "h-two"), ("GET", "/h?a=1&b=2", both[:1], "h-one"),
                   ("GET", "/h?a=1&b=2", [], "h-query"),
                   ("GET", "/q?a=1&b=2", [], "q-two"), ("GET", "/q?a=1", [], "q-one"), ("GET", "/q", [], "else"),
                   ("GET", "/o", both, "first"), ("GET", "/o", both[1:], "second"), ("GET", "/z/5", [], "only-regex")])


def test_a_longer_prefix_whose_conditions_fail_hands_on(lab):
    engine = engine_with(lab, says("deep", path={"prefix": "/a/b"}, headers={"x-beta": "1"}),
                         says("flat", path={"prefix": "/a"}))
    check(engine, [("GET", "/a/b/c", [("x-beta", "1")], "deep"), ("GET", "/a/b/c", [], "flat"),
                   ("GET", "/b", [], "else")])


def test_steelyardctl_route_tells_the_winner_and_why_the_others_lost(lab):
    engine = engine_with(lab, says("beta", path={"prefix": "/api"}, headers={"x-beta": "1"}),
                         says("api", path={"prefix": "/api"}),
                         says("lan", client=["10.0.0.0/8"]), says("item", path={"regex": "/item/[0-9]+"}))
    url = "http://test.lab/api/cart"
    out = engine.ctl("route", "GET", url).out
    contains(out, "api")
    contains(out, "x-beta")
    out = engine.ctl("route", "GET", url, "-H", "x-beta: 1").out
    contains(out.splitlines()[0], "beta")
    data = engine.data("route", "GET", url, "-H", "x-beta: 1")
    equal(data["route"], "beta")
    verdicts = {each["route"]: each for each in data["routes"]}
    equal(set(verdicts), {"beta", "api", "lan", "item", "else"})
    equal([name for name, each in verdicts.items() if each["won"]], ["beta"])
    assert all(each["why"] for each in verdicts.values()), verdicts
    contains(verdicts["item"]["why"], "/item/[0-9]+")
    equal(engine.data("route", "GET", "/", "--client", "10.1.2.3", "-H", "Host: x")["route"], "lan")
    # What it says is what happens.
    for fields in ([], [("x-beta", "1")]):
        words = [word for name, value in fields for word in ("-H", f"{name}: {value}")]
        equal(engine.data("route", "GET", url, *words)["route"],
              engine.request(target="/api/cart", fields=fields).body.decode())


def test_steelyardctl_route_says_that_none_matches(lab):
    engine = lab.engine(lab.backend("a"), routes=[route("shop", "api", path={"prefix": "/api"})])
    ended = engine.ctl("route", "GET", "http://test.lab/other")
    contains(ended.out.lower(), "no route")
    contains(ended.out, "/api")
    equal(engine.request(target="/other").status, 404)
    equal(engine.ctl("route", "GET", "nonsense", code=None).code, 2)


def test_check_warns_of_unreachable_routes(lab):
    routes = [says("all", path={"prefix": "/api"}), says("twin", path={"prefix": "/api"}),
              says("get", path={"exact": "/x"}, method=["GET"]),
              says("get-again", path={"exact": "/x"}, method=["GET"]),
              says("fine", path={"prefix": "/api"}, headers={"x": "1"}), says("else")]
    engine = lab.start(lab.config([lab.backend("a")], routes=routes))
    ended = lab.run(lab.binary("steelyardd"), "check", engine.file)
    equal(ended.code, 0, ended.err)
    warned = [line for line in ended.err.splitlines() if "warning:" in line]
    for name in ("twin", "get-again"):
        assert any(f"'{name}'" in line or f'"{name}"' in line for line in warned), f"{name}: {ended.err}"
    assert not any("fine" in line.split("warning:")[1].split(";")[0] for line in warned), ended.err


def test_10000_routes_start_within_10_seconds_and_serve(lab):
    routes = [says(f"exact-{i}", path={"exact": f"/e/{i}"}) for i in range(4000)]
    routes += [says(f"prefix-{i}", host=f"h{i % 50}.lab", path={"prefix": f"/p/{i}"}) for i in range(4000)]
    routes += [says(f"header-{i}", path={"exact": f"/h/{i // 4}"}, headers={"x-n": str(i % 4)}) for i in range(1999)]
    began = time.monotonic()
    engine = lab.start(lab.config([lab.backend("a")], routes=[*routes, says("else")]))
    took = time.monotonic() - began
    assert took < scaled(10), f"{took:.1f} s until ready"
    cases = [("/e/0", [], "exact-0"), ("/e/3999", [], "exact-3999"), ("/e/4000", [], "else"),
             ("/h/10", [("x-n", "2")], "header-42"),
             ("/h/10", [("x-n", "9")], "else"), ("/p/17", [], "else")]
    equal([head.body.decode() for head in pipelined(engine.port, [case[:2] for case in cases])],
          [case[2] for case in cases])
    with engine.client() as client:
        equal(client.request(target="/p/117/x", host="h17.lab").body, b"prefix-117")
    began = time.monotonic()
    engine.ctl("reload")
    assert time.monotonic() - began < scaled(10), "a reload of them"
    last = time.monotonic()
    pipelined(engine.port, [("/e/3999", [])] * 500)
    first = time.monotonic()
    pipelined(engine.port, [("/e/0", [])] * 500)
    assert first - last < 5 * (time.monotonic() - first) + scaled(0.2), "the last route costs what the first costs"
