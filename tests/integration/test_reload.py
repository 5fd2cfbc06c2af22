"""Reloading under load: nothing fails, nothing is dropped, what operators set stays, a broken file changes nothing."""
import json
import socket
import time

import backends
import http_wire
from harness import Background, route, server
from waiting import contains, equal, reduced, wait_until


def variant(lab, pool, round_number):
    """A configuration that really differs each time: weights, routes, a pool and a listener that come and go."""
    odd = round_number % 2 == 1
    routes = [route("shop")]
    if odd:
        routes.insert(0, route("extra", "extra", path={"prefix": "/extra"}))
    entries = [server(each, weight=1 + (round_number + index) % 5) for index, each in enumerate(pool)]
    extra = [{"name": "extra", "backends": [server(pool[0])]}] if odd else []
    configuration = lab.config(entries, routes=routes, pools=extra)
    if round_number % 3 == 1:
        configuration["listeners"].append({"name": "second", "bind": "127.0.0.1:0", "routes": [route("shop")]})
    return configuration


def test_50_reloads_under_load_lose_nothing(lab):
    pool = [backends.nginx(lab, name) for name in "abc"]
    engine = lab.start(variant(lab, pool, 0))
    load = lab.start_load(engine.port, seconds=8)
    rounds = reduced(50, 10)
    stop = []

    def long_lived():
        """One connection that asks every 50 ms and must never be closed."""
        answers = 0
        with engine.client() as client:
            while not stop:
                equal(client.request().status, 200)
                answers += 1
                time.sleep(0.05)  # lint: the client's rhythm is what is tested
        return answers

    kept = Background(long_lived)
    for round_number in range(1, rounds + 1):
        engine.write(variant(lab, pool, round_number))
        if round_number % 2:
            engine.ctl("reload")
        else:
            engine.reload_by_signal()
    stop.append(True)
    assert kept.join() > 0
    result = lab.finish_load(load)
    equal(result.failed, 0, result.text)
    assert result.requests > 1000 or reduced(2, 1) == 1, result.text
    equal(engine.status()["config_version"], rounds + 1)


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_listener_is_added_and_removed(lab):
    pool = [lab.backend("a")]
    configuration = lab.config(pool)
    engine = lab.start(configuration)
    configuration["listeners"].append({"name": "second", "bind": "127.0.0.1:0", "routes": [route("shop")]})
    engine.write(configuration)
    engine.ctl("reload")
    rows = {row["name"]: row for row in engine.status()["listeners"]}
    port = int(rows["second"]["addresses"][0].rpartition(":")[2])
    with engine.client() as first:
        equal(first.request().status, 200)
        with http_wire.Client(port) as second:
            equal(second.request().status, 200)
            del configuration["listeners"][1]
            engine.write(configuration)
            engine.ctl("reload")
            wait_until(lambda: refuses(port), "the removed listener refuses")
        equal(first.request().status, 200, "the other listener's connection lives on")


def test_a_broken_file_changes_nothing_and_says_why(lab):
    engine = lab.engine(lab.backend("a"))
    good = engine.file.read_text()
    engine.write("version: 1\nlisteners:\n  - name: web\n    bnd: 127.0.0.1:0\n")
    ended = engine.ctl("reload", code=1)
    contains(ended.out + ended.err, "steelyard.yaml:4:5: error: unknown key 'bnd'")
    equal(engine.request().status, 200)
    contains(" ".join(engine.event_texts("config")), "reload refused, nothing changed")
    wait_until(lambda: f"{engine.file}:4:5: error: unknown key 'bnd'" in engine.words(), "it is told on stderr")
    engine.write(good)
    engine.ctl("reload")


def test_runtime_changes_survive_a_reload_and_yield_to_the_file(lab):
    pool = [lab.backend(name) for name in "ab"]
    configuration = lab.config([server(each, weight=10) for each in pool])
    engine = lab.start(configuration)
    engine.ctl("weight", "shop/a", "30")
    engine.ctl("drain", "shop/b")
    engine.await_admin("b", "maintenance")
    engine.write(json.dumps(configuration, indent=2))
    engine.ctl("reload")
    equal((engine.server("a")["weight"], engine.server("b")["admin"]), (30, "maintenance"))
    configuration["pools"][0]["backends"][0]["weight"] = 5
    engine.write(configuration)
    engine.ctl("reload")
    equal(engine.server("a")["weight"], 5, "the file changed that very key")
    equal(engine.server("b")["admin"], "maintenance", "and not this one")


def test_save_writes_runtime_changes_and_keeps_comments(lab):
    a, b = lab.backend("a"), lab.backend("b")
    text = (f"# the shop\nversion: 1\nworkers: {lab.workers}\nlisteners:\n  - name: web\n    bind: 127.0.0.1:0  # any\n"
            "    routes: [ { name: all, pool: shop } ]\npools:\n  - name: shop\n    backends:\n"
            f"      - {{ name: a, address: \"{a.address}\", weight: 10 }}  # the first\n"
            f"      - {{ name: b, address: \"{b.address}\" }}\n")
    engine = lab.start(text)
    equal(engine.ctl("save").code, 0)
    engine.ctl("weight", "shop/a", "25")
    engine.ctl("algorithm", "shop", "random")
    assert engine.status()["unsaved_changes"]
    engine.ctl("save")
    saved = engine.file.read_text()
    contains(saved, "weight: 25 }  # the first")
    contains(saved, "# the shop\n")
    contains(saved, "bind: 127.0.0.1:0  # any\n")
    contains(saved, "algorithm: random")
    assert not engine.status()["unsaved_changes"]
    equal((engine.folder / "steelyard.yaml~").read_text(), text, "the version before is kept")
    engine.write(saved + "# edited elsewhere\n")
    engine.ctl("weight", "shop/a", "26")
    contains(engine.ctl("save", code=1).err, "was changed since it was loaded")
def test_an_applied_file_runs_and_is_saved(lab):
    a, b = lab.backend("a"), lab.backend("b")
    text = (f"version: 1\nworkers: {lab.workers}\nlisteners:\n  - name: web\n    bind: 127.0.0.1:0\n"
            "    routes: [ { name: all, pool: shop } ]\npools:\n  - name: shop\n    backends:\n"
            f"      - {{ name: a, address: \"{a.address}\" }}  # the first\n"
            f"      - {{ name: b, address: \"{b.address}\" }}\n")
    engine = lab.start(text)
    engine.ctl("maintenance", "shop/b")
    shown = engine.ctl("config").out
    contains(shown, "state: maintenance")
    other = engine.folder / "other.yaml"
    other.write_text(shown.replace("name: a,", "name: a, weigth: 3,"))
    contains(engine.ctl("apply", str(other), code=1).err, "did you mean 'weight'?")
    equal(engine.ctl("config").out, shown)
    other.write_text(text.replace("name: a,", "name: a, state: maintenance,"))
    engine.ctl("apply", str(other))
    equal(set(engine.picks(4)), {"b"}, "the text replaces what was changed at run time")
    equal(engine.file.read_text(), text)
    engine.ctl("save")
    equal(engine.file.read_text(), other.read_text())


def test_a_removed_server_added_again_keeps_its_line_in_the_file(lab):
    a, b = lab.backend("a"), lab.backend("b")
    text = (f"version: 1\nworkers: {lab.workers}\nlisteners:\n  - name: web\n    bind: 127.0.0.1:0\n"
            "    routes: [ { name: all, pool: shop } ]\npools:\n  - name: shop\n    backends:\n"
            f"      - {{ name: a, address: \"{a.address}\", weight: 10 }}  # the first\n"
            f"      - {{ name: b, address: \"{b.address}\", weight: 10 }}\n")
    engine = lab.start(text)
    engine.ctl("remove", "shop/a")
    assert engine.status()["unsaved_changes"]
    engine.ctl("add", "shop", f"a={a.address}", "--weight", "10")
    assert not engine.status()["unsaved_changes"], "all is as the file says"
    engine.ctl("remove", "shop/a")
    engine.ctl("add", "shop", f"a={a.address}", "--weight", "10", "--state", "maintenance")
    equal(engine.server("a")["admin"], "maintenance")
    equal(set(engine.picks(4)), {"b"})
    engine.ctl("save")
    equal(engine.file.read_text(), text.replace("weight: 10 }  #", "weight: 10, state: maintenance }  #"))
