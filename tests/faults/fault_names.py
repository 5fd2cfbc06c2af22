"""The name service fails or changes under load: nothing is lost."""
import time

from dns_stub import NameServer
from fault_servers import judge, within
from marks import long, short
from scene import CHECK, SLACK, Scene, span
from traffic import Traffic
from waiting import wait_until

MIN_TTL = 1.0


def named(lab, names, count=2):
    """A scene whose servers are found by name: pool b has one by address too."""
    scene = Scene(lab, count=count)
    config = scene.configuration
    config["resolver"] = {"servers": [names.address], "min_ttl": "1s", "max_ttl": "1m"}
    config["pools"][0]["backends"] = [{"name": "named", "address": f"a.lab:{scene.servers[0].port}"}]
    scene.engine.write(config)
    scene.engine.ctl("reload")
    scene.engine.await_health("named", "healthy")
    return scene


@short
def dns_gone_in_every_way(lab):
    names = NameServer(lab, ttl=0, a_lab=["127.0.0.1"])
    scene = named(lab, names)
    with Traffic(scene.port, 200) as traffic:
        for way in ("servfail", "nxdomain", "garbage", "silence"):
            asked = len(names.questions)
            names.failing = way
            wait_until(lambda: len(names.questions) > asked + 1, f"it asks in vain: {way}", 12)
        span(0.5)
        names.failing = None
        wait_until(lambda: any("resolves again" in text for text in scene.engine.event_texts("resolver")), "it recovers", 12)
    return f"SERVFAIL, NXDOMAIN, garbage, silence; {judge(lab, traffic.results, 0, posts=0)}"


@long
def dns_changed(lab):
    """The name moves to where its server has moved. The old address refuses meanwhile: that is what cannot be served."""
    names = NameServer(lab, ttl=0, a_lab=["127.0.0.1"])
    scene = named(lab, names)
    with Traffic(scene.port, 200) as traffic:
        span(0.5)
        began = time.monotonic()
        names.names["a.lab"] = ["127.0.0.1", "127.0.0.9"]  # nobody is at the second
        found = scene.events.wait("resolver", "'a.lab' is 127.0.0.1, 127.0.0.9", began)
        span(1)
    figure = within(MIN_TTL + SLACK, found, "followed in")
    return f"{figure}; {judge(lab, traffic.results, 0, posts=0)}"


@long
def no_name_ever_resolves(lab):
    """Fifty names that nobody knows, and one server by address: start, reload and traffic are as without them."""
    names = NameServer(lab)
    names.failing = "silence"
    scene = Scene(lab, count=1)
    config = scene.configuration
    config["resolver"] = {"servers": [names.address], "min_ttl": "1s"}
    config["pools"][0]["backends"] += [{"name": f"n{number}", "address": f"n{number}.lab:80"} for number in range(50)]
    config["pools"][0]["health_check"] = CHECK
    with Traffic(scene.port, 200) as traffic:
        scene.engine.write(config)
        began = time.monotonic()
        scene.engine.ctl("reload")
        took = time.monotonic() - began
        span(3)
    engine = lab.start(config, name="second")
    assert engine.request().status == 200
    return f"{within(1.0, took, 'reload in')}; {judge(lab, traffic.results, 0, posts=0)}"
