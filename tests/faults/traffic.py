"""Clients that check every byte: each request has an id, and its answer must be made of it. At a fixed rate, so that a
slow balancer is not asked less."""
import collections
import itertools
import random
import threading
import time

from http_wire import Broken, Client
from waiting import scaled

Outcome = collections.namedtuple("Outcome", "at seconds method kind ident")

# Of an Outcome. "unavailable": the engine's own 502, 503 or 504. "cut": the head came, the body did not end. "status":
# the server's own error. "wrong": a whole answer that is not the request's.
GOOD = "ok"
KINDS = (GOOD, "unavailable 502", "unavailable 503", "unavailable 504", "cut", "closed", "refused", "timeout", "status",
         "wrong")
IDEMPOTENT = ("GET", "PUT")
# Bodies above 64 KiB are not kept for a second try, so a PUT of such a size is lost with its server.
SIZES = (60, 900, 9000, 60000)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def expected(ident, size):
    line = ident + "\n"
    return (line * (size // len(line) + 1))[:size].encode()


class Traffic:
    """rate: requests a second, by so many threads; posts, puts: their shares; the rest is GET. seed: of the mix."""

    numbers = itertools.count()

    def __init__(self, port, rate=200, threads=6, posts=0.1, puts=0.1, sizes=SIZES, seed=1, fresh=0.05, patience=10):
        self.port, self.rate, self.posts, self.puts, self.sizes = port, rate, posts, puts, sizes
        self.fresh = fresh  # share of requests on a connection of their own
        self.patience = patience
        self.outcomes = []
        self.sent_posts = []
        self.stopping = threading.Event()
        self.name = f"t{next(self.numbers)}"
        self.threads = [threading.Thread(target=self.run, args=(number, threads, random.Random(seed * 100 + number)),
                                         daemon=True) for number in range(threads)]
        self.began = time.monotonic()
        for each in self.threads:
            each.start()

    def run(self, number, threads, chance):
        client = None
        pace = threads / self.rate
        due = self.began + pace * number / threads
        count = 0
        while not self.stopping.is_set():
            now = time.monotonic()
            if now < due:
                self.stopping.wait(due - now)
            due += pace
            count += 1
            drawn = chance.random()
            method = "POST" if drawn < self.posts else "PUT" if drawn < self.posts + self.puts else "GET"
            if client and chance.random() < self.fresh:
                client.close()
                client = None
            client = self.one(client, method, f"{self.name}-{number}-{count}", chance.choice(self.sizes))
        if client:
            client.close()

    def one(self, client, method, ident, size):
        """Sends one request and judges its answer -> the connection, where it can be used again."""
        at = time.monotonic()
        kind, keep, headed = "refused", False, False
        try:
            if client is None:
                client = Client(self.port, timeout=self.patience)
            kind = "closed"
            body = expected(ident, size)
            if method == "POST":
                self.sent_posts.append(ident)
            if method == "GET":
                client.start(method, f"/echo/{ident}?size={size}", [("x-id", ident)])
            else:
                client.start(method, f"/echo/{ident}", [("x-id", ident)], body)
            head = client.read_head()
            if head is not None:
                headed = True
                kind = "cut"
                found = client.read_body(head)
                keep = "close" not in (head.get("connection") or "").lower()
                if head.get("x-server") is None:
                    kind = f"unavailable {head.status}"
                elif head.status != 200:
                    kind = "status"
                else:
                    kind = GOOD if found == body and head.get("x-id") == ident else "wrong"
        except TimeoutError:
            kind = "timeout"
        except (OSError, Broken):
            kind = "cut" if headed else kind
        self.outcomes.append(Outcome(at, time.monotonic() - at, method, kind, ident))
        if keep:
            return client
        if client:
            client.close()
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for each in self.threads:
            each.join(scaled(self.patience) + 5)

    # ---- results

    def since(self, at, until=None):
        return Results([each for each in self.outcomes if each.at >= at and (until is None or each.at < until)])

    @property
    def results(self):
        return Results(list(self.outcomes))


class Results:
    def __init__(self, outcomes):
        self.outcomes = outcomes

    def of(self, *methods):
        return Results([each for each in self.outcomes if each.method in methods])

    def without(self, *kinds):
        return Results([each for each in self.outcomes if each.kind not in kinds])

    @property
    def count(self):
        return len(self.outcomes)

    @property
    def lost(self):
        """Not answered well, by kind."""
        return collections.Counter(each.kind for each in self.outcomes if each.kind != GOOD)

    def times(self):
        return [each.seconds for each in self.outcomes if each.kind == GOOD]

    @property
    def p99(self):
        return percentile(self.times(), 0.99)

    @property
    def worst(self):
        return max(self.times(), default=0.0)

    @property
    def worst_gap(self):
        """The longest time in which nothing was answered well."""
        ends = sorted(each.at + each.seconds for each in self.outcomes if each.kind == GOOD)
        return max((after - before for before, after in zip(ends, ends[1:])), default=0.0)

    def words(self):
        lost = ", ".join(f"{count} {kind}" for kind, count in sorted(self.lost.items())) or "none"
        return f"{self.count} requests, lost: {lost}, p99 {self.p99 * 1000:.1f} ms, worst {self.worst * 1000:.0f} ms"
