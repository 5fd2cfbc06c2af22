/// What may be wrong with the routing keys: conditions, rewriting, header edits, mirrors, splits
/// and the limits of clients.
#include "bad_row.h"
#include "support/test_main.h"

namespace steelyard::config::test {

namespace {

std::string manyConditions(const std::string& separator)
{
    std::string out;
    for (int i = 0; i < 65; ++i)
        out += "x" + std::to_string(i) + separator + ", ";
    return out;
}

std::vector<Row> matchRows()
{
    return {
        {"method a mapping", inMatch("method: @{ a: b }"), "'method' must be a single value",
         "line"},
        {"method empty", inMatch("method: @[]"), "'method' is empty", "[ GET, POST ]"},
        {"method with a blank", inMatch("method: [ GET, @G T ]"), "'G T' is not a method", "GET"},
        {"method twice", inMatch("method: [ GET, @GET ]"), "'GET' is given twice", "keep one"},
        {"method empty text", inMatch("method: @\"\""), "'' is not a method", "GET"},
        {"headers a list", inMatch("headers: @[ x-a ]"), "'headers' must be a mapping, not a list",
         "{ key: value }"},
        {"header with a blank", inMatch("headers: { @\"x a\": b }"),
         "'x a' is not the name of a header field", "letters"},
        {"header twice", inMatch("headers: { x-a: b, @X-A: c }"), "'X-A' is given twice",
         "any case"},
        {"header without a value", inMatch("headers: { x-a: @~ }"), "'x-a' has no value",
         "write one"},
        {"header's value with a line end", inMatch("headers: { x-a: @\"a\\nb\" }"),
         "is not the value of a header field", "control"},
        {"header's value with a blank at its end", inMatch("headers: { x-a: @\"a \" }"),
         "'a ' is not the value of a header field", "blanks"},
        {"header's condition unknown", inMatch("headers: { x-a: { present: true, @regx: a } }"),
         "unknown key 'regx'", "'regex'?"},
        {"header's condition mistyped", inMatch("headers: { x-a: { @presnt: true } }"),
         "unknown key 'presnt'", "'present'?"},
        {"path mistyped", inMatch("path: { @prefx: /a }"), "unknown key 'prefx'", "'prefix'?"},
        {"header's condition empty", inMatch("headers: { x-a: @{} }"), "'x-a' says nothing",
         "{ present: true }"},
        {"header's condition doubled", inMatch("headers: { x-a: @{ regex: a, present: true } }"),
         "'x-a' has both regex and present", "{ regex: ... }"},
        {"header's condition a list", inMatch("headers: { x-a: @[ a, b ] }"),
         "'x-a' must be a single value, not a list", "line"},
        {"absent header", inMatch("headers: { x-a: { present: @false } }"),
         "'present' can only be true", "route after"},
        {"present yes", inMatch("headers: { x-a: { present: @yes } }"), "must be true or false",
         "true or false"},
        {"too many headers", inMatch("headers: @{ " + manyConditions(": a") + " }"),
         "more than 64 conditions", "remove some"},
        {"query without a name", inMatch("query: { @\"\": a }"),
         "'' is not the name of a query parameter", "letters"},
        {"query with an equals sign", inMatch("query: { @\"a=b\": c }"),
         "'a=b' is not the name of a query parameter", "letters"},
        {"query regex open", inMatch("query: { a: { regex: @\"[a\" } }"),
         "'[a' is not a regular expression: missing ]", "RE2"},
        {"query regex empty", inMatch("query: { a: { regex: @\"\" } }"),
         "is not a regular expression: it is empty", "[0-9]+"},
        {"query regex a number", inMatch("query: { a: { regex: @[ 1 ] } }"),
         "'regex' must be a single value", "line"},
        {"cookie with a comma", inMatch("cookies: { @\"a,b\": c }"),
         "'a,b' is not the name of a cookie", "letters"},
        {"cookie's value with a semicolon", inMatch("cookies: { a: @\"b;c\" }"),
         "'b;c' is not the value of a cookie", "control"},
        {"cookie regex repeats nothing", inMatch("cookies: { a: { regex: @\"*a\" } }"),
         "no argument for repetition operator: *", "RE2"},
        {"client empty", inMatch("client: @[]"), "'client' is empty", "10.0.0.0/8"},
        {"client a name", inMatch("client: [ 10.0.0.1, @lab ]"), "'lab' is not an address range",
         "10.0.0.0/8"},
        {"client's prefix too long", inMatch("client: @10.0.0.0/40"),
         "a prefix length of at most 32", "write 32"},
        {"path regex open", inMatch("path: { regex: @\"/a(\" }"),
         "is not a regular expression: missing ): /a(", "RE2"},
        {"path regex looks around", inMatch("path: { regex: @\"/a(?!b)\" }"),
         "is not a regular expression: invalid perl operator: (?!", "lookaround"},
        {"path regex refers back", inMatch("path: { regex: @'/(.)\\1' }"),
         "is not a regular expression: invalid escape sequence: \\1", "RE2"},
        {"path regex with a line end", inMatch("path: { regex: @\"/a(\\n\" }"),
         "'/a(?' is not a regular expression: missing ): /a(?", "RE2"},
        {"path regex too large", inMatch("path: { regex: @\"/(((a{100}){100}){100})\" }"),
         "is not a regular expression", "repetitions"},
        {"path regex too long", inMatch("path: { regex: @/" + std::string(4096, 'a') + " }"),
         "longer than 4096 bytes", "several routes"},
        {"path regex and prefix", inMatch("path: @{ prefix: /a, regex: /a.* }"),
         "'path' has both prefix and regex", "keep one"},
        {"match unknown", inMatch("@cookie: {}"), "unknown key 'cookie'", "'cookies'?"},
    };
}

std::vector<Row> editRows()
{
    const std::string regex = "pool: shop, match: { path: { regex: /a } }, ";
    return {
        {"rewrite a path", inRoute("pool: shop, rewrite: @/x"), "'rewrite' must be a mapping",
         "{ key: value }"},
        {"rewrite unknown", inRoute("pool: shop, rewrite: { @prefix: /x }"), "unknown key 'prefix'",
         "known here are path, host"},
        {"rewrite path relative", inRoute("pool: shop, rewrite: { path: @x }"), "'x' is not a path",
         "begin with /"},
        {"rewrite path with a query", inRoute("pool: shop, rewrite: { path: @/x?a }"),
         "'/x?a' is not a path", "percent-encode"},
        {"rewrite of a regex", inRoute(regex + "rewrite: { path: @/x }"),
         "'path' cannot replace what a regex matches", "prefix or exact"},
        {"rewrite host a URL", inRoute("pool: shop, rewrite: { host: @\"http://a\" }"),
         "'http://a' is not a host", "api.internal"},
        {"rewrite host bare IPv6", inRoute("pool: shop, rewrite: { host: @\"::1\" }"),
         "'::1' is not a host", "api.internal"},
        {"rewrite host injecting", inRoute("pool: shop, rewrite: { host: @\"a\\r\\nb: c\" }"),
         "is not a host", "api.internal"},
        {"edits a list", inRoute("pool: shop, request_headers: @[ x ]"),
         "'request_headers' must be a mapping", "{ key: value }"},
        {"edits unknown", inRoute("pool: shop, request_headers: { @append: {} }"),
         "unknown key 'append'", "set, add, remove"},
        {"set a list", inRoute("pool: shop, request_headers: { set: @[ x-a ] }"),
         "'set' must be a mapping", "{ key: value }"},
        {"set Host", inRoute("pool: shop, request_headers: { set: { @Host: a } }"),
         "header 'Host' cannot be edited", "rewrite"},
        {"add Content-Length",
         inRoute("pool: shop, response_headers: { add: { @Content-Length: 5 } }"),
         "where the body ends", "remove it"},
        {"remove Transfer-Encoding",
         inRoute("pool: shop, response_headers: { remove: [ @transfer-encoding ] }"),
         "where the body ends", "remove it"},
        {"set Connection", inRoute("pool: shop, request_headers: { set: { @connection: close } }"),
         "belongs to one connection", "remove it"},
        {"remove Upgrade", inRoute("pool: shop, request_headers: { remove: [ @Upgrade ] }"),
         "belongs to one connection", "remove it"},
        {"set with a colon", inRoute("pool: shop, request_headers: { set: { @\"x:\": a } }"),
         "'x:' is not the name of a header field", "letters"},
        {"set injecting", inRoute("pool: shop, request_headers: { set: { x: @\"a\\r\\nb: c\" } }"),
         "is not the value of a header field", "control"},
        {"add with a zero byte", inRoute("pool: shop, request_headers: { add: { x: @\"a\\0\" } }"),
         "is not the value of a header field", "control"},
        {"set twice", inRoute("pool: shop, request_headers: { set: { x-a: 1, @X-A: 2 } }"),
         "'X-A' is given twice", "keep one"},
        {"set nothing", inRoute("pool: shop, request_headers: { set: { x-a: @~ } }"),
         "'x-a' has no value", "write one"},
        {"remove a word", inRoute("pool: shop, response_headers: { remove: @server }"),
         "'remove' must be a list, not 'server'", "[ a, b ]"},
        {"remove twice", inRoute("pool: shop, response_headers: { remove: [ a, @A ] }"),
         "'A' is given twice", "keep one"},
        {"mirror a name", inRoute("pool: shop, mirror: @shop"), "'mirror' must be a mapping",
         "{ key: value }"},
        {"mirror without a pool", inRoute("pool: shop, mirror: @{ share: 5% }"),
         "'pool' is missing", "pool: NAME"},
        {"mirror to nowhere", inRoute("pool: shop, mirror: { pool: @shpo }"),
         "there is no pool 'shpo'", "'shop'?"},
        {"mirror more than all", inRoute("pool: shop, mirror: { pool: shop, share: @110% }"),
         "between 0% and 100%", "range"},
        {"mirror without a sign", inRoute("pool: shop, mirror: { pool: shop, share: @10 }"),
         "a percentage with its sign", "10%"},
    };
}

std::vector<Row> splitRows()
{
    const std::string one = "pools: [ { pool: shop } ]";
    std::string many;
    for (int i = 0; i < 257; ++i)
        many += "{ pool: shop }, ";
    return {
        {"split a list", inRoute("split: @[ shop ]"), "'split' must be a mapping, not a list",
         "{ key: value }"},
        {"split without pools", inRoute("split: @{ key: path }"), "'pools' is missing",
         "weight: 90"},
        {"split of nothing", inSplit("pools: @[]"), "the split has no pool", "weight: 90"},
        {"split of too many", inSplit("pools: @[ " + many + " ]"), "more than 256 pools",
         "weight: 90"},
        {"split of names", inSplit("pools: [ @shop ]"),
         "an item of 'pools' must be a mapping, not 'shop'", "{ pool: a"},
        {"split side without a pool", inSplit("pools: [ @{ weight: 1 } ]"), "'pool' is missing",
         "pool: NAME"},
        {"split side to nowhere", inSplit("pools: [ { pool: shop }, { pool: @shop-next } ]"),
         "there is no pool 'shop-next'", "the pools are shop"},
        {"split side twice", inSplit("pools: [ { pool: shop }, { pool: @shop } ]"),
         "pool 'shop' is in the split twice", "line 7"},
        {"split side's weight negative", inSplit("pools: [ { pool: shop, weight: @-1 } ]"),
         "between 0 and 1000000", "range"},
        {"split side's weight a share", inSplit("pools: [ { pool: shop, weight: @90% } ]"),
         "whole number", "without a unit"},
        {"split without weight", inSplit("pools: @[ { pool: shop, weight: 0 } ]"),
         "every weight of the split is 0", "weight: 1"},
        {"split key unknown", inSplit("key: @ip, " + one),
         "'key' must be client-ip, header:NAME, cookie:NAME, path or query:NAME, not 'ip'",
         "cookie:uid"},
        {"split key mistyped", inSplit("key: @cokie:uid, " + one), "not 'cokie:uid'",
         "did you mean 'cookie:NAME'?"},
        {"split key without a name", inSplit("key: @cookie, " + one),
         "must be cookie: and a name, not 'cookie'", "cookie:uid"},
        {"split key's header bad", inSplit("key: @\"header:x y\", " + one),
         "header: and the name of a header field", "header:x-user"},
        {"split key's cookie bad", inSplit("key: @\"cookie:\", " + one),
         "cookie: and the name of a cookie", "cookie:uid"},
        {"split key's parameter bad", inSplit("key: @\"query:a&b\", " + one),
         "query: and the name of a parameter", "query:user"},
        {"split and pool",
         withRoutes("[ { name: b, pool: shop }, @{ name: a, pool: shop, split: { " + one +
                    " } } ]"),
         "more than one of pool, split", "keep one"},
        {"limits a number", inListener("limits: @5"), "'limits' must be a mapping, not '5'",
         "{ key: value }"},
        {"limits unknown", inLimits("@rps: 5"), "unknown key 'rps'", "requests_per_second"},
        {"rate 0", inLimits("requests_per_second: @0"),
         "a number above 0, at most 1000000, not '0'", "range"},
        {"rate negative", inLimits("requests_per_second: @-5"), "a number, not '-5'", "digits"},
        {"rate too fine", inLimits("requests_per_second: @0.001"), "at most two decimals",
         "round it"},
        {"rate too high", inLimits("requests_per_second: @1000001"), "at most 1000000", "range"},
        {"rate absurd", inLimits("requests_per_second: @99999999999999999"),
         "a number of at most 10000000", "smaller"},
        {"rate quoted", inLimits("requests_per_second: @\"5\""), "not the quoted text '5'",
         "remove the quotes"},
        {"rate with a unit", inLimits("requests_per_second: @5/s"), "a number, not '5/s'",
         "digits"},
        {"burst a fraction", inLimits("requests_per_second: 1, burst: @1.5"), "whole number",
         "digits"},
        {"connections 0", inLimits("connections: @0"), "between 1 and 1000000", "range"},
    };
}

} // namespace

class BadRoutingTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void pointsAtTheOneThingThatIsWrong_data() { addRows({matchRows(), editRows(), splitRows()}); }

    void pointsAtTheOneThingThatIsWrong() { checkError(); }

    void warnsAndStillReads_data()
    {
        const std::string elsewhere = "redirect: { location: /x }, ";
        addRows({{
            {"method in lower case", inMatch("method: [ @get ]"), "told apart by case", "GET"},
            {"client bits", inMatch("client: @10.1.2.3/8"), "bits beyond", "10.0.0.0/8"},
            {"rewrite of a redirect", inRoute(elsewhere + "rewrite: @{ path: /y }"),
             "'rewrite' has no effect: the route redirects", "remove it"},
            {"mirror of a reply", inRoute("reply: {}, mirror: @{ pool: shop }"),
             "'mirror' has no effect: the route replies itself", "remove it"},
            {"request_headers of a redirect",
             inRoute(elsewhere + "request_headers: @{ remove: [ a ] }"),
             "'request_headers' has no effect", "remove it"},
            {"no limit", inListener("limits: @{}"), "'limits' limits nothing", "connections"},
            {"burst alone", inLimits("connections: 5, burst: @5"),
             "no effect without 'requests_per_second'", "add it"},
        }});
    }

    void warnsAndStillReads() { checkWarning(); }
};

STEELYARD_TEST(BadRoutingTest)

} // namespace steelyard::config::test

#include "bad_routing_test.moc"
