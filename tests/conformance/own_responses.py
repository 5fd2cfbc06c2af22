"""Own response cases: what a server answers, and what the client must get of it. Written from RFC 9110 and RFC 9112.

A case: the rule, its name, the request's method, the server's raw bytes, what the server does then (keep or close the
connection), and the wanted outcome: "pass" with status and body; "502"; "cut": the client must see that the response is
not complete; and whether the server's connection may be used for a second request.
"""
import collections

Response = collections.namedtuple("Response", "rule name raw then outcome status body reused method split checks")
RESPONSES = []
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CODED = b"3\r\nabc\r\n0\r\n\r\n"
LATER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"


def passes(rule, name, raw, body=b"abc", status=200, then="keep", reused=True, method="GET", split=True, **checks):
    """`checks`: with=REGEX, without=REGEX, of all that the client received."""
    RESPONSES.append(Response(rule, name, raw, then, "pass", status, body, reused and then == "keep", method, split, checks))


def refused(rule, name, raw, method="GET", then="keep", split=True):
    RESPONSES.append(Response(rule, name, raw, then, "502", 502, None, False, method, split, {"without": rb"poison|secret"}))


def cut(rule, name, raw, then="keep", split=True):
    RESPONSES.append(Response(rule, name, raw, then, "cut", 200, None, False, "GET", split, {}))


def length(number, body=b"abc", *lines):
    return OK + b"".join(line + b"\r\n" for line in lines) + b"Content-Length: %s\r\n\r\n" % number + body


passes("plain", "length", length(b"3"))
passes("plain", "length 0", length(b"0", b""), body=b"")
passes("plain", "chunked", CHUNKED + CODED)
passes("plain", "until close", OK + b"\r\nabc", then="close")
passes("plain", "HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nabc", then="close")
passes("plain", "HTTP/1.0 with a length is not kept", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", reused=False)
passes("plain", "no reason", b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc")
passes("plain", "status 299", b"HTTP/1.1 299 Own\r\nContent-Length: 3\r\n\r\nabc", status=299)
passes("plain", "Connection: close is heeded", length(b"3", b"abc", b"Connection: close"), reused=False)

refused("obs-fold", "space", length(b"3", b"abc", b"X-A: secret", b" b"))
refused("obs-fold", "tab", length(b"3", b"abc", b"X-A: secret", b"\tb"))
refused("field names", "space before the colon", length(b"3", b"abc", b"X-A : secret"))
refused("field names", "empty", length(b"3", b"abc", b": secret"))
refused("field names", "no colon", length(b"3", b"abc", b"secret"))
refused("field names", "no token", length(b"3", b"abc", b"X(A: secret"))
refused("line ends", "bare LF", OK + b"X-A: secret\nContent-Length: 3\r\n\r\nabc")
refused("line ends", "bare LF after the status line", b"HTTP/1.1 200 OK\nContent-Length: 3\r\n\r\nabc")
refused("line ends", "bare CR", length(b"3", b"abc", b"X-A: sec\rret"))
for byte in (0, 1, 11, 127):
    refused("control characters", f"{byte} in a value", length(b"3", b"abc", b"X-A: secret" + bytes([byte])))
refused("control characters", "NUL in the reason", b"HTTP/1.1 200 O\0K\r\nContent-Length: 3\r\n\r\nabc")

refused("framing", "CL and TE", OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CODED)
refused("framing", "TE and CL", OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CODED)
refused("framing", "two lengths that differ", OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
refused("framing", "two lengths", OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc")
for text in (b"", b"x", b"+3", b"-3", b"3,3", b"0x3", b"18446744073709551619", b"9223372036854775808"):
    refused("framing", f"length is {text.decode()!r}", length(text))
for text in (b"gzip", b"gzip, chunked", b"chunked, chunked", b"identity", b"chunked;a=b", b"\x0bchunked", b""):
    refused("framing", f"coding is {text.decode('latin-1')!r}", OK + b"Transfer-Encoding: " + text + b"\r\n\r\n" + CODED)
refused("framing", "TE in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CODED)

for line in (b"HTTP/2.0 200 OK", b"HTTP/0.9 200 OK", b"http/1.1 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 OK", b"HTTP/1.1  200 OK",
             b"HTTP/1.1 099 OK", b"HTTP/1.1 2x0 OK", b"200 OK", b"garbage", b""):
    refused("status line", f"is {line.decode()!r}", line + b"\r\nContent-Length: 3\r\n\r\nabc")

passes("bodies", "HEAD has none", length(b"3", b""), body=b"", method="HEAD", **{"with": rb"(?i)content-length: 3"})
passes("bodies", "HEAD with chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n", body=b"", method="HEAD")
passes("bodies", "204 has none", b"HTTP/1.1 204 No Content\r\n\r\n", body=b"", status=204)
passes("bodies", "304 has none", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", body=b"", status=304)
passes("bodies", "204 with a length is mended", b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", body=b"", status=204, without=rb"(?i)content-length")
passes("surplus", "a second response", length(b"3") + LATER, reused=False, without=rb"poison")
passes("surplus", "after HEAD", length(b"3", b"") + LATER, body=b"", method="HEAD", reused=False, without=rb"poison")
passes("surplus", "after 204", b"HTTP/1.1 204 No Content\r\n\r\n" + LATER, body=b"", status=204, reused=False, without=rb"poison")
passes("surplus", "after 304", b"HTTP/1.1 304 Not Modified\r\n\r\n" + LATER, body=b"", status=304, reused=False, without=rb"poison")
passes("surplus", "after the last chunk", CHUNKED + CODED + LATER, reused=False, without=rb"poison")
passes("surplus", "one byte", length(b"3", b"abcd"), reused=False)

passes("informational", "100 is not for this client", b"HTTP/1.1 100 Continue\r\n\r\n" + length(b"3"), without=rb" 100 ")
passes("informational", "103 is sent on", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + length(b"3"), **{"with": rb"^HTTP/1\.1 103 [^\r]*\r\nLink: x\r\n"})
passes("informational", "16 of them", b"HTTP/1.1 103 A\r\n\r\n" * 16 + length(b"3"), split=False)
refused("informational", "20 of them", b"HTTP/1.1 102 A\r\n\r\n" * 20 + length(b"3"), split=False)
refused("informational", "101 that nobody asked for", b"HTTP/1.1 101 A\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
refused("informational", "malformed", b"HTTP/1.1 103 A\r\nX : secret\r\n\r\n" + length(b"3"))

passes("hop-by-hop", "named by Connection", length(b"3", b"abc", b"Connection: X-Hop", b"X-Hop: secret"), without=rb"(?i)x-hop")
passes("hop-by-hop", "Keep-Alive", length(b"3", b"abc", b"Connection: keep-alive", b"Keep-Alive: timeout=9"), without=rb"(?i)keep-alive")
refused("hop-by-hop", "Connection names the framing", length(b"3", b"abc", b"Connection: content-length"))
passes("fields", "Set-Cookie stays in lines and order", length(b"3", b"abc", b"Set-Cookie: a=1", b"Set-Cookie: b=2"),
       **{"with": rb"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"})
passes("trailers", "sent on", CHUNKED + b"3\r\nabc\r\n0\r\nX-T: v\r\n\r\n", **{"with": rb"0\r\nX-T: v\r\n\r\n$"})

cut("broken bodies", "shorter than its length", length(b"9"), then="close")
cut("broken bodies", "no last chunk", CHUNKED + b"3\r\nabc\r\n", then="close")
cut("broken bodies", "chunk cut", CHUNKED + b"9\r\nabc", then="close")
cut("broken bodies", "no chunk size", CHUNKED + b"3\r\nabc\r\nx\r\n\r\n")
cut("broken bodies", "chunk data too long", CHUNKED + b"2\r\nabc\r\n0\r\n\r\n")
cut("broken bodies", "bare LF after the size", CHUNKED + b"3\nabc\r\n0\r\n\r\n")
cut("broken bodies", "size overflows", CHUNKED + b"3\r\nabc\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n")
cut("broken bodies", "framing in trailers", CHUNKED + b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n")
refused("broken heads", "cut in the status line", b"HTTP/1.1 2", then="close", split=False)
refused("broken heads", "cut in a field", OK + b"X-A: secret", then="close", split=False)
refused("broken heads", "nothing at all", b"", then="close", split=False)
