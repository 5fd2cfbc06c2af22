#include "health/monitor.h"
#include "scripted_server.h"
#include "support/test_main.h"

#include <QTest>

#include <map>
#include <mutex>

using namespace steelyard;
using namespace steelyard::health;

namespace {

/// A monitor on a loop thread, with everything it told.
class WatchedMonitor
{
public:
    WatchedMonitor()
    {
        m_loop.run([this] {
            m_monitor = std::make_unique<HealthMonitor>(
                1,
                [this](const TargetKey& key, const ProbeResult& result, const HealthTracker&) {
                    const std::lock_guard lock(m_mutex);
                    ++m_results[key];
                    m_last[key] = result;
                    m_times[key].push_back(Clock::now());
                },
                [this](const TargetKey& key, HealthState before, HealthState now,
                       const std::string& cause) {
                    const std::lock_guard lock(m_mutex);
                    m_changes << QStringLiteral("%1: %2 -> %3, %4")
                                     .arg(QString::fromStdString(key.server),
                                          QLatin1String(toString(before).data()),
                                          QLatin1String(toString(now).data()),
                                          QString::fromStdString(cause));
                });
        });
    }

    ~WatchedMonitor()
    {
        m_loop.run([this] { m_monitor.reset(); });
    }

    void run(const std::function<void(HealthMonitor&)>& call)
    {
        m_loop.run([this, &call] { call(*m_monitor); });
    }

    void setTargets(const std::vector<Target>& targets)
    {
        run([&](HealthMonitor& monitor) { monitor.setTargets(targets); });
    }

    [[nodiscard]] int results(const TargetKey& key)
    {
        const std::lock_guard lock(m_mutex);
        return m_results[key];
    }

    [[nodiscard]] std::size_t probed()
    {
        const std::lock_guard lock(m_mutex);
        return m_results.size();
    }

    [[nodiscard]] std::vector<TimePoint> times(const TargetKey& key)
    {
        const std::lock_guard lock(m_mutex);
        return m_times[key];
    }

    [[nodiscard]] QStringList changes()
    {
        const std::lock_guard lock(m_mutex);
        return m_changes;
    }

    [[nodiscard]] HealthState state(const TargetKey& key)
    {
        HealthState state = HealthState::Checking;
        run([&](HealthMonitor& monitor) {
            if (const HealthTracker* tracker = monitor.tracker(key))
                state = tracker->state();
        });
        return state;
    }

    [[nodiscard]] ProbeResult last(const TargetKey& key)
    {
        const std::lock_guard lock(m_mutex);
        return m_last[key];
    }

    [[nodiscard]] bool firstRoundDone()
    {
        bool done = false;
        run([&](HealthMonitor& monitor) { done = monitor.firstRoundDone(); });
        return done;
    }

private:
    LoopThread m_loop;
    std::unique_ptr<HealthMonitor> m_monitor;
    std::mutex m_mutex;
    std::map<TargetKey, int> m_results;
    std::map<TargetKey, ProbeResult> m_last;
    std::map<TargetKey, std::vector<TimePoint>> m_times;
    QStringList m_changes;
};

const TargetKey kA{"shop", "a"};
const TargetKey kB{"shop", "b"};

Target target(const TargetKey& key, const ScriptedServer& server,
              milliseconds interval = milliseconds(60000))
{
    Target made;
    made.key = key;
    made.addresses = net::AddressSet::fromNumeric("127.0.0.1", server.port());
    made.authority = "127.0.0.1:" + std::to_string(server.port());
    made.check.interval = interval;
    made.check.fastInterval = milliseconds(20);
    return made;
}

QByteArray good(const QByteArray&)
{
    return QByteArrayLiteral("HTTP/1.1 200 OK\r\n\r\n");
}

QByteArray bad(const QByteArray&)
{
    return QByteArrayLiteral("HTTP/1.1 500 No\r\n\r\n");
}

} // namespace

class MonitorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theFirstGoodProbeComesAtOnceAndMakesHealthy()
    {
        ScriptedServer server;
        server.answer = good;
        WatchedMonitor monitor;
        QVERIFY(monitor.firstRoundDone());
        monitor.setTargets({target(kA, server)});
        QVERIFY(!monitor.firstRoundDone());
        QTRY_COMPARE_WITH_TIMEOUT(monitor.results(kA), 1, 5000);
        QVERIFY(monitor.firstRoundDone());
        QVERIFY(monitor.state(kA) == HealthState::Healthy);
        QCOMPARE(monitor.changes().size(), 1);
        QVERIFY2(monitor.changes()[0].startsWith(
                     QLatin1String("a: checking -> healthy, 1 probe succeeded: 200 in ")),
                 qPrintable(monitor.changes()[0]));
    }

    void fallAndRiseAreCountedAtTheFastInterval()
    {
        ScriptedServer server;
        server.answer = good;
        WatchedMonitor monitor;
        // Only the fast interval brings these changes in time.
        monitor.setTargets({target(kA, server)});
        QTRY_COMPARE_WITH_TIMEOUT(monitor.changes().size(), 1, 5000);
        server.answer = bad;
        monitor.run([](HealthMonitor& m) { QVERIFY(m.checkNow(kA)); });
        QTRY_COMPARE_WITH_TIMEOUT(monitor.changes().size(), 2, 5000);
        QCOMPARE(monitor.changes()[1],
                 QStringLiteral(
                     "a: healthy -> unhealthy, 3 probes failed: status 500, expected 200-399"));
        QCOMPARE(monitor.results(kA), 4);
        server.answer = good;
        monitor.run([](HealthMonitor& m) { m.checkNow(); });
        QTRY_COMPARE_WITH_TIMEOUT(monitor.changes().size(), 3, 5000);
        QVERIFY(monitor.changes()[2].startsWith(
            QLatin1String("a: unhealthy -> healthy, 2 probes succeeded: 200")));
        const ProbeResult last = monitor.last(kA);
        QVERIFY(last.good);
        QCOMPARE(last.inRow, 2);
        QCOMPARE(last.pending, 0);
        QCOMPARE(last.needed, 3);
        QVERIFY(last.transcript.find("< HTTP/1.1 200 OK\n") != std::string::npos);
        QCOMPARE(monitor.results(kA), 6);
    }

    void probesFollowTheIntervalWithinItsJitter()
    {
        ScriptedServer server;
        server.answer = good;
        Target one = target(kA, server, milliseconds(100));
        one.check.jitter = 0.2;
        WatchedMonitor monitor;
        monitor.setTargets({one});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.results(kA) >= 8, 10000);
        const std::vector<TimePoint> times = monitor.times(kA);
        // Results may come late on a busy machine, starts never early: over the whole row the lower
        // bound must hold.
        const std::chrono::duration<double, std::milli> row = times[7] - times[0];
        QVERIFY2(row.count() >= 7 * 80 - 20, qPrintable(QString::number(row.count())));
    }

    void aReloadKeepsStateAndAnAddressChangeStartsAgain()
    {
        ScriptedServer first;
        ScriptedServer second;
        first.answer = good;
        second.answer = bad;
        WatchedMonitor monitor;
        monitor.setTargets({target(kA, first)});
        QTRY_COMPARE_WITH_TIMEOUT(monitor.changes().size(), 1, 5000);
        Target slower = target(kA, first);
        slower.check.fall = 7;
        monitor.setTargets({slower, target(kB, second)});
        QVERIFY(monitor.state(kA) == HealthState::Healthy);
        QTRY_VERIFY_WITH_TIMEOUT(monitor.changes().size() == 2, 5000); // b falls
        QVERIFY(monitor.state(kB) == HealthState::Unhealthy);
        monitor.setTargets({target(kA, second)});
        QCOMPARE(monitor.changes()[2], QStringLiteral("a: healthy -> checking, address changed"));
        QTRY_VERIFY_WITH_TIMEOUT(monitor.state(kA) == HealthState::Unhealthy, 5000);
        monitor.run([](HealthMonitor& m) {
            QVERIFY(m.tracker(kB) == nullptr);
            QVERIFY(!m.checkNow(kB));
        });
    }

    void neverTwoProbesAtOnceForATarget()
    {
        ScriptedServer silent;
        WatchedMonitor monitor;
        Target one = target(kA, silent);
        one.check.timeout = milliseconds(300);
        one.check.fastInterval = seconds(10); // the next one must not come before the count is read
        monitor.setTargets({one});
        QTRY_COMPARE_WITH_TIMEOUT(silent.requests.size(), 1, 5000);
        for (int i = 0; i < 5; ++i)
            monitor.run([](HealthMonitor& m) { m.checkNow(); });
        QTRY_COMPARE_WITH_TIMEOUT(monitor.results(kA), 1, 5000);
        QCOMPARE(monitor.last(kA).pending, 1);
        QCOMPARE(monitor.last(kA).inRow, 1);
        QCOMPARE(monitor.last(kA).layer, "receive");
        QCOMPARE(silent.connections, 1);
        QCOMPARE(monitor.last(kA).text, std::string("timeout after 300 ms"));
    }

    void aNameThatIsNotResolvedFailsInWords()
    {
        WatchedMonitor monitor;
        Target one;
        one.key = kA;
        one.check.fastInterval = milliseconds(20);
        monitor.setTargets({one});
        QTRY_COMPARE_WITH_TIMEOUT(monitor.changes().size(), 1, 5000);
        QCOMPARE(monitor.changes()[0],
                 QStringLiteral("a: checking -> unhealthy, 3 probes failed: name not resolved"));
        QVERIFY(monitor.firstRoundDone());
        // The cause is told where it is known, and an answer of the name service begins anew.
        ScriptedServer server;
        server.answer = good;
        one.unresolved = "domain name not found";
        monitor.setTargets({one});
        monitor.run([](HealthMonitor& m) { QVERIFY(m.checkNow(kA)); });
        QTRY_COMPARE_WITH_TIMEOUT(monitor.last(kA).text,
                                  std::string("name not resolved: domain name not found"), 5000);
        one.addresses = net::AddressSet::fromNumeric("127.0.0.1", server.port());
        monitor.setTargets({one});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.state(kA) == HealthState::Healthy, 5000);
        QCOMPARE(monitor.changes()[1], QStringLiteral("a: unhealthy -> checking, name resolved"));
    }

    void anotherAnswerOfTheNameServiceIsProbedAtOnceAndKeepsTheState()
    {
        ScriptedServer first;
        ScriptedServer second;
        first.answer = good;
        second.answer = bad;
        WatchedMonitor monitor;
        Target one = target(kA, first);
        one.authority = "a.lab:80";
        monitor.setTargets({one});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.state(kA) == HealthState::Healthy, 5000);
        one.addresses = net::AddressSet::fromNumeric("127.0.0.1", second.port());
        monitor.setTargets({one});
        QVERIFY(monitor.state(kA) == HealthState::Healthy);
        QTRY_VERIFY_WITH_TIMEOUT(monitor.state(kA) == HealthState::Unhealthy, 5000);
        QCOMPARE(second.requests.size(), 3);
        QVERIFY(second.requests[0].contains("Host: a.lab:80\r\n"));
    }

    void aServerWithSeveralAddressesIsGoodWhileOneOfThemIs()
    {
        ScriptedServer server;
        server.answer = good;
        Target one = target(kA, server, milliseconds(30));
        // Nobody listens at that port of the other two addresses.
        one.addresses = std::make_shared<const net::AddressSet>(
            std::vector{net::SocketAddress::fromNumeric("127.0.0.2", server.port()),
                        net::SocketAddress::fromNumeric("127.0.0.1", server.port()),
                        net::SocketAddress::fromNumeric("127.0.0.3", server.port())});
        WatchedMonitor monitor;
        monitor.setTargets({one});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.results(kA) >= 7, 10000);
        QCOMPARE(monitor.changes().size(), 1);
        QVERIFY(monitor.state(kA) == HealthState::Healthy);
        QVERIFY(monitor.last(kA).text.ends_with("(127.0.0.1)"));
        for (int i = 0; i < 5; ++i)
            QCOMPARE(one.addresses->next(Clock::now()), std::size_t{1});
        server.close();
        QTRY_VERIFY_WITH_TIMEOUT(monitor.state(kA) == HealthState::Unhealthy, 10000);
        QVERIFY(!one.addresses->anyAnswers(Clock::now()));
    }

    /// Else a server whose addresses all hang would be found out late: its timeouts add up.
    void aProbeAsksNoAddressTwice()
    {
        ScriptedServer server; // accepts, and never answers
        Target one = target(kA, server, milliseconds(30));
        one.check.timeout = milliseconds(40);
        // Nobody listens at that port of the other address: it fails at once, and is left out.
        one.addresses = std::make_shared<const net::AddressSet>(
            std::vector{net::SocketAddress::fromNumeric("127.0.0.1", server.port()),
                        net::SocketAddress::fromNumeric("127.0.0.2", server.port())});
        WatchedMonitor monitor;
        monitor.setTargets({one});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.results(kA) >= 12, 10000);
        monitor.setTargets({});
        QCoreApplication::processEvents(); // what has come is counted
        QVERIFY2(server.connections <= monitor.results(kA) + 1,
                 qPrintable(QStringLiteral("%1 connections for %2 probes")
                                .arg(server.connections)
                                .arg(monitor.results(kA))));
    }

    void hundredsAreSpreadAndAllProbedSoon()
    {
        ScriptedServer server;
        server.answer = good;
        std::vector<Target> targets;
        for (int i = 0; i < 300; ++i)
            targets.push_back(target({"pool", std::to_string(i)}, server));
        WatchedMonitor monitor;
        const TimePoint start = Clock::now();
        monitor.setTargets(targets);
        QTRY_COMPARE_WITH_TIMEOUT(monitor.probed(), std::size_t{300}, 15000);
        QVERIFY(monitor.firstRoundDone());
        // 300 targets are meant to start over half a second, so they cannot have been done much
        // sooner.
        QVERIFY(Clock::now() - start >= milliseconds(400));
    }

    void callbacksMayReplaceTheTargets()
    {
        ScriptedServer server;
        server.answer = good;
        LoopThread loop;
        std::unique_ptr<HealthMonitor> monitor;
        std::atomic<int> results{0};
        std::atomic<int> changes{0};
        loop.run([&] {
            monitor = std::make_unique<HealthMonitor>(
                1,
                [&](const TargetKey&, const ProbeResult&, const HealthTracker&) {
                    ++results;
                    monitor->setTargets({});
                },
                [&](const TargetKey& key, HealthState, HealthState, const std::string&) {
                    changes += key == kA ? 1 : 100;
                });
            monitor->setTargets({target(kA, server)});
        });
        QTRY_COMPARE_WITH_TIMEOUT(changes.load(), 1, 5000);
        QCOMPARE(results.load(), 1);
        loop.run([&] { monitor.reset(); });
    }
};

STEELYARD_TEST(MonitorTest)
#include "monitor_test.moc"
