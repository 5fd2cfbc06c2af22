/// Each feature as nginx has it, and what is told about it.
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
         {"listen 127.0.0.1:8080;", "worker_connections 65536;"},
         web + "/bind",
         "exact"},
        {"times",
         {.listener = "timeouts: { client_header: 5s, client_body: 20s, keep_alive: 0 }"},
         {"client_header_timeout 5s;", "client_body_timeout 20s;", "keepalive_timeout 0;"},
         web + "/timeouts/keep_alive",
         "exact"},
        {"rate",
         {.listener = "limits: { requests_per_second: 100, burst: 200 }"},
         {"limit_req_zone $binary_remote_addr zone=sy_web_rate:10m rate=100r/s;",
          "limit_req zone=sy_web_rate burst=199 nodelay;", "limit_req_status 429;"},
         web + "/limits/burst",
         "exact"},
        {"slow rate",
         {.listener = "limits: { requests_per_second: 0.5 }"},
         {"limit_req_zone $binary_remote_addr zone=sy_web_rate:10m rate=30r/m;",
          "limit_req zone=sy_web_rate;"},
         web + "/limits/requests_per_second",
         "approximated"},
        {"connections",
         {.listener = "limits: { connections: 50 }"},
         {"limit_conn sy_web_connections 50;"},
         web + "/limits/connections",
         "approximated"},
        {"claims of strangers are replaced",
         {},
         {"proxy_set_header X-Forwarded-For $remote_addr;",
          "proxy_set_header X-Forwarded-Host \"\";", "proxy_set_header Forwarded \"\";"},
         web + "/headers/x_forwarded_for",
         "exact"},
        {"trusted proxies",
         {.top = "trusted_proxies: [ 10.1.0.0/8 ]\n"},
         {"geo $sy_trusted {", "10.0.0.0/8 1;", "proxy_set_header X-Forwarded-For $sy_web_xff;",
          "1 $proxy_add_x_forwarded_for;"},
         "trusted_proxies",
         "exact"},
        {"workers", {.top = "workers: 3\n"}, {"worker_processes 3;"}, "workers", "exact"},
        {"log",
         {.top = "access_log: { path: /var/a$b.log }\n"},
         {"access_log \"/var/a${sy_dollar}b.log\" steelyard;", "geo $sy_dollar { default \"$\"; }"},
         "access_log/path",
         "approximated"},
        {"admin",
         {.top = "admin: { http: \"127.0.0.1:9900\" }\n"},
         {"listen 127.0.0.1:9900;"},
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
         {"map $host $sy_web_api_host {", "*.shop.lab 1;",
          "map \"${sy_web_api_host}\" $sy_web_route {", "~^1 web_api;", "default sy_no_route;"},
         api + "/match/host",
         "exact"},
        {"prefix",
         {.route = "match: { path: { prefix: /api/ } }"},
         {"\"~^/api(?:/|\\\\z)\" 1;"},
         api + "/match/path/prefix",
         "approximated"},
        {"exact path",
         {.route = "match: { path: { exact: \"/a.b\" } }"},
         {"\"~^(?:/a\\\\.b)\\\\z\" 1;"},
         api + "/match/path/exact",
         "approximated"},
        {"methods and host",
         {.route = "match: { host: a.lab, method: [ GET ] }"},
         {"map \"${sy_web_api_host}${sy_web_api_method}\" $sy_web_api {", "11 1;"},
         api + "/match/method",
         "exact"},
        {"header",
         {.route = "match: { headers: { x-b: { present: true } } }"},
         {"map $http_x_b $sy_web_api_header1 {", "~. 1;"},
         api + "/match/headers/x-b",
         "approximated"},
        {"odd header",
         {.route = "match: { headers: { \"x!b\": \"1\" } }"},
         {"map 0 $sy_web_api {", "1 1;"},
         api + "/match/headers/x!b",
         "dropped"},
        {"query",
         {.route = "match: { query: { debug: \"1\" } }"},
         {"map $args $sy_web_api_query1 {", "~(?:^|&)debug=1(?:&|$) 1;"},
         api + "/match/query/debug",
         "approximated"},
        {"client",
         {.route = "match: { client: [ 10.0.0.0/8 ] }"},
         {"geo $sy_web_api_client {", "10.0.0.0/8 1;"},
         api + "/match/client",
         "exact"},
        {"rewrite",
         {.route =
              "match: { path: { prefix: /api } }\nrewrite: { path: /v$2/, host: api.internal }"},
         {"rewrite (?s)^/api(/.*)$ \"/v${sy_dollar}2$1\" break;",
          "rewrite ^/api$ \"/v${sy_dollar}2/\" break;", "proxy_set_header Host api.internal;"},
         api + "/rewrite/path",
         "approximated"},
        {"edits",
         {.route = "request_headers: { set: { x-lab: \"$1\" }, add: { x-seen: y }, remove: [ "
                   "x-debug ] }"},
         {"proxy_set_header x-debug \"\";", "proxy_set_header x-lab \"${sy_dollar}1\";",
          "map $http_x_seen $sy_web_api_add {", "default \"$http_x_seen, y\";"},
         api + "/request_headers/add",
         "approximated"},
        {"answers' edits",
         {.route = "response_headers: { set: { x-a: b }, remove: [ server ] }"},
         {"proxy_hide_header server;", "proxy_hide_header x-a;", "proxy_pass_header Date;",
          "add_header x-a b always;"},
         api + "/response_headers/remove",
         "approximated"},
        {"mirror",
         {.route = "mirror: { pool: other, share: 10% }"},
         {"split_clients $request_id $sy_web_api_mirror_draw {", "10.00% 1;",
          "mirror /.steelyard-web_api_mirror;", "proxy_pass http://other$request_uri;"},
         api + "/mirror",
         "approximated"},
        {"redirect",
         {.route = "match: { path: { prefix: /old } }",
          .action = "redirect: { location: \"https://{host}/new{rest}\", status: 301 }"},
         {"map $request_uri $sy_web_api_location {",
          "return 301 \"https://${host}/new${sy_web_api_location}$is_args$args\";"},
         api + "/redirect/location",
         "approximated"},
        {"reply",
         {.action = "reply: { status: 418, body: \"a \\\"b\\\" $c\\n\" }"},
         {"default_type text/plain;", "return 418 \"a \\\"b\\\" ${sy_dollar}c\\n\";"},
         api + "/reply/body",
         "exact"},
        {"pool",
         {},
         {"error_page 418 = @web_api;", "proxy_pass http://shop;"},
         api + "/pool",
         "exact"},
        {"split",
         {.action =
              "split: { key: cookie:uid, pools: [ { pool: shop, weight: 9 }, { pool: other } ] }"},
         {"split_clients $sy_web_api_key $sy_web_api_side {", "90.00% web_api_shop;",
          "* web_api_other;", "error_page 418 = @$sy_web_api_side;"},
         api + "/split/key",
         "approximated"},
    };
}

std::vector<Row> poolRows()
{
    const std::string shop = "pools/shop";
    std::vector<Row> rows{
        {"health",
         {.pool = "health_check: { path: /h, fall: 4 }"},
         {"server 127.0.0.1:9001 weight=100 max_fails=4 fail_timeout=8s; # a"},
         shop + "/health_check",
         "approximated"},
        {"outliers",
         {.pool = "outlier_detection: { consecutive_errors: 3 }"},
         {"server 127.0.0.1:9001 weight=100 max_fails=3 fail_timeout=30s; # a"},
         shop + "/outlier_detection/error_rate",
         "dropped"},
        {"neither",
         {},
         {"server 127.0.0.1:9001 weight=100 max_fails=0; # a"},
         shop + "/health_check",
         ""},
        {"stickiness",
         {.pool = "stickiness: { cookie: LAB }"},
         {"hash $remote_addr consistent;"},
         shop + "/stickiness",
         "approximated"},
        {"slow start",
         {.pool = "slow_start: { window: 20s }"},
         {},
         shop + "/slow_start",
         "dropped"},
        {"retry",
         {.pool = "retry: { attempts: 2 }"},
         {"proxy_next_upstream error timeout http_502 http_503 http_504;",
          "proxy_next_upstream_tries 3;"},
         shop + "/retry/budget",
         "dropped"},
        {"no retry",
         {.pool = "retry: { attempts: 0 }"},
         {"proxy_next_upstream off;"},
         shop + "/retry/attempts",
         "approximated"},
        {"times",
         {.pool = "timeouts: { connect: 1s, response_header: 10s, queue: 0 }"},
         {"proxy_connect_timeout 1s;", "proxy_read_timeout 10s;"},
         shop + "/timeouts/queue",
         "dropped"},
        {"fail-open", {.pool = "when_all_down: fail-open"}, {}, shop + "/when_all_down", "dropped"},
        {"keep-alive",
         {.pool = "keep_alive: { max_idle: 8, idle: 30s }"},
         {"keepalive 8;", "keepalive_timeout 30s;"},
         shop + "/keep_alive/max_idle",
         "approximated"},
        {"a key",
         {.pool = "affinity: { key: \"header:x-u\" }\nalgorithm: maglev"},
         {"map $http_x_u $sy_shop_key {", "hash $sy_shop_key consistent;"},
         shop + "/affinity/key",
         "approximated"},
        {"servers",
         {.servers = "{ name: a, address: \"[::1]:1\", weight: 0, max_requests: 5 }, { name: b, "
                     "address: 127.0.0.1:2, state: draining }, { name: c, address: 127.0.0.1:3, "
                     "backup: true, weight: 1 }"},
         {"server [::1]:1 max_conns=5 max_fails=0 down; # a",
          "server 127.0.0.1:2 weight=100 max_fails=0 down; # b",
          "server 127.0.0.1:3 max_fails=0 backup; # c"},
         shop + "/backends/b/state",
         "approximated"},
        {"backups of a hash",
         {.pool = "algorithm: maglev",
          .servers =
              "{ name: a, address: 127.0.0.1:1 }, { name: c, address: 127.0.0.1:3, backup: true }"},
         {"server 127.0.0.1:3 weight=100 max_fails=0 down; # c"},
         shop + "/backends/c/backup",
         "dropped"},
        {"backups only",
         {.servers = "{ name: c, address: 127.0.0.1:3, backup: true }"},
         {"server 127.0.0.1:3 weight=100 max_fails=0; # c"},
         shop + "/backends/c/backup",
         "exact"},
        {"first",
         {.pool = "algorithm: first",
          .servers = "{ name: a, address: 127.0.0.1:1 }, { name: b, address: 127.0.0.1:2 }"},
         {"server 127.0.0.1:1 weight=100 max_fails=0; # a",
          "server 127.0.0.1:2 weight=100 max_fails=0 backup; # b"},
         shop + "/algorithm",
         "approximated"},
        {"no servers",
         {.servers = ""},
         {"server 127.0.0.1:1 down; # the pool has none, and nginx wants one"},
         shop + "/algorithm",
         "exact"},
    };
    const auto algorithmRow = [&](const char* name, const char* line, const char* kind) {
        rows.push_back(
            {name, {.pool = std::string("algorithm: ") + name}, {line}, shop + "/algorithm", kind});
    };
    algorithmRow("least-connections", "least_conn;", "exact");
    algorithmRow("power-of-two", "random two least_conn;", "approximated");
    algorithmRow("random", "random;", "exact");
    algorithmRow("peak-ewma", "least_conn;", "approximated");
    algorithmRow("ring-hash", "hash $remote_addr consistent;", "approximated");
    algorithmRow("rendezvous-hash", "hash $remote_addr consistent;", "approximated");
    algorithmRow("client-ip-hash", "hash $remote_addr consistent;", "approximated");
    algorithmRow("prequal", "least_conn;", "approximated");
    return rows;
}

} // namespace

class NginxTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void listeners() { checkAll(listenerRows()); }

    void routes() { checkAll(routeRows()); }

    void pools() { checkAll(poolRows()); }

    void aRouteThatTakesAllEndsTheSearch()
    {
        const Export made =
            exported("version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:80\n    routes:\n"
                     "      - { name: all, pool: p }\n"
                     "      - { name: long, match: { path: { prefix: /a/b } }, pool: p }\n"
                     "      - { name: exact, match: { path: { exact: /a } }, pool: p }\n"
                     "pools: [ { name: p, backends: [ { name: a, address: 127.0.0.1:1 } ] } ]\n",
                     "nginx");
        for (const char* line : {"map \"${sy_web_exact_path}${sy_web_long_path}\" $sy_web_route {",
                                 "~^1 web_exact;", "\"~^.{1}1\" web_long;", "default web_all;"})
            QVERIFY2(hasLine(made.text, line), (line + ("\n" + made.text)).c_str());
        QVERIFY(made.text.find("no_route") == std::string::npos);
    }

    void manyRoutesAreChosenInMapsThatGoOn()
    {
        std::string routes;
        for (int i = 0; i < 1000; ++i) {
            const std::string number = std::to_string(i);
            routes += "      - { name: r" + number + ", match: { path: { exact: /" + number +
                      " } }, pool: p }\n";
        }
        const Export made = exported(
            "version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:80\n    routes:\n" +
                routes +
                "pools: [ { name: p, backends: [ { name: a, address: 127.0.0.1:1 } ] } ]\n",
            "nginx");
        QVERIFY(longestLine(made.text) < 4096);
        // The one made first is the last, and each goes on to the one made before it.
        QVERIFY(hasLine(made.text, "default sy_no_route;"));
        QVERIFY(hasLine(made.text, "default $sy_web_route;"));
        QVERIFY(hasLine(made.text, "default $sy_web_route_2;"));
        QVERIFY(hasLine(made.text, "~^1 web_r0;"));
    }

    void whatIsTooLongIsLeftOutAndTold()
    {
        const std::string value(5000, 'x');
        const std::string api = "listeners/web/routes/api";
        const Export made =
            exported(Scene{.route = "match: { headers: { x-a: " + value + " } }\n" +
                                    "request_headers: { set: { x-b: " + value + " } }\n" +
                                    "response_headers: { add: { x-c: " + value + " } }"}
                         .text(),
                     "nginx");
        QVERIFY(longestLine(made.text) < 4096);
        QVERIFY(hasLine(made.text, "map 0 $sy_web_api {")); // never
        QCOMPARE(toldOf(made, api + "/match/headers/x-a"), std::string("dropped"));
        QCOMPARE(toldOf(made, api + "/request_headers/set"), std::string("dropped"));
        QCOMPARE(toldOf(made, api + "/response_headers/add"), std::string("dropped"));
    }

    void aLongBodyIsSetInPieces()
    {
        const Scene scene{.action = "reply: { body: \"" + std::string(700, '$') + "\" }"};
        const Export made = exported(scene.text(), "nginx");
        QVERIFY(hasLine(made.text, "return 200 $sy_body;"));
        QCOMPARE(toldOf(made, "listeners/web/routes/api/reply/body"), std::string("exact"));
        QVERIFY(longestLine(made.text) < 4096);
    }

private:
    /// A word has no more.
    static std::size_t longestLine(const std::string& text)
    {
        std::size_t longest = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            longest = std::max(longest, end - at);
            at = end + 1;
        }
        return longest;
    }

    static void checkAll(const std::vector<Row>& rows)
    {
        for (const Row& row : rows)
            check(row, "nginx");
    }
};

STEELYARD_TEST(NginxTest)

} // namespace steelyard::interop::test

#include "nginx_test.moc"
