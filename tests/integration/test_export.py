"""steelyardd export: the targets' own checkers take it, and the balancers that run it do as Steelyard does."""
import collections
import json
import re
import shutil

import backends
import http_wire
from backends import PEERS, free_port, reply
from harness import SOURCE, once
from waiting import contains, equal, reduced, wait_until

EXPORTS = PEERS / "export"
CONFIGURATIONS = sorted(file.stem for file in EXPORTS.glob("*.yaml"))


def program(lab, name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    return found or lab.skip(f"{name} is not installed")


def export(lab, file, target):
    """-> the text; every note is a line of its own."""
    ended = lab.run(lab.binary("steelyardd"), "export", "--to", target, file)
    equal(ended.code, 0, ended.err)
    for line in ended.err.splitlines():
        note = re.fullmatch(re.escape(str(file)) + r"(:\d+:\d+: warning: .*|: (exact|approximated|dropped): .+)", line)
        assert note, f"not a note: {line!r}"
    return ended.out


def in_folder(lab, text):
    """nginx's configuration with its temporary files in the test's folder."""
    paths = "".join(f"    {kind}_temp_path {lab.folder}/nginx-{kind};\n"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    assert text.count("\nhttp {\n") == 1
    return text.replace("\nhttp {\n", "\nhttp {\n" + paths)


def nginx_command(lab, file):
    return [program(lab, "nginx"), "-c", str(file), "-p", str(lab.folder), "-e", "stderr", "-g",
            f"daemon off; master_process off; pid {lab.folder}/nginx.pid;"]


def accepted(lab, target, file, text):
    if target == "nginx":
        file.write_text(in_folder(lab, text))
        ended = lab.run(*nginx_command(lab, file), "-t")
    else:
        file.write_text(text)
        ended = lab.run(program(lab, "haproxy"), "-c", "-f", file)
    equal(ended.code, 0, f"{file.name}: {ended.err}{ended.out}\n{text}")
    for word in ("[warn", "[WARNING]", "[ALERT]"):
        assert word not in ended.err, f"{file.name}: {ended.err}"


def source(lab, name, ports=None, text=None):
    """A copy of the configuration in the test's folder, with other ports."""
    text = text or (EXPORTS / f"{name}.yaml").read_text()
    for old, new in (ports or {}).items():
        text = re.sub(rf"\b127\.0\.0\.1:{old}\b", f"127.0.0.1:{new}", text)
    file = lab.folder / f"{name}.yaml"
    file.write_text(text)
    return file


@once
def test_ten_configurations_pass_the_checkers(lab):
    equal(len(CONFIGURATIONS), 10)
    for name in CONFIGURATIONS:
        file = source(lab, name)
        equal(lab.run(lab.binary("steelyardd"), "check", file).code, 0, name)
        for target in ("haproxy", "nginx"):
            accepted(lab, target, lab.folder / f"{name}.{target}", export(lab, file, target))


@once
def test_the_file_with_all_keys_passes_the_checkers(lab):
    """Its one name is replaced: nginx looks names up when it checks."""
    text = (SOURCE / "resources/examples/all-keys.yaml").read_text()
    file = lab.folder / "all-keys.yaml"
    file.write_text(text.replace("lab-c.internal", "localhost"))
    for target in ("haproxy", "nginx"):
        accepted(lab, target, lab.folder / f"all-keys.{target}", export(lab, file, target))


@once
def test_yaml_is_a_configuration_of_the_same_meaning(lab):
    for name in CONFIGURATIONS:
        once_more = lab.folder / "again.yaml"
        once_more.write_text(export(lab, source(lab, name), "yaml"))
        equal(export(lab, once_more, "yaml"), once_more.read_text(), name)


@once
def test_bad_files_and_wrong_usage_are_told_apart(lab):
    steelyardd = lab.binary("steelyardd")
    file = source(lab, "weights")
    bad = lab.folder / "bad.yaml"
    bad.write_text("version: 1\nlisteners: 5\n")
    ended = lab.run(steelyardd, "export", "--to", "nginx", bad)
    equal((ended.code, ended.out), (1, ""))
    contains(ended.err, f"{bad}:2:")
    for arguments in (["--to", "envoy", file], [file], ["--to", "nginx"], ["--to"], ["--to", "nginx", file, file]):
        ended = lab.run(steelyardd, "export", *arguments)
        equal((ended.code, ended.out), (2, ""), str(arguments))
        contains(ended.err, "usage: steelyardd export --to yaml|haproxy|nginx|keepalived FILE")
    contains(lab.run(steelyardd, "--help").out, "export --to yaml|haproxy|nginx|keepalived FILE")


# ---- run for real

class Scene:
    """Steelyard with one of the configurations, and the two others with what is exported of it."""

    def __init__(self, lab, name, made, text=None):
        """made: backends by the port that the configuration has for them; text: instead of the file of that name."""
        self.ports = {}
        ports = {port: backend.port for port, backend in made.items()}
        for target in ("steelyard", "haproxy", "nginx"):
            self.ports[target] = free_port()
            file = source(lab, name, {**ports, 8080: self.ports[target]}, text)
            if target == "steelyard":
                lab.start(file.read_text(), name=name)
                continue
            made_of_it = export(lab, file, target)
            config = lab.folder / f"{target}.cfg"
            config.write_text(in_folder(lab, made_of_it) if target == "nginx" else made_of_it)
            command = nginx_command(lab, config) if target == "nginx" else [program(lab, "haproxy"), "-db", "-f",
                                                                            str(config)]
            lab.spawn(command, target)
            wait_until(lambda port=self.ports[target]: self.answers(port), f"{target} serves: {lab.words(target)}")

    @staticmethod
    def answers(port):
        try:
            return http_wire.request(port).status != 503
        except (OSError, http_wire.Broken):
            return False

    def ask(self, target, method="GET", path="/", fields=()):
        others = [field for field in fields if field[0] != "Host"]
        return http_wire.request(self.ports[target], method, path, others, host=dict(fields).get("Host", "test.lab"))


def shares(port, count, path):
    with http_wire.Client(port) as client:
        counts = collections.Counter(client.request("GET", path).body.decode() for _ in range(count))
    return {name: 100 * number / count for name, number in counts.items()}


def same_shares(scene, paths):
    count = reduced(1500, 300)
    for path in paths:
        expected = shares(scene.ports["steelyard"], count, path)
        for target in ("haproxy", "nginx"):
            found = shares(scene.ports[target], count, path)
            for name in {*expected, *found}:
                off = abs(expected.get(name, 0) - found.get(name, 0))
                assert off <= 2, f"{target} {path}: {name} is {off:.1f} points off: {found}, Steelyard {expected}"
    return expected


@once
def test_weights_share_as_steelyard_does(lab):
    made = {port: lab.backend(name) for port, name in zip(range(9001, 9008), "abcdefg")}
    expected = same_shares(Scene(lab, "weights", made), ["/"])
    equal(sorted(expected), ["a", "b", "c"], "weight 0, draining, maintenance and backup get nothing")


@once
def test_weights_of_two_pools_share_as_steelyard_does(lab):
    made = {port: lab.backend(name) for port, name in zip(range(9001, 9006), "abcde")}
    same_shares(Scene(lab, "two-pools", made), ["/", "/apis", "/api/x?y"])


def echo(name):
    """Answers with what it got."""
    def handler(wire, head):
        got = {"server": name, "line": head.line,
               "fields": {key: head.get(key) for key in ("host", "x-route", "x-lab", "x-seen", "x-debug", "user-agent",
                                                         "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded",
                                                         "x-request-id", "x-forwarded-port")}}
        # Quotes around a host that needs none say the same (RFC 7239 4).
        got["fields"]["forwarded"] = (got["fields"]["forwarded"] or "").replace('"', "")
        reply(wire, 200, json.dumps(got).encode(), [("x-server", name)])
    return handler


def answer(head):
    # What a redirect says beside its location is each one's own.
    body = "" if 300 <= head.status < 400 else head.body.decode("latin-1")
    return {"status": head.status, "body": json.loads(body) if body.startswith("{") else body,
            **{name: head.get(name) for name in ("location", "x-served", "vary", "x-server", "x-pot")},
            "type": head.get("content-type") if body and not body.startswith("{") else None}


def same_answers(scene, asked):
    for method, path, fields in asked:
        expected = answer(scene.ask("steelyard", method, path, fields))
        for target in ("haproxy", "nginx"):
            found = answer(scene.ask(target, method, path, fields))
            equal(found, expected, f"{target}: {method} {path} {fields}")


@once
def test_routes_are_found_as_steelyard_finds_them(lab):
    scene = Scene(lab, "matches", {9001: lab.backend("a", echo("a"))})
    shop, www = [("Host", "x.y.shop.lab:80")], [("Host", "WWW.shop.lab")]
    beta, tenant = ("X-Beta", "Yes 1"), ("X-Tenant", "abc")
    same_answers(scene, [
        ("GET", "/", ()), ("GET", "/", shop), ("GET", "/", [("Host", "shop.lab")]), ("GET", "/www/x", www), ("GET", "/w", www),
        ("GET", "/a", ()), ("GET", "/ab", ()), ("GET", "/a/", ()), ("GET", "/a/b", ()), ("GET", "/a/b/x?y=1", ()),
        ("GET", "/a/b/c", ()), ("GET", "/a/b/c/", ()), ("GET", "/x/../a/./b/%63", ()), ("GET", "/item/12", ()),
        ("GET", "/item/1234", ()), ("GET", "/item/x", ()), ("POST", "/a", ()), ("PUT", "/a/x", ()), ("POST", "/", ()),
        ("GET", "/a", [beta]), ("POST", "/a", [beta]), ("GET", "/a", [("X-Beta", "yes 1")]), ("GET", "/a", [beta, tenant]),
        ("GET", "/a", [beta, ("X-Tenant", "Abc")]), ("GET", "/?debug=on+off", ()), ("GET", "/?x=1&debug=on%20off&y", ()),
        ("GET", "/?debug=on", ()), ("GET", "/?xdebug=on+off", ()), ("GET", "/?user=12&q=", ()), ("GET", "/?user=12", ()),
        ("GET", "/?q&user=1a", ()), ("GET", "/", [("Cookie", "x=1; cohort=b")]), ("GET", "/", [("Cookie", "cohort=bb")]),
        ("GET", "/", [("Cookie", "xcohort=b")]), ("GET", "/t", [("Cookie", "theme=dark; y=2")]),
        ("GET", "/t", [("Cookie", "theme=darker")]), ("GET", "/local/x", ()), ("GET", "/local/far", ()),
        ("GET", "/local/far", [("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-Proto", "https")]),
    ])


@once
def test_routes_do_what_steelyard_does(lab):
    scene = Scene(lab, "actions", {9001: lab.backend("a", echo("a")), 9002: lab.backend("b", echo("b"))})
    same_answers(scene, [
        ("GET", "/api", ()), ("GET", "/api/x%20y?q=1", ()), ("GET", "/api/", [("X-Debug", "1")]),
        ("GET", "/strip", ()), ("GET", "/strip/x/y?z", ()), ("GET", "/one?x", ()),
        ("GET", "/old", ()), ("GET", "/old?a=b", ()), ("GET", "/whole/x?y=1", [("Host", "Shop.lab:81")]), ("GET", "/rest", ()),
        ("GET", "/rest/x/y?q=1", ()), ("GET", "/pot", ()), ("GET", "/empty", ()), ("GET", "/long", ()),
    ])
    for target in ("steelyard", "haproxy", "nginx"):
        equal(scene.ask(target, path="/none").status, 404, f"{target}: no route")
    # No client can make a redirect point to another host.
    for path in ("/whole//evil.lab", "/rest//evil.lab/", "/rest/%2f/evil.lab", "/rest/\\evil.lab"):
        for target in ("haproxy", "nginx"):
            found = scene.ask(target, path=path, fields=[("Host", "shop.lab")]).get("location")
            assert found is None or found.startswith(("https://shop.lab/", "/to")), f"{target} {path}: {found}"
    for target in ("haproxy", "nginx"):
        split = {json.loads(scene.ask(target, path="/canary").body)["server"] for _ in range(150)}
        equal(split, {"a", "b"}, f"{target} splits")
        for client in range(10):
            asked = [scene.ask(target, path="/cohort", fields=[("Cookie", f"uid={client}")]) for _ in range(3)]
            equal(len({json.loads(head.body)["server"] for head in asked}), 1, f"{target}: a key's side")


LISTENER = """
version: 1
trusted_proxies: [ {trusted} ]
listeners:
  - name: web
    bind: 127.0.0.1:8080
    headers: {{ x_forwarded_host: true, forwarded: true, x_request_id: {ids}, via: false }}
    {more}
    routes: [ {{ name: all, pool: shop }} ]
pools:
  - name: shop
    algorithm: round-robin
    {pool}
    backends: [ {{ name: a, address: 127.0.0.1:9001 }}, {{ name: b, address: 127.0.0.1:9002 }} ]
"""


def listener(trusted="10.0.0.0/8", ids="false", more="", pool=""):
    return LISTENER.format(trusted=trusted, ids=ids, more=more, pool=pool)


CLAIMS = [("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "x.lab"),
          ("Forwarded", "for=10.1.2.3"), ("X-Request-Id", "12"), ("X-Forwarded-Port", "99")]


@once
def test_servers_are_told_of_clients_as_steelyard_tells(lab):
    made = {9001: lab.backend("a", echo("a")), 9002: lab.backend("a", echo("a"))}
    same_answers(Scene(lab, "strangers", made, listener()), [("GET", "/", ()), ("GET", "/", CLAIMS)])


@once
def test_servers_are_told_of_trusted_proxies_claims_as_steelyard_tells(lab):
    made = {9001: lab.backend("a", echo("a")), 9002: lab.backend("a", echo("a"))}
    scene = Scene(lab, "trusted", made, listener("127.0.0.0/8"))
    same_answers(scene, [("GET", "/", ()), ("GET", "/", CLAIMS)])


@once
def test_a_clients_rate_is_limited_as_by_steelyard(lab):
    """A burst of 20, then 429; 1 request in 2 seconds afterwards is too little to matter here."""
    made = {9001: lab.backend("a"), 9002: lab.backend("b")}
    text = listener(more="limits: { requests_per_second: 0.5, burst: 20 }")
    scene = Scene(lab, "limited", made, text)
    for target in ("steelyard", "haproxy", "nginx"):
        statuses = [scene.ask(target).status for _ in range(30)]
        served = statuses.index(429)
        assert 15 <= served <= 21, f"{target}: {statuses}"  # some were used up to see that it serves
        assert statuses[served:].count(200) <= 2, f"{target}: {statuses}"


@once
def test_haproxy_pins_clients_by_the_cookie(lab):
    made = {9001: lab.backend("a"), 9002: lab.backend("b")}
    scene = Scene(lab, "sticky", made, listener(pool="stickiness: { cookie: LAB }"))
    first = scene.ask("haproxy")
    pin = first.get("set-cookie").split(";")[0]
    assert pin.startswith("LAB="), pin
    equal({scene.ask("haproxy", fields=[("Cookie", pin)]).body for _ in range(6)}, {first.body})
    equal(len({scene.ask("haproxy").body for _ in range(6)}), 2, "without it")


@once
def test_nginx_mirrors(lab):
    shadow = lab.backend("b", echo("b"))
    scene = Scene(lab, "actions", {9001: lab.backend("a", echo("a")), 9002: shadow})
    equal(json.loads(scene.ask("nginx", path="/mirrored/x?y").body)["server"], "a")
    wait_until(lambda: [head for head in shadow.requests if head.target == "/mirrored/x?y"], "the copy arrives")
