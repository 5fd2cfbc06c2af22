"""What a server can do to a balancer. Requests that may be repeated must not be lost; none may get wrong bytes; no POST
may arrive twice; the server must be out within the bound of its health check and back within its own."""
import time

from harness import Late
from marks import long, short
from network import HostOfItsOwn, own_network
from scene import CONNECT, RESPONSE, SLACK, Scene, Server, down_bound, repeated_posts, span, up_bound
from traffic import IDEMPOTENT, Traffic
from waiting import equal, wait_until

RATE = 200


def judge(lab, results, idempotent=0, posts=None):
    """No answer is wrong, no POST came twice, and lost are at most so many idempotent requests and POSTs (None: any)."""
    words = results.words()
    equal(results.lost["wrong"], 0, words)
    equal(repeated_posts(lab), [], "POSTs that came twice")
    lost = sum(results.of(*IDEMPOTENT).lost.values())
    assert lost <= idempotent, f"{lost} idempotent requests lost, at most {idempotent} may be: {words}"
    if posts is not None:
        lost = sum(results.of("POST").lost.values())
        assert lost <= posts, f"{lost} POSTs lost, at most {posts} may be: {words}"
    return words


def within(bound, seconds, what):
    if seconds > bound:
        raise Late(f"{what} took {seconds:.2f} s, the bound is {bound:.2f} s")
    return f"{what} {seconds:.2f} s (bound {bound:.2f})"


def goes_wrong(lab, mode, silent, idempotent=0, posts=None, seconds=0.3, **how):
    """The server b goes wrong under load and recovers -> the figure."""
    scene = Scene(lab, **how)
    b = scene.servers[1]
    with Traffic(scene.port, RATE) as traffic:
        span(0.5)
        began = time.monotonic()
        b.be(mode)
        down = scene.events.wait("shop/b", "down: ", began)
        span(seconds)
        settled = time.monotonic()
        span(0.3)
        quiet = traffic.since(settled, time.monotonic() - 2 * RESPONSE)
        equal(sum(quiet.lost.values()), 0, "lost while it is known to be down")
        began = time.monotonic()
        b.be("ok")
        up = scene.events.wait("shop/b", "up: ", began)
        wait_until(lambda: scene.engine.server("b")["selectable"], "it is back", 8)
        span(0.2)
    words = judge(lab, traffic.results, idempotent, posts)
    return f"{within(down_bound(silent), down, 'down in')}, {within(up_bound(), up, 'up in')}; {words}"


@long
def killed_under_load(lab):
    scene = Scene(lab)
    b = scene.servers[1]
    with Traffic(scene.port, RATE) as traffic:
        span(0.5)
        began = time.monotonic()
        b.kill()
        down = scene.events.wait("shop/b", "down: ", began)
        began = time.monotonic()
        b.start()
        up = scene.events.wait("shop/b", "up: ", began)
        span(0.3)
    # A POST that was under way there cannot be repeated: one a connection.
    words = judge(lab, traffic.results, 0, posts=6)
    return f"{within(down_bound(False), down, 'down in')}, {within(up_bound(), up, 'up in')}; {words}"


@long
def refuses(lab):
    return goes_wrong(lab, "refuse", False, posts=6)


@short
def hangs_after_accepting(lab):
    """Idempotent requests are answered by another server after the response timeout; a POST is 504 then."""
    figure = goes_wrong(lab, "hang", True)
    return figure


@long
def hangs_and_nobody_else_is_there(lab):
    scene = Scene(lab, count=1)
    scene.servers[0].be("hang")
    began = time.monotonic()
    equal(scene.engine.request().status, 504)
    return within(RESPONSE + SLACK, time.monotonic() - began, "504 after")


@short
def resets_after_accepting(lab):
    return goes_wrong(lab, "reset accept", False)


@long
def resets_after_the_request(lab):
    return goes_wrong(lab, "reset head", False)


@long
def answers_no_http(lab):
    """Never forwarded: 502 to who cannot be served elsewhere; ejected after five, at the latest by the check."""
    return goes_wrong(lab, "garbage", False, idempotent=60)


@long
def swallows_syns(lab):
    """No answer to a SYN: each request waits for the connect timeout once, and is served."""
    figure = goes_wrong(lab, "blackhole", True, posts=0)
    return f"{figure} (connect timeout {CONNECT:g} s)"


@long
def its_host_vanishes(lab):
    """Neither SYNs nor what is under way on open connections are answered ever again. A GET waits for the response timeout
    and is asked elsewhere; a POST is 504 then."""
    with own_network(lab):
        servers = [Server(lab, "a"), HostOfItsOwn(lab, "b"), Server(lab, "c")]
        return goes_wrong(lab, "vanished", True, posts=6, servers=servers)


def ejected_for_cutting(lab, mode, lost):
    """Answers cut after their head cannot be mended: the client must see it, and the server is ejected."""
    scene = Scene(lab)
    b = scene.servers[1]
    with Traffic(scene.port, RATE) as traffic:
        span(0.5)
        began = time.monotonic()
        b.be(mode)
        found = scene.events.wait("shop/b", "ejected", began)
        b.be("ok")
        wait_until(lambda: scene.engine.server("b")["selectable"], "it is back", 8)
        span(0.2)
    results = traffic.results
    equal({kind for kind in results.lost} - {"cut"}, set(), results.words())
    words = judge(lab, results, lost, posts=lost)
    return f"ejected in {found:.2f} s; {words}"


@short
def resets_in_the_answer(lab):
    return ejected_for_cutting(lab, "reset body", 12)


@long
def ends_after_half_an_answer(lab):
    return ejected_for_cutting(lab, "half 1000", 12)


@long
def a_slow_body_is_no_fault(lab):
    scene = Scene(lab)
    scene.servers[1].be("slow 0.6")
    with Traffic(scene.port, 60, threads=12) as traffic:
        span(3)
    return judge(lab, traffic.results, 0, posts=0)


@long
def flaps_every_second(lab):
    """Changes of state are at most one a rise or fall; nothing is lost."""
    scene = Scene(lab)
    b = scene.servers[1]
    with Traffic(scene.port, RATE) as traffic:
        began = time.monotonic()
        for _ in range(5):
            b.be("refuse")
            span(1)
            b.be("ok")
            span(1)
        changes = len(scene.events.times("shop/b", "down: ", began)) + len(scene.events.times("shop/b", "up: ", began))
        span(0.5)
    assert changes <= 10, f"{changes} changes of state in 10 changes of the server"
    words = judge(lab, traffic.results, 0, posts=10)
    return f"{changes} changes of state for 10 of the server; {words}"


@long
def answers_late(lab):
    """A latency spike below the timeouts: nothing is lost or sent twice, and the others get its share."""
    scene = Scene(lab)
    with Traffic(scene.port, RATE, threads=24) as traffic:
        span(1)
        before = {row.name: scene.engine.server(row.name)["totals"]["requests"] for row in scene.servers}
        scene.servers[1].be("delay 0.6")
        span(3)
        after = {row.name: scene.engine.server(row.name)["totals"]["requests"] for row in scene.servers}
        scene.servers[1].be("ok")
        span(1)
    counts = {name: after[name] - before[name] for name in after}
    share = counts["b"] / sum(counts.values())
    assert share < 0.2, f"the late server still got {share:.0%}"
    retries = scene.engine.status()["totals"]["retries"]
    equal(retries, 0, "retries")
    return f"its share fell from 33% to {share:.0%}; {judge(lab, traffic.results, 0, posts=0)}"


@short
def a_burst_of_errors(lab):
    """Ejected after five in a row, by live traffic alone: its probes are good."""
    scene = Scene(lab)
    with Traffic(scene.port, RATE) as traffic:
        span(0.5)
        began = time.monotonic()
        scene.servers[1].be("status 500")
        found = scene.events.wait("shop/b", "ejected", began)
        scene.servers[1].be("ok")
        span(0.5)
    lost = traffic.results.lost
    equal(set(lost) - {"status"}, set(), traffic.results.words())
    assert lost["status"] <= 5 + 6, f"{lost['status']} of its errors were passed on, five eject it"
    return f"ejected in {found:.2f} s; {judge(lab, traffic.results, 11)}"


@short
def all_down_and_back(lab):
    scene = Scene(lab)
    for each in scene.servers:
        each.be("refuse")
    for each in scene.servers:
        scene.engine.await_health(each.name, "unhealthy")
    took = []
    for _ in range(20):
        began = time.monotonic()
        equal(scene.engine.request().status, 503)
        took.append(time.monotonic() - began)
    refused = within(0.05, sorted(took)[10], "503 in")
    began = time.monotonic()
    for each in scene.servers:
        each.be("ok")
    wait_until(lambda: scene.engine.request().status == 200, "it serves again", 5, 0.01)
    back = within(up_bound(), time.monotonic() - began, "serves again in")
    return f"{refused}, {back}"
