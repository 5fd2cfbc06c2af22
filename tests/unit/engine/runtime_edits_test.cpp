// Clicks as edits of the configuration: what survives a reload, what yields to the file, and that
// saving writes what runs.
#include "config/reader.h"
#include "engine/event_log.h"
#include "engine/runtime_edits.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

const std::string kText = "version: 1\n"
                          "listeners:\n"
                          "  - { name: web, bind: 127.0.0.1:8080, routes: [ { name: all, pool: "
                          "shop } ] }\n"
                          "pools:\n"
                          "  - name: shop   # a comment\n"
                          "    algorithm: round-robin\n"
                          "    backends:\n"
                          "      - { name: a, address: 127.0.0.1:9001, weight: 50 }\n"
                          "      - { name: b, address: 127.0.0.1:9002 }\n";

config::Config read(const std::string& text)
{
    const config::ReadResult result = config::readText(text, ".");
    if (!result.config)
        qFatal("not valid: %s", text.c_str());
    return *result.config;
}

/// kText with `from` replaced.
std::string with(const std::string& from, const std::string& to)
{
    std::string text = kText;
    const std::size_t at = text.find(from);
    if (at == std::string::npos)
        qFatal("nothing to replace");
    return text.replace(at, from.size(), to);
}

const config::Backend* server(const config::Config& config, const std::string& name)
{
    for (const config::Backend& each : config.pools[0].backends) {
        if (each.name == name)
            return &each;
    }
    return nullptr;
}

config::Backend added(const std::string& name, std::uint16_t port)
{
    return {name, {"127.0.0.1", port}, 100, AdminState::Ready};
}

} // namespace

class RuntimeEditsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void editsChangeWhatRuns()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 7);
        edits.setState("shop", "b", AdminState::Draining);
        edits.setAlgorithm("shop", Algorithm::Random);
        edits.addServer("shop", added("c", 9003));
        const config::Config running = edits.apply(read(kText));
        QCOMPARE(server(running, "a")->weight, 7);
        QVERIFY(server(running, "b")->state == AdminState::Draining);
        QVERIFY(running.pools[0].algorithm == Algorithm::Random);
        QVERIFY(server(running, "c") != nullptr);
        QVERIFY(!edits.empty());
    }

    void anEditThatSaysWhatTheFileSaysVanishes()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 7);
        (void)edits.apply(read(kText));
        edits.setWeight("shop", "a", 50);
        edits.setState("shop", "b", AdminState::Ready);
        edits.setAlgorithm("shop", Algorithm::RoundRobin);
        (void)edits.apply(read(kText));
        QVERIFY(edits.empty());
    }

    void aServerAddedAndRemovedLeavesNothing()
    {
        RuntimeEdits edits;
        edits.addServer("shop", added("c", 9003));
        edits.setWeight("shop", "c", 9);
        edits.setState("shop", "c", AdminState::Maintenance);
        const config::Config running = edits.apply(read(kText));
        QCOMPARE(server(running, "c")->weight, 9);
        QVERIFY(server(running, "c")->state == AdminState::Maintenance);
        edits.removeServer("shop", "c");
        QCOMPARE(edits.apply(read(kText)), read(kText));
        QVERIFY(edits.empty());
    }

    void aServerRemovedAndAddedElsewhereReplacesTheFiles()
    {
        RuntimeEdits edits;
        edits.removeServer("shop", "a");
        QVERIFY(server(edits.apply(read(kText)), "a") == nullptr);
        edits.addServer("shop", added("a", 9009));
        const config::Config running = edits.apply(read(kText));
        QCOMPARE(running.pools[0].backends.size(), std::size_t{2});
        QCOMPARE(server(running, "a")->address.port, std::uint16_t{9009});
        // Added just as the file has it, it is no edit.
        edits.addServer("shop", *server(read(kText), "a"));
        (void)edits.apply(read(kText));
        QVERIFY(edits.empty());
    }

    void anEditedServerKeepsItsPlaceAndVanishesWhenItIsAsInTheFile()
    {
        RuntimeEdits edits;
        config::Backend changed = *server(read(kText), "a");
        changed.maxRequests = 8;
        changed.backup = true;
        edits.editServer("shop", changed);
        const config::Config running = edits.apply(read(kText));
        QCOMPARE(running.pools[0].backends[0], changed);
        edits.setWeight("shop", "a", 9); // a click after it
        QCOMPARE(edits.apply(read(kText)).pools[0].backends[0].weight, 9);
        QCOMPARE(edits.apply(read(kText)).pools[0].backends[0].maxRequests, std::optional<int>(8));
        const auto saved = edits.writeInto(kText);
        QVERIFY(saved.ok());
        QCOMPARE(server(read(saved.value()), "a")->maxRequests, std::optional<int>(8));
        QCOMPARE(server(read(saved.value()), "a")->weight, 9);
        edits.editServer("shop", *server(read(kText), "a"));
        (void)edits.apply(read(kText));
        QVERIFY(edits.empty());
    }

    void poolsComeAndGoAndComeBackAsTheyWere()
    {
        RuntimeEdits edits;
        edits.addPool("extra", Algorithm::Random);
        edits.addServer("extra", added("x", 9100));
        config::Config running = edits.apply(read(kText));
        QCOMPARE(running.pools.size(), read(kText).pools.size() + 1);
        QVERIFY(running.pools.back().algorithm == Algorithm::Random);
        QCOMPARE(running.pools.back().backends.size(), std::size_t{1});
        auto saved = edits.writeInto(kText);
        QVERIFY(saved.ok());
        QCOMPARE(read(saved.value()), running);
        edits.yieldTo(read(kText), read(kText)); // a reload of the same
        QCOMPARE(edits.apply(read(kText)), running);

        edits.removePool("extra");
        QCOMPARE(edits.apply(read(kText)), read(kText));
        saved = edits.writeInto(kText);
        QVERIFY(saved.ok());
        QCOMPARE(saved.value(), std::string(kText));
        edits.addPool("extra", Algorithm::First);
        QCOMPARE(edits.apply(read(kText)), running); // with its server and its algorithm
        // A file that has it now speaks for it.
        edits.yieldTo(read(kText), running);
        QVERIFY(edits.empty());
    }

    void anEditSurvivesAReloadThatDoesNotTouchItsKey()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 7);
        edits.setState("shop", "a", AdminState::Draining);
        edits.setAlgorithm("shop", Algorithm::Random);
        const config::Config before = read(kText);
        const config::Config after = read(with("9002 }", "9002, weight: 3 }"));
        edits.yieldTo(before, after);
        const config::Config running = edits.apply(after);
        QCOMPARE(server(running, "a")->weight, 7);
        QVERIFY(server(running, "a")->state == AdminState::Draining);
        QVERIFY(running.pools[0].algorithm == Algorithm::Random);
        QCOMPARE(server(running, "b")->weight, 3);
    }

    void anEditYieldsWhereThatVeryKeyChanged()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 7);
        edits.setState("shop", "a", AdminState::Draining);
        const config::Config before = read(kText);
        const config::Config weighted = read(with("weight: 50", "weight: 60"));
        edits.yieldTo(before, weighted);
        config::Config running = edits.apply(weighted);
        QCOMPARE(server(running, "a")->weight, 60);
        QVERIFY(server(running, "a")->state == AdminState::Draining); // another key
        edits.setAlgorithm("shop", Algorithm::Random);
        const config::Config other = read(with("round-robin", "least-connections"));
        edits.yieldTo(before, other);
        QVERIFY(edits.apply(other).pools[0].algorithm == Algorithm::LeastConnections);
    }

    void whatTheFileNoLongerHasIsForgotten()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "b", 7);
        edits.removeServer("shop", "a");
        const config::Config after = read(with("      - { name: b, address: 127.0.0.1:9002 }\n",
                                               "      - { name: z, address: 127.0.0.1:9005 }\n"));
        edits.yieldTo(read(kText), after);
        const config::Config running = edits.apply(after);
        QVERIFY(server(running, "a") == nullptr); // its removal was not contradicted
        QVERIFY(server(running, "b") == nullptr && server(running, "z") != nullptr);
        edits.clear();
        QVERIFY(edits.empty());
    }

    void theFileSpeaksForAServerItNowNames()
    {
        RuntimeEdits edits;
        edits.addServer("shop", added("c", 9003));
        const config::Config before = read(kText);
        edits.yieldTo(before, read(with("weight: 50", "weight: 60")));
        QVERIFY(!edits.empty());
        const config::Config after =
            read(with("9002 }\n", "9002 }\n      - { name: c, address: 127.0.0.1:9033 }\n"));
        edits.yieldTo(before, after);
        QVERIFY(edits.empty());
        QCOMPARE(server(edits.apply(after), "c")->address.port, std::uint16_t{9033});
    }

    void savingWritesWhatRunsAndKeepsComments()
    {
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 7);
        edits.setState("shop", "a", AdminState::Maintenance);
        edits.setAlgorithm("shop", Algorithm::LeastConnections);
        edits.addServer("shop", added("c", 9003));
        edits.removeServer("shop", "b");
        const config::Config running = edits.apply(read(kText));
        const auto text = edits.writeInto(kText);
        QVERIFY(text.ok());
        QCOMPARE(read(text.value()), running);
        QVERIFY(text.value().find("# a comment") != std::string::npos);
    }

    void savingAReplacedServerWritesTheNewOne()
    {
        RuntimeEdits edits;
        edits.removeServer("shop", "a");
        edits.addServer("shop", added("a", 9009));
        const config::Config running = edits.apply(read(kText));
        const auto text = edits.writeInto(kText);
        QVERIFY(text.ok());
        QCOMPARE(read(text.value()).pools[0].backends.size(), std::size_t{2});
        QCOMPARE(*server(read(text.value()), "a"), *server(running, "a"));
    }
};

class EventLogTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void eventsAreNumberedAndKeptInOrder()
    {
        EventLog log;
        for (int i = 1; i <= 3; ++i)
            QCOMPARE(log.add(stats::Level::Info, "s", std::to_string(i)).sequence,
                     static_cast<quint64>(i));
        QCOMPARE(log.since(0).size(), 3);
        QCOMPARE(log.since(2).size(), 1);
        QCOMPARE(log.since(2)[0].text, std::string("3"));
        QVERIFY(log.since(3).isEmpty() && log.since(99).isEmpty());
        QVERIFY(log.since(0)[0].wallMs > 0);
    }

    void onlyTheLastThousandAreKept()
    {
        EventLog log;
        for (int i = 0; i < 1500; ++i)
            log.add(stats::Level::Warning, "s", std::to_string(i));
        const QList<stats::Event> kept = log.since(0);
        QCOMPARE(kept.size(), static_cast<qsizetype>(EventLog::kKept));
        QCOMPARE(kept.first().sequence, quint64{501});
        QCOMPARE(kept.last().sequence, quint64{1500});
    }
};

STEELYARD_TEST(RuntimeEditsTest)
STEELYARD_TEST(EventLogTest)

#include "runtime_edits_test.moc"
