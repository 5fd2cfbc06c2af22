#include "balancing/algorithms.h"
#include "base/random.h"
#include "pool_of_loads.h"
#include "support/test_main.h"

#include <QTest>

#include <numeric>
#include <thread>

using namespace steelyard;
using namespace steelyard::balancing;

namespace {

/// The definition, one credit per backend: what the grouped construction must equal.
std::vector<std::uint32_t> naiveSequence(const std::vector<std::uint32_t>& weights)
{
    std::uint32_t divisor = 0;
    for (const std::uint32_t weight : weights)
        divisor = std::gcd(divisor, weight);
    std::vector<std::int64_t> credit(weights.size(), 0);
    const std::int64_t period =
        std::accumulate(weights.begin(), weights.end(), std::int64_t{0}) / divisor;
    std::vector<std::uint32_t> sequence;
    for (std::int64_t slot = 0; slot < period; ++slot) {
        std::size_t best = weights.size();
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] == 0)
                continue;
            credit[i] += weights[i] / divisor;
            if (best == weights.size() || credit[i] > credit[best])
                best = i;
        }
        credit[best] -= period;
        sequence.push_back(static_cast<std::uint32_t>(best));
    }
    return sequence;
}

std::vector<std::uint32_t> randomWeights(RandomSource& random, std::size_t most,
                                         std::uint32_t heaviest)
{
    std::vector<std::uint32_t> weights(1 + random.below(static_cast<std::uint32_t>(most)));
    for (std::uint32_t& weight : weights)
        weight = 1 + random.below(heaviest);
    return weights;
}

} // namespace

class RoundRobinTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void weightsFiveOneOneGiveAABACAA()
    {
        const std::vector<std::uint32_t> weights{5, 1, 1};
        QCOMPARE(smoothWeightedSequence(weights),
                 (std::vector<std::uint32_t>{0, 0, 1, 0, 2, 0, 0}));
        const std::vector<std::uint32_t> multiples{500, 100, 100};
        QCOMPARE(smoothWeightedSequence(multiples),
                 (std::vector<std::uint32_t>{0, 0, 1, 0, 2, 0, 0}));
    }

    void sequenceEqualsTheDefinitionForRandomWeights()
    {
        RandomSource random(1);
        for (int round = 0; round < 300; ++round) {
            const auto weights = randomWeights(random, 24, round % 2 == 0 ? 4 : 40);
            QCOMPARE(smoothWeightedSequence(weights), naiveSequence(weights));
        }
    }

    void aZeroWeightIsNeverInTheSequence()
    {
        const std::vector<std::uint32_t> weights{0, 2, 0, 1};
        QCOMPARE(smoothWeightedSequence(weights), (std::vector<std::uint32_t>{1, 3, 1}));
        const std::vector<std::uint32_t> none{0, 0};
        QVERIFY(smoothWeightedSequence(none).empty());
        QVERIFY(smoothWeightedSequence({}).empty());
    }

    void distributionOverAPeriodIsExact()
    {
        RandomSource random(2);
        for (int round = 0; round < 100; ++round) {
            const auto weights = randomWeights(random, 30, 256);
            const std::uint64_t period =
                std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
            const PoolOfLoads pool(weights);
            const auto balancer = makeBalancer({Algorithm::RoundRobin}, pool.candidates());
            QVERIFY(balancer->usesCursor());
            const std::uint64_t start = random.next() >> 1U;
            std::vector<std::uint32_t> counts(weights.size(), 0);
            for (std::uint64_t i = 0; i < period; ++i) {
                ++counts[static_cast<std::size_t>(
                    balancer->pick({random.next(), start + i, nullptr}))];
            }
            QCOMPARE(counts, weights);
        }
    }

    void aTriedBackendIsPassedOverInTheSchedulesOrder()
    {
        const PoolOfLoads pool({5, 1, 1});
        const auto balancer = makeBalancer({Algorithm::RoundRobin}, pool.candidates());
        Tried tried;
        tried.add(0);
        std::vector<int> picks;
        for (std::uint64_t cursor = 0; cursor < 7; ++cursor)
            picks.push_back(balancer->pick({0, cursor, &tried}));
        QCOMPARE(picks, (std::vector<int>{1, 1, 1, 2, 2, 1, 1}));
    }

    void fourThreadsSharingACursorGiveTheExactDistribution()
    {
        const std::vector<std::uint32_t> weights{7, 3, 2, 1, 11};
        const PoolOfLoads pool(weights);
        const auto balancer = makeBalancer({Algorithm::RoundRobin}, pool.candidates());
        constexpr std::uint64_t kPeriods = 1000;
        const std::uint64_t picks = 24 * kPeriods;
        std::atomic<std::uint64_t> cursor{0};
        std::vector<std::atomic<std::uint32_t>> counts(weights.size());
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (std::uint64_t ticket = cursor.fetch_add(1); ticket < picks;
                     ticket = cursor.fetch_add(1)) {
                    counts[static_cast<std::size_t>(balancer->pick({0, ticket, nullptr}))]
                        .fetch_add(1);
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        for (std::size_t i = 0; i < weights.size(); ++i)
            QCOMPARE(counts[i].load(), weights[i] * kPeriods);
    }

    void aThousandServersOfAnyWeightStayExactAndBuildFast()
    {
        RandomSource random(3);
        std::vector<std::uint32_t> weights(1000);
        for (std::uint32_t& weight : weights)
            weight = 1 + random.below(256);
        weights[0] = 1;
        QCOMPARE(boundedWeights(weights, kMaxPeriod), weights);
        const auto start = std::chrono::steady_clock::now();
        const auto sequence = smoothWeightedSequence(weights);
        const auto took = std::chrono::steady_clock::now() - start;
        std::vector<std::uint32_t> counts(weights.size(), 0);
        for (const std::uint32_t index : sequence)
            ++counts[index];
        QCOMPARE(counts, weights);
        qInfo("built %zu slots in %.1f ms", sequence.size(),
              std::chrono::duration<double, std::milli>(took).count());
        QVERIFY2(took < std::chrono::seconds(5),
                 "building costs the number of weights, not of servers");
    }

    void weightsBeyondTheBoundKeepTheirProportionsAndNobodyStarves()
    {
        RandomSource random(4);
        std::vector<std::uint32_t> weights(10000);
        for (std::uint32_t& weight : weights)
            weight = 1 + random.below(256);
        weights[1] = 1;
        const auto bounded = boundedWeights(weights, kMaxPeriod);
        const double before = std::accumulate(weights.begin(), weights.end(), 0.0);
        const double after = std::accumulate(bounded.begin(), bounded.end(), 0.0);
        QVERIFY(after <= static_cast<double>(kMaxPeriod + weights.size()));
        for (std::size_t i = 0; i < weights.size(); ++i) {
            QVERIFY(bounded[i] >= 1);
            const double exact = weights[i] * static_cast<double>(kMaxPeriod) / before;
            QVERIFY(std::abs(bounded[i] - std::max(1.0, exact)) <= 0.5000001);
        }
    }
};

STEELYARD_TEST(RoundRobinTest)
#include "round_robin_test.moc"
