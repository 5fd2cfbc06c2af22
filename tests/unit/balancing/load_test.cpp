#include "balancing/balancer.h"
#include "base/random.h"
#include "pool_of_loads.h"
#include "statistics.h"
#include "support/test_main.h"

#include <QTest>

#include <cmath>
#include <map>
#include <thread>

using namespace steelyard;
using namespace steelyard::balancing;

namespace {

constexpr std::uint64_t kSecond = 1'000'000;

/// Requests that run while a balancer chooses: each in flight is as likely to end next. Gives how
/// many each backend got.
std::vector<std::uint64_t> keepBusy(const Balancer& balancer, PoolOfLoads& pool,
                                    RandomSource& random, std::size_t atOnce, int requests)
{
    std::vector<std::uint64_t> counts(pool.size(), 0);
    std::vector<std::size_t> running;
    for (int i = 0; i < requests; ++i) {
        const std::uint64_t now = kSecond + static_cast<std::uint64_t>(i) * 100;
        const auto pick = static_cast<std::size_t>(balancer.pick(
            {random.next(), static_cast<std::uint64_t>(i), nullptr, random.next(), true, now}));
        ++counts[pick];
        ++pool.inFlight(pick);
        running.push_back(pick);
        if (running.size() < atOnce)
            continue;
        const std::uint32_t at = random.below(static_cast<std::uint32_t>(running.size()));
        --pool.inFlight(running[at]);
        pool.load(running[at]).recordLatency(20'000, now);
        running[at] = running.back();
        running.pop_back();
    }
    return counts;
}

} // namespace

class LoadTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aBackendThatWasNeverMeasuredIsTriedByOneRequest()
    {
        Load load;
        QCOMPARE(load.sample().latencyAt(0), 0.0F);
        QCOMPARE(load.sample().latencyAt(100 * kSecond), 0.0F);
        load.inFlight = 1;
        QCOMPARE(load.sample().latencyAt(0), 30'000.0F);

        for (const Algorithm algorithm : {Algorithm::PeakEwma, Algorithm::Prequal}) {
            PoolOfLoads pool({100, 100, 100});
            pool.load(0).recordLatency(200, kSecond);
            pool.load(1).recordLatency(200, kSecond);
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            QCOMPARE(balancer->pick({1, 0, nullptr, 0, false, kSecond}), 2);
            ++pool.inFlight(2);
            QVERIFY(balancer->pick({1, 0, nullptr, 0, false, kSecond}) != 2);
        }
    }

    void whoFailsQuicklyDoesNotLookFast()
    {
        Load load;
        load.recordFailure(50, kSecond);
        QCOMPARE(load.sample().latencyAt(kSecond), 30'000.0F);
        load.recordLatency(200'000, kSecond);
        for (std::uint64_t s = 2; s <= 100; ++s)
            load.recordFailure(50, s * kSecond);
        QVERIFY(load.sample().latencyAt(100 * kSecond) >= 30'000.0F);
        load.recordFailure(1'000'000, 100 * kSecond);
        QCOMPARE(load.sample().latencyAt(100 * kSecond), 1'000'000.0F);
    }

    void latencyRisesAtOnceAndSinksWithTenSeconds()
    {
        Load load;
        load.recordLatency(5'000, kSecond);
        QCOMPARE(load.sample().latencyAt(kSecond), 5'000.0F);
        load.recordLatency(80'000, kSecond);
        QCOMPARE(load.sample().latencyAt(kSecond), 80'000.0F);
        // A shorter one within the same millisecond says nothing yet.
        load.recordLatency(1'000, kSecond + 500);
        QCOMPARE(load.sample().latencyAt(kSecond), 80'000.0F);
        // Untouched it sinks towards zero ...
        QVERIFY(std::abs(load.sample().latencyAt(11 * kSecond) - 80'000 / std::exp(1.0F)) < 1);
        // ... and with measurements towards these.
        load.recordLatency(10'000, 11 * kSecond);
        const float expected = 10'000 + 70'000 / std::exp(1.0F);
        QVERIFY(std::abs(load.sample().latencyAt(11 * kSecond) - expected) < 1);
    }

    void oftenMeasuredItSinksNoSlower()
    {
        Load load;
        load.recordLatency(100'000, 0);
        for (std::uint64_t us = 0; us <= 10 * kSecond; us += 130)
            load.recordLatency(10'000, us);
        const float expected = 10'000 + 90'000 / std::exp(1.0F);
        QVERIFY(std::abs(load.sample().latencyAt(10 * kSecond) - expected) < 100);
    }

    void threadsNeverMixTheirWords()
    {
        Load load;
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < 4; ++t) {
            threads.emplace_back([&load, t] {
                for (std::uint64_t i = 0; i < 50'000; ++i)
                    load.recordLatency(10'000 + t * 1'000, i * 100);
            });
        }
        bool inside = true;
        for (int i = 0; i < 50'000; ++i) {
            const LoadSample sample = load.sample();
            inside = inside && (sample.latencyUs == 0 ||
                                (sample.latencyUs >= 9'999 && sample.latencyUs <= 13'001));
            inside = inside && sample.latencyAtMs <= 5'000;
        }
        for (std::thread& thread : threads)
            thread.join();
        QVERIFY(inside);
    }

    void everyAlgorithmSharesByWeight()
    {
        RandomSource random(31);
        for (const Algorithm algorithm : kAlgorithms) {
            if (algorithm == Algorithm::First) // weights say nothing to it
                continue;
            for (const std::size_t size : {8U, 40U}) {
                std::vector<std::uint32_t> weights(size);
                double sum = 0;
                for (std::uint32_t& weight : weights)
                    sum += weight = 70 + random.below(61);
                PoolOfLoads pool(weights);
                const auto balancer = makeBalancer({algorithm}, pool.candidates());
                const auto counts = keepBusy(*balancer, pool, random, 50 * size, 400'000);
                double worst = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    const double expected = weights[i] / sum * 400'000;
                    worst =
                        std::max(worst, std::abs(static_cast<double>(counts[i]) / expected - 1));
                }
                qInfo("%s, %zu backends: shares within %.1f %% of the weights",
                      toString(algorithm).data(), size, worst * 100);
                QVERIFY(worst < 0.15);
            }
        }
    }

    void peakEwmaPrefersTheQuickAndStarvesNobody()
    {
        RandomSource random(32);
        for (const std::size_t size : {4U, 30U}) {
            PoolOfLoads pool(std::vector<std::uint32_t>(size, 100));
            for (std::size_t i = 0; i < size; ++i)
                pool.load(i).recordLatency(i == 1 ? 4'000'000 : 1'000, kSecond);
            const auto balancer = makeBalancer({Algorithm::PeakEwma}, pool.candidates());
            int slow = 0;
            for (int i = 0; i < 300'000; ++i)
                slow += balancer->pick({random.next(), 0, nullptr, 0, false, kSecond}) == 1 ? 1 : 0;
            const double expected = 300'000.0 / 128 / static_cast<double>(size);
            QVERIFY2(slow > 0.7 * expected && slow < 1.3 * expected,
                     qPrintable(QString::number(slow)));
        }
    }

    /// Four workers scan and then add. What one adds is at most one above the lowest that it saw,
    /// and at most three others added meanwhile: never more than four above the lowest at any time.
    void leastConnectionsOvershootsByAtMostTheNumberOfWorkers()
    {
        constexpr int kWorkers = 4;
        PoolOfLoads pool(std::vector<std::uint32_t>(8, 100));
        const auto balancer = makeBalancer({Algorithm::LeastConnections}, pool.candidates());
        std::atomic<std::uint32_t> worst{0};
        std::vector<std::thread> threads;
        for (std::uint64_t worker = 0; worker < kWorkers; ++worker) {
            threads.emplace_back([&, worker] {
                RandomSource random(50 + worker);
                // Only adding: then the lowest seen before is no higher than any seen later.
                for (int i = 0; i < 20'000; ++i) {
                    const int pick = balancer->pick({random.next()});
                    const std::uint32_t now =
                        pool.inFlight(static_cast<std::size_t>(pick)).fetch_add(1) + 1;
                    std::uint32_t lowest = ~0U;
                    for (std::size_t other = 0; other < pool.size(); ++other)
                        lowest = std::min(lowest, pool.inFlight(other).load());
                    const std::uint32_t above = now > lowest ? now - lowest : 0;
                    for (std::uint32_t seen = worst; above > seen;) {
                        if (worst.compare_exchange_weak(seen, above))
                            break;
                    }
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < pool.size(); ++i)
            sum += pool.inFlight(i);
        QCOMPARE(sum, 80'000U);
        // The ideal is the lowest and one.
        QVERIFY2(worst <= 1 + kWorkers, qPrintable(QString::number(worst)));
    }

    void firstFillsInOrder()
    {
        PoolOfLoads pool({1, 1, 1});
        for (Candidate& candidate : pool.candidates())
            candidate.limit = 2;
        const auto balancer = makeBalancer({Algorithm::First}, pool.candidates());
        std::vector<int> picks;
        for (int i = 0; i < 7; ++i) {
            picks.push_back(balancer->pick({}));
            ++pool.inFlight(static_cast<std::size_t>(picks.back()));
        }
        QCOMPARE(picks, (std::vector<int>{0, 0, 1, 1, 2, 2, 0})); // all full: the caller refuses
        pool.inFlight(0) = 3;
        pool.inFlight(1) = 1;
        QCOMPARE(balancer->pick({}), 1);
    }

    void prequalTakesTheQuickestOfTheColdAndNeverAHotOne()
    {
        PoolOfLoads pool(std::vector<std::uint32_t>(3, 100));
        for (std::size_t i = 0; i < 3; ++i) {
            pool.inFlight(i) = static_cast<std::uint32_t>(i);
            pool.load(i).recordLatency(10'000 - i * 1'000, kSecond);
        }
        // Of three the busiest is hot, though it is the quickest.
        RandomSource random(33);
        const auto balancer = makeBalancer({Algorithm::Prequal}, pool.candidates());
        for (int i = 0; i < 100; ++i)
            QCOMPARE(balancer->pick({random.next(), 0, nullptr, 0, false, kSecond}), 1);
        // With two the busier one is hot.
        PoolOfLoads two({100, 100});
        two.load(0).recordLatency(1'000, kSecond);
        two.load(1).recordLatency(90'000, kSecond);
        two.inFlight(0) = 1;
        const auto ofTwo = makeBalancer({Algorithm::Prequal}, two.candidates());
        QCOMPARE(ofTwo->pick({3, 0, nullptr, 0, false, kSecond}), 1);
        two.inFlight(0) = 0;
        QCOMPARE(ofTwo->pick({3, 0, nullptr, 0, false, kSecond}), 0);
    }

    void prequalProbesThreeDistinctOnes()
    {
        // 15 of 100 are quick; three distinct probes miss them all with C(85,3) / C(100,3).
        PoolOfLoads pool(std::vector<std::uint32_t>(100, 100));
        for (std::size_t i = 0; i < 100; ++i)
            pool.load(i).recordLatency(i < 15 ? 1'000 : 50'000, kSecond);
        RandomSource random(34);
        const auto balancer = makeBalancer({Algorithm::Prequal}, pool.candidates());
        std::vector<std::uint64_t> quick(15, 0);
        int others = 0;
        for (int i = 0; i < 100'000; ++i) {
            const int pick = balancer->pick({random.next(), 0, nullptr, 0, false, kSecond});
            if (pick < 15)
                ++quick[static_cast<std::size_t>(pick)];
            else
                ++others;
        }
        QVERIFY2(std::abs(others / 100'000.0 - 0.6108) < 0.01, qPrintable(QString::number(others)));
        QVERIFY(chiSquare(quick, std::vector<double>(15, 1.0 / 15)) < chiSquareLimit(15));
    }

    void withPrequalAFewQuickOnesDoNotGetItAll()
    {
        // Latencies differ by a hair and lag behind: nobody may be buried.
        RandomSource random(35);
        PoolOfLoads pool(std::vector<std::uint32_t>(12, 100));
        for (std::size_t i = 0; i < 12; ++i)
            pool.load(i).recordLatency(10'000 + i, kSecond);
        const auto balancer = makeBalancer({Algorithm::Prequal}, pool.candidates());
        for (int i = 0; i < 240; ++i) {
            const int pick = balancer->pick({random.next(), 0, nullptr, 0, false, kSecond});
            ++pool.inFlight(static_cast<std::size_t>(pick));
        }
        for (std::size_t i = 0; i < 12; ++i)
            QVERIFY2(pool.inFlight(i) < 35, qPrintable(QString::number(pool.inFlight(i))));
    }
};

STEELYARD_TEST(LoadTest)
#include "load_test.moc"
