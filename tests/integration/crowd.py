"""Many clients: requests in one write, browsers that keep cookies, load that lasts as long as a block."""
import collections
import contextlib
import threading

from harness import Background
from http_wire import Client
from waiting import equal


def get(target="/", fields=()):
    lines = [f"GET {target} HTTP/1.1", "Host: test.lab", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pipelined(port, requests, batch=50, source=None):
    """Sends GETs, each (target, fields), many in one write -> their responses in order."""
    responses = []
    with Client(port, source=source) as client:
        for start in range(0, len(requests), batch):
            some = requests[start:start + batch]
            client.send(b"".join(get(*each) for each in some))
            responses += [client.read_response() for _ in some]
    return responses


def servers_of(port, requests, **how):
    """Who answered each of these GETs; all must have been answered well."""
    responses = pipelined(port, requests, **how)
    equal([head.status for head in responses if head.status != 200], [], "failed")
    return [head.body.decode() for head in responses]


def counts(port, count, target="/"):
    return collections.Counter(servers_of(port, [(target, ())] * count))


class Browser:
    """Keeps the cookies it is given. A connection for each request unless `kept`."""

    def __init__(self, port, kept=False, cookies=()):
        self.port = port
        self.cookies = dict(cookies)
        self.client = Client(port) if kept else None
        self.given = None  # the last response's Set-Cookie, or None

    def fields(self):
        text = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [("Cookie", text)] if text else []

    def take(self, head):
        self.given = head.get("set-cookie")
        if self.given:
            name, _, value = self.given.split(";")[0].partition("=")
            self.cookies[name.strip()] = value
        return head

    def open(self, method="GET", target="/", fields=(), body=None, timeout=15):
        """Starts a request on a connection of its own and gives that; take() its response."""
        client = Client(self.port, timeout)
        client.start(method, target, [*self.fields(), *fields], body)
        return client

    def request(self, method="GET", target="/", fields=(), body=None):
        if self.client:
            return self.take(self.client.request(method, target, [*self.fields(), *fields], body))
        with self.open(method, target, fields, body) as client:
            return self.take(client.read_response(method))

    def server(self):
        """Who answers it; the answer must be good."""
        head = self.request()
        equal(head.status, 200, repr(head))
        return head.body.decode()


def pinned_browser(port, name, tries=50):
    """A browser whose cookie pins it to that server."""
    for _ in range(tries):
        browser = Browser(port)
        if browser.server() == name:
            return browser
    raise AssertionError(f"none of {tries} new clients got {name}")


@contextlib.contextmanager
def steady(step, clients=4):
    """Calls step() again and again on `clients` threads during the block; what one raises is raised at its end."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            step()

    works = [Background(work) for _ in range(clients)]
    try:
        yield
    finally:
        stop.set()
    for each in works:
        each.join()
