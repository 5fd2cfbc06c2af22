#include "balancing/algorithms.h"
#include "base/random.h"
#include "pool_of_loads.h"
#include "statistics.h"
#include "support/test_main.h"

#include <QTest>

#include <set>

using namespace steelyard;
using namespace steelyard::balancing;

namespace {

void loadAtRandom(PoolOfLoads& pool, RandomSource& random, std::uint32_t most)
{
    for (std::size_t i = 0; i < pool.size(); ++i)
        pool.inFlight(i) = random.below(most);
}

std::vector<std::uint32_t> someWeights(RandomSource& random, std::size_t count)
{
    std::vector<std::uint32_t> weights(count);
    for (std::uint32_t& weight : weights)
        weight = 1 + random.below(256);
    return weights;
}

} // namespace

class PickTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void noAlgorithmPicksATriedOne()
    {
        RandomSource random(11);
        for (const Algorithm algorithm : kAlgorithms) {
            const int pools = usesKey(algorithm) ? 40 : 1000; // tables take their time
            for (int round = 0; round < pools; ++round) {
                const std::size_t size = 1 + random.below(30);
                PoolOfLoads pool(someWeights(random, size));
                BalancerOptions options{algorithm};
                if (round % 2 == 0)
                    options.boundedLoad = 1.25;
                const auto balancer = makeBalancer(options, pool.candidates());
                for (int turn = 0; turn < 50; ++turn) {
                    loadAtRandom(pool, random, 5);
                    Tried tried;
                    std::set<std::uint32_t> distinct;
                    const std::uint32_t tries = random.below(9);
                    for (std::uint32_t i = 0; i < tries; ++i) {
                        const std::uint32_t index = random.below(static_cast<std::uint32_t>(size));
                        tried.add(index);
                        distinct.insert(index);
                    }
                    const int pick = balancer->pick(
                        {random.next(), random.next(), &tried, random.next(), turn % 3 != 0});
                    if (distinct.size() == size) {
                        QCOMPARE(pick, Balancer::kNone);
                    } else {
                        QVERIFY(pick >= 0 && static_cast<std::size_t>(pick) < size);
                        QVERIFY(!distinct.contains(static_cast<std::uint32_t>(pick)));
                    }
                }
            }
        }
    }

    void anEmptyPoolGivesNone()
    {
        for (const Algorithm algorithm : kAlgorithms) {
            QCOMPARE(makeBalancer({algorithm}, {})->pick({1, 2, nullptr}), Balancer::kNone);
        }
    }

    void theSameInputsGiveTheSamePick()
    {
        RandomSource random(12);
        PoolOfLoads pool(someWeights(random, 50));
        loadAtRandom(pool, random, 3);
        for (const Algorithm algorithm : kAlgorithms) {
            const auto one = makeBalancer({algorithm}, pool.candidates());
            const auto other = makeBalancer({algorithm}, pool.candidates());
            for (int i = 0; i < 1000; ++i) {
                const PickInputs inputs{random.next(), random.next(), nullptr,
                                        random.next(), true,          random.next()};
                QCOMPARE(one->pick(inputs), other->pick(inputs));
            }
        }
    }

    void leastConnectionsEqualsBruteForce()
    {
        RandomSource random(13);
        for (int round = 0; round < 3000; ++round) {
            PoolOfLoads pool(someWeights(random, 1 + random.below(40)));
            loadAtRandom(pool, random, 50);
            double least = 1e9;
            std::set<int> best;
            for (std::size_t i = 0; i < pool.size(); ++i) {
                const double pressure = (pool.inFlight(i) + 1.0) / pool.candidates()[i].weight;
                if (pressure < least)
                    best.clear();
                if (pressure <= least)
                    best.insert(static_cast<int>(i));
                least = std::min(least, pressure);
            }
            QVERIFY(best.contains(makeBalancer({Algorithm::LeastConnections}, pool.candidates())
                                      ->pick({random.next(), 0, nullptr})));
        }
    }

    void leastConnectionsCountsTheRequestAboutToBeAdded()
    {
        PoolOfLoads pool({10, 1});
        pool.inFlight(0) = 5;
        // 6/10 is less than 1/1 although the other is idle.
        QCOMPARE(
            makeBalancer({Algorithm::LeastConnections}, pool.candidates())->pick({7, 0, nullptr}),
            0);
    }

    void equalServersShareEvenly()
    {
        RandomSource random(14);
        for (const Algorithm algorithm : {Algorithm::LeastConnections, Algorithm::PowerOfTwo}) {
            PoolOfLoads pool(std::vector<std::uint32_t>(12, 100));
            pool.inFlight(3) = 2; // not among the equals
            std::vector<std::uint64_t> counts(12, 0);
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            for (int i = 0; i < 110000; ++i)
                ++counts[static_cast<std::size_t>(balancer->pick({random.next(), 0, nullptr}))];
            QCOMPARE(counts[3], std::uint64_t{0});
            counts.erase(counts.begin() + 3);
            QVERIFY(chiSquare(counts, std::vector<double>(11, 1.0 / 11)) < chiSquareLimit(11));
        }
    }

    void powerOfTwoLooksAtTwoDistinctOnes()
    {
        // Every load is different, so the most loaded could win only against itself. Both orders: a
        // pair drawn with a bias towards low indexes looks right in one of them.
        RandomSource random(15);
        for (const bool ascending : {true, false}) {
            PoolOfLoads pool(std::vector<std::uint32_t>(20, 100));
            for (std::uint32_t i = 0; i < 20; ++i)
                pool.inFlight(i) = ascending ? i : 19 - i;
            const auto balancer = makeBalancer({Algorithm::PowerOfTwo}, pool.candidates());
            std::vector<std::uint64_t> byLoad(20, 0);
            for (int i = 0; i < 200000; ++i) {
                const int pick = balancer->pick({random.next(), 0, nullptr});
                ++byLoad[pool.inFlight(static_cast<std::size_t>(pick))];
            }
            QCOMPARE(byLoad[19], std::uint64_t{0});
            // Of two distinct draws, load i is the lower one with probability (19 - i) / 190.
            std::vector<double> shares;
            for (int i = 0; i < 19; ++i)
                shares.push_back((19 - i) / 190.0);
            byLoad.pop_back();
            QVERIFY(chiSquare(byLoad, shares) < chiSquareLimit(19));
        }
    }

    void powerOfTwoDrawsEvenlyAmongTheUntried()
    {
        RandomSource random(16);
        const PoolOfLoads pool(std::vector<std::uint32_t>(20, 100));
        Tried tried;
        for (const std::uint32_t index : {19U, 0U, 7U, 8U, 7U})
            tried.add(index);
        const auto balancer = makeBalancer({Algorithm::PowerOfTwo}, pool.candidates());
        std::vector<std::uint64_t> counts(20, 0);
        for (int i = 0; i < 160000; ++i)
            ++counts[static_cast<std::size_t>(balancer->pick({random.next(), 0, &tried}))];
        std::vector<std::uint64_t> left;
        for (std::size_t i = 0; i < 20; ++i) {
            if (tried.contains(static_cast<std::uint32_t>(i)))
                QCOMPARE(counts[i], std::uint64_t{0});
            else
                left.push_back(counts[i]);
        }
        QVERIFY(chiSquare(left, std::vector<double>(16, 1.0 / 16)) < chiSquareLimit(16));
    }

    void powerOfTwoScansASmallPoolWhole()
    {
        RandomSource random(17);
        PoolOfLoads pool(std::vector<std::uint32_t>(16, 100));
        for (std::size_t i = 0; i < 16; ++i)
            pool.inFlight(i) = 9;
        pool.inFlight(11) = 8;
        const auto balancer = makeBalancer({Algorithm::PowerOfTwo}, pool.candidates());
        for (int i = 0; i < 1000; ++i)
            QCOMPARE(balancer->pick({random.next(), 0, nullptr}), 11);
    }

    void randomFollowsTheWeightsAlsoWhenSomeWereTried()
    {
        RandomSource random(18);
        const std::vector<std::uint32_t> weights{1, 256, 7, 100, 30, 2, 64};
        const PoolOfLoads pool(weights);
        const auto balancer = makeBalancer({Algorithm::Random}, pool.candidates());
        for (const std::vector<std::uint32_t>& excluded :
             std::vector<std::vector<std::uint32_t>>{{}, {1}, {6, 0, 3}, {2, 1}}) {
            Tried tried;
            for (const std::uint32_t index : excluded)
                tried.add(index);
            std::vector<std::uint64_t> counts(weights.size(), 0);
            for (int i = 0; i < 300000; ++i)
                ++counts[static_cast<std::size_t>(balancer->pick({random.next(), 0, &tried}))];
            std::vector<std::uint64_t> left;
            std::vector<double> shares;
            double sum = 0;
            for (std::size_t i = 0; i < weights.size(); ++i) {
                if (tried.contains(static_cast<std::uint32_t>(i))) {
                    QCOMPARE(counts[i], std::uint64_t{0});
                    continue;
                }
                left.push_back(counts[i]);
                shares.push_back(weights[i]);
                sum += weights[i];
            }
            for (double& share : shares)
                share /= sum;
            QVERIFY(chiSquare(left, shares) < chiSquareLimit(left.size()));
        }
    }

    void theHighestAndLowestDrawsStayInside()
    {
        RandomSource random(19);
        for (const Algorithm algorithm : kAlgorithms) {
            for (const std::size_t size : {1U, 2U, 16U, 17U, 1000U}) {
                const PoolOfLoads pool(someWeights(random, size));
                const auto balancer = makeBalancer({algorithm}, pool.candidates());
                for (const std::uint64_t draw : {std::uint64_t{0}, ~std::uint64_t{0}}) {
                    const int pick = balancer->pick({draw, draw, nullptr});
                    QVERIFY(pick >= 0 && static_cast<std::size_t>(pick) < size);
                }
            }
        }
    }

    void costOfAPick()
    {
        RandomSource random(20);
        for (const Algorithm algorithm : kAlgorithms) {
            QString line;
            for (const std::size_t size : {2U, 16U, 100U, 1000U, 10000U}) {
                PoolOfLoads pool(someWeights(random, size));
                loadAtRandom(pool, random, 10);
                for (std::size_t i = 0; i < size; ++i)
                    pool.load(i).recordLatency(1'000 + random.below(50'000), random.below(900'000));
                const auto balancer = makeBalancer({algorithm}, pool.candidates());
                const int picks = algorithm == Algorithm::LeastConnections ? 2000 : 20000;
                int sum = 0;
                const auto start = std::chrono::steady_clock::now();
                for (int i = 0; i < picks; ++i) {
                    sum += balancer->pick({random.next(), static_cast<std::uint64_t>(i), nullptr,
                                           random.next(), true, 1'000'000});
                }
                const std::chrono::duration<double, std::nano> took =
                    std::chrono::steady_clock::now() - start;
                QVERIFY(sum >= 0);
                line += QStringLiteral(" %1: %2 ns").arg(size).arg(took.count() / picks, 0, 'f', 1);
            }
            const std::string_view name = toString(algorithm);
            qInfo("%.*s%s", static_cast<int>(name.size()), name.data(), qPrintable(line));
        }
    }
};

STEELYARD_TEST(PickTest)
#include "pick_test.moc"
