"""Operators under load: reloads, drains, changes of the algorithm. They cost nothing."""
import threading

from fault_servers import judge
from harness import server
from marks import long, short
from scene import Scene, span
from traffic import Traffic
from waiting import equal, wait_until

ALGORITHMS = ("round-robin", "least-connections", "power-of-two", "random", "peak-ewma", "ring-hash", "maglev",
              "rendezvous-hash", "client-ip-hash", "first", "prequal")


def reloads(lab, count, rate):
    scene = Scene(lab)
    pools = scene.configuration["pools"][0]
    with Traffic(scene.port, rate) as traffic:
        for number in range(count):
            pools["backends"] = [server(each, weight=50 + number % 100) for each in scene.servers[:2 + number % 2]]
            pools["algorithm"] = ALGORITHMS[number % len(ALGORITHMS)]
            scene.engine.write(scene.configuration)
            scene.engine.ctl("reload")
    return f"{count} reloads; {judge(lab, traffic.results, 0, posts=0)}"


@short
def reload_under_load(lab):
    return reloads(lab, 20, 200)


@long
def a_hundred_reloads_under_load(lab):
    return reloads(lab, 100, 400)


@short
def drain_each_server_under_load(lab):
    scene = Scene(lab)
    with Traffic(scene.port, 200) as traffic:
        for each in scene.servers:
            scene.engine.ctl("drain", f"shop/{each.name}", "--timeout", "5s")
            scene.engine.await_admin(each.name, "maintenance")
            before = scene.engine.server(each.name)["totals"]["requests"]
            span(0.2)
            equal(scene.engine.server(each.name)["totals"]["requests"], before, "it is drained and gets requests")
            scene.engine.ctl("ready", f"shop/{each.name}")
    return f"3 drains; {judge(lab, traffic.results, 0, posts=0)}"


@short
def change_the_algorithm_under_load(lab):
    scene = Scene(lab)
    with Traffic(scene.port, 200) as traffic:
        for algorithm in ALGORITHMS:
            scene.engine.ctl("algorithm", "shop", algorithm)
    return f"{len(ALGORITHMS)} changes; {judge(lab, traffic.results, 0, posts=0)}"


@short
def a_configuration_cut_anywhere(lab):
    """Cut at every so many bytes: refused in words, nothing changes, everything is served."""
    scene = Scene(lab)
    text = scene.engine.file.read_text()
    version = scene.engine.status()["config_version"]
    cuts = list(range(0, len(text.rstrip()) - 1, max(1, len(text) // 40)))
    with Traffic(scene.port, 100) as traffic:
        for cut in cuts:
            scene.engine.write(text[:cut])
            said = scene.engine.ctl("reload", code=1)
            assert "nothing changed" in said.out + said.err, said
        equal(scene.engine.status()["config_version"], version)
        # What cannot be read either does not start, and says why.
        scene.engine.write(text[:len(text) // 2])
        ended = lab.run(lab.binary("steelyardd"), "run", str(scene.engine.file), "--socket", "none")
        assert 0 < ended.code < 128 and "error: " in ended.err, ended
        scene.engine.write(text)
        scene.engine.ctl("reload")
    return f"{len(cuts)} cuts refused; start refused with code {ended.code}; {judge(lab, traffic.results, 0, posts=0)}"


@long
def a_configuration_rewritten_while_it_is_read(lab):
    """A writer that never stops truncating and writing: what is read whole is accepted, nothing else is, all is served."""
    scene = Scene(lab)
    text = scene.engine.file.read_text()
    stop = threading.Event()

    def scribble():
        at = 0
        while not stop.is_set():
            at = (at + 97) % len(text)
            scene.engine.file.write_text(text[:at])
            scene.engine.file.write_text(text)

    writer = threading.Thread(target=scribble, daemon=True)
    writer.start()
    accepted = 0
    with Traffic(scene.port, 100) as traffic:
        for _ in range(100):
            accepted += scene.engine.ctl("reload", code=None).code == 0
        stop.set()
        writer.join()
    scene.engine.ctl("reload")
    wait_until(lambda: scene.engine.server("c")["selectable"], "all three are there")
    return f"{accepted} of 100 reloads accepted; {judge(lab, traffic.results, 0, posts=0)}"
