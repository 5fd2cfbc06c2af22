"""Drain x stickiness, every cell: {keep, repin, cut} x {pinned, not pinned, WebSocket, in flight, deadline passed} x
{drain, maintenance, removed, down}.

keep: a pinned client stays with its draining server until the deadline. repin: its next request goes elsewhere. cut: and
what it has in flight is closed. Only a drain knows these. A server in maintenance, removed or down gets no request more,
pinned or not, and what is in flight there finishes; a removed one has the drain's deadline for that."""
import threading

from crowd import Browser, pinned_browser
from harness import health
from http_wire import Broken
from waiting import equal, never, scaled, wait_until

MODES = ("keep", "repin", "cut")
COOKIE = "SYSERVER"
DEADLINE = 2.0  # seconds


class Scene:
    """Two servers; pinned to `a`: a browser, a WebSocket, a request that may finish and one that never does."""

    def __init__(self, lab, mode, name):
        self.released = threading.Event()
        self.mode = mode
        self.a, self.b = lab.backend("a", self.serve), lab.backend("b", self.serve)
        self.engine = lab.start(lab.config([self.a, self.b], pool={
            "stickiness": {"cookie": COOKIE, "when_draining": mode}, "drain": {"timeout": f"{DEADLINE * 1000:.0f}ms"},
            "health_check": health()}), name=f"{name}-{mode}")
        for each in "ab":
            self.engine.await_health(each, "healthy")
        self.browser = pinned_browser(self.engine.port, "a")
        self.token = self.browser.cookies[COOKIE]
        self.socket = self.pinned("GET", "/chat", [("Connection", "Upgrade"), ("Upgrade", "websocket"),
                                                   ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                                                   ("Sec-WebSocket-Version", "13")])
        equal(self.socket.read_response().status, 101)
        self.finishing = self.pinned("GET", "/finishes")
        self.staying = self.pinned("GET", "/gated")
        wait_until(lambda: {"/chat", "/finishes", "/gated"} <= {head.target for head in list(self.a.requests)},
                   "all are in flight at a")

    def serve(self, wire, head):
        name = (self.a if head in self.a.requests else self.b).name
        if head.get("upgrade"):
            wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            while wire.buffer or wire.more():
                wire.send(wire.take(len(wire.buffer)))
            return False
        if head.target == "/finishes":
            self.released.wait(scaled(30))
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())
        return True

    def pinned(self, *request):
        client = self.browser.open(*request, timeout=20)
        return client

    def cell(self, column):
        return f"{self.mode} x {column} x {self.row}"

    def echoes(self):
        try:
            self.socket.send(b"ping")
            return self.socket.exactly(4) == b"ping"
        except (Broken, OSError):
            return False


def act(scene, row):
    scene.row = row
    if row == "down":
        scene.a.health = 500
        scene.engine.await_health("a", "unhealthy")
    else:
        scene.engine.ctl({"drain": "drain", "maintenance": "maintenance", "removed": "remove"}[row], "shop/a")


def check_pinned(scene, stays):
    what = scene.cell("pinned")
    for _ in range(3):
        equal(scene.browser.server(), "a" if stays else "b", what)
    changed = scene.browser.cookies[COOKIE] != scene.token
    equal(changed, not stays, f"{what}: the cookie is rewritten where another server was chosen, and only there")


def check_not_pinned(scene):
    equal({Browser(scene.engine.port).server() for _ in range(6)}, {"b"}, scene.cell("not pinned"))


def closed(client):
    """It ends, with a reply of ours or with the connection: never with a whole answer of the server."""
    try:
        return client.read_response().status == 503
    except Broken:
        return True


def check_cut_at_once(scene):
    wait_until(lambda: not scene.echoes(), scene.cell("WebSocket") + ": closed at once", DEADLINE / 2)
    for client in (scene.finishing, scene.staying):
        assert closed(client), scene.cell("in flight") + ": closed at once"
    scene.engine.await_admin("a", "maintenance", seconds=DEADLINE)


def check_goes_on(scene):
    assert scene.echoes(), scene.cell("WebSocket") + ": stays open"
    scene.released.set()
    head = scene.finishing.read_response()
    equal((head.status, head.body), (200, b"a"), scene.cell("in flight") + ": finishes")


def check_the_deadline_closes_the_rest(scene):
    what = scene.cell("deadline passed")
    never(lambda: not scene.echoes(), what + ": closed before the deadline", DEADLINE / 2)
    wait_until(lambda: not scene.echoes(), what + ": the WebSocket is closed", DEADLINE)
    assert closed(scene.staying), what + ": the request is closed"
    if scene.row == "drain":
        scene.engine.await_admin("a", "maintenance", seconds=2)
    else:
        wait_until(lambda: scene.engine.ctl("servers", "shop/a", code=None).code == 1, what + ": the ghost is gone", 2)
    texts = scene.engine.event_texts("shop/a")
    assert any("deadline passed" in text for text in texts), f"{what}: counted and told: {texts}"
    scene.engine.await_log(2, lambda each: each.get("reason") == "drain_deadline")
    equal({scene.browser.server() for _ in range(4)}, {"b"}, what + ": the pinned browser moves")
    assert scene.browser.cookies[COOKIE] != scene.token, what


def check_no_deadline(scene):
    what = scene.cell("deadline passed")
    never(lambda: not scene.echoes(), what + ": the WebSocket was closed, but there is no deadline",
          DEADLINE + 0.3)
    scene.a.gate.set()
    head = scene.staying.read_response()
    equal((head.status, head.body), (200, b"a"), what + ": in flight finishes")
    equal({scene.browser.server() for _ in range(3)}, {"b"}, what)


def run_row(lab, row, mode):
    scene = Scene(lab, mode, row)
    act(scene, row)
    check_pinned(scene, stays=row == "drain" and mode == "keep")
    check_not_pinned(scene)
    if row == "drain" and mode == "cut":
        check_cut_at_once(scene)
        equal({scene.browser.server() for _ in range(3)}, {"b"}, scene.cell("deadline passed"))
        return
    check_goes_on(scene)
    if row in ("drain", "removed"):
        check_the_deadline_closes_the_rest(scene)
    else:
        check_no_deadline(scene)
    for client in (scene.socket, scene.finishing, scene.staying):
        client.close()


def test_pinned_clients_and_a_draining_server_keep(lab):
    run_row(lab, "drain", "keep")


def test_pinned_clients_and_a_draining_server_repin(lab):
    run_row(lab, "drain", "repin")


def test_pinned_clients_and_a_draining_server_cut(lab):
    run_row(lab, "drain", "cut")


def test_pinned_clients_and_a_server_in_maintenance(lab):
    for mode in MODES:
        run_row(lab, "maintenance", mode)


def test_pinned_clients_and_a_removed_server(lab):
    """It stays visible as a ghost until it is empty."""
    for mode in MODES:
        run_row(lab, "removed", mode)


def test_a_removed_server_is_a_ghost_until_it_is_empty(lab):
    scene = Scene(lab, "keep", "ghost")
    act(scene, "removed")
    wait_until(lambda: scene.engine.server("a")["ghost"], "it is still shown")
    equal(scene.engine.server("a")["in_flight"], 3)
    scene.released.set()
    scene.a.gate.set()
    for client in (scene.finishing, scene.staying):
        equal(client.read_response().status, 200)
    scene.socket.close()
    wait_until(lambda: scene.engine.ctl("--json", "servers", "shop/a", code=None).code == 1, "gone once it is empty")


def test_pinned_clients_and_a_server_that_is_down(lab):
    for mode in MODES:
        run_row(lab, "down", mode)


def test_a_repinned_client_does_not_go_back_by_itself(lab):
    scene = Scene(lab, "keep", "back")
    act(scene, "down")
    check_pinned(scene, stays=False)
    scene.a.health = 200
    scene.engine.await_health("a", "healthy")
    equal({scene.browser.server() for _ in range(6)}, {"b"}, "pinned to the server it was moved to")
