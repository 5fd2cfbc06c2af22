/// Properties over random configurations: what is written reads back as the same, and the
/// comparison sees every change.
#include "config/diff.h"
#include "config/reader.h"
#include "config/writer.h"
#include "config/yaml_text.h"
#include "config/yaml_tree.h"
#include "random_config.h"
#include "support/test_main.h"
#include "texts.h"

#include <QTest>

#include <algorithm>

namespace steelyard::config::test {

class WriterTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatIsWrittenReadsBackAsTheSame()
    {
        RandomConfig random(20240601);
        for (int i = 0; i < 500; ++i) {
            const Config config = random.next();
            const std::string text = writeText(config);
            const ReadResult read = readText(text, "/etc");
            QVERIFY2(read.config, (text + allOf(read)).c_str());
            if (*read.config == config)
                continue;
            std::string differences;
            for (const Change& c : diff(config, *read.config))
                differences += c.path + ": " + c.before + " -> " + c.after + "\n";
            QVERIFY2(false, (text + differences).c_str());
        }
    }

    void writesAFreshFileThatAPersonWouldWrite()
    {
        const ReadResult read = readText(inTop(""), {});
        QVERIFY(read.config);
        QCOMPARE(writeText(*read.config),
                 std::string("version: 1\n"
                             "listeners:\n"
                             "  - name: web\n"
                             "    bind: [ 127.0.0.1:8080 ]\n"
                             "    routes:\n"
                             "      - name: all\n"
                             "        pool: shop\n"
                             "pools:\n"
                             "  - name: shop\n"
                             "    backends:\n"
                             "      - { name: a, address: 127.0.0.1:9001 }\n"));
    }

    void anyTextSurvivesAsAScalarInAnyContext()
    {
        RandomConfig random(7);
        for (int i = 0; i < 3000; ++i) {
            const std::string text = random.text();
            const std::string yaml = "a: " + yamlScalar(text) + "\nb: { k: " + yamlScalar(text) +
                                     ", l: [ " + yamlScalar(text) + " ] }\n";
            const Tree tree = parseYaml(yaml);
            QVERIFY2(tree.root && tree.diagnostics.empty(), yaml.c_str());
            QCOMPARE(tree.root->find("a")->text, text);
            QCOMPARE(tree.root->find("b")->find("k")->text, text);
            QCOMPARE(tree.root->find("b")->find("l")->items[0].text, text);
            QVERIFY2(!tree.root->find("a")->isNull(), yaml.c_str());
        }
    }

    void quotesWhatOtherReadersTakeForNumbersOrTruth()
    {
        for (const char* text : {"1", "1.5", "1e3", "0x1F", "12:30", "true", "No", "null", "", "-",
                                 "~", "a:", "a b", "@x"}) {
            QVERIFY2(yamlScalar(text).front() == '"', text);
        }
        for (const char* text : {"a", "shop-1", "127.0.0.1:80", "lab-c.internal:80", "/health",
                                 "10.0.0.0/8", "Steelyard"}) {
            QCOMPARE(yamlScalar(text), std::string(text));
        }
    }

    void theComparisonIsEmptyExactlyForEqualConfigurations()
    {
        RandomConfig random(99);
        int different = 0;
        for (int i = 0; i < 500; ++i) {
            const Config a = random.next();
            const Config b = random.changed(a);
            QVERIFY(diff(a, a).empty());
            QCOMPARE(diff(a, b).empty(), a == b);
            different += a == b ? 0 : 1;
        }
        QVERIFY(different > 200);
    }

    void namesTheVeryKeyThatChanged()
    {
        const Config before = *readText(inCheck("path: /a, interval: 2s"), {}).config;
        Config after = before;
        after.pools[0].backends[0].weight = 7;
        after.pools[0].backends.push_back({"b", {"::1", 80}, 100, AdminState::Draining});
        after.pools[0].healthCheck->interval = milliseconds{1500};
        after.listeners[0].binds.push_back({"::1", 81});
        after.listeners[0].routes[0].action = Redirect{"/x", 301};
        const std::vector<Change> wanted{
            {"listeners/web/bind", "127.0.0.1:8080", "127.0.0.1:8080, [::1]:81"},
            {"listeners/web/routes/all/pool", "shop", ""},
            {"listeners/web/routes/all/redirect", "", "{ location: /x, status: 301 }"},
            {"pools/shop/health_check/interval", "2s", "1500ms"},
            {"pools/shop/backends/a/weight", "100", "7"},
            {"pools/shop/backends/b", "",
             "{ name: b, address: [::1]:80, weight: 100, state: draining, backup: false }"},
        };
        const std::vector<Change> found = diff(before, after);
        std::string all;
        for (const Change& change : found)
            all += change.path + ": '" + change.before + "' -> '" + change.after + "'\n";
        QVERIFY2(found == wanted, all.c_str());
    }

    void anOrderThatChangedIsOneChange()
    {
        Config before =
            *readText(withRoutes("[ { name: a, pool: shop }, { name: b, pool: shop } ]"), {})
                 .config;
        Config after = before;
        std::swap(after.listeners[0].routes[0], after.listeners[0].routes[1]);
        QCOMPARE(diff(before, after).size(), std::size_t(1));
        QVERIFY((diff(before, after)[0] == Change{"listeners/web/routes", "a, b", "b, a"}));
    }

    void namesTheVeryKeyOfRoutingAndChoiceThatChanged()
    {
        const Config before =
            *readText(
                 withRoutes("[ { name: all, match: { headers: { x-a: \"{ regex: b }\" } }, split: "
                            "{ key: path, pools: [ { pool: shop, weight: 9 } ] } } ]"),
                 {})
                 .config;
        Config after = before;
        Route& route = after.listeners[0].routes[0];
        route.match.headers[0] = {"x-a", FieldMatch::Kind::Regex, "b"};
        route.requestHeaders.set = {{"x-lab", "1"}};
        std::get<Split>(route.action).sides[0].weight = 8;
        after.listeners[0].limits = ClientLimits{};
        after.pools[0].stickiness = Stickiness{};
        after.pools[0].affinity.boundedLoad = 1.25;
        after.pools[0].backends[0].maxRequests = 5;
        after.pools[0].backends[0].backup = true;
        const std::vector<Change> wanted{
            {"listeners/web/routes/all/match/headers/x-a", "{ regex: b }", "{ regex: b }"},
            {"listeners/web/routes/all/request_headers/set/x-lab", "", "1"},
            {"listeners/web/routes/all/split/pools/shop/weight", "9", "8"},
            {"listeners/web/limits", "", "{ burst: 0 }"},
            {"pools/shop/affinity/bounded_load", "", "125%"},
            {"pools/shop/backends/a/backup", "false", "true"},
            {"pools/shop/backends/a/max_requests", "", "5"},
            {"pools/shop/stickiness", "",
             "{ cookie: SYSERVER, idle: 30m, max: 8h, when_draining: keep }"},
        };
        std::string all;
        std::vector<Change> found = diff(before, after);
        for (const Change& change : found)
            all += change.path + ": '" + change.before + "' -> '" + change.after + "'\n";
        QCOMPARE(found.size(), wanted.size());
        for (const Change& change : wanted)
            QVERIFY2(std::count(found.begin(), found.end(), change) == 1,
                     (change.path + "\n" + all).c_str());
    }

    void writesABlockThatIsThereThoughItSaysOnlyDefaults()
    {
        Config config = *readText(inTop(""), {}).config;
        config.pools[0].stickiness = Stickiness{};
        config.pools[0].slowStart = SlowStart{};
        config.pools[0].outlierDetection = OutlierDetection{};
        const std::string text = writeText(config);
        for (const char* line :
             {"    stickiness: {}\n", "    slow_start: {}\n", "    outlier_detection: {}\n"})
            QVERIFY2(text.find(line) != std::string::npos, text.c_str());
        QVERIFY(*readText(text, {}).config == config);
    }

    void aBlockThatComesOrGoesIsOneChange()
    {
        const Config before = *readText(inTop(""), {}).config;
        Config after = before;
        after.accessLog = AccessLog{"/x"};
        QVERIFY((diff(before, after) ==
                 std::vector<Change>{{"access_log", "", "{ path: /x, format: json }"}}));
    }
};

STEELYARD_TEST(WriterTest)

} // namespace steelyard::config::test

#include "writer_test.moc"
