// Counters to a snapshot: shares of a pool, ghosts, numbers that grow.
#include "engine/stats_collector.h"
#include "runtime/compiler.h"
#include "support/test_main.h"

#include <QTest>

#include <cmath>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

constexpr TimePoint kStart{std::chrono::hours(1)};

} // namespace

class StatsCollectorTest : public QObject
{
    Q_OBJECT

    struct Setup
    {
        Setup()
            : compiler(2, "t", [](const config::Address& address) {
                return net::AddressSet::fromNumeric(address.host, address.port);
            })
        {
            config::Pool& pool = config.pools.emplace_back();
            pool.name = "shop";
            pool.backends = {{"a", {"127.0.0.1", 1}, 100, AdminState::Ready},
                             {"b", {"127.0.0.1", 2}, 300, AdminState::Ready},
                             {"c", {"127.0.0.1", 3}, 100, AdminState::Maintenance}};
            running = compiler.compile(config);
        }

        runtime::BackendState& state(std::size_t i) const
        {
            return *running->pools[0]->backends[i].state;
        }

        std::shared_ptr<const stats::Snapshot>
        collect(TimePoint now,
                const std::vector<std::shared_ptr<runtime::BackendState>>& ghosts = {})
        {
            return collector.collect({}, now, {}, *running, infos, ghosts);
        }

        config::Config config;
        runtime::Compiler compiler;
        runtime::SnapshotPtr running;
        StatsCollector::InfoMap infos;
        StatsCollector collector;
    };

private Q_SLOTS:

    void sharesAreOfThePool()
    {
        Setup setup;
        (void)setup.collect(kStart);
        setup.state(0).counters[0]->requests.add(20);
        setup.state(0).counters[1]->requests.add(10); // workers add up
        setup.state(1).counters[0]->requests.add(10);
        const auto snapshot = setup.collect(kStart + seconds(1));
        const stats::PoolRow& pool = snapshot->pools[0];
        QCOMPARE(pool.backends[0].configuredShare, 0.25);
        QCOMPARE(pool.backends[1].configuredShare, 0.75);
        QCOMPARE(pool.backends[2].configuredShare, 0.0);
        QCOMPARE(pool.backends[0].actualShare, 0.75);
        QCOMPARE(pool.backends[1].actualShare, 0.25);
        QCOMPARE(pool.backends[0].totals.requests, std::uint64_t{30});
        QCOMPARE(pool.backends[0].requestsPerSecond, 30.0);
        QCOMPARE(pool.requestsPerSecond, 40.0);
        QCOMPARE(pool.selectable, 2);
        QVERIFY(pool.backends[0].selectable && !pool.backends[2].selectable);
        // Ten quiet seconds later nobody has a share.
        for (int i = 2; i < 15; ++i)
            (void)setup.collect(kStart + seconds(i));
        QCOMPARE(setup.collect(kStart + seconds(15))->pools[0].backends[0].actualShare, 0.0);
    }

    void listenersFiguresAddUpOverWorkersAndSurviveAReload()
    {
        Setup setup;
        config::Listener& web = setup.config.listeners.emplace_back();
        web.name = "web";
        setup.running = setup.compiler.compile(setup.config);
        stats::Snapshot frame;
        frame.listeners.push_back({"web", {}, 3, 100, 0, 0, {}});
        frame.listeners.push_back({"gone", {}, 0, 100, 0, 0, {}});
        const auto collect = [&](int second) {
            return setup.collector.collect(frame, kStart + seconds(second), {}, *setup.running,
                                           setup.infos, {});
        };
        (void)collect(0);
        const runtime::ListenerCounters& before = *setup.running->listeners[0]->counters;
        before[0]->requests.add(20);
        before[1]->requests.add(10);
        before[1]->errors.add(3);
        before[1]->latency.record(5000);
        before[0]->own.add(20);
        before[1]->own.add(40);
        web.maxConnections = 7;
        setup.running = setup.compiler.compile(setup.config);
        QCOMPARE(setup.running->listeners[0]->counters.get(), &before);
        const auto snapshot = collect(1);
        QCOMPARE(snapshot->listeners[0].requestsPerSecond, 30.0);
        QCOMPARE(snapshot->listeners[0].errorsPerSecond, 3.0);
        QVERIFY(std::abs(snapshot->listeners[0].latency.p99 - 5000) < 0.032 * 5000);
        QCOMPARE(snapshot->listeners[0].ownMean, 30.0);
        QCOMPARE(snapshot->listeners[0].connections, 3U);
        QCOMPARE(snapshot->listeners[1].requestsPerSecond, 0.0);
        QVERIFY(snapshot->wallMs > 1'700'000'000'000);
    }

    void whatTheEngineAddsIsAMeanOfTheLastSeconds()
    {
        Setup setup;
        (void)setup.collect(kStart);
        setup.state(0).counters[0]->own.add(30);
        setup.state(0).counters[1]->own.add(50);
        setup.state(1).counters[0]->own.add(100);
        const auto snapshot = setup.collect(kStart + seconds(1));
        const stats::PoolRow& pool = snapshot->pools[0];
        QCOMPARE(pool.backends[0].ownMean, 40.0);
        QCOMPARE(pool.backends[1].ownMean, 100.0);
        QCOMPARE(pool.backends[2].ownMean, 0.0);
        QCOMPARE(pool.ownMean, 60.0);
    }

    void aPoolThatSleptHasNoShares()
    {
        Setup setup;
        const auto snapshot = setup.collect(kStart);
        QCOMPARE(snapshot->pools[0].backends[0].actualShare, 0.0);
        QVERIFY(!snapshot->pools[0].allDown);
    }

    void sequencesGrow()
    {
        Setup setup;
        std::uint64_t last = 0;
        for (int i = 0; i < 5; ++i) {
            const auto snapshot = setup.collect(kStart + milliseconds(250 * i));
            QCOMPARE(snapshot->sequence, last + 1);
            last = snapshot->sequence;
        }
    }

    void ghostsAreShownInTheirPool()
    {
        Setup setup;
        auto ghost = std::make_shared<runtime::BackendState>("shop", "z", 2);
        auto stranger = std::make_shared<runtime::BackendState>("other", "z", 2);
        ghost->load.inFlight.store(3);
        const auto snapshot = setup.collect(kStart, {ghost, stranger});
        QCOMPARE(snapshot->pools[0].backends.size(), std::size_t{4});
        const stats::BackendRow& row = snapshot->pools[0].backends[3];
        QVERIFY(row.ghost && row.name == "z" && row.inFlight == 3);
    }

    void aDrainTellsWhatIsLeft()
    {
        Setup setup;
        BackendInfo& info = setup.infos[{"shop", "a"}];
        info.drainDeadline = kStart + seconds(5);
        info.reason = "drained by the operator";
        info.since = kStart;
        const auto early = setup.collect(kStart + seconds(2));
        QCOMPARE(early->pools[0].backends[0].drainSecondsLeft, 3.0);
        QCOMPARE(early->pools[0].backends[0].stateSeconds, 2.0);
        QCOMPARE(early->pools[0].backends[0].reason, info.reason);
        QCOMPARE(setup.collect(kStart + seconds(9))->pools[0].backends[0].drainSecondsLeft, 0.0);
        QCOMPARE(early->pools[0].backends[1].drainSecondsLeft, -1.0);
    }

    void aPoolWithNobodyIsDown()
    {
        Setup setup;
        for (config::Backend& each : setup.config.pools[0].backends)
            each.state = AdminState::Maintenance;
        setup.running = setup.compiler.compile(setup.config);
        QVERIFY(setup.collect(kStart)->pools[0].allDown);
    }
};

STEELYARD_TEST(StatsCollectorTest)

#include "stats_collector_test.moc"
