"""What a route does with a request: redirect, reply, rewrite, header edits, mirror, split."""
import collections
import time

from backends import reply
from crowd import pipelined
from harness import route, server
from http_wire import chunk
from waiting import contains, equal, scaled, wait_until


def seen(backend):
    """The last request as the backend saw it."""
    wait_until(lambda: backend.requests, "a request arrives")
    return backend.requests[-1]


def test_redirects_and_fixed_replies(lab):
    backend = lab.backend("a")
    routes = [{"name": f"r{status}", "match": {"path": {"exact": f"/{status}"}},
               "redirect": {"location": f"https://other.lab/to{status}", "status": status}}
              for status in (301, 302, 303, 307, 308)]
    routes += [{"name": "default", "match": {"path": {"exact": "/old"}}, "redirect": {"location": "/new"}},
               {"name": "pot", "match": {"path": {"exact": "/pot"}},
                "reply": {"status": 418, "body": "short and stout\n", "content_type": "text/x-pot"}}, route("shop")]
    engine = lab.engine(backend, routes=routes)
    for status in (301, 302, 303, 307, 308):
        head = engine.request(target=f"/{status}")
        equal((head.status, head.get("location")), (status, f"https://other.lab/to{status}"))
    with engine.client() as kept:
        for _ in range(2):
            head = kept.request("POST", "/old?x=1", body=b"body")
            equal(head.status, 308)
            assert head.get("location").startswith("/new"), head
        head = kept.request(target="/pot")
        equal((head.status, head.body, head.get("content-type")), (418, b"short and stout\n", "text/x-pot"))
        head = kept.request("HEAD", "/pot")
        equal((head.status, head.body), (418, b""))
        equal(kept.request().body, b"a", "the connection goes on")
    equal(len(backend.requests), 1)


def test_rewrites_of_prefix_exact_and_host(lab):
    backend = lab.backend("a")
    routes = [{**route("shop", "prefix", path={"prefix": "/api"}), "rewrite": {"path": "/v2"}},
              {**route("shop", "root", path={"prefix": "/strip"}), "rewrite": {"path": "/"}},
              {**route("shop", "exact", path={"exact": "/one"}), "rewrite": {"path": "/two"}},
              {**route("shop", "host", path={"prefix": "/host"}), "rewrite": {"host": "api.internal"}},
              {**route("shop", "both", path={"prefix": "/both"}), "rewrite": {"path": "/x/y", "host": "in.lab:81"}},
              route("shop")]
    engine = lab.engine(backend, routes=routes)
    cases = {"/api": ("/v2", "test.lab"), "/api/": ("/v2/", "test.lab"),
             "/api/a/b?q=1&r=%20": ("/v2/a/b?q=1&r=%20", "test.lab"),
             "/api?q": ("/v2?q", "test.lab"), "/apix": ("/apix", "test.lab"), "/strip/a": ("/a", "test.lab"),
             "/strip": ("/", "test.lab"),
             "/one?x=1": ("/two?x=1", "test.lab"), "/host/a": ("/host/a", "api.internal"),
             "/both/z?k": ("/x/y/z?k", "in.lab:81")}
    for target, expected in cases.items():
        equal(engine.request(target=target).status, 200)
        head = seen(backend)
        equal((head.target, head.get("host")), expected, target)
    logged = {record["target"] for record in engine.await_log(len(cases))}
    equal(logged, set(cases), "the access log tells what clients asked for")


def test_a_rewritten_request_is_retried_rewritten(lab):
    def drop(wire, head):
        return False

    broken, good = lab.backend("a", drop), lab.backend("b")
    engine = lab.engine(broken, good, routes=[{**route("shop", "api", path={"prefix": "/api"}),
                                               "rewrite": {"path": "/v2", "host": "in.lab"},
                                               "request_headers": {"add": {"x-lab": "1"}}}])
    for _ in range(2):
        equal(engine.request(target="/api/x").body, b"b")
    for head in broken.requests + good.requests:
        equal((head.target, head.all("host"), head.all("x-lab")), ("/v2/x", ["in.lab"], ["1"]))


def test_header_edits_both_ways(lab):
    def talkative(wire, head):
        reply(wire, 200, b"ok", [("Server", "shop/1.0"), ("Vary", "accept"), ("X-Internal", "1"), ("X-Mode", "old")])

    backend = lab.backend("a", talkative)
    edits = {"request_headers": {"set": {"x-lab": "1", "X-Tenant": "shop"}, "add": {"x-seen-by": "steelyard"},
                                 "remove": ["x-debug"]},
             "response_headers": {"set": {"x-mode": "new"}, "add": {"vary": "origin"},
                                  "remove": ["server", "X-Internal"]}}
    engine = lab.engine(backend, routes=[{**route("shop", "edited", path={"prefix": "/e"}), **edits}, route("shop")])
    answer = engine.request(target="/e", fields=[("X-Lab", "0"), ("x-lab", "2"), ("X-Debug", "a"), ("x-debug", "b"),
                                                 ("x-seen-by", "you")])
    head = seen(backend)
    equal((head.all("x-lab"), head.all("x-tenant"), head.all("x-debug")), (["1"], ["shop"], []))
    equal(sorted(head.all("x-seen-by")), ["steelyard", "you"])
    equal((answer.all("server"), answer.all("x-internal"), answer.all("x-mode")), ([], [], ["new"]))
    equal(answer.all("vary"), ["accept", "origin"])
    equal(answer.body, b"ok")
    plain = engine.request(target="/")
    equal((plain.get("server"), plain.get("x-mode")), ("shop/1.0", "old"), "other routes edit nothing")


def mirrored(lab, backend, shadow, share="100%"):
    return lab.start(lab.config([backend], routes=[{**route("shop"), "mirror": {"pool": "shadow", "share": share}}],
                                pools=[{"name": "shadow", "backends": [server(shadow)]}]))


def test_a_mirror_gets_a_copy_and_its_answer_is_dropped(lab):
    def angry(wire, head):
        wire.send(b"HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nshadow")

    backend, shadow = lab.backend("a"), lab.backend("shadow", angry)
    engine = mirrored(lab, backend, shadow)
    body = bytes(range(256)) * 40
    for number in range(5):
        head = engine.request("POST", f"/copy/{number}?q=1", [("x-one", "1")], body)
        equal((head.status, head.body), (200, b"a"))
    wait_until(lambda: len(shadow.requests) == 5, "the copies arrive")
    for copy in shadow.requests:
        equal((copy.method, copy.body == body, copy.get("x-one")), ("POST", True, "1"), repr(copy))
        assert copy.target.startswith("/copy/") and copy.target.endswith("?q=1"), copy
    equal(len(backend.requests), 5)
    equal([record["pool"] for record in engine.await_log(5)], ["shop"] * 5, "the access log is about what clients got")


def test_a_hanging_or_dead_mirror_never_delays_a_client(lab):
    backend, shadow = lab.backend("a"), lab.backend("shadow", lambda wire, head: shadow.gate.wait(scaled(30)) and False)
    engine = mirrored(lab, backend, shadow)
    began = time.monotonic()
    with engine.client() as kept:
        for _ in range(100):
            equal(kept.request("PUT", body=b"x" * 1000).status, 200)
    took = time.monotonic() - began
    assert took < scaled(2), f"100 requests took {took:.2f} s"
    wait_until(lambda: shadow.requests, "copies did arrive")
    shadow.stop()
    for _ in range(20):
        equal(engine.request().status, 200)


def test_large_and_chunked_bodies_are_mirrored_whole_or_visibly_cut(lab):
    """The mirror may be too slow for a large one and lose it; what it takes for complete must be complete."""
    backend, shadow = lab.backend("a"), lab.backend("shadow")
    engine = mirrored(lab, backend, shadow)
    body = bytes(i * 31 % 253 for i in range(1 << 20))
    equal(engine.request("POST", "/large", body=body).status, 200)
    with engine.client() as client:
        client.send(b"PUT /chunked HTTP/1.1\r\nHost: test.lab\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, 30000, 5000):
            client.send(chunk(body[start:start + 5000]))
        client.send(b"0\r\n\r\n")
        equal(client.read_response().status, 200)
    wait_until(lambda: any(head.target == "/chunked" for head in shadow.requests), "the chunked one arrives")
    for head in [*backend.requests, *shadow.requests]:
        equal(head.body == (body if head.target == "/large" else body[:30000]), True,
              f"{head.target}: {len(head.body)} bytes")


def test_a_retried_request_is_mirrored_once(lab):
    good, shadow = lab.backend("b"), lab.backend("shadow")
    engine = lab.start(lab.config([lab.backend("a", lambda wire, head: False), good],
                                  routes=[{**route("shop"), "mirror": {"pool": "shadow"}}],
                                  pools=[{"name": "shadow", "backends": [server(shadow)]}]))
    for number in range(3):
        equal(engine.request("PUT", f"/{number}", body=b"x").body, b"b")
    wait_until(lambda: len(shadow.requests) >= 3, "the copies arrive")
    equal(sorted(head.target for head in shadow.requests), ["/0", "/1", "/2"])


def test_a_mirror_gets_its_share(lab):
    backend, shadow = lab.backend("a"), lab.backend("shadow")
    engine = mirrored(lab, backend, shadow, "25%")
    pipelined(engine.port, [("/", ())] * 800)
    wait_until(lambda: len(shadow.requests) > 100, "copies")
    got = len(shadow.requests)
    assert 120 <= got <= 280, f"{got} of 800 with a share of 25 %"


def split(lab, weights, key=None):
    sides = [{"pool": name, "weight": weight} for name, weight in weights.items()]
    what = {"pools": sides, **({"key": key} if key else {})}
    servers = {name: lab.backend(name) for name in weights}
    return lab.start(lab.config([servers["shop"]], routes=[{"name": "all", "split": what}],
                                pools=[{"name": name, "backends": [server(servers[name])]}
                                       for name in weights if name != "shop"]))


def test_a_split_of_90_to_10_is_one(lab):
    engine = split(lab, {"shop": 90, "next": 10})
    found = collections.Counter(head.body.decode() for head in pipelined(engine.port, [("/", ())] * 2000))
    assert 140 <= found["next"] <= 260 and found["shop"] + found["next"] == 2000, found


def test_a_split_by_key_is_deterministic(lab):
    """The same key takes the same side, whatever the connection."""
    engine = split(lab, {"shop": 90, "next": 10}, "cookie:uid")
    requests = [("/", [("Cookie", f"uid=user-{i}")]) for i in range(2000)]
    before = [head.body.decode() for head in pipelined(engine.port, requests)]
    found = collections.Counter(before)
    assert 100 <= found["next"] <= 300 and found["shop"] + found["next"] == 2000, found
    equal([head.body.decode() for head in pipelined(engine.port, requests, batch=7)], before, "again")
    second = engine.request(fields=[("Cookie", "a=b; uid=user-5")])
    equal(second.body.decode(), before[5], "a connection of its own")


def test_a_split_side_with_weight_0_gets_nothing(lab):
    engine = split(lab, {"shop": 1, "next": 0, "third": 1})
    found = collections.Counter(head.body.decode() for head in pipelined(engine.port, [("/", ())] * 400))
    equal(found["next"], 0)
    assert min(found["shop"], found["third"]) > 130, found


def test_edits_of_a_split_and_of_a_reply_are_done_too(lab):
    backend = lab.backend("a")
    routes = [{"name": "pot", "match": {"path": {"exact": "/pot"}}, "reply": {"status": 200, "body": "pot"},
               "response_headers": {"set": {"x-served": "lab"}}},
              {"name": "all", "split": {"pools": [{"pool": "shop", "weight": 1}]},
               "request_headers": {"set": {"x-side": "one"}},
               "response_headers": {"add": {"x-served": "lab"}}}]
    engine = lab.engine(backend, routes=routes)
    equal(engine.request(target="/pot").get("x-served"), "lab")
    equal(engine.request().get("x-served"), "lab")
    contains(seen(backend).all("x-side"), "one")
