/// Each feature as HAProxy has it, and what is told about it.
#include "exports.h"
#include "support/test_main.h"

namespace steelyard::interop::test {

namespace {

std::vector<Row> listenerRows()
{
    const std::string web = "listeners/web";
    return {
        {"bind",
         {},
         {"frontend web", "bind 127.0.0.1:8080", "maxconn 100000"},
         web + "/bind",
         "exact"},
        {"times",
         {.listener = "timeouts: { client_header: 5s, client_body: 20s, keep_alive: 0 }"},
         {"timeout client 20s", "timeout http-request 5s", "option httpclose"},
         web + "/timeouts/keep_alive",
         "exact"},
        {"rate",
         {.listener = "limits: { requests_per_second: 100, burst: 200 }"},
         {"stick-table type ipv6 size 100k expire 10s store http_req_rate(2000ms)",
          "http-request return status 429 content-type text/plain string 'too many requests' hdr "
          "Retry-After 1 if { sc0_http_req_rate gt 200 }"},
         web + "/limits/burst",
         "approximated"},
        {"connections",
         {.listener = "limits: { connections: 50 }"},
         {"tcp-request connection reject if { sc0_conn_cur gt 50 }"},
         web + "/limits/connections",
         "exact"},
        {"claims of strangers are removed",
         {.top = "trusted_proxies: [ 10.1.0.0/8 ]\n"},
         {"acl trusted src 10.0.0.0/8",
          "http-request del-header ^x[-_]forwarded[-_] -m reg unless trusted"},
         "trusted_proxies",
         "exact"},
        {"no forwarding",
         {.listener = "headers: { x_forwarded_for: false, via: false }"},
         {},
         web + "/headers/via",
         "exact"},
        {"request id",
         {.listener = "headers: { x_request_id: true }"},
         {"http-request set-header X-Request-Id %[uuid()] unless { req.hdr(x-request-id) -m found "
          "}"},
         web + "/headers/x_request_id",
         "exact"},
        {"workers", {.top = "workers: 3\n"}, {"nbthread 3"}, "workers", "exact"},
        {"log",
         {.top = "access_log: { path: a.log }\n"},
         {"log stdout format raw local0", "option httplog"},
         "access_log/path",
         "approximated"},
        {"admin",
         {.top = "admin: { http: \"127.0.0.1:9900\" }\n"},
         {"frontend admin", "bind 127.0.0.1:9900"},
         "admin/http",
         "approximated"},
    };
}

std::vector<Row> routeRows()
{
    const std::string api = "listeners/web/routes/api";
    return {
        {"host",
         {.route = "match: { host: \"*.shop.lab\" }"},
         {"acl api.host var(txn.host) -m end -- .shop.lab",
          "http-request set-var(txn.route) str(api) if !routed api.host"},
         api + "/match/host",
         "exact"},
        {"prefix",
         {.route = "match: { path: { prefix: /api/ } }"},
         {"acl api.path var(txn.path) -m str -- /api",
          "acl api.path var(txn.path) -m beg -- /api/"},
         api + "/match/path/prefix",
         "exact"},
        {"exact path",
         {.route = "match: { path: { exact: \"/%61%2fb\" } }"},
         {"acl api.path var(txn.path) -m str -- /a%2Fb"},
         api + "/match/path/exact",
         "exact"},
        {"regex",
         {.route = "match: { path: { regex: \"/i/[0-9]+\" } }"},
         {"acl api.path var(txn.path) -m reg -- '^(?:/i/[0-9]+)$'"},
         api + "/match/path/regex",
         "approximated"},
        {"methods",
         {.route = "match: { method: [ GET, POST ] }"},
         {"acl api.method method -- GET", "acl api.method method -- POST"},
         api + "/match/method",
         "exact"},
        {"header",
         {.route = "match: { headers: { x-b: \"it's $HOME\" } }"},
         {"acl api.header1 req.fhdr(x-b) -m str -- 'it'\\''s $HOME'"},
         api + "/match/headers/x-b",
         "exact"},
        {"empty header",
         {.route = "match: { headers: { x-b: \"\" } }"},
         {"acl api.header1 req.fhdr(x-b) -m reg -- ^$"},
         api + "/match/headers/x-b",
         "exact"},
        {"query",
         {.route = "match: { query: { debug: \"1\" } }"},
         {"acl api.query1 url_param(debug),url_dec(1) -m str -- 1"},
         api + "/match/query/debug",
         "exact"},
        {"cookie",
         {.route = "match: { cookies: { uid: { present: true } } }"},
         {"acl api.cookie1 req.cook(uid) -m found"},
         api + "/match/cookies/uid",
         "exact"},
        {"client",
         {.route = "match: { client: [ 10.0.0.0/8, \"::1\" ] }"},
         {"acl api.client src 10.0.0.0/8", "acl api.client src ::1/128"},
         api + "/match/client",
         "exact"},
        {"rewrite",
         {.route = "match: { path: { prefix: /api } }\nrewrite: { path: /v2, host: api.internal }"},
         {"http-request set-var(txn.rest) var(txn.path),bytes(4) if api.wins",
          "http-request set-path /v2%[var(txn.rest)] if api.wins { var(txn.rest) -m beg / }",
          "http-request set-header Host api.internal if api.wins"},
         api + "/rewrite/path",
         "exact"},
        {"edits",
         {.route = "request_headers: { set: { x-lab: \"100%\" }, remove: [ x-debug ] }"},
         {"http-request del-header x-debug if api.wins",
          "http-request set-header x-lab 100%% if api.wins"},
         api + "/request_headers/set",
         "exact"},
        {"answers' edits",
         {.route = "response_headers: { add: { vary: origin } }"},
         {"http-response add-header vary origin if api.wins"},
         api + "/response_headers/add",
         "exact"},
        {"mirror", {.route = "mirror: { pool: other }"}, {}, api + "/mirror", "dropped"},
        {"redirect",
         {.action = "redirect: { location: \"https://{host}/new\", status: 301 }"},
         {"http-request redirect location https://%[var(txn.host)]/new%[var(txn.query)] code 301 "
          "if api.wins"},
         api + "/redirect/location",
         "exact"},
        {"reply",
         {.action = "reply: { status: 418, body: \"it's 100%\\n\" }"},
         {"http-request return status 418 content-type text/plain string 'it'\\''s 100%'\\x0a'' "
          "if api.wins"},
         api + "/reply/body",
         "exact"},
        {"pool", {}, {"use_backend shop if api.wins"}, api + "/pool", "exact"},
        {"split",
         {.action =
              "split: { key: cookie:uid, pools: [ { pool: shop, weight: 9 }, { pool: other } ] }"},
         {"http-request set-var(txn.draw) rand(10) if api.wins",
          "http-request set-var(txn.draw) req.cook(uid),xxh32(0),mod(10) if api.wins { "
          "req.cook(uid) -m found }",
          "use_backend shop if api.wins { var(txn.draw) -m int lt 9 }",
          "use_backend other if api.wins { var(txn.draw) -m int lt 10 }"},
         api + "/split/key",
         "approximated"},
    };
}

std::vector<Row> poolRows()
{
    const std::string shop = "pools/shop";
    const std::string algorithm = shop + "/algorithm";
    std::vector<Row> rows{
        {"health",
         {.pool = "health_check: { path: /h, host: h.lab, port: 90, fall: 4, headers: { x-p: "
                  "\"%1\" }, expect: { status: [ 200, 300-399 ], header: { X-R: \"yes\" }, "
                  "body_contains: \"o k\" } }"},
         {"option httpchk",
          "http-check send meth GET uri /h ver HTTP/1.1 hdr Host h.lab hdr x-p %%1",
          "http-check expect status 200,300-399", "http-check expect hdr name x-r value yes",
          "http-check expect string 'o k'", "timeout check 1s",
          "server a 127.0.0.1:9001 weight 100 pool-max-conn 256 pool-purge-delay 1m check inter 2s "
          "fastinter 500ms fall 4 rise 2 port 90"},
         shop + "/health_check/fall",
         "exact"},
        {"outliers",
         {.pool = "health_check: { type: tcp }\noutlier_detection: { consecutive_errors: 3 }"},
         {"server a 127.0.0.1:9001 weight 100 pool-max-conn 256 pool-purge-delay 1m check inter 2s "
          "fastinter 500ms fall 3 rise 2 observe layer7 error-limit 3 on-error mark-down"},
         shop + "/outlier_detection/consecutive_errors",
         "approximated"},
        {"observed outliers",
         {.pool = "outlier_detection: { mode: observe }"},
         {},
         shop + "/outlier_detection",
         "dropped"},
        {"stickiness",
         {.pool = "stickiness: { cookie: LAB, idle: 15m, max: 4h }"},
         {"cookie LAB insert indirect httponly maxidle 900s maxlife 14400s attr SameSite=Lax",
          "server a 127.0.0.1:9001 weight 100 cookie shop:a pool-max-conn 256 pool-purge-delay 1m"},
         shop + "/stickiness/when_draining",
         "exact"},
        {"slow start",
         {.pool = "slow_start: { window: 20s }"},
         {"server a 127.0.0.1:9001 weight 100 pool-max-conn 256 pool-purge-delay 1m slowstart 20s"},
         shop + "/slow_start/window",
         "exact"},
        {"retry",
         {.pool = "retry: { attempts: 2 }"},
         {"retries 2", "option redispatch 1"},
         shop + "/retry/budget",
         "dropped"},
        {"no retry",
         {.pool = "retry: { attempts: 0 }"},
         {"retries 0"},
         shop + "/retry/attempts",
         "exact"},
        {"times",
         {.pool = "timeouts: { connect: 1s, response_header: 10s, idle: 2m, queue: 0 }"},
         {"timeout connect 1s", "timeout server 10s", "timeout tunnel 2m", "timeout queue 1ms"},
         shop + "/timeouts/queue",
         "approximated"},
        {"fail-open",
         {.pool = "health_check: { type: tcp }\nwhen_all_down: fail-open"},
         {"use_backend shop.all-down if api.wins { nbsrv(shop) eq 0 }", "backend shop.all-down",
          "server a 127.0.0.1:9001 weight 100 pool-max-conn 256 pool-purge-delay 1m"},
         shop + "/when_all_down",
         "approximated"},
        {"bounded",
         {.pool = "affinity: { key: path, bounded_load: 125% }\nalgorithm: maglev"},
         {"balance hash path", "hash-type consistent", "hash-balance-factor 125"},
         shop + "/affinity/bounded_load",
         "exact"},
        {"servers",
         {.servers = "{ name: a, address: \"[::1]:1\", weight: 0, max_requests: 5 }, { name: b, "
                     "address: lab.x:2, state: draining }, { name: c, address: 127.0.0.1:3, state: "
                     "maintenance, backup: true }"},
         {"server a [::1]:1 weight 0 maxconn 5 pool-max-conn 256 pool-purge-delay 1m",
          "server b lab.x:2 weight 0 pool-max-conn 256 pool-purge-delay 1m init-addr libc,none "
          "resolvers default",
          "server c 127.0.0.1:3 weight 100 pool-max-conn 256 pool-purge-delay 1m backup disabled",
          "option allbackups"},
         shop + "/backends/b/state",
         "approximated"},
    };
    const auto algorithmRow = [&](const char* name, const char* line, const char* kind) {
        rows.push_back(
            {name, {.pool = std::string("algorithm: ") + name}, {line}, algorithm, kind});
    };
    algorithmRow("round-robin", "balance roundrobin", "exact");
    algorithmRow("least-connections", "balance leastconn", "exact");
    algorithmRow("power-of-two", "balance random(2)", "approximated");
    algorithmRow("random", "balance random(1)", "exact");
    algorithmRow("peak-ewma", "balance leastconn", "approximated");
    algorithmRow("ring-hash", "balance source", "approximated");
    algorithmRow("maglev", "balance source", "approximated");
    algorithmRow("rendezvous-hash", "balance source", "approximated");
    algorithmRow("client-ip-hash", "balance source", "approximated");
    algorithmRow("first", "balance first", "exact");
    algorithmRow("prequal", "balance leastconn", "approximated");
    return rows;
}

} // namespace

class HaproxyTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void listeners() { checkAll(listenerRows()); }

    void routes() { checkAll(routeRows()); }

    void pools() { checkAll(poolRows()); }

    void routesStandInTheOrderOfPrecedence()
    {
        const Export made =
            exported("version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:80\n    routes:\n"
                     "      - { name: all, pool: p }\n"
                     "      - { name: long, match: { path: { prefix: /a/b } }, pool: p }\n"
                     "      - { name: exact, match: { path: { exact: /a } }, pool: p }\n"
                     "      - { name: host, match: { host: x.lab }, pool: p }\n"
                     "pools: [ { name: p, backends: [ { name: a, address: 127.0.0.1:1 } ] } ]\n",
                     "haproxy");
        const auto at = [&made](const char* name) {
            return made.text.find("set-var(txn.route) str(" + std::string(name) + ")");
        };
        QVERIFY(at("host") < at("exact") && at("exact") < at("long") && at("long") < at("all"));
        QVERIFY(at("all") != std::string::npos);
        QVERIFY(made.text.find("no route") == std::string::npos); // one takes everything
    }

    void aLargeBodyIsDroppedAndTold()
    {
        const Scene scene{.action = "reply: { body: \"" + std::string(20'000, 'x') + "\" }"};
        const Export made = exported(scene.text(), "haproxy");
        QCOMPARE(toldOf(made, "listeners/web/routes/api/reply/body"), std::string("dropped"));
        QVERIFY(hasLine(made.text, "http-request return status 200 if api.wins"));
    }

private:
    static void checkAll(const std::vector<Row>& rows)
    {
        for (const Row& row : rows)
            check(row, "haproxy");
    }
};

STEELYARD_TEST(HaproxyTest)

} // namespace steelyard::interop::test

#include "haproxy_test.moc"
