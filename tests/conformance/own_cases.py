"""Own request cases, one or more for each rule of HTTP/1 that can be got wrong. Written from the texts of RFC 9110 and
RFC 9112.

A case: the rule, its name, raw bytes, what a server must see of it (method, target, body of each request), and the
statuses that the client gets. "/I/" stands for a number that tells the connection, so that many can be played at once.
"""
import collections

Case = collections.namedtuple("Case", "rule name raw seen statuses closes split checks")
CASES = []
HOST = b"Host: lab\r\n"
SMUGGLED = b"GET /I/smuggled HTTP/1.1\r\nHost: lab\r\n\r\n"


def good(rule, name, raw, *seen, statuses=None, closes=False, split=True, **checks):
    """`checks`: with=REGEX that what the server received must match, without=REGEX that it must not."""
    CASES.append(Case(rule, name, raw, list(seen), statuses or [200] * len(seen), closes, split, checks))


def bad(rule, name, raw, status=400, split=True, behind=True):
    """Refused, the connection closed, and nothing behind it is read."""
    CASES.append(Case(rule, name, raw + (SMUGGLED if behind else b""), [], [status], True, split, {}))


def get(*lines, target=b"/I/a", method=b"GET", version=b"HTTP/1.1", host=HOST):
    return method + b" " + target + b" " + version + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(*lines, body=b"", **more):
    return get(*lines, method=b"POST", **more) + body


A = ("GET", "/I/a", b"")
ABC = ("POST", "/I/a", b"abc")
NONE = ("POST", "/I/a", b"")
CHUNKED = b"Transfer-Encoding: chunked"
CODED = b"3\r\nabc\r\n0\r\n\r\n"

good("plain", "get", get(), A)
good("plain", "length", post(b"Content-Length: 3", body=b"abc"), ABC)
good("plain", "length 0", post(b"Content-Length: 0"), NONE)
good("plain", "chunked", post(CHUNKED, body=CODED), ABC)
good("plain", "chunked in two", post(CHUNKED, body=b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), ABC)
good("plain", "one empty line before", b"\r\n" + get(), A)
bad("plain", "two empty lines before", b"\r\n\r\n" + get())
good("plain", "method of one's own", get(method=b"QUERY"), ("QUERY", "/I/a", b""))
good("plain", "value with blanks around", get(b"X-A:  \t b \t "), A, **{"with": rb"X-A: b\r\n"})
good("plain", "bytes above 127 in a value", get(b"X-A: \xc3\xa4"), A, **{"with": rb"X-A: \xc3\xa4\r\n"})
good("plain", "minor version 7", get(version=b"HTTP/1.7"), A)

bad("obs-fold", "space", get(b"X-A: a", b" b"))
bad("obs-fold", "tab", get(b"X-A: a", b"\tb"))
bad("obs-fold", "folded framing", post(b"Transfer-Encoding:", b" chunked", body=CODED))

bad("CL and TE", "length first", post(b"Content-Length: 3", CHUNKED, body=CODED))
bad("CL and TE", "coding first", post(CHUNKED, b"Content-Length: 3", body=CODED))
bad("CL and TE", "bad coding", post(b"Content-Length: 3", b"Transfer-Encoding: x", body=b"abc"))
for text in (b"", b"x", b"+3", b"-3", b"3 3", b"0x3", b"3,4", b"3, 3", b"3;", b"3.0", b"\"3\"", b"3\x0b"):
    bad("Content-Length", f"is {text.decode('latin-1')!r}", post(b"Content-Length: " + text, body=b"abc"))
bad("Content-Length", "two that differ", post(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"))
bad("Content-Length", "twice the same", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"))
for number in (2**63, 2**64, 2**64 + 3, 10**40):
    bad("Content-Length", f"of {number}", post(b"Content-Length: %d" % number, body=b"abc"), split=False)
good("Content-Length", "leading zeros", post(b"Content-Length: 0003", body=b"abc"), ABC)

for text in (b"identity", b"x", b"chunked, identity", b"chunked, gzip", b"", b",", b"chunked, chunked", b",chunked", b"chunked,",
             b"chunked;a=b", b"\"chunked\"", b"\x0bchunked", b"chunked\x0b", b"xchunked", b"chunked identity"):
    bad("Transfer-Encoding", f"is {text.decode('latin-1')!r}", post(b"Transfer-Encoding: " + text, body=CODED))
bad("Transfer-Encoding", "twice", post(CHUNKED, CHUNKED, body=CODED))
bad("Transfer-Encoding", "in two lines", post(CHUNKED, b"Transfer-Encoding: identity", body=CODED))
bad("Transfer-Encoding", "gzip, chunked", post(b"Transfer-Encoding: gzip, chunked", body=CODED), status=501)
bad("Transfer-Encoding", "in HTTP/1.0", post(CHUNKED, version=b"HTTP/1.0", body=CODED))
bad("Transfer-Encoding", "underscore twin", post(b"Transfer_Encoding: chunked", body=CODED))
bad("Content-Length", "underscore twin", post(b"Content_Length: 3", body=b"abc"))
good("Transfer-Encoding", "in capitals", post(b"TRANSFER-ENCODING: CHUNKED", body=CODED), ABC)

bad("line ends", "bare LF after the start line", b"GET /I/a HTTP/1.1\n" + HOST + b"\r\n")
bad("line ends", "bare LF after a field", b"GET /I/a HTTP/1.1\r\nHost: lab\n\r\n")
bad("line ends", "bare LF as the empty line", b"GET /I/a HTTP/1.1\r\nHost: lab\r\n\n")
bad("line ends", "bare CR in a value", get(b"X-A: a\rb"))
bad("line ends", "bare CR in a name", get(b"X\r-A: a"))
bad("line ends", "CR CR LF", get(b"X-A: a\r"))
bad("line ends", "CR in the start line", get(target=b"/I/a\r"))
bad("line ends", "LF after the chunk size", post(CHUNKED, body=b"3\nabc\r\n0\r\n\r\n"))
bad("line ends", "LF after chunk data", post(CHUNKED, body=b"3\r\nabc\n0\r\n\r\n"))
bad("line ends", "LF after the last chunk", post(CHUNKED, body=b"3\r\nabc\r\n0\n\r\n"))
bad("line ends", "LF as the end of trailers", post(CHUNKED, body=b"3\r\nabc\r\n0\r\n\n"))
for byte in (0, 1, 8, 11, 12, 27, 31, 127):
    bad("control characters", f"{byte} in a value", get(b"X-A: a" + bytes([byte]) + b"b"))
bad("control characters", "NUL in a name", get(b"X\0A: a"))
bad("control characters", "NUL in the target", get(target=b"/I/\0"))
bad("control characters", "in a trailer", post(CHUNKED, body=b"0\r\nX-T: a\x01\r\n\r\n"))

bad("field names", "space before the colon", get(b"X-A : a"))
bad("field names", "tab before the colon", get(b"X-A\t: a"))
bad("field names", "space before the framing's colon", post(b"Transfer-Encoding : chunked", body=CODED))
bad("field names", "empty", get(b": a"))
bad("field names", "no colon", get(b"X-A"))
bad("field names", "space inside", get(b"X A: a"))
for char in b'"(),/;<=>?@[\\]{}\x80':
    bad("field names", f"with {chr(char)!r}", get(b"X" + bytes([char]) + b": a"), split=False)
bad("field names", "a blank line before the first field", get(b" X-A: a", host=b""))
bad("field names", "a line of a blank", b"GET /I/a HTTP/1.1\r\n \r\nHost: lab\r\n\r\n")

bad("start line", "method with a comma", get(method=b"GE,T"))
bad("start line", "no method", get(method=b""))
bad("start line", "no target", b"GET  HTTP/1.1\r\n" + HOST + b"\r\n")
bad("start line", "two spaces", get(target=b" /I/a"))
bad("start line", "space in the target", get(target=b"/I/a b"))
bad("start line", "tab as a separator", b"GET\t/I/a HTTP/1.1\r\n" + HOST + b"\r\n")
bad("start line", "space at the end", get(version=b"HTTP/1.1 "))
bad("start line", "space before the method", b" " + get())
bad("start line", "HTTP/0.9", b"GET /I/a\r\n", behind=False)
bad("start line", "HTTP/2.0", get(version=b"HTTP/2.0"), status=505)
bad("start line", "HTTP/1.10", get(version=b"HTTP/1.10"))
bad("start line", "http/1.1", get(version=b"http/1.1"))
bad("start line", "no version number", get(version=b"HTTP/1"))
bad("start line", "fragment", get(target=b"/I/a#b"))
bad("start line", "relative target", get(target=b"I/a"))
bad("start line", "asterisk without OPTIONS", get(target=b"*"))
bad("start line", "byte above 127 in the target", get(target=b"/I/\xc3\xa4"))
bad("start line", "very long method", get(method=b"M" * 40), status=501, split=False)

good("absolute-form", "Host is the authority", get(target=b"http://lab/I/a"), A, **{"with": rb"\r\nHost: lab\r\n"})
good("absolute-form", "any case", get(target=b"HTTP://LAB/I/a"), A)
good("absolute-form", "no path but a query", get(b"X-Case: /I/", target=b"http://lab?a"), ("GET", "/?a", b""))
good("absolute-form", "OPTIONS without a path", get(b"X-Case: /I/", target=b"http://lab", method=b"OPTIONS"), ("OPTIONS", "*", b""))
bad("absolute-form", "another Host", get(target=b"http://other/I/a"))
bad("absolute-form", "user information", get(target=b"http://a@lab/I/a"))
bad("absolute-form", "no host", get(target=b"http:///I/a"))
bad("absolute-form", "another scheme", get(target=b"ftp://lab/I/a"))
bad("absolute-form", "without Host", get(target=b"http://lab/I/a", host=b""))

bad("Host", "none", get(host=b""))
bad("Host", "two", get(b"Host: lab"))
bad("Host", "two that differ", get(b"Host: other"))
bad("Host", "empty", get(host=b"Host:\r\n"))
for text in (b"a b", b"a/b", b"a@b", b"a:b", b"a:99999", b"[::1", b"a,b:1,", b"a%zz", b"[1.2.3.4]", b"a\\b", b"a?b", b"\xc3\xa4"):
    if text != b"a,b:1,":
        bad("Host", f"is {text.decode('latin-1')!r}", get(host=b"Host: " + text + b"\r\n"))
good("Host", "with a port", get(host=b"Host: lab:8080\r\n"), A, **{"with": rb"\r\nHost: lab:8080\r\n"})
good("Host", "IPv6", get(host=b"Host: [::1]:80\r\n"), A)
good("Host", "none in HTTP/1.0", get(version=b"HTTP/1.0", host=b""), A, closes=True)

good("limits", "a request line of 8,000 bytes", get(target=b"/I/" + b"a" * 7985), ("GET", "/I/" + "a" * 7985, b""), split=False)
bad("limits", "a request line of 20,000 bytes", get(target=b"/I/" + b"a" * 20000), status=414, split=False, behind=False)
bad("limits", "a field of 70,000 bytes", get(b"X-A: " + b"a" * 70000), status=431, split=False, behind=False)
bad("limits", "101 fields", get(*[b"X-A: a"] * 101), status=431, split=False)
good("limits", "99 fields", get(*[b"X-A: a"] * 98), A, split=False)

good("chunk extensions", "dropped", post(CHUNKED, body=b"3;a=b;c=\"d e\\\"\";f\r\nabc\r\n0;x\r\n\r\n"), ABC, without=rb";")
bad("chunk extensions", "with a control character", post(CHUNKED, body=b"3;a\x01\r\nabc\r\n0\r\n\r\n"))
bad("chunk extensions", "with a bare LF", post(CHUNKED, body=b"3;a\nb\r\nabc\r\n0\r\n\r\n"))
bad("chunk extensions", "without a name", post(CHUNKED, body=b"3;\r\nabc\r\n0\r\n\r\n"))
bad("chunk extensions", "an open quote", post(CHUNKED, body=b"3;a=\"b\r\nabc\r\n0\r\n\r\n"))
bad("chunk extensions", "5,000 bytes", post(CHUNKED, body=b"3;a=" + b"b" * 5000 + b"\r\nabc\r\n0\r\n\r\n"), split=False)
for text in (b"0x3", b"+3", b"-3", b"3 ", b" 3", b"", b"g", b"3,", b"0000000000000000003", b"8000000000000000", b"10000000000000003"):
    bad("chunk sizes", f"is {text.decode()!r}", post(CHUNKED, body=text + b"\r\nabc\r\n0\r\n\r\n"))
bad("chunk sizes", "data longer", post(CHUNKED, body=b"2\r\nabc\r\n0\r\n\r\n"))
bad("chunk sizes", "data shorter", post(CHUNKED, body=b"4\r\nabc\r\n0\r\n\r\n"))
good("chunk sizes", "leading zeros, capitals", post(CHUNKED, body=b"00A\r\n0123456789\r\n000\r\n\r\n"), ("POST", "/I/a", b"0123456789"))

good("trailers", "sent on apart", post(CHUNKED, b"Trailer: X-T", body=b"3\r\nabc\r\n0\r\nX-T: v\r\n\r\n"), ABC,
     **{"with": rb"0\r\nX-T: v\r\n\r\n$"})
good("trailers", "never authentication", post(CHUNKED, body=b"3\r\nabc\r\n0\r\nAuthorization: x\r\nX-Forwarded-For: y\r\n\r\n"), ABC,
     without=rb"Authorization|For: y")
for line in (b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Host: other"):
    bad("trailers", f"with {line.decode()}", post(CHUNKED, body=b"3\r\nabc\r\n0\r\n" + line + b"\r\n\r\n"))
bad("trailers", "space before the colon", post(CHUNKED, body=b"0\r\nX-T : v\r\n\r\n"))

good("hop-by-hop", "named by Connection", get(b"Connection: X-Hop, x-other", b"X-Hop: 1", b"X-OTHER: 2"), A, without=rb"(?i)x-hop|x-other|\r\nconnection")
good("hop-by-hop", "the usual ones", get(b"Connection: keep-alive", b"Keep-Alive: a", b"Proxy-Connection: b", b"TE: trailers", b"Upgrade: h2c"), A,
     without=rb"(?i)keep-alive|proxy-connection|\r\nte:|upgrade")
for name in (b"Host", b"Content-Length", b"Transfer-Encoding", b"X-Forwarded-For", b"Authorization", b"Cookie"):
    bad("hop-by-hop", f"Connection names {name.decode()}", get(b"Connection: close, " + name), split=False)
    bad("hop-by-hop", f"Connection names {name.decode()}, kept alive", get(b"Connection: " + name.lower()))

good("Expect", "sent on", post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"), ABC, **{"with": rb"(?i)expect: 100-continue"})
good("Expect", "ignored in HTTP/1.0", post(b"Expect: 100-continue", b"Content-Length: 3", version=b"HTTP/1.0", body=b"abc"), ABC, closes=True,
     without=rb"(?i)expect")
bad("Expect", "another", get(b"Expect: tea"), status=417)

good("Upgrade", "websocket is asked for", get(b"Connection: upgrade", b"Upgrade: websocket"), A, **{"with": rb"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"})
good("Upgrade", "h2c is not", get(b"Connection: upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: x"), A, without=rb"(?i)upgrade|http2")
good("Upgrade", "what follows stays HTTP", get(b"Connection: upgrade", b"Upgrade: websocket") + get(target=b"/I/b"), A, ("GET", "/I/b", b""))
good("Upgrade", "not in HTTP/1.0", get(b"Connection: upgrade", b"Upgrade: websocket", version=b"HTTP/1.0"), A, closes=True, without=rb"(?i)upgrade")

good("pipelining", "three in order", get() + post(b"Content-Length: 3", body=b"abc") + get(target=b"/I/c"), A, ABC, ("GET", "/I/c", b""))
good("pipelining", "a bad third", get() + post(CHUNKED, body=CODED) + get(b"X : y"), A, ABC, statuses=[200, 200, 400], closes=True)
good("persistence", "HTTP/1.0 is closed", get(b"Connection: keep-alive", version=b"HTTP/1.0") + SMUGGLED, A, closes=True)
good("persistence", "nothing after close", get(b"Connection: close") + SMUGGLED, A, closes=True)
good("persistence", "nothing after close among others", get(b"Connection: x, Close") + SMUGGLED, A, closes=True)

bad("methods", "CONNECT", b"CONNECT lab:80 HTTP/1.1\r\n" + HOST + b"\r\n", status=405)
bad("methods", "TRACE", get(method=b"TRACE"), status=405)
bad("methods", "OPTIONS with Max-Forwards 0", get(b"Max-Forwards: 0", method=b"OPTIONS"), status=200)
good("methods", "OPTIONS with Max-Forwards 2", get(b"Max-Forwards: 2", method=b"OPTIONS"), ("OPTIONS", "/I/a", b""), **{"with": rb"Max-Forwards: 1\r\n"})
bad("methods", "Max-Forwards is no number", get(b"Max-Forwards: x", method=b"OPTIONS"))
good("methods", "OPTIONS *", get(b"X-Case: /I/", target=b"*", method=b"OPTIONS"), ("OPTIONS", "*", b""))

good("forwarding", "claims are replaced", get(b"X-Forwarded-For: 1.2.3.4", b"X_Forwarded_Proto: https", b"Forwarded: for=x", b"X-Forwarded-Host: y"), A,
     **{"with": rb"\r\nX-Forwarded-For: 127\.0\.0\.1\r\n"}, without=rb"1\.2\.3\.4|https|for=x|Host: y")
good("forwarding", "Via is extended", get(b"Via: 1.0 other"), A, **{"with": rb"\r\nVia: 1\.0 other, 1\.1 \S+\r\n"})
