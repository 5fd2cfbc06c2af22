"""What a gateway does to requests and responses: forwarding fields, routing, replies of its own, HTTP/1's corners."""
import http_wire
from backends import reply
from harness import route, server
from waiting import contains, equal


def fields_seen(lab, listener=None, fields=(), **top):
    backend = lab.backend("a")
    engine = lab.engine(backend, listener=listener, **top)
    equal(engine.request(fields=fields).status, 200)
    return backend.requests[-1]


def test_forwarding_fields_replace_what_strangers_claim(lab):
    head = fields_seen(lab, fields=[("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"),
                                    ("Forwarded", "for=6.6.6.6")])
    equal(head.all("x-forwarded-for"), ["127.0.0.1"])
    equal(head.all("x-forwarded-proto"), ["http"])
    equal(head.all("forwarded"), [])
    assert head.get("via").startswith("1.1 steelyard"), head.get("via")
    equal(head.get("host"), "test.lab")


def test_trusted_proxies_are_believed(lab):
    head = fields_seen(lab, fields=[("X-Forwarded-For", "10.1.1.1"), ("X-Forwarded-Proto", "https")],
                       trusted_proxies=["127.0.0.0/8"])
    equal(", ".join(head.all("x-forwarded-for")), "10.1.1.1, 127.0.0.1")
    equal(head.all("x-forwarded-proto"), ["https"])


def test_forwarding_fields_on_wish(lab):
    head = fields_seen(lab, listener={"headers": {"x_forwarded_for": False, "x_forwarded_proto": False, "via": False,
                                                  "x_forwarded_host": True, "forwarded": True, "x_request_id": True}})
    equal((head.get("x-forwarded-for"), head.get("via")), (None, None))
    equal(head.get("x-forwarded-host"), "test.lab")
    contains(head.get("forwarded"), "for=127.0.0.1")
    equal(len(head.get("x-request-id")), 32)


def test_hop_by_hop_fields_end_here(lab):
    head = fields_seen(lab, fields=[("Connection", "keep-alive, X-Mine"), ("X-Mine", "1"), ("Keep-Alive", "timeout=5"),
                                    ("TE", "trailers"), ("Proxy-Connection", "keep-alive"), ("X-Other", "2")])
    for name in ("connection", "x-mine", "keep-alive", "te", "proxy-connection"):
        equal(head.get(name), None, name)
    equal(head.get("x-other"), "2")


def test_two_engines_in_a_row_are_no_loop_but_one_to_itself_is(lab):
    inner = lab.start(lab.config([lab.backend("a")]), name="inner")
    outer = lab.start(lab.config([{"name": "inner", "address": f"127.0.0.1:{inner.port}"}]), name="outer")
    equal(outer.request().status, 200)
    outer.write(lab.config([{"name": "self", "address": f"127.0.0.1:{outer.port}"}],
                           listener={"bind": f"127.0.0.1:{outer.port}"}))
    outer.ctl("reload")
    equal(outer.request().status, 508)


def test_host_and_path_choose_the_pool(lab):
    a, b, c = lab.backend("a"), lab.backend("b"), lab.backend("c")
    engine = lab.engine(a, routes=[route("api", "api", host="*.shop.lab", path={"prefix": "/api"}),
                                   route("exact", "exact", path={"exact": "/pot"}), route("shop")],
                        pools=[{"name": "api", "backends": [server(b)]}, {"name": "exact", "backends": [server(c)]}])
    for host, target, expected in (("x.shop.lab", "/api", b"b"), ("X.Shop.Lab:80", "/api/v1?q=/pot", b"b"),
                                   ("shop.lab", "/api", b"a"), ("x.shop.lab", "/apix", b"a"), ("any", "/pot", b"c"),
                                   ("any", "/pot/x", b"a"), ("x.shop.lab", "/api/../pot", b"c")):
        equal(engine.request(target=target, host=host).body, expected, f"{host}{target}")


def test_replies_of_our_own(lab):
    routes = [{"name": "moved", "match": {"path": {"exact": "/old"}}, "redirect": {"location": "/new", "status": 301}},
              {"name": "pot", "match": {"path": {"exact": "/pot"}},
               "reply": {"status": 418, "body": "short and stout\n", "content_type": "text/tea"}},
              route("shop", "only", path={"prefix": "/shop"})]
    engine = lab.engine(lab.backend("a"), routes=routes)
    with engine.client() as client:
        moved = client.request(target="/old")
        equal((moved.status, moved.get("location")), (301, "/new"))
        pot = client.request(target="/pot")
        equal((pot.status, pot.body, pot.get("content-type")), (418, b"short and stout\n", "text/tea"))
        equal(client.request("HEAD", "/pot").status, 418)
        equal(client.request(target="/else").status, 404)
        equal(client.request("POST", "/pot", body=b"x" * 1000).status, 418, "a small body is read over")
        equal(client.request(target="/shop").body, b"a")
    reasons = [record.get("reason", "") for record in engine.await_log(6)]
    equal(reasons, ["redirect", "fixed_reply", "fixed_reply", "no_route", "fixed_reply", ""])


def test_head_204_304_and_early_hints(lab):
    def handle(wire, head):
        if head.target == "/hints":
            wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
        status = {"/204": 204, "/304": 304}.get(head.target, 200)
        if status == 200:
            reply(wire, 200, b"" if head.method == "HEAD" else b"body")
        else:
            wire.send(b"HTTP/1.1 %d X\r\nETag: \"1\"\r\n\r\n" % status)
        return True

    engine = lab.engine(lab.backend("a", handle))
    with engine.client() as client:
        equal(client.request("HEAD", "/").status, 200)
        equal(client.request(target="/204").status, 204)
        equal(client.request(target="/304").get("etag"), '"1"')
        hints = []
        client.start(target="/hints")
        equal(client.read_response(informational=hints).body, b"body")
        equal([(hint.status, hint.get("link")) for hint in hints], [(103, "</a.css>")])
        client.start(target="/hints", version="1.0")
        none = []
        equal((client.read_response(informational=none).body, none), (b"body", []), "HTTP/1.0 knows no 1xx")
        assert client.ended(), "HTTP/1.0 is not kept"


def test_pipelined_requests_are_answered_in_order(lab):
    def handle(wire, head):
        reply(wire, 200, head.target.encode())

    engine = lab.engine(*[lab.backend(name, handle) for name in "abc"])
    with engine.client() as client:
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: lab\r\n\r\n" % i for i in range(50)))
        equal([client.read_response().body for _ in range(50)], [b"/%d" % i for i in range(50)])


def test_a_half_closed_client_is_still_answered(lab):
    backend = lab.backend("a")
    engine = lab.engine(backend)
    with engine.client() as client:
        client.start(target="/gated")
        client.socket.shutdown(1)
        backend.gate.set()
        equal(client.read_response().body, b"a")
        assert client.ended()


def test_ambiguous_requests_never_reach_a_server(lab):
    backend = lab.backend("a")
    engine = lab.engine(backend)
    for raw in (b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
                b"GET / HTTP/1.1\r\nHost : lab\r\n\r\n", b"GET / HTTP/1.1\nHost: lab\n\n",
                b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
        with engine.client() as client:
            client.send(raw)
            equal(client.read_response().status, 400, raw.decode())
            assert client.ended(), raw
    equal(backend.requests, [])
    assert all(record["reason"] == "bad_request" and record["detail"] for record in engine.await_log(5))


def test_a_surplus_response_is_never_the_next_ones(lab):
    def handle(wire, head):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")

    engine = lab.engine(lab.backend("a", handle))
    for _ in range(5):
        equal(http_wire.request(engine.port).body, b"ok")


def test_keep_alive_0_closes_after_each_response(lab):
    engine = lab.engine(lab.backend("a"), listener={"timeouts": {"keep_alive": 0}})
    with engine.client() as client:
        answer = client.request()
        equal((answer.status, answer.get("connection")), (200, "close"))
        assert client.ended()


def test_slow_headers_are_cut_at_their_deadline(lab):
    engine = lab.engine(lab.backend("a"), listener={"timeouts": {"client_header": "300ms", "client_body": "300ms"}})
    with engine.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: lab\r\nX-Slow:")
        equal(client.read_response().status, 408)
        assert client.ended()
    with engine.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 10\r\n\r\nabc")
        equal(client.read_response().status, 408)
        assert client.ended()
