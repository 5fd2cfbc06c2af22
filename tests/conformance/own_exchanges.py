"""Rules that need both sides to act in turn: each function plays one exchange and returns what was wrong, or None.
Written from RFC 9110 and RFC 9112. `talk` has a client (connected), the number for the target, and `server(hook)`:
hook(reader, writer, data) plays the server's side of the connection on which the number arrives."""
import asyncio

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head(talk, method, *lines, version=b"HTTP/1.1"):
    return b"%s /%06d/x %s\r\nHost: lab\r\n" % (method, talk.number, version) + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


async def rest_of(reader, data, wanted):
    """`data` and what comes after it, until it holds `wanted` or ends."""
    while wanted not in data:
        piece = await reader.read(65536)
        if not piece:
            break
        data += piece
    return data


async def half_closed_clients_are_answered(talk):
    talk.client.writer.write(head(talk, b"GET"))
    talk.client.writer.write_eof()
    await talk.client.read_until(lambda c: False)
    return None if talk.client.data.endswith(b"ok") else "no answer after the client's FIN"


async def a_client_that_ends_in_its_body_sends_nothing_whole(talk):
    got = asyncio.get_running_loop().create_future()

    async def hook(reader, writer, data):
        try:
            got.set_result(await rest_of(reader, data, b"neverthere"))
        except OSError:
            got.set_result(data)

    talk.server(hook)
    talk.client.writer.write(head(talk, b"POST", b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
    await asyncio.wait({asyncio.ensure_future(talk.engine_has_read())})
    talk.client.writer.write_eof()
    await talk.client.read_until(lambda c: False)
    received = await asyncio.wait_for(got, 10)
    return "a last chunk was made up" if b"\r\n0\r\n" in received else None


async def an_early_response_ends_the_request(talk):
    """The rest of the body, which looks like a request, is not taken for one."""
    async def hook(reader, writer, data):
        writer.write(GOOD)
        await rest_of(reader, data, b"neverthere")

    talk.server(hook)
    smuggled = b"GET /%06d/smuggled HTTP/1.1\r\nHost: lab\r\n\r\n" % talk.number
    talk.client.writer.write(head(talk, b"POST", b"Content-Length: %d" % (5 + len(smuggled))) + b"start")
    await talk.client.read_until(lambda c: c.data.endswith(b"ok"))
    first = talk.client.data
    await talk.client.send(smuggled)
    talk.client.writer.write_eof()
    await talk.client.read_until(lambda c: False)
    if not first.endswith(b"ok"):
        return f"the early response did not arrive: {first!r}"
    return None if talk.client.data == first else f"the body's rest was answered: {talk.client.data!r}"


async def a_post_is_not_sent_twice(talk):
    times = []

    async def hook(reader, writer, data):
        times.append(data)
        writer.close()

    talk.server(hook)
    await talk.client.send(head(talk, b"POST", b"Content-Length: 3") + b"abc")
    await talk.client.read_until(lambda c: b"\n" in c.data.partition(b"\r\n\r\n")[2])
    if not talk.client.data.startswith(b"HTTP/1.1 502 "):
        return f"not 502: {talk.client.data[:60]!r}"
    return None if len(times) == 1 else f"sent {len(times)} times"


async def informational(talk, version, *lines):
    async def hook(reader, writer, data):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\n\r\n")
        if b"abc" not in data and b"POST" in data:
            await rest_of(reader, data, b"abc")
        writer.write(GOOD)

    talk.server(hook)
    method = b"POST" if lines else b"GET"
    await talk.client.send(head(talk, method, *lines, version=version))
    if lines:
        await talk.client.read_until(lambda c: b" 100 " in c.data)
        await talk.client.send(b"abc")
    await talk.client.read_until(lambda c: c.data.endswith(b"ok"))
    return talk.client.data


async def http_1_0_gets_nothing_informational(talk):
    data = await informational(talk, b"HTTP/1.0")
    return None if data.startswith(b"HTTP/1.1 200 ") else f"got {data[:60]!r}"


async def who_expects_100_gets_it(talk):
    data = await informational(talk, b"HTTP/1.1", b"Expect: 100-continue", b"Content-Length: 3")
    good = data.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 ")
    return None if good else f"got {data[:120]!r}"


async def a_tunnel_begins_after_101_only(talk):
    """What is sent behind the request for an upgrade goes through as it is once the server agreed."""
    async def hook(reader, writer, data):
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        echo = await rest_of(reader, data.partition(b"\r\n\r\n")[2], b"\xff")
        writer.write(b"echo " + echo)
        await rest_of(reader, b"", b"neverthere")

    talk.server(hook)
    await talk.client.send(head(talk, b"GET", b"Connection: upgrade", b"Upgrade: websocket"))
    await talk.client.read_until(lambda c: b"\r\n\r\n" in c.data)
    await talk.client.send(b"GET / not HTTP\0\xff")
    await talk.client.read_until(lambda c: c.data.endswith(b"\xff"))
    return None if talk.client.data.endswith(b"\r\n\r\necho GET / not HTTP\0\xff") else f"got {talk.client.data!r}"


EXCHANGES = (half_closed_clients_are_answered, a_client_that_ends_in_its_body_sends_nothing_whole,
             an_early_response_ends_the_request, a_post_is_not_sent_twice, http_1_0_gets_nothing_informational,
             who_expects_100_gets_it, a_tunnel_begins_after_101_only)
