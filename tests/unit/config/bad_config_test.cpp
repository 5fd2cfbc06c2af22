/// What may be wrong with a configuration: the text itself, and the keys of the first hour. The
/// rest is in bad_routing_test.cpp and bad_pools_test.cpp.
#include "bad_row.h"
#include "config/reader.h"
#include "support/test_main.h"
#include "texts.h"

#include <QTest>

namespace steelyard::config::test {

namespace {

std::vector<Row> textRows()
{
    std::string deep = "version: ";
    for (int i = 0; i < 40; ++i)
        deep += i == 31 ? "@[" : "[";
    return {
        {"empty text", "", "is empty", "version"},
        {"only a comment", "# nothing\n", "is empty", "version"},
        {"a list", "@- 1\n", "must be a mapping, not a list", "version: 1"},
        {"a word", "@hello\n", "must be a mapping, not 'hello'", "version: 1"},
        {"binary byte", "version: 1\nx: @\xFF\xFE\n", "byte 0xFF is not UTF-8",
         "save the file as UTF-8"},
        {"cut UTF-8", "version: 1\nä: @\xC3", "byte 0xC3 is not UTF-8", "UTF-8"},
        {"overlong UTF-8", "a: @\xC0\x80", "byte 0xC0 is not UTF-8", "UTF-8"},
        {"surrogate in UTF-8", "a: @\xED\xA0\x80", "byte 0xED is not UTF-8", "UTF-8"},
        {"UTF-16", "@\xFF\xFEv\x01", "is UTF-16", "save the file as UTF-8"},
        {"zero byte", std::string("a: @\0", 5), "control character U+0000", "text file"},
        {"escape character", "a: ä@\x1B[0m", "control character U+001B", "text file"},
        {"tab as indentation", "version: 1\nadmin:\n@\tsocket: auto\n", "YAML syntax", "no tabs"},
        {"unclosed bracket", "version: 1\ntrusted_proxies: [ 10.0.0.0/8\n@", "YAML syntax",
         "brackets"},
        {"unclosed quote", "version: \"1\n@", "YAML syntax", "quotes"},
        {"colon in a plain value", "version: 1\nadmin: a@: b\n", "YAML syntax", "colons"},
        {"missing colon", "version: 1\n@workers\nlisteners: []\n", "could not find expected ':'",
         "colons"},
        {"cut in a key", "version: 1\n@listen", "could not find expected ':'", "colons"},
        {"cut in a bracket, no line end", "version: 1\npools: [ a@", "YAML syntax", "brackets"},
        {"too deep", deep, "nested more than 32 deep", "brackets"},
        {"anchor", inTop("workers: @&w 4"), "anchors", "write the value out"},
        {"tag", inTop("workers: @!!int 4"), "tags", "remove it"},
        {"alias", inTop("workers: @*w"), "aliases", "write the value out"},
        {"merge key", inTop("@<<: { workers: 4 }"), "merge keys", "write the values out"},
        {"second document", inTop("workers: 1") + "@---\nversion: 1\n", "second document",
         "remove"},
        {"key given twice", inTop("workers: 1\n@workers: 2"), "'workers' is given twice", "line 2"},
        {"key that is a list", inTop("@[ a, b ]: 1"), "a key must be plain text", "key: value"},
    };
}

std::vector<Row> topRows()
{
    return {
        {"no version", "@" + kListeners + kPools, "'version' is missing", "add version: 1"},
        {"version 2", "version: @2\n" + kListeners + kPools, "version 2 is not known",
         "version: 1"},
        {"quoted version", "version: @\"1\"\n" + kListeners + kPools,
         "'version' must be the number 1", "version: 1"},
        {"empty version", "version:@\n" + kListeners + kPools,
         "'version' must be the number 1, not nothing", "version: 1"},
        {"unknown key", inTop("@worker: 4"), "unknown key 'worker'", "did you mean 'workers'?"},
        {"key with dashes", inTop("@state-dir: /x"), "unknown key 'state-dir'",
         "did you mean 'state_dir'?"},
        {"key of another world", inTop("@zebra: 4"), "unknown key 'zebra'",
         "known here are version, workers"},
        {"name server by name", inTop("resolver: { servers: [ @dns.lab ] }"),
         "'dns.lab' is not the IP address of a name server", "127.0.0.53"},
        {"name server with port 0", inTop("resolver: { servers: @127.0.0.1:0 }"),
         "is not the IP address of a name server", "127.0.0.1:5353"},
        {"no name server", inTop("resolver: { servers: @[] }"), "'servers'", "127.0.0.53"},
        {"TTL of nothing", inTop("resolver: { min_ttl: @0 }"), "between 1s and 24h", "range"},
        {"TTLs crossed", inTop("resolver: { min_ttl: 10s, max_ttl: @5s }"),
         "'max_ttl' 5s is below 'min_ttl' 10s", "at most max_ttl"},
        {"min_ttl above the default", inTop("resolver: { min_ttl: @10m }"),
         "'max_ttl' 5m is below 'min_ttl' 10m", "at most max_ttl"},
        {"workers 0", inTop("workers: @0"), "between 1 and 256, not '0'", "range"},
        {"workers quoted", inTop("workers: @\"4\""), "auto or a number of threads", "auto"},
        {"workers many", inTop("workers: @many"), "auto or a number of threads, not 'many'",
         "auto"},
        {"socket without a value", inTop("admin:\n  socket:@ \n"), "'socket' has no value",
         "write one"},
        {"socket too long", inTop("admin: { socket: @/" + std::string(120, 's') + " }"),
         "longer than 107 bytes", "shorter"},
        {"admin is a word", inTop("admin: @on"), "'admin' must be a mapping, not 'on'",
         "{ key: value }"},
        {"admin.http without a port", inTop("admin: { http: @127.0.0.1 }"), "host:port",
         "127.0.0.1:80"},
        {"admin.http by name", inTop("admin: { http: @localhost:9900 }"), "needs an IP address",
         "127.0.0.1:9900"},
        {"state_dir a list", inTop("state_dir: @[ a ]"),
         "'state_dir' must be a single value, not a list", "line"},
        {"access_log without a path", inTop("access_log: @{ format: json }"), "'path' is missing",
         "path: access.log"},
        {"access_log format", inTop("access_log: { path: a, format: @jsno }"),
         "unknown format 'jsno'", "did you mean 'json'?"},
        {"proxies not a list", inTop("trusted_proxies: @10.0.0.0/8"),
         "must be a list, not '10.0.0.0/8'", "[ a, b ]"},
        {"proxy no range", inTop("trusted_proxies: [ 10.0.0.0/8, @lab ]"),
         "'lab' is not an address range", "10.0.0.0/8"},
        {"proxy prefix 33", inTop("trusted_proxies: [ @10.0.0.0/33 ]"),
         "prefix length of at most 32", "write 32"},
        {"no listeners key", "@version: 1\n" + kPools, "'listeners' is missing",
         "name, bind and routes"},
        {"no listener", "version: 1\nlisteners: @[]\n", "there is no listener", "add one"},
        {"pools not a list", withPools("pools: @{ shop: {} }"),
         "'pools' must be a list, not a mapping", "- "},
    };
}

std::vector<Row> listenerRows()
{
    const std::string routes = "routes: [ { name: all, pool: shop } ]";
    return {
        {"listener a word", withListeners("listeners: [ @web ]"),
         "an item of 'listeners' must be a mapping", "{ name: a"},
        {"listener without a name",
         withListeners("listeners:\n  - @bind: 127.0.0.1:1\n    " + routes), "'name' is missing",
         "add name"},
        {"listener's bad name",
         withListeners("listeners: [ { name: @my web, bind: 127.0.0.1:1, " + routes + " } ]"),
         "'my web' is not a name", "1 to 64"},
        {"no bind", withListeners("listeners: [ @{ name: web, " + routes + " } ]"),
         "'bind' is missing", "127.0.0.1:8080"},
        {"empty bind", withBind("@[]"), "'bind' is empty", "add an address"},
        {"bind only a port", withBind("@8080"), "host:port, not '8080'", "127.0.0.1:80"},
        {"bind any", withBind("@\"*:80\""), "must be an IP address and a port", "0.0.0.0:80"},
        {"bind by name", withBind("@lab:80"), "not the name 'lab'", "127.0.0.1:80"},
        {"bind IPv6 without brackets", withBind("@\"::1:80\""), "host:port", "in brackets"},
        {"bind bad IPv6", withBind("@\"[::g]:80\""), "IPv6 address between the brackets",
         "[::1]:80"},
        {"bind port too large", withBind("@127.0.0.1:65536"), "port between 0 and 65535",
         "127.0.0.1:80"},
        {"bind mistyped address", withBind("@127.0.0.256:80"), "IP address or a DNS name",
         "spelling"},
        {"bind twice", withBind("[ 127.0.0.1:80, @127.0.0.1:80 ]"),
         "'127.0.0.1:80' is bound already", "line 4"},
        {"bind overlaps", withBind("[ 127.0.0.1:80, @0.0.0.0:80 ]"), "overlaps", "another port"},
        {"bind IPv6 twice", withBind("[ \"[::1]:80\", @\"[0::1]:80\" ]"), "is bound already",
         "another port"},
        {"bind as admin.http", withBind("@127.0.0.1:80") + "admin: { http: 127.0.0.1:80 }\n",
         "is bound already", "line 8"},
        {"reuse_port yes", inListener("reuse_port: @yes"), "must be true or false, not 'yes'",
         "write true or false"},
        {"reuse_port quoted", inListener("reuse_port: @\"true\""), "not the quoted text 'true'",
         "remove the quotes"},
        {"max_connections 0", inListener("max_connections: @0"), "between 1 and 10000000", "range"},
        {"max_connections with a unit", inListener("max_connections: @100k"), "whole number",
         "without a unit"},
        {"max_connections quoted", inListener("max_connections: @\"5\""), "not the quoted text '5'",
         "remove the quotes"},
        {"max_connections huge", inListener("max_connections: @99999999999999999999"),
         "between 1 and 10000000", "digits"},
        {"timeout without a unit", inListener("timeouts: { client_header: @10 }"),
         "a duration with a unit, not '10'", "10s"},
        {"timeout 0", inListener("timeouts: { client_body: @0 }"), "between 1ms and 24h, not '0'",
         "range"},
        {"timeout too long", inListener("timeouts: { keep_alive: @25h }"),
         "between 0 and 24h, not '25h'", "range"},
        {"timeout absurd", inListener("timeouts: { keep_alive: @99999999999999999999h }"),
         "at most 366 days", "shorter"},
        {"timeout in days", inListener("timeouts: { keep_alive: @1d }"),
         "must be a duration, not '1d'", "ms, s, m or h"},
        {"timeout with a fraction", inListener("timeouts: { keep_alive: @1.5s }"),
         "must be a duration, not '1.5s'", "500ms"},
        {"timeout negative", inListener("timeouts: { keep_alive: @-1s }"), "must be a duration",
         "whole number"},
        {"unknown timeout", inListener("timeouts: { @client_headers: 1s }"), "unknown key",
         "'client_header'?"},
        {"headers", inListener("headers: { @x_forwarded: true }"), "unknown key 'x_forwarded'",
         "'forwarded'?"},
        {"listener twice",
         withListeners("listeners:\n  - { name: web, bind: 127.0.0.1:1, " + routes +
                       " }\n  - { name: @web, bind: 127.0.0.1:2, " + routes + " }"),
         "listener 'web' exists already", "line 3"},
    };
}

std::vector<Row> routeRows()
{
    return {
        {"no routes", withListeners("listeners: [ @{ name: web, bind: 127.0.0.1:1 } ]"),
         "'routes' is missing", "name: all"},
        {"empty routes", withRoutes("@[]"), "the listener has no route", "add one"},
        {"route twice", withRoutes("[ { name: a, pool: shop }, { name: @a, pool: shop } ]"),
         "route 'a' exists already", "line 5"},
        {"route does nothing", withRoutes("[ { name: all, pool: shop }, @{ name: a } ]"),
         "the route does nothing", "redirect"},
        {"route does two things",
         withRoutes(
             "[ { name: b, pool: shop }, @{ name: a, pool: shop, reply: { status: 200 } } ]"),
         "more than one", "keep one"},
        {"no such pool", inRoute("pool: @shpo"), "there is no pool 'shpo'", "did you mean 'shop'?"},
        {"no such pool, far away", inRoute("pool: @zebra"), "there is no pool 'zebra'",
         "the pools are shop"},
        {"empty pool", inRoute("pool: @\"\""), "'pool' is empty", "name of a pool"},
        {"pool a list", inRoute("pool: @[ shop ]"), "'pool' must be a single value", "line"},
        {"match a word", inRoute("pool: shop, match: @all"), "'match' must be a mapping",
         "{ key: value }"},
        {"host with a port", inMatch("host: @shop.lab:80"), "'shop.lab:80' is not a host",
         "leave out"},
        {"host any", inMatch("host: @\"*\""), "'*' is not a host", "every host matches"},
        {"host with a star inside", inMatch("host: @\"a.*.lab\""), "is not a host", "*.shop.lab"},
        {"path a word", inMatch("path: @/api"), "'path' must be a mapping, not '/api'",
         "{ prefix: /x }"},
        {"path empty", inMatch("path: @{}"), "'path' says nothing", "add prefix"},
        {"path both", inMatch("path: @{ exact: /a, prefix: /a }"), "both exact and prefix",
         "keep one"},
        {"path without a slash", inMatch("path: { prefix: @api }"), "'api' is not a path",
         "begin with /"},
        {"path with a query", inMatch("path: { exact: @\"/a?b\" }"), "is not a path",
         "percent-encode"},
        {"path not ASCII", inMatch("path: { exact: @/ä }"), "is not a path", "percent-encode"},
        {"redirect without location", inRoute("redirect: @{ status: 301 }"),
         "'location' is missing", "location: /new"},
        {"redirect with a blank", inRoute("redirect: { location: @/a b }"), "is not a location",
         "percent-encode"},
        {"redirect injecting a field", inRoute("redirect: { location: @\"/a\\r\\nx: y\" }"),
         "is not a location", "percent"},
        {"redirect 200", inRoute("redirect: { location: /a, status: @200 }"), "between 300 and 399",
         "range"},
        {"redirect 304", inRoute("redirect: { location: /a, status: @304 }"), "not a redirect",
         "308"},
        {"reply 100", inRoute("reply: { status: @100 }"), "between 200 and 599", "range"},
        {"reply 204 with a body", inRoute("reply: { status: 204, body: @x }"), "has no body",
         "another status"},
        {"reply type with a line end", inRoute("reply: { content_type: @\"a\\nb\" }"),
         "not a content type", "text/plain"},
    };
}

std::vector<Row> poolRows()
{
    return {
        {"pool a word",
         withPools("pools: [ { name: shop, backends: [ { name: a, address: a:1 } ] }, @x ]"),
         "an item of 'pools'", "{ name: a"},
        {"pool twice",
         withPools("pools:\n  - { name: shop, backends: [ { name: a, address: a:1 } ] }\n"
                   "  - { name: @shop, backends: [ { name: a, address: a:1 } ] }"),
         "pool 'shop' exists already", "line 5"},
        {"name too long", withBackends("[ { name: @" + std::string(65, 'n') + ", address: a:1 } ]"),
         "is not a name", "1 to 64"},
        {"name with a slash", withBackends("[ { name: @a/b, address: a:1 } ]"),
         "'a/b' is not a name", "A-Z"},
        {"name with an umlaut", withBackends("[ { name: @käse, address: a:1 } ]"),
         "'käse' is not a name", "A-Z"},
        {"algorithm mistyped", inPool("algorithm: @round_robbin"),
         "unknown algorithm 'round_robbin'", "'round-robin'?"},
        {"algorithm unknown", inPool("algorithm: @best"), "unknown algorithm 'best'",
         "use one of round-robin"},
        {"drain a duration", inPool("drain: @30s"), "'drain' must be a mapping, not '30s'",
         "{ key: value }"},
        {"retry too many", inPool("retry: { attempts: @9 }"), "between 0 and 8, not '9'", "range"},
        {"budget without a sign", inPool("retry: { budget: @20 }"),
         "a percentage with its sign, not '20'", "write 20%"},
        {"budget too large", inPool("retry: { budget: @101% }"), "between 0% and 100%", "range"},
        {"budget too fine", inPool("retry: { budget: @1.234% }"), "at most two decimals",
         "round it"},
        {"budget a fraction", inPool("retry: { budget: @0.2 }"), "a percentage, not '0.2'",
         "12.5%"},
        {"connect 0", inPool("timeouts: { connect: @0 }"), "between 1ms and 1h", "range"},
        {"max_idle negative", inPool("keep_alive: { max_idle: @-1 }"),
         "between 0 and 65536, not '-1'", "range"},
        {"when_all_down", inPool("when_all_down: @fail-opn"), "unknown when_all_down 'fail-opn'",
         "'fail-open'?"},
        {"backends a mapping", withBackends("@{ a: a:1 }"), "'backends' must be a list", "- "},
        {"backend a word", withBackends("[ @127.0.0.1:1 ]"),
         "an item of 'backends' must be a mapping", "{ name: a"},
        {"server twice", withBackends("[ { name: a, address: a:1 }, { name: @a, address: a:2 } ]"),
         "server 'a' exists already", "line 6"},
        {"no address", withBackends("[ @{ name: a } ]"), "'address' is missing", "127.0.0.1:9001"},
        {"address port 0", withBackends("[ { name: a, address: @a:0 } ]"), "'address' has port 0",
         "port"},
        {"address a URL", withBackends("[ { name: a, address: @\"http://a:80/\" } ]"), "host:port",
         "leave out the scheme"},
        {"address without a host", withBackends("[ { name: a, address: @\":80\" } ]"),
         "a host before the colon", "127.0.0.1:80"},
        {"address bad name", withBackends("[ { name: a, address: @\"-x:80\" } ]"),
         "IP address or a DNS name", "spelling"},
        {"weight 257", inServer("weight: @257"), "between 0 and 256, not '257'", "range"},
        {"weight negative", inServer("weight: @-1"), "between 0 and 256", "range"},
        {"weight fraction", inServer("weight: @1.5"), "whole number between 0 and 256, not '1.5'",
         "digits"},
        {"weight quoted", inServer("weight: @'5'"), "not the quoted text '5'", "remove the quotes"},
        {"weight empty", inServer("weight: @~"), "not nothing", "write a number"},
        {"state up", inServer("state: @up"), "unknown state 'up'", "ready, draining, maintenance"},
    };
}

std::vector<Row> checkRows()
{
    return {
        {"type tls", inCheck("type: @tls"), "'tls' is not supported yet", "http or tcp"},
        {"type udp", inCheck("type: @udp"), "unknown type 'udp'", "tcp"},
        {"tcp with a path", inCheck("type: tcp, path: @/x"), "'path' has no meaning with type: tcp",
         "remove it"},
        {"method with a blank", inCheck("method: @G T"), "is not a method", "GET"},
        {"method CONNECT", inCheck("method: @CONNECT"), "is not a method", "GET"},
        {"path without a slash", inCheck("path: @health"), "is not a path", "begin with /"},
        {"host with a blank", inCheck("host: @a b"), "is not a host", "shop.lab"},
        {"header Host", inCheck("headers: { @Host: x }"), "written by the check itself",
         "key 'host'"},
        {"header with a colon", inCheck("headers: { @\"a:b\": x }"),
         "not the name of a header field", "letters"},
        {"header value with a line end", inCheck("headers: { a: @\"x\\ny\" }"),
         "not the value of a header field", "control"},
        {"header twice", inCheck("headers: { a: x, @A: y }"), "given twice", "keep one"},
        {"port 0", inCheck("port: @0"), "between 1 and 65535", "range"},
        {"interval without a unit", inCheck("interval: @2"), "a duration with a unit", "2s or 2ms"},
        {"interval too short", inCheck("interval: @1ms"), "between 10ms and 24h", "range"},
        {"fall 0", inCheck("fall: @0"), "between 1 and 100", "range"},
        {"jitter too large", inCheck("jitter: @51%"), "between 0% and 50%", "range"},
        {"status 600", inCheck("expect: { status: @600 }"), "within 100-599", "200-399"},
        {"status reversed", inCheck("expect: { status: @399-200 }"), "lower end", "exchange"},
        {"status empty list", inCheck("expect: { status: @[] }"), "'status' is empty", "200-399"},
        {"status in a list", inCheck("expect: { status: [ 200, @2xx ] }"),
         "within 100-599, not '2xx'", "200-399"},
        {"body of HEAD", inCheck("method: HEAD, expect: { body_contains: @ok }"),
         "HEAD has no body", "GET"},
        {"headers in expect", inCheck("expect: { @headers: {} }"), "unknown key 'headers'",
         "did you mean 'header'?"},
    };
}

} // namespace

class BadConfigTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void pointsAtTheOneThingThatIsWrong_data()
    {
        addRows({textRows(), topRows(), listenerRows(), routeRows(), poolRows(), checkRows()});
    }

    void pointsAtTheOneThingThatIsWrong() { checkError(); }

    void warnsAndStillReads_data()
    {
        addRows({{
            {"no server", withBackends("@[]"), "pool 'shop' has no server", ""},
            {"no backends key", withPools("pools: [ { name: @shop } ]"),
             "pool 'shop' has no server", ""},
            {"all weights 0", withBackends("@[ { name: a, address: a:1, weight: 0 } ]"),
             "has weight 0", ""},
            {"unused pool",
             withPools(kPools + "  - { name: @x, backends: [ { name: a, address: a:1 } ] }"),
             "is not used", ""},
            {"fast_interval", inCheck("interval: 200ms, fast_interval: @300ms"),
             "longer than interval (200ms)", ""},
            {"proxy bits", inTop("trusted_proxies: [ @10.1.0.0/8 ]"), "bits beyond its prefix", ""},
        }});
    }

    void warnsAndStillReads() { checkWarning(); }

    void tellsEveryErrorAtOnceInTheOrderOfTheFile()
    {
        const std::string text =
            "version: 2\n"
            "wrkers: 4\n"
            "listeners:\n"
            "  - { name: web, bind: nowhere, routes: [ { name: a, pool: shpo }, { name: a, pool: "
            "shop } ] }\n"
            "pools:\n"
            "  - name: shop\n"
            "    retry: { attempts: -1, budget: 5 }\n"
            "    backends: [ { name: a, address: x, weight: 300, backup: 1 } ]\n";
        std::vector<std::pair<int, int>> places;
        for (const Diagnostic& d : readText(text, {}).diagnostics)
            places.emplace_back(d.line, d.column);
        const std::vector<std::pair<int, int>> wanted{{1, 10}, {2, 1},  {4, 24}, {4, 60}, {4, 76},
                                                      {7, 24}, {7, 36}, {8, 37}, {8, 48}, {8, 61}};
        QCOMPARE(places, wanted);
    }

    void writesADiagnosticInOneLine()
    {
        const Diagnostic error{Severity::Error, 3, 5, "what", "do"};
        const Diagnostic warning{Severity::Warning, 0, 0, "what", {}};
        QCOMPARE(error.text("a.yaml"), std::string("a.yaml:3:5: error: what; do"));
        QCOMPARE(warning.text("a.yaml"), std::string("a.yaml:0:0: warning: what"));
    }

    void keepsControlCharactersOfTheFileOutOfItsMessages()
    {
        const ReadResult result = readText(inServer("state: \"a\\e[31m\\nb\""), {});
        QVERIFY2(allOf(result).find("'a?[31m?b'") != std::string::npos, allOf(result).c_str());
    }
};

STEELYARD_TEST(BadConfigTest)

} // namespace steelyard::config::test

#include "bad_config_test.moc"
