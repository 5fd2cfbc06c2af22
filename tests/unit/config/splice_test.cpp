/// Edits of the text, byte for byte: each row is a part of a file before and after.
#include "config/reader.h"
#include "config/writer.h"
#include "random_config.h"
#include "support/test_main.h"
#include "texts.h"

#include <QTest>

namespace steelyard::config::test {

namespace {

const std::string kHead = "# head\nversion: 1\nlisteners:\n  - { name: web, bind: "
                          "\"127.0.0.1:80\", routes: [ { name: all, pool: shop } ] }\n";

std::string withCrLf(std::string text)
{
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\r\n");
    return text;
}

std::string sayError(const Error& error)
{
    return error.detail + "; " + error.hint;
}

} // namespace

class SpliceTest final : public QObject
{
    Q_OBJECT

    /// Runs one edit on a row's text, with "\n", with "\r\n" and without a final line end.
    template <typename Edit>
    static void checkRow(const QByteArray& beforePart, const QByteArray& afterPart, Edit edit)
    {
        const std::string before = kHead + beforePart.toStdString();
        const std::string after = kHead + afterPart.toStdString();
        const auto same = [&](const std::string& from, const std::string& to) {
            const Result<std::string> result = edit(from);
            QVERIFY2(result, (from + (result ? "" : sayError(result.error()))).c_str());
            QVERIFY2(result.value() == to,
                     ("\n--- got\n" + result.value() + "\n--- wanted\n" + to).c_str());
        };
        same(before, after);
        same(withCrLf(before), withCrLf(after));
        same("\xEF\xBB\xBF" + before, "\xEF\xBB\xBF" + after);
        same(before.substr(0, before.size() - 1), after.substr(0, after.size() - 1));
    }

    static void columns()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
    }

private Q_SLOTS:

    void setsAWeight_data()
    {
        columns();
        QTest::newRow("flow") << QByteArray("pools:\n  - name: shop   # ä\n    backends:\n"
                                            "      - { name: a, address: a:1 , weight:  5 }   # of "
                                            "a\n      - { name: b, address: b:1 }\n")
                              << QByteArray("pools:\n  - name: shop   # ä\n    backends:\n"
                                            "      - { name: a, address: a:1 , weight:  42 }   # "
                                            "of a\n      - { name: b, address: b:1 }\n");
        QTest::newRow("flow, absent")
            << QByteArray("pools: [ { name: shop, backends: [{name: a, address: \"a:1\"}] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [{name: a, address: \"a:1\", weight: "
                          "42}] } ]\n");
        QTest::newRow("flow in lines, absent")
            << QByteArray("pools:\n- name: shop\n  backends: [\n    {\n      name: a,\n      "
                          "address: a:1   # here\n    }\n  ]\n")
            << QByteArray("pools:\n- name: shop\n  backends: [\n    {\n      name: a,\n      "
                          "address: a:1,   # here\n      weight: 42\n    }\n  ]\n");
        QTest::newRow("flow in lines, comma at the end")
            << QByteArray("pools:\n- name: shop\n  backends: [\n    {\n      name: a,\n      "
                          "address: a:1, # here\n    },\n  ]\n")
            << QByteArray("pools:\n- name: shop\n  backends: [\n    {\n      name: a,\n      "
                          "address: a:1, # here\n      weight: 42,\n    },\n  ]\n");
        QTest::newRow("block")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      - weight: 1 # one\n        "
                          "name: a\n        address: a:1\n")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      - weight: 42 # one\n       "
                          " name: a\n        address: a:1\n");
        QTest::newRow("block, absent")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      -  name: a\n         "
                          "address: a:1   # where\n         # why\n         state: draining\n")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n      -  name: a\n         address: a:1 "
                   "  # where\n         weight: 42\n         # why\n         state: draining\n");
        QTest::newRow("block, absent, last of the file")
            << QByteArray(
                   "pools:\n  - backends:\n    - address: a:1\n      name: a\n    name: shop\n")
            << QByteArray("pools:\n  - backends:\n    - address: a:1\n      weight: 42\n      "
                          "name: a\n    name: shop\n");
        QTest::newRow("dash in a line of its own")
            << QByteArray("pools:\n  -\n    name: shop\n    backends:\n      -\n        name: a\n  "
                          "      address: a:1\n")
            << QByteArray("pools:\n  -\n    name: shop\n    backends:\n      -\n        name: a\n  "
                          "      address: a:1\n        weight: 42\n");
    }

    void setsAWeight()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        checkRow(before, after,
                 [](const std::string& text) { return withWeight(text, "shop", "a", 42); });
    }

    void setsAState_data()
    {
        columns();
        QTest::newRow("double quotes")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1, state: "
                          "\"ready\" } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1, state: "
                          "\"draining\" } ] } ]\n");
        QTest::newRow("single quotes")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1, \"state\": "
                          "'ready' } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1, \"state\": "
                          "'draining' } ] } ]\n");
        QTest::newRow("block, behind the weight")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      - name: a\n        "
                          "address: a:1\n        weight: 3\n  # end\n")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      - name: a\n        "
                          "address: a:1\n        weight: 3\n        state: draining\n  # end\n");
    }

    void setsAState()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        checkRow(before, after, [](const std::string& text) {
            return withState(text, "shop", "a", AdminState::Draining);
        });
    }

    void setsAnAlgorithm_data()
    {
        columns();
        const QByteArray backends("    backends: [ { name: a, address: a:1 } ]\n");
        QTest::newRow("there")
            << QByteArray(
                   "pools:\n  - name: shop\n    algorithm: least-connections  # was random\n" +
                   backends)
            << QByteArray("pools:\n  - name: shop\n    algorithm: round-robin  # was random\n" +
                          backends);
        QTest::newRow("absent") << QByteArray("pools:\n  # the pool\n  - name: shop  # the shop\n" +
                                              backends)
                                << QByteArray("pools:\n  # the pool\n  - name: shop  # the shop\n  "
                                              "  algorithm: round-robin\n" +
                                              backends);
        QTest::newRow("name last")
            << QByteArray("pools:\n  -" + backends.mid(3) + "    name: 'shop'\n")
            << QByteArray("pools:\n  -" + backends.mid(3) +
                          "    name: 'shop'\n    algorithm: round-robin\n");
        QTest::newRow("flow, absent")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1 } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [ { name: a, address: a:1 } ], "
                          "algorithm: round-robin } ]\n");
    }

    void setsAnAlgorithm()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        checkRow(before, after, [](const std::string& text) {
            return withAlgorithm(text, "shop", Algorithm::RoundRobin);
        });
    }

    void addsAServer_data()
    {
        columns();
        QTest::newRow("block of flow")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n      - { name: a, address: a:1 }  # "
                   "a\n        # more of a\n\n    # when\n    when_all_down: fail-open\n")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n      - { name: a, address: a:1 }  # "
                   "a\n        # more of a\n      - { name: new, address: \"[::1]:80\", weight: 3, "
                   "state: maintenance }\n\n    # when\n    when_all_down: fail-open\n");
        QTest::newRow("block of tight flow")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n    -   {name: a, address: a:1}\n")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n    -   {name: a, address: a:1}\n    -  "
                   " {name: new, address: \"[::1]:80\", weight: 3, state: maintenance}\n");
        QTest::newRow("block of block")
            << QByteArray(
                   "pools:\n- name: shop\n  backends:\n  - name: a\n    address: a:1\n# end\n")
            << QByteArray("pools:\n- name: shop\n  backends:\n  - name: a\n    address: a:1\n  - "
                          "name: new\n    address: \"[::1]:80\"\n    weight: 3\n    state: "
                          "maintenance\n# end\n");
        QTest::newRow("flow") << QByteArray("pools:\n  - { name: shop, backends: [ { name: a, "
                                            "address: a:1 }, { name: b, address: a:1 } ] }\n")
                              << QByteArray(
                                     "pools:\n  - { name: shop, backends: [ { name: a, address: "
                                     "a:1 }, { name: b, address: a:1 }, { name: new, address: "
                                     "\"[::1]:80\", weight: 3, state: maintenance } ] }\n");
        QTest::newRow("flow in lines")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n        { name: a, address: "
                          "a:1 },\n        { name: b, address: a:1 } # b, and more\n      ]\n")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends: [\n        { name: a, address: a:1 },\n  "
                   "      { name: b, address: a:1 }, # b, and more\n        { name: new, address: "
                   "\"[::1]:80\", weight: 3, state: maintenance }\n      ]\n");
        QTest::newRow("flow in lines, comma at the end")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n        {name: a, address: "
                          "a:1},\n      ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n        {name: a, address: "
                          "a:1},\n        {name: new, address: \"[::1]:80\", weight: 3, state: "
                          "maintenance},\n      ]\n");
        QTest::newRow("empty")
            << QByteArray("pools:\n  - name: shop\n    backends: [] # none yet\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [ { name: new, address: "
                          "\"[::1]:80\", weight: 3, state: maintenance } ] # none yet\n");
        QTest::newRow("empty with a comment")
            << QByteArray("pools:\n  - name: shop\n    backends: [ # none yet\n    ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [ # none yet\n    { name: new, "
                          "address: \"[::1]:80\", weight: 3, state: maintenance } ]\n");
        QTest::newRow("absent")
            << QByteArray("pools:\n  - name: shop\n    retry:\n      attempts: 2 # two\n\n# end\n")
            << QByteArray("pools:\n  - name: shop\n    retry:\n      attempts: 2 # two\n    "
                          "backends:\n      - { name: new, address: \"[::1]:80\", weight: 3, "
                          "state: maintenance }\n\n# end\n");
        QTest::newRow("absent in flow")
            << QByteArray("pools: [{name: shop}]\n")
            << QByteArray("pools: [{name: shop, backends: [ { name: new, address: \"[::1]:80\", "
                          "weight: 3, state: maintenance } ]}]\n");
    }

    void addsAServer()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        checkRow(before, after, [](const std::string& text) {
            return withServer(text, "shop", {"new", {"::1", 80}, 3, AdminState::Maintenance});
        });
    }

    void removesAServer_data()
    {
        columns();
        QTest::newRow("block, with its comments")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      # of a\n      - { name: a, "
                          "address: a:1 }\n\n      # of gone\n      # more\n      - { name: gone, "
                          "address: a:1 } # here\n        # below\n      # of c\n      - { name: "
                          "c, address: a:1 }\n")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      # of a\n      - { name: a, "
                          "address: a:1 }\n\n      # of c\n      - { name: c, address: a:1 }\n");
        QTest::newRow("block, first")
            << QByteArray("pools:\n  - name: shop\n    backends:   # list\n    - name: gone\n      "
                          "address: a:1\n    - name: b\n      address: a:1\n")
            << QByteArray("pools:\n  - name: shop\n    backends:   # list\n    - name: b\n      "
                          "address: a:1\n");
        QTest::newRow("block, last of the file")
            << QByteArray("pools:\n  - name: shop\n    backends:\n    - name: b\n      address: "
                          "a:1\n    - name: gone\n      address: a:1\n")
            << QByteArray(
                   "pools:\n  - name: shop\n    backends:\n    - name: b\n      address: a:1\n");
        QTest::newRow("block, the only one")
            << QByteArray("pools:\n  - name: shop\n    backends:   # list\n      - name: gone\n    "
                          "    address: a:1\n    drain: { timeout: 1s }\n")
            << QByteArray("pools:\n  - name: shop\n    backends: []   # list\n    drain: { "
                          "timeout: 1s }\n");
        QTest::newRow("dash in a line of its own")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      -\n        name: b\n       "
                          " address: a:1\n      - # gone\n        name: gone\n        address: "
                          "a:1\n    drain: { timeout: 1s }\n")
            << QByteArray("pools:\n  - name: shop\n    backends:\n      -\n        name: b\n       "
                          " address: a:1\n    drain: { timeout: 1s }\n");
        QTest::newRow("flow, first")
            << QByteArray("pools: [ { name: shop, backends: [ { name: gone, address: a:1 },  { "
                          "name: b, address: a:1 } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [ { name: b, address: a:1 } ] } ]\n");
        QTest::newRow("flow, last")
            << QByteArray("pools: [ { name: shop, backends: [ { name: b, address: a:1 } , { name: "
                          "gone, address: a:1 } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [ { name: b, address: a:1 } ] } ]\n");
        QTest::newRow("flow, the only one")
            << QByteArray("pools: [ { name: shop, backends: [ { name: gone, address: a:1 } ] } ]\n")
            << QByteArray("pools: [ { name: shop, backends: [] } ]\n");
        QTest::newRow("flow in lines, middle")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "}, # a\n      # of gone\n      { name: gone, address: a:1 }, # gone\n   "
                          "   { name: c, address: a:1 } # c\n    ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "}, # a\n      { name: c, address: a:1 } # c\n    ]\n");
        QTest::newRow("flow in lines, last")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "}, # a, b\n      { name: gone, address: a:1 } # gone\n    ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "} # a, b\n    ]\n");
        QTest::newRow("flow in lines, last, comma at the end")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "},\n      { name: gone, address: a:1 },\n    ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [\n      { name: a, address: a:1 "
                          "},\n    ]\n");
        QTest::newRow("flow, bracket in the last line")
            << QByteArray("pools:\n  - name: shop\n    backends: [ { name: a, address: a:1 }, # "
                          "a\n                { name: gone, address: a:1 } ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [ { name: a, address: a:1 } # a\n "
                          "                ]\n");
        QTest::newRow("flow, the only one, with a comment")
            << QByteArray("pools:\n  - name: shop\n    backends: [ # list\n      { name: gone, "
                          "address: a:1 },\n    ]\n")
            << QByteArray("pools:\n  - name: shop\n    backends: [ # list\n    ]\n");
    }

    void removesAServer()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        checkRow(before, after,
                 [](const std::string& text) { return withoutServer(text, "shop", "gone"); });
    }

    void leavesATextAloneThatSaysItAlready()
    {
        const std::string text = inServer("weight: 5");
        QCOMPARE(withWeight(text, "shop", "a", 5).value(), text);
        QCOMPARE(withState(text, "shop", "a", AdminState::Ready).value(), text);
        QCOMPARE(withAlgorithm(text, "shop", Algorithm::PowerOfTwo).value(), text);
    }

    void namesWhatIsNotThere()
    {
        const std::string text = inTop("");
        QVERIFY(withWeight(text, "shpo", "a", 5).error().code == ErrorCode::NotFound);
        QCOMPARE(withWeight(text, "shpo", "a", 5).error().hint,
                 std::string("did you mean 'shop'?"));
        QVERIFY(withState(text, "shop", "b", AdminState::Ready).error().code ==
                ErrorCode::NotFound);
        QVERIFY(withoutServer(text, "shop", "b").error().code == ErrorCode::NotFound);
        QCOMPARE(withoutServer(text, "shop", "zebra").error().detail,
                 std::string("there is no server 'zebra'"));
    }

    void refusesWhatWouldMakeTheFileInvalid()
    {
        const std::string text = inTop("");
        QVERIFY(withWeight(text, "shop", "a", 257).error().code == ErrorCode::InvalidInput);
        QVERIFY(withWeight(text, "shop", "a", -1).error().code == ErrorCode::InvalidInput);
        QVERIFY(withServer(text, "shop", {"a", {"a", 1}, 1, {}}).error().code ==
                ErrorCode::InvalidInput);
        QVERIFY(withServer(text, "shop", {"a b", {"a", 1}, 1, {}}).error().code ==
                ErrorCode::InvalidInput);
        QVERIFY(withServer(text, "shop", {"x", {"a, weight: 5", 1}, 1, {}}).error().code ==
                ErrorCode::InvalidInput);
        QVERIFY(withWeight("version: 1", "shop", "a", 1).error().code == ErrorCode::InvalidInput);
    }

    void aValueWrittenInAStrangeWayIsRefusedAndNotBroken()
    {
        const std::string text =
            withPools("pools:\n  - name: shop\n    algorithm: |-\n      random\n    backends: []");
        QVERIFY(readText(text, {}).config);
        const auto result = withAlgorithm(text, "shop", Algorithm::RoundRobin);
        if (result)
            QVERIFY(readText(result.value(), {}).config->pools[0].algorithm ==
                    Algorithm::RoundRobin);
        else
            QVERIFY(!result.error().detail.empty());
    }

    void anAddedServerKeepsItsBoundAndItsTier()
    {
        Backend server;
        server.name = "b";
        server.address = {"10.0.0.1", 80};
        server.maxRequests = 20;
        server.backup = true;
        const auto result =
            withServer(inPool("slow_start: { window: 5s }   # why"), "shop", server);
        QVERIFY2(result, result ? "" : sayError(result.error()).c_str());
        QVERIFY2(result.value().find("max_requests: 20, backup: true") != std::string::npos,
                 result.value().c_str());
        QVERIFY(result.value().find("# why") != std::string::npos);
        QVERIFY(readText(result.value(), {}).config->pools[0].backends[1] == server);
    }

    void editsLeaveTheKeysOfTheSameNamesElsewhere()
    {
        // 'weight' of a split's side and 'remove' of header edits stand before the server's own.
        const std::string before =
            "version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:80\n    routes:\n"
            "      - name: all   # ä\n        response_headers: { remove: [ server ] }\n"
            "        split: { pools: [ { pool: shop, weight: 9 } ] }   # side\n"
            "pools:\n  - name: shop\n    backends:\n"
            "      - { name: a, max_requests: 5, address: a:1, backup: false }  # of a\n";
        const std::string after =
            "version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:80\n    routes:\n"
            "      - name: all   # ä\n        response_headers: { remove: [ server ] }\n"
            "        split: { pools: [ { pool: shop, weight: 9 } ] }   # side\n"
            "pools:\n  - name: shop\n    backends:\n"
            "      - { name: a, max_requests: 5, address: a:1, backup: false, weight: 4 }  # of "
            "a\n";
        const auto result = withWeight(before, "shop", "a", 4);
        QVERIFY2(result, result ? "" : sayError(result.error()).c_str());
        QCOMPARE(result.value(), after);
    }

    void editsOfAnyConfigurationReadBackAsTheyWereMeant()
    {
        // An edit answers with a text only where that says exactly the model with the edit.
        RandomConfig random(31);
        int edits = 0;
        for (int i = 0; i < 100; ++i) {
            const Config config = random.next();
            std::string text = writeText(config);
            for (const Pool& pool : config.pools) {
                const auto apply = [&](const Result<std::string>& result) {
                    QVERIFY2(result, (text + (result ? "" : sayError(result.error()))).c_str());
                    text = result.value();
                    ++edits;
                };
                apply(withAlgorithm(text, pool.name, Algorithm::RoundRobin));
                for (const Backend& backend : pool.backends) {
                    apply(withWeight(text, pool.name, backend.name, random.pick(0, 256)));
                    apply(withState(text, pool.name, backend.name, AdminState::Draining));
                    Backend other = backend;
                    other.name = "other";
                    apply(withServer(text, pool.name, other));
                    apply(withoutServer(text, pool.name, backend.name));
                    apply(withoutServer(text, pool.name, "other"));
                }
            }
        }
        QVERIFY(edits > 300);
    }

    void manyEditsOfTheExamplesKeepEveryComment()
    {
        for (const char* name : {"minimal", "shop", "all-keys"}) {
            std::string text = example(name);
            const ReadResult read = readText(text, kExamples);
            QVERIFY2(read.config, allOf(read).c_str());
            const auto comments = std::count(text.begin(), text.end(), '#');
            for (const Pool& pool : read.config->pools) {
                const auto apply = [&](const Result<std::string>& result) {
                    QVERIFY2(result, result ? "" : sayError(result.error()).c_str());
                    text = result.value();
                };
                apply(withAlgorithm(text, pool.name, Algorithm::Random));
                apply(
                    withServer(text, pool.name, {"added", {"10.0.0.1", 80}, 1, AdminState::Ready}));
                for (const Backend& backend : pool.backends) {
                    apply(withWeight(text, pool.name, backend.name, 17));
                    apply(withState(text, pool.name, backend.name, AdminState::Maintenance));
                }
                apply(withoutServer(text, pool.name, "added"));
            }
            QCOMPARE(std::count(text.begin(), text.end(), '#'), comments);
        }
    }
};

STEELYARD_TEST(SpliceTest)

} // namespace steelyard::config::test

#include "splice_test.moc"
