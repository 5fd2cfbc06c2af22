"""Who gets which request: counts and order of round robin, over new and kept connections."""
import collections

import backends
from harness import Background, server
from waiting import equal, wait_until


def test_round_robin_counts_over_three_nginx_are_exact(lab):
    servers = [backends.nginx(lab, name) for name in "abc"]
    engine = lab.engine(*servers)
    equal(collections.Counter(engine.picks(30)), {"a": 10, "b": 10, "c": 10}, "new connections")
    with engine.client() as kept:
        equal(collections.Counter(engine.picks(30, kept)), {"a": 10, "b": 10, "c": 10}, "a kept connection")


def test_concurrent_clients_get_exact_round_robin_counts(lab):
    """The cursor is one for all workers: 8 connections, spread over them, still add up exactly."""
    servers = [lab.backend(name) for name in "abc"]
    engine = lab.engine(*servers)

    def ask():
        with engine.client() as client:
            return engine.picks(30, client)

    counts = collections.Counter()
    for work in [Background(ask) for _ in range(8)]:
        counts.update(work.join())
    equal(counts, {"a": 80, "b": 80, "c": 80})


def weighted(lab, *weights):
    return [server(lab.backend(name), weight=weight) for name, weight in zip("abcdef", weights)]


def test_weights_5_1_1_give_the_smooth_order(lab):
    engine = lab.engine(*weighted(lab, 5, 1, 1))
    equal("".join(engine.picks(21)), "aabacaa" * 3, "new connections")
    with engine.client() as kept:
        equal("".join(engine.picks(14, kept)), "aabacaa" * 2, "a kept connection")


def test_weight_0_gets_nothing_and_all_the_same_with_others(lab):
    engine = lab.engine(*weighted(lab, 3, 0, 1))
    equal(collections.Counter(engine.picks(16)), {"a": 12, "c": 4})


def test_a_weight_set_at_run_time_takes_effect_at_once(lab):
    engine = lab.engine(*weighted(lab, 1, 1))
    engine.ctl("weight", "shop/a", "3")
    equal(collections.Counter(engine.picks(16)), {"a": 12, "b": 4})


def test_least_connections_avoids_the_busy_server(lab):
    busy, idle = lab.backend("a"), lab.backend("b")
    engine = lab.engine(busy, idle, pool={"algorithm": "least-connections"})
    clients = [engine.client() for _ in range(4)]
    for client in clients:
        client.start(target="/gated")
        wait_until(lambda: len(busy.requests) + len(idle.requests) > clients.index(client), "the request arrives")
    equal((len(busy.requests), len(idle.requests)), (2, 2), "gated requests are spread by load")
    busy.gate.set()
    for client in clients:
        client.close()


def test_an_algorithm_is_changed_at_run_time(lab):
    engine = lab.engine(*weighted(lab, 1, 1))
    engine.ctl("algorithm", "shop", "random")
    equal(engine.status()["pools"][0]["algorithm"], "random")
    engine.ctl("algorithm", "shop", "round-robin")
    equal(collections.Counter(engine.picks(10)), {"a": 5, "b": 5})
