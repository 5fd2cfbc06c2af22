// Who may be picked, and the pick.
#include "runtime/decision.h"
#include "runtime/slow_start.h"
#include "runtime/snapshot.h"
#include "support/test_main.h"

#include <QTest>

#include <set>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

const TimePoint kNow = TimePoint{} + seconds(3600);

/// A pool of n ready, healthy servers, round-robin.
Pool poolOf(int servers, bool failOpen = false)
{
    auto settings = std::make_shared<config::Pool>();
    settings->algorithm = Algorithm::RoundRobin;
    settings->failOpen = failOpen;
    Pool pool;
    pool.settings = settings;
    pool.state = std::make_shared<PoolState>();
    pool.state->workers = std::vector<WorkerLoad>(1);
    for (int i = 0; i < servers; ++i) {
        auto state = std::make_shared<BackendState>("p", std::to_string(i), 1);
        state->health.store(HealthState::Healthy);
        Backend& backend = pool.backends.emplace_back();
        backend.state = state;
        backend.address = net::SocketAddress::fromNumeric("127.0.0.1", 80);
    }
    return pool;
}

std::vector<std::uint32_t> candidatesOf(Pool& pool)
{
    buildCandidates(pool, kNow);
    return pool.candidates.backends;
}

Picked pick(const Pool& pool, std::uint64_t draw, balancing::Tried& tried,
            std::vector<Choice>* record = nullptr)
{
    balancing::PickInputs inputs;
    inputs.draw = draw;
    return pool.pick(0, inputs, tried, record);
}

using Indexes = std::vector<std::uint32_t>;

} // namespace

class CandidatesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void onlyReadyHealthyWeightedResolvedServersAreCandidates()
    {
        Pool pool = poolOf(7);
        pool.backends[0].state->health.store(HealthState::Unhealthy);
        pool.backends[1].state->health.store(HealthState::Checking);
        pool.backends[2].state->admin.store(AdminState::Draining);
        pool.backends[3].state->admin.store(AdminState::Maintenance);
        pool.backends[4].weight = 0;
        pool.backends[5].address = {};
        QCOMPARE(candidatesOf(pool), Indexes{6});
        QVERIFY(!pool.candidates.failedOpen());
    }

    void failingOpenTakesEveryReadyOneButNothingElse()
    {
        Pool pool = poolOf(5, true);
        for (const Backend& each : pool.backends)
            each.state->health.store(HealthState::Unhealthy);
        pool.backends[0].state->admin.store(AdminState::Draining);
        pool.backends[1].weight = 0;
        pool.backends[2].address = {};
        QCOMPARE(candidatesOf(pool), (Indexes{3, 4}));
        QVERIFY(pool.candidates.failedOpen());
        // One healthy server is enough to close it again.
        pool.backends[4].state->health.store(HealthState::Healthy);
        QCOMPARE(candidatesOf(pool), Indexes{4});
        QVERIFY(!pool.candidates.failedOpen());
    }

    void failingClosedPicksNobody()
    {
        Pool pool = poolOf(2);
        for (const Backend& each : pool.backends)
            each.state->health.store(HealthState::Unhealthy);
        QVERIFY(candidatesOf(pool).empty());
        balancing::Tried tried;
        QCOMPARE(pick(pool, 1, tried).backend, balancing::Balancer::kNone);
        Pool open = poolOf(1, true);
        open.backends[0].state->admin.store(AdminState::Maintenance);
        QVERIFY(candidatesOf(open).empty() && !open.candidates.failedOpen());
    }

    void aPickWalksOnPastOneDrainedSinceTheSetWasBuilt()
    {
        Pool pool = poolOf(3);
        buildCandidates(pool, kNow);
        pool.backends[1].state->admin.store(AdminState::Draining);
        std::set<int> picked;
        for (int i = 0; i < 12; ++i) {
            balancing::Tried tried;
            picked.insert(pick(pool, static_cast<std::uint64_t>(i), tried).backend);
        }
        QCOMPARE(picked, (std::set<int>{0, 2}));
        for (const Backend& each : pool.backends)
            each.state->admin.store(AdminState::Maintenance);
        balancing::Tried tried;
        QCOMPARE(pick(pool, 0, tried).backend, balancing::Balancer::kNone);
    }

    void nobodyIsPickedTwiceForOneRequest()
    {
        Pool pool = poolOf(12);
        buildCandidates(pool, kNow);
        balancing::Tried tried;
        std::set<int> picked;
        for (std::uint32_t i = 0; i < balancing::Tried::kMax; ++i) {
            const int index = pick(pool, i, tried).backend;
            QVERIFY(index >= 0);
            QVERIFY(picked.insert(index).second);
        }
        // The set of tried ones is full: that is where one request's tries end.
        QCOMPARE(pick(pool, 0, tried).backend, balancing::Balancer::kNone);
    }

    void candidateIndexesAreTranslatedToBackends()
    {
        Pool pool = poolOf(3);
        pool.backends[0].weight = 0;
        buildCandidates(pool, kNow);
        balancing::Tried tried;
        const int first = pick(pool, 0, tried).backend;
        const int second = pick(pool, 0, tried).backend;
        QCOMPARE((std::set<int>{first, second}), (std::set<int>{1, 2}));
        QCOMPARE(pick(pool, 0, tried).backend, balancing::Balancer::kNone);
    }

    void everyOneThatIsNoCandidateIsToldWhy()
    {
        Pool pool = poolOf(8);
        pool.backends[0].state->health.store(HealthState::Unhealthy);
        pool.backends[1].state->health.store(HealthState::Checking);
        pool.backends[2].state->admin.store(AdminState::Draining);
        pool.backends[3].state->ejected.store(true);
        pool.backends[4].weight = 0;
        pool.backends[5].backup = true;
        pool.backends[6].state->admin.store(AdminState::Maintenance);
        QCOMPARE(candidatesOf(pool), Indexes{7});
        const std::vector<std::string> why{pool.candidates.excluded.begin(),
                                           pool.candidates.excluded.end()};
        QCOMPARE(why,
                 (std::vector<std::string>{"down", "not checked yet", "draining", "ejected",
                                           "its weight is 0", "a backup", "in maintenance", ""}));
    }

    void backupsServeOnlyWhileNoOtherDoes()
    {
        Pool pool = poolOf(3, true);
        pool.backends[1].backup = pool.backends[2].backup = true;
        QCOMPARE(candidatesOf(pool), Indexes{0});
        pool.backends[0].state->ejected.store(true);
        QCOMPARE(candidatesOf(pool), (Indexes{1, 2}));
        QVERIFY(pool.candidates.tier == CandidateSet::Tier::Backup);
        pool.backends[0].state->ejected.store(false);
        QCOMPARE(candidatesOf(pool), Indexes{0});
        QVERIFY(pool.candidates.tier == CandidateSet::Tier::Primary);
        for (const Backend& each : pool.backends)
            each.state->health.store(HealthState::Unhealthy);
        QCOMPARE(candidatesOf(pool), (Indexes{0, 1, 2}));
        QVERIFY(pool.candidates.failedOpen());
    }

    void aNewServerGrowsToItsWeight()
    {
        Pool pool = poolOf(2);
        auto settings = std::make_shared<config::Pool>(*pool.settings);
        settings->slowStart = config::SlowStart{seconds(10), 0.1};
        pool.settings = settings;
        buildCandidates(pool, kNow - seconds(60)); // both begin
        buildCandidates(pool, kNow);
        QCOMPARE(pool.candidates.slowStart(0), 1.0);
        QVERIFY(!pool.candidates.nextStep);
        pool.backends[1].state->health.store(HealthState::Unhealthy);
        buildCandidates(pool, kNow);
        pool.backends[1].state->health.store(HealthState::Healthy);
        buildCandidates(pool, kNow);
        QVERIFY(pool.candidates.slowStart(1) < 0.2);
        int steps = 0;
        double before = 0;
        while (pool.candidates.nextStep) {
            const TimePoint at = *pool.candidates.nextStep;
            QVERIFY(at > kNow && at <= kNow + seconds(10));
            buildCandidates(pool, at);
            const auto candidates = pool.candidates.balancer->candidates();
            const double share = static_cast<double>(candidates[1].weight) / candidates[0].weight;
            QVERIFY(share > before && share <= 1);
            before = share;
            QVERIFY(++steps <= 20);
        }
        QVERIFY(steps >= 10);
        QCOMPARE(pool.candidates.slowStart(1), 1.0);
    }

    void aLimitIsNeverExceededAndTheNextOneIsTaken()
    {
        Pool pool = poolOf(20);
        for (Backend& each : pool.backends)
            each.maxRequests = 1;
        pool.limited = true;
        buildCandidates(pool, kNow);
        std::vector<Lease> held;
        std::set<int> picked;
        for (std::uint64_t i = 0; i < 20; ++i) {
            balancing::Tried tried; // more are full than a walk remembers
            Picked each = pick(pool, i * 977, tried);
            QVERIFY(each.backend >= 0);
            picked.insert(each.backend);
            held.push_back(std::move(each.lease));
        }
        QCOMPARE(picked.size(), std::size_t{20});
        balancing::Tried tried;
        const Picked none = pick(pool, 5, tried);
        QVERIFY(none.backend == balancing::Balancer::kNone && none.full);
        held.pop_back();
        QVERIFY(pick(pool, 6, tried).backend >= 0);
    }

    void aPoolKnowsWhatItHasInFlight()
    {
        Pool pool = poolOf(3);
        pool.state->workers = std::vector<WorkerLoad>(2);
        buildCandidates(pool, kNow);
        balancing::Tried tried;
        Picked first = pool.pick(0, {}, tried);
        Picked second = pool.pick(1, {}, tried);
        Lease third = pool.lease(1, 2);
        QCOMPARE(pool.state->inFlight(), 3);
        pool.backends[2].state->admin = AdminState::Draining;
        buildCandidates(pool, kNow);
        QCOMPARE(pool.state->inFlight(), 3); // those that left too
        first.lease.release();
        third.release();
        QCOMPARE(pool.state->inFlight(), 1);
        second.lease.release();
        QCOMPARE(pool.state->inFlight(), 0);
    }

    void recordedChoicesComeOutTheSameAgain()
    {
        for (const Algorithm algorithm : kAlgorithms) {
            auto pool = std::make_shared<Pool>(poolOf(9));
            auto settings = std::make_shared<config::Pool>(*pool->settings);
            settings->algorithm = algorithm;
            pool->settings = settings;
            for (std::size_t i = 0; i < 9; ++i)
                pool->backends[i].maxRequests = i % 3 == 0 ? 2 : 0;
            pool->limited = true;
            buildCandidates(*pool, kNow);
            std::vector<Lease> held;
            Recomputed sum;
            balancing::Recomputer recomputer;
            for (std::uint64_t i = 0; i < 200; ++i) {
                Decision decision;
                decision.pool = pool;
                balancing::Tried tried;
                Picked each = pick(*pool, i * 0x9E3779B97F4A7C15U, tried, &decision.choices);
                QVERIFY(each.backend >= 0);
                decision.served.push_back(each.lease.state()->name);
                held.push_back(std::move(each.lease)); // so that the load differs afterwards
                recompute(decision, recomputer, sum);
            }
            QCOMPARE(sum.decisions, 200U);
            QCOMPARE(sum.leases, 200U);
            QCOMPARE(sum.served, sum.leases);
            QVERIFY(sum.choices >= 200);
            QCOMPARE(sum.same, sum.choices);
        }
    }
};

STEELYARD_TEST(CandidatesTest)

#include "candidates_test.moc"
