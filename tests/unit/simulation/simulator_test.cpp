#include "pools.h"
#include "simulation/server_model.h"
#include "support/test_main.h"

#include <QTest>

#include <cmath>

using namespace steelyard;
using namespace steelyard::simulation;

namespace {

using namespace std::chrono_literals;

Workload withPeriod(Workload workload, const std::string& server, Period period)
{
    ServerBehaviour behaviour = workload.everyServer;
    behaviour.periods.push_back(period);
    workload.servers[server] = behaviour;
    return workload;
}

Period between(seconds from, seconds to)
{
    Period period;
    period.from = from;
    period.to = to;
    return period;
}

} // namespace

class SimulatorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void roundRobinsOrderIsExact()
    {
        const Outcome outcome =
            simulate(workloadOf(100, 1), poolOf({50, 10, 10}, Algorithm::RoundRobin), true);
        QCOMPARE(outcome.order.size(), std::size_t{100});
        const std::vector<std::uint32_t> period{0, 0, 1, 0, 2, 0, 0};
        for (std::size_t i = 0; i < outcome.order.size(); ++i)
            QCOMPARE(outcome.order[i], period[i % 7]);
    }

    void theSameSeedGivesTheSameResultAndAnotherAnother()
    {
        for (const Algorithm algorithm : kAlgorithms) {
            Workload workload = workloadOf(500, 5);
            workload.poisson = true;
            workload.everyServer.time = {ServiceTime::Kind::Exponential, 20'000, 0};
            workload.everyServer.failures = 0.01;
            const config::Pool pool = poolOf({100, 20, 50, 100}, algorithm);
            const Outcome one = simulate(workload, pool, true);
            const Outcome two = simulate(workload, pool, true);
            QVERIFY(one.order == two.order);
            QCOMPARE(one.latencies.mean, two.latencies.mean);
            workload.seed = 2;
            QVERIFY(simulate(workload, pool).latencies.mean != one.latencies.mean);
        }
    }

    void everyAlgorithmMeetsTheSameArrivals()
    {
        Workload workload = workloadOf(500, 5);
        workload.poisson = true;
        std::uint64_t requests = 0;
        for (const Algorithm algorithm : kAlgorithms) {
            const Outcome outcome = simulate(workload, poolOf({100, 100}, algorithm));
            QVERIFY(requests == 0 || outcome.requests == requests);
            requests = outcome.requests;
        }
        QVERIFY(std::abs(static_cast<double>(requests) - 2500) < 200);
    }

    /// One server, one at a time: M/M/1 has 1 / (mu - lambda), M/D/1 half of the waiting.
    void aQueueTakesAsLongAsTheoryHasIt()
    {
        Workload workload = workloadOf(70, 20'000);
        workload.poisson = true;
        workload.everyServer.concurrency = 1;
        workload.everyServer.time = {ServiceTime::Kind::Exponential, 10'000, 0};
        const config::Pool pool = poolOf({100}, Algorithm::RoundRobin);
        const double exponential = simulate(workload, pool).latencies.mean;
        QVERIFY2(std::abs(exponential / (10 / 0.3) - 1) < 0.03,
                 qPrintable(QString::number(exponential)));
        workload.everyServer.time = fixedTime(10ms);
        const double fixed = simulate(workload, pool).latencies.mean;
        QVERIFY2(std::abs(fixed / (10 + 10 * 0.7 / 0.6) - 1) < 0.03,
                 qPrintable(QString::number(fixed)));
        // Shared, the distribution does not matter: 1 / (mu - lambda) again.
        workload.everyServer.sharing = true;
        const double shared = simulate(workload, pool).latencies.mean;
        QVERIFY2(std::abs(shared / (10 / 0.3) - 1) < 0.03, qPrintable(QString::number(shared)));
    }

    void sharingServersFinishInTheOrderOfTheWorkLeft()
    {
        ServerModel model(1, true);
        model.start(1, 100, 0);
        model.start(2, 20, 50); // 50 left of the first
        QCOMPARE(*model.nextEnd(), 90.0);
        QCOMPARE(model.finish(90), 2U);
        QCOMPARE(*model.nextEnd(), 120.0); // 30 left, alone again
        QCOMPARE(model.finish(120), 1U);
        QVERIFY(!model.nextEnd());
    }

    void theShareOfRequestsFollowsTheWeights()
    {
        for (const Algorithm algorithm :
             {Algorithm::RoundRobin, Algorithm::Random, Algorithm::Maglev, Algorithm::RingHash}) {
            const Outcome outcome =
                simulate(workloadOf(1000, 40), poolOf({100, 50, 250}, algorithm));
            const double shares[] = {0.25, 0.125, 0.625};
            for (std::size_t i = 0; i < 3; ++i) {
                const double got = static_cast<double>(outcome.servers[i].requests) /
                                   static_cast<double>(outcome.requests);
                QVERIFY(std::abs(got / shares[i] - 1) < 0.1);
            }
        }
    }

    void leastConnectionsKeepsTheSlowAsBusyAsTheFast()
    {
        Workload workload = workloadOf(1000, 20);
        workload.servers["s1"] = workload.everyServer;
        workload.servers["s1"].time = fixedTime(200ms);
        const Outcome outcome =
            simulate(workload, poolOf({100, 100, 100, 100}, Algorithm::LeastConnections));
        std::uint32_t least = ~0U;
        std::uint32_t most = 0;
        for (const ServerOutcome& server : outcome.servers) {
            least = std::min(least, server.mostInFlight);
            most = std::max(most, server.mostInFlight);
        }
        QVERIFY(most - least <= 1);
        QVERIFY(outcome.servers[1].requests * 10 < outcome.servers[0].requests);
    }

    void firstSparesTheLast()
    {
        config::Pool pool = poolOf({100, 100, 100}, Algorithm::First);
        for (config::Backend& backend : pool.backends)
            backend.maxRequests = 8;
        const Outcome outcome = simulate(workloadOf(1000, 5), pool); // 10 in flight
        QCOMPARE(outcome.servers[0].mostInFlight, 8U);
        QVERIFY(outcome.servers[1].requests > 0);
        QCOMPARE(outcome.servers[2].requests, std::uint64_t{0});
        QCOMPARE(outcome.errors, std::uint64_t{0});
    }

    void beyondTheLimitsRequestsQueueAndTimeOut()
    {
        config::Pool pool = poolOf({100, 100}, Algorithm::PowerOfTwo);
        for (config::Backend& backend : pool.backends)
            backend.maxRequests = 2;
        // Two servers of two at 10 ms: 400/s. Below it nobody fails, above it the rest does.
        QCOMPARE(simulate(workloadOf(390, 10), pool).errors, std::uint64_t{0});
        const Outcome over = simulate(workloadOf(800, 20), pool);
        QVERIFY(std::abs(static_cast<double>(over.requests - over.errors) / (400.0 * 22) - 1) <
                0.05);
        QVERIFY(over.latencies.p999 <= 2011); // the queue's 2 s and the service
        for (const ServerOutcome& server : over.servers)
            QCOMPARE(server.mostInFlight, 2U);
    }

    void aDeadServersRequestsAreRetriedElsewhere()
    {
        Period down = between(5s, 10s);
        down.down = true;
        const Workload workload = withPeriod(workloadOf(300, 20), "s2", down);
        config::Pool pool = poolOf({100, 100, 100}, Algorithm::RoundRobin);
        const Outcome retried = simulate(workload, pool);
        QCOMPARE(retried.errors, std::uint64_t{0});
        // Retries take tickets too: 1,500 arrivals, and of all picks a third.
        QVERIFY2(retried.retries >= 745 && retried.retries <= 755,
                 qPrintable(QString::number(retried.retries)));
        pool.retry.attempts = 0;
        QCOMPARE(simulate(workload, pool).errors, std::uint64_t{500});
    }

    void probesTakeADeadServerOutAndBringItBack()
    {
        Period down = between(5s, 10s);
        down.down = true;
        const Workload workload = withPeriod(workloadOf(300, 20), "s2", down);
        config::Pool pool = poolOf({100, 100, 100}, Algorithm::RoundRobin);
        pool.retry.attempts = 0;
        pool.healthCheck.emplace();
        const Outcome outcome = simulate(workload, pool);
        // At most an interval of 2 s, and two of 0.5 s until the third bad probe; then nothing.
        QVERIFY2(outcome.servers[2].errors > 50 && outcome.servers[2].errors < 320,
                 qPrintable(QString::number(outcome.servers[2].errors)));
        // Out for some 2.5 to 5 s and a half, it is back for the rest.
        QVERIFY(outcome.servers[2].requests > 1200 && outcome.servers[2].requests < 1900);
        // A larger fall takes longer.
        pool.healthCheck->fall = 8;
        QVERIFY(simulate(workload, pool).servers[2].errors > outcome.servers[2].errors + 100);
    }

    void theRetryBudgetBoundsTheRetriesOfFailures()
    {
        Workload workload = workloadOf(500, 60);
        workload.everyServer.failures = 0.9;
        config::Pool pool = poolOf({100, 100, 100}, Algorithm::Random);
        pool.retry.attempts = 3;
        pool.retry.budget = 0.1;
        const Outcome outcome = simulate(workload, pool);
        const double share =
            static_cast<double>(outcome.retries) / static_cast<double>(outcome.requests);
        QVERIFY2(share > 0.08 && share <= 0.105, qPrintable(QString::number(share)));
    }

    void backupsServeOnlyWhileNoOtherCan()
    {
        Period down = between(5s, 10s);
        down.down = true;
        Workload workload = withPeriod(workloadOf(100, 20), "s0", down);
        config::Pool pool = poolOf({100, 100}, Algorithm::RoundRobin);
        pool.backends[1].backup = true;
        pool.healthCheck.emplace();
        const Outcome outcome = simulate(workload, pool);
        QVERIFY(outcome.servers[1].requests > 200 && outcome.servers[1].requests < 650);
        workload.servers.clear();
        QCOMPARE(simulate(workload, pool).servers[1].requests, std::uint64_t{0});
    }

    void aHashKeepsSessionsWhereTheyAreAndStickinessBeatsWeights()
    {
        Workload calm = workloadOf(1000, 20);
        calm.everyServer.time = fixedTime(0ms); // no second request before the first one's cookie
        Workload workload = withPeriod(calm, "s3", between(10s, 20s));
        workload.servers["s3"].periods[0].weight = 0;
        workload.sessions = 500;
        const auto moved = [&](Algorithm algorithm, bool sticky) {
            config::Pool pool = poolOf(std::vector<int>(10, 100), algorithm);
            if (sticky)
                pool.stickiness.emplace();
            const Outcome outcome = simulate(workload, pool);
            if (outcome.sessions != 500)
                qFatal("%d sessions", int(outcome.sessions));
            return outcome.movedSessions;
        };
        // A tenth of the sessions, those of s3; maglev moves a few more.
        const std::uint64_t ring = moved(Algorithm::RingHash, false);
        QVERIFY2(ring > 20 && ring < 90, qPrintable(QString::number(ring)));
        const std::uint64_t rendezvous = moved(Algorithm::RendezvousHash, false);
        QVERIFY2(rendezvous > 20 && rendezvous < 90, qPrintable(QString::number(rendezvous)));
        QVERIFY(moved(Algorithm::Maglev, false) < 150);
        QVERIFY(moved(Algorithm::RoundRobin, false) > 490);
        QCOMPARE(moved(Algorithm::RoundRobin, true), std::uint64_t{0});
    }

    void theWarmUpIsNotCounted()
    {
        Workload workload = withPeriod(workloadOf(100, 20), "s0", between(0s, 5s));
        workload.servers["s0"].periods[0].time = fixedTime(900ms);
        workload.warmUp = 5s;
        const Outcome outcome = simulate(workload, poolOf({100}, Algorithm::RoundRobin));
        QCOMPARE(outcome.requests, std::uint64_t{1500});
        QCOMPARE(outcome.latencies.p999, 10.0);
    }
};

STEELYARD_TEST(SimulatorTest)
#include "simulator_test.moc"
