#include "config/reader.h"
#include "support/test_main.h"
#include "texts.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace steelyard::config::test {

using namespace std::chrono_literals;

class ReaderTest final : public QObject
{
    Q_OBJECT

    static Config good(const std::string& text, const std::string& directory = "/etc/lab")
    {
        const ReadResult read = readText(text, directory);
        if (!read.config || !read.diagnostics.empty())
            qWarning("%s%s", text.c_str(), allOf(read).c_str());
        return read.config ? *read.config : Config{};
    }

    /// The first route of all-keys.yaml.
    static Route apiRoute()
    {
        using Kind = FieldMatch::Kind;
        Route out;
        out.name = "api";
        out.match.host = "*.shop.lab";
        out.match.path = {PathMatch::Kind::Prefix, "/api"};
        out.match.methods = {"GET", "POST"};
        out.match.headers = {{"x-beta", Kind::Exact, "1"},
                             {"x-tenant", Kind::Regex, "[a-z]{2,8}"},
                             {"authorization", Kind::Present, ""}};
        out.match.query = {{"debug", Kind::Exact, "1"},
                           {"user", Kind::Regex, "[0-9]+"},
                           {"trace", Kind::Present, ""}};
        out.match.cookies = {{"cohort", Kind::Exact, "b"},
                             {"uid", Kind::Present, ""},
                             {"theme", Kind::Regex, "dark|light"}};
        out.match.clients = {{{10, 0, 0, 0}, 8},
                             {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128}};
        out.rewrite = {"/v2", "api.internal"};
        out.requestHeaders = {{{"x-lab", "1"}}, {{"x-seen-by", "steelyard"}}, {"x-debug"}};
        out.responseHeaders = {{{"x-served", "lab"}}, {{"vary", "origin"}}, {"server"}};
        out.mirror = {"lines", 0.1};
        out.action = std::string("shop");
        return out;
    }

private Q_SLOTS:

    void fillsInTheDefaultsOfTheContract()
    {
        const Config config = good(inCheck("type: http"));
        QCOMPARE(config.workers, 0);
        QCOMPARE(config.admin.socket, std::string("auto"));
        QVERIFY(!config.admin.http);
        QCOMPARE(config.stateDir, std::string("auto"));
        QVERIFY(!config.accessLog);
        QVERIFY((config.resolver == Resolver{{}, 5s, 5min}));
        QVERIFY(config.trustedProxies.empty());

        const Listener& listener = config.listeners.at(0);
        QVERIFY(!listener.reusePort);
        QCOMPARE(listener.maxConnections, 100000);
        QVERIFY((listener.timeouts == ListenerTimeouts{10s, 30s, 60s}));
        QVERIFY((listener.headers == ForwardingHeaders{true, true, false, false, false, true}));
        QVERIFY(!listener.limits);
        const Route& route = listener.routes.at(0);
        QVERIFY(route.match == RouteMatch{});
        QVERIFY(route.rewrite == Rewrite{});
        QVERIFY(route.requestHeaders.empty() && route.responseHeaders.empty());
        QVERIFY(!route.mirror);

        const Pool& pool = config.pools.at(0);
        QVERIFY(pool.algorithm == Algorithm::PowerOfTwo);
        QVERIFY(pool.drainTimeout == 30s);
        QVERIFY((pool.retry == Retry{1, 0.2}));
        QVERIFY((pool.timeouts == PoolTimeouts{2s, 15s, 5min, 2s}));
        QVERIFY((pool.keepAlive == KeepAlive{256, 60s}));
        QVERIFY(!pool.failOpen);
        QVERIFY(pool.affinity == Affinity{});
        QVERIFY(!pool.outlierDetection);
        QVERIFY(!pool.stickiness);
        QVERIFY(!pool.slowStart);
        QVERIFY((pool.backends.at(0) == Backend{"a", {"127.0.0.1", 9001}, 100, AdminState::Ready}));

        HealthCheck check;
        check.interval = 2s;
        check.fastInterval = 500ms;
        check.timeout = 1s;
        check.jitter = 0.05;
        check.expectStatus = {{200, 399}};
        QVERIFY(*pool.healthCheck == check);
        QVERIFY(!good(inTop("")).pools.at(0).healthCheck);
    }

    void readsEveryKey()
    {
        const ReadResult read = readText(example("all-keys"), kExamples);
        QVERIFY2(read.config && read.diagnostics.empty(), allOf(read).c_str());
        const Config& config = *read.config;
        const std::string here = STEELYARD_RESOURCES "/examples/";
        QCOMPARE(config.workers, 2);
        QCOMPARE(config.admin.socket, here + "all-keys.sock");
        QVERIFY((*config.admin.http == Address{"127.0.0.1", 9900}));
        QCOMPARE(config.stateDir, here + "all-keys-state");
        QCOMPARE(config.accessLog->path, here + "all-keys-access.log");
        QVERIFY((config.resolver == Resolver{{{"127.0.0.53", 53}, {"127.0.0.1", 5353}}, 2s, 1min}));
        QCOMPARE(config.trustedProxies.size(), std::size_t(3));
        QVERIFY((config.trustedProxies[2] == Cidr{{192, 168, 1, 1}, 32}));

        const Listener& listener = config.listeners.at(0);
        QVERIFY((listener.binds == std::vector<Address>{{"127.0.0.1", 8080}, {"::1", 8080}}));
        QVERIFY(listener.reusePort);
        QCOMPARE(listener.maxConnections, 5000);
        QVERIFY((listener.timeouts == ListenerTimeouts{5s, 20s, 30s}));
        QVERIFY((listener.headers == ForwardingHeaders{false, false, true, true, true, false}));
        QVERIFY((*listener.limits == ClientLimits{100.0, 200, 50}));
        QCOMPARE(listener.routes.size(), std::size_t(6));
        QVERIFY(listener.routes[0] == apiRoute());
        const Route& item = listener.routes[1];
        QVERIFY((item.match.path == PathMatch{PathMatch::Kind::Regex, "/item/[0-9]+"}));
        QVERIFY(item.action == RouteAction{std::string("shop")});
        const AffinityKey uid{AffinityKey::Source::Cookie, "uid"};
        QVERIFY(
            (listener.routes[2].action == RouteAction{Split{uid, {{"shop", 90}, {"lines", 10}}}}));
        const Route& moved = listener.routes[3];
        QVERIFY((moved.match.path == PathMatch{PathMatch::Kind::Exact, "/old"}));
        QVERIFY((moved.action == RouteAction{Redirect{"/new", 301}}));
        QVERIFY((listener.routes[4].action ==
                 RouteAction{FixedReply{418, "<p>short and stout</p>\n", "text/html"}}));
        QVERIFY(listener.routes[5].match == RouteMatch{});
        QVERIFY(listener.routes[5].action == RouteAction{std::string("lines")});

        HealthCheck check;
        check.method = "HEAD";
        check.path = "/health";
        check.host = "www.shop.lab";
        check.headers = {{"x-probe", "steelyard"}};
        check.port = 9090;
        check.interval = 5s;
        check.fastInterval = 1s;
        check.timeout = 2s;
        check.fall = 4;
        check.rise = 3;
        check.jitter = 0.125;
        check.expectStatus = {{200, 200}, {300, 399}};
        check.expectHeaders = {{"x-ready", "yes"}};
        Pool shop;
        shop.name = "shop";
        shop.algorithm = Algorithm::RingHash;
        shop.affinity = {uid, 1.25};
        shop.healthCheck = check;
        shop.outlierDetection = {3, 0.25, 50, 20s, 3.0, 10s, 2min, 0.3, true};
        shop.stickiness = {"LABSERVER", 15min, 4h, Stickiness::WhenDraining::Repin};
        shop.slowStart = {20s, 0.2};
        shop.drainTimeout = 0s;
        shop.retry = {2, 0.1};
        shop.timeouts = {1s, 10s, 2min, 500ms};
        shop.keepAlive = {64, 30s};
        shop.failOpen = true;
        shop.backends = {{"a", {"127.0.0.1", 9001}, 200, AdminState::Draining, 200, false},
                         {"b", {"::1", 9002}, 100, AdminState::Maintenance, {}, true}};
        QVERIFY(config.pools.at(0) == shop);
        QCOMPARE(config.pools.at(1).healthCheck->expectBody, std::string("ok"));
        QVERIFY((config.pools.at(1).backends.at(0).address == Address{"lab-c.internal", 80}));
    }

    void examplesAreValidWithoutAWarning()
    {
        for (const char* name : {"minimal", "shop", "all-keys"}) {
            const ReadResult read = readText(example(name), kExamples);
            QVERIFY2(read.config && read.diagnostics.empty(), allOf(read).c_str());
        }
    }

    void readsTheShortFormsToo()
    {
        QVERIFY((good(withBind("127.0.0.1:0")).listeners[0].binds ==
                 std::vector<Address>{{"127.0.0.1", 0}}));
        QCOMPARE(good(inTop("access_log: { path: \"-\" }")).accessLog->path, std::string("-"));
        QCOMPARE(good(inTop("access_log: { path: ../log/a }")).accessLog->path,
                 std::string("/etc/log/a"));
        QCOMPARE(good(inTop("access_log: { path: /log }")).accessLog->path, std::string("/log"));
        QCOMPARE(good(inMatch("host: WWW.Shop.Lab")).listeners[0].routes[1].match.host,
                 std::string("www.shop.lab"));
        QVERIFY((good(inCheck("expect: { status: 204 }")).pools[0].healthCheck->expectStatus ==
                 StatusRanges{{204, 204}}));
        QVERIFY(good(inCheck("interval: 200ms")).pools[0].healthCheck->fastInterval == 200ms);
        QVERIFY(good(inPool("drain: { timeout: \"5m\" }")).pools[0].drainTimeout == 5min);
        QVERIFY(good(inCheck("type: tcp")).pools[0].healthCheck->type == HealthCheck::Type::Tcp);
        QCOMPARE(good(withBackends("[ { name: 5, address: a:1 } ]")).pools[0].backends[0].name,
                 std::string("5"));
        QVERIFY(good("version: 1\nlisteners: [ { name: a, bind: 127.0.0.1:1, routes: [ { name: r, "
                     "reply: {} } ] } ]")
                    .pools.empty());
    }

    void findsAPoolByItsName()
    {
        const Config config = good(inTop(""));
        QCOMPARE(config.pool("shop"), &config.pools[0]);
        QVERIFY(config.pool("shp") == nullptr);
    }

    void readsAByteOrderMarkAndWindowsLineEnds()
    {
        std::string text = "\xEF\xBB\xBF" + inServer("weight: 7");
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
            text.replace(at, 1, "\r\n");
        QCOMPARE(good(text).pools[0].backends[0].weight, 7);
    }

    void aFileThatCannotBeReadIsADiagnosticOfTheWholeFile()
    {
        for (const char* path : {"/nonexistent/x.yaml", "/"}) {
            const ReadResult read = readFile(path);
            QVERIFY(!read.config);
            QCOMPARE(read.diagnostics.size(), std::size_t(1));
            QCOMPARE(read.diagnostics[0].line, 0);
            QVERIFY(read.diagnostics[0].message.find("cannot") == 0);
        }
    }

    void readFileGivesTheBytesAndResolvesPathsAgainstTheFile()
    {
        QTemporaryDir directory;
        const std::string text = inTop("access_log: { path: a.log }");
        QFile file(directory.filePath(QStringLiteral("c.yaml")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.c_str());
        file.close();
        std::string bytes;
        const ReadResult read = readFile(file.fileName().toStdString(), &bytes);
        QVERIFY2(read.config, allOf(read).c_str());
        QCOMPARE(bytes, text);
        QCOMPARE(read.config->accessLog->path,
                 directory.filePath(QStringLiteral("a.log")).toStdString());
    }
};

STEELYARD_TEST(ReaderTest)

} // namespace steelyard::config::test

#include "reader_test.moc"
