#include "balancing/explain.h"
#include "base/random.h"
#include "pool_of_loads.h"
#include "support/test_main.h"

#include <QTest>

#include <thread>

using namespace steelyard;
using namespace steelyard::balancing;

namespace {

void stir(PoolOfLoads& pool, RandomSource& random, std::uint64_t now)
{
    for (int i = 0; i < 3; ++i) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(pool.size()));
        pool.inFlight(at) = random.below(8);
        pool.load(at).recordLatency(1'000 + random.below(100'000), now);
    }
}

} // namespace

class ExplainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRecordedDecisionIsMadeTheSameWayAgain()
    {
        RandomSource random(41);
        for (const Algorithm algorithm : kAlgorithms) {
            const int pools = usesKey(algorithm) ? 20 : 200;
            const int each = 100'000 / pools;
            int same = 0;
            for (int p = 0; p < pools; ++p) {
                std::vector<std::uint32_t> weights(1 + random.below(60));
                for (std::uint32_t& weight : weights)
                    weight = 1 + random.below(256);
                PoolOfLoads pool(weights);
                for (Candidate& candidate : pool.candidates())
                    candidate.limit = random.below(6);
                BalancerOptions options{algorithm};
                if (p % 2 == 0)
                    options.boundedLoad = 1 + random.unit();
                const auto balancer = makeBalancer(options, pool.candidates());
                Recomputer again;
                for (int i = 0; i < each; ++i) {
                    const std::uint64_t now = static_cast<std::uint64_t>(i) * 10'000;
                    stir(pool, random, now);
                    Tried tried;
                    for (std::uint32_t t = random.below(4); t > 0; --t)
                        tried.add(random.below(static_cast<std::uint32_t>(weights.size())));
                    Decision decision;
                    const int served = pickRecorded(
                        *balancer,
                        {random.next(), random.next(), &tried, random.next(), i % 5 != 0, now},
                        decision);
                    // What happens afterwards must not matter.
                    stir(pool, random, now + 5'000);
                    same += again.recompute(decision) == served && decision.pick == served ? 1 : 0;
                }
            }
            QCOMPARE(same, 100'000);
        }
    }

    void aRecordedChoiceIsTheOneThatTheLiveLoadsGive()
    {
        RandomSource random(42);
        for (const Algorithm algorithm : kAlgorithms) {
            PoolOfLoads pool({100, 50, 20, 100, 256});
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            for (int i = 0; i < 2'000; ++i) {
                const std::uint64_t now = static_cast<std::uint64_t>(i) * 10'000;
                stir(pool, random, now);
                const PickInputs inputs{random.next(), random.next(), nullptr,
                                        random.next(), true,          now};
                Decision decision;
                QCOMPARE(pickRecorded(*balancer, inputs, decision), balancer->pick(inputs));
            }
        }
    }

    /// Four workers pick and record while all of them change the loads: what each recorded gives
    /// what it was given.
    void underWayOfOtherWorkersTheRecordStaysTrue()
    {
        for (const Algorithm algorithm : kAlgorithms) {
            PoolOfLoads pool(std::vector<std::uint32_t>(12, 100));
            const auto balancer = makeBalancer({algorithm, 1.25}, pool.candidates());
            std::atomic<std::uint64_t> cursor{0};
            std::atomic<int> different{0};
            std::vector<std::thread> threads;
            for (std::uint64_t worker = 0; worker < 4; ++worker) {
                threads.emplace_back([&, worker] {
                    RandomSource random(60 + worker);
                    Recomputer again;
                    Decision decision;
                    for (int i = 0; i < 5'000; ++i) {
                        const auto now = static_cast<std::uint64_t>(i) * 1'000;
                        const int served = pickRecorded(
                            *balancer,
                            {random.next(), cursor.fetch_add(1), nullptr, random.next(), true, now},
                            decision);
                        ++pool.inFlight(static_cast<std::size_t>(served));
                        stir(pool, random, now);
                        different += again.recompute(decision) == served ? 0 : 1;
                    }
                });
            }
            for (std::thread& thread : threads)
                thread.join();
            QCOMPARE(different.load(), 0);
        }
    }

    void theExplanationNamesThePickAndWhatWasLookedAt()
    {
        RandomSource random(43);
        for (const Algorithm algorithm : kAlgorithms) {
            for (const std::size_t size : {5U, 12U, 60U}) {
                PoolOfLoads pool(std::vector<std::uint32_t>(size, 100));
                const auto balancer = makeBalancer({algorithm, 1.5}, pool.candidates());
                Recomputer again;
                for (int i = 0; i < 200; ++i) {
                    stir(pool, random, 1'000'000);
                    Tried tried;
                    tried.add(1);
                    Decision decision;
                    const int served = pickRecorded(
                        *balancer,
                        {random.next(), random.next(), &tried, random.next(), true, 1'000'000},
                        decision);
                    const Explanation why = again.explain(decision);
                    QCOMPARE(why.pick, served);
                    QVERIFY(!why.rule.empty());
                    QCOMPARE(why.candidates.size(), size);
                    if (algorithm != Algorithm::RoundRobin) // the slot may be a tried one's
                        QVERIFY(why.candidates[static_cast<std::size_t>(served)].drawn);
                    QVERIFY(why.candidates[1].text.ends_with("; tried already"));
                }
            }
        }
    }

    void scoresAreWhatDecides()
    {
        PoolOfLoads pool({100, 50});
        pool.inFlight(0) = 3;
        Decision decision;
        const auto least = makeBalancer({Algorithm::LeastConnections}, pool.candidates());
        QCOMPARE(pickRecorded(*least, {7}, decision), 1);
        const Explanation why = explain(decision);
        QCOMPARE(why.candidates[0].score, 0.04);
        QCOMPARE(why.candidates[1].score, 0.02);
        QCOMPARE(why.candidates[0].text, std::string("4 / 100 = 0.04"));
        QCOMPARE(recompute(decision), 1);

        pool.load(0).recordLatency(2'000, 0);
        const auto ewma = makeBalancer({Algorithm::PeakEwma}, pool.candidates());
        QCOMPARE(pickRecorded(*ewma, {7}, decision), 1);
        QCOMPARE(explain(decision).candidates[1].text, std::string("unmeasured x 1 / 50 = 0"));
        pool.load(1).recordLatency(10'000, 0);
        QCOMPARE(pickRecorded(*ewma, {7}, decision), 0);
        QCOMPARE(explain(decision).candidates[0].text, std::string("2 ms x 4 / 100 = 0.08"));
        QCOMPARE(explain(decision).candidates[1].text, std::string("10 ms x 1 / 50 = 0.2"));
    }

    void aPoolTooLargeIsPickedFromButNotRecorded()
    {
        const PoolOfLoads pool(std::vector<std::uint32_t>(Decision::kMostCandidates + 1, 100));
        const auto balancer = makeBalancer({Algorithm::PowerOfTwo}, pool.candidates());
        Decision decision;
        QVERIFY(pickRecorded(*balancer, {99}, decision) >= 0);
        QVERIFY(decision.candidates.empty());
    }
};

STEELYARD_TEST(ExplainTest)
#include "explain_test.moc"
