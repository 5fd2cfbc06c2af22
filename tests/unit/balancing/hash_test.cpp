#include "balancing/hashing.h"
#include "base/random.h"
#include "pool_of_loads.h"
#include "support/test_main.h"

#include <QTest>

#include <chrono>
#include <ctime>
#include <map>

using namespace steelyard;
using namespace steelyard::balancing;

namespace {

constexpr std::array kHashes{Algorithm::RingHash, Algorithm::Maglev, Algorithm::RendezvousHash,
                             Algorithm::ClientIpHash};

int ownerOf(const Balancer& balancer, std::uint64_t key)
{
    return balancer.pick({0, 0, nullptr, key, true});
}

/// The candidate by its name, so that pools of other orders and sizes can be compared.
std::uint64_t idOf(const Balancer& balancer, std::uint64_t key)
{
    return balancer.candidates()[static_cast<std::size_t>(ownerOf(balancer, key))].id;
}

/// A thousand backends of one weight.
std::vector<Candidate> thousand()
{
    std::vector<Candidate> out;
    for (int i = 0; i < 1000; ++i)
        out.push_back({100, nullptr, hashBytes("backend-" + std::to_string(i))});
    return out;
}

struct Moves
{
    double ofTheChanged = 0; ///< share of keys that left it or came to it
    double ofOthers = 0;     ///< share of keys that moved between two others
};

Moves movesBetween(const Balancer& before, const Balancer& after, std::uint64_t changed)
{
    constexpr int kKeys = 100'000;
    RandomSource random(5);
    Moves moves;
    for (int i = 0; i < kKeys; ++i) {
        const std::uint64_t key = random.next();
        const std::uint64_t from = idOf(before, key);
        const std::uint64_t to = idOf(after, key);
        if (from != to)
            (from == changed || to == changed ? moves.ofTheChanged : moves.ofOthers) += 1.0 / kKeys;
    }
    return moves;
}

} // namespace

class HashPlacementTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    /// Table 1 of the paper: permutations (3,0,4,...), (0,2,4,...), (3,4,5,...).
    void maglevGivesThePapersExample()
    {
        const std::vector<MaglevSeed> seeds{{3, 4, 1}, {0, 2, 1}, {3, 1, 1}};
        QCOMPARE(maglevTable(seeds, 7), (std::vector<std::uint32_t>{1, 0, 1, 0, 2, 2, 0}));
        // And after the paper's removal of B1.
        const std::vector<MaglevSeed> without{{3, 4, 1}, {3, 1, 1}};
        QCOMPARE(maglevTable(without, 7), (std::vector<std::uint32_t>{0, 0, 0, 0, 1, 1, 1}));
    }

    void maglevTablesArePrimeAndLargeEnough()
    {
        QCOMPARE(maglevSize(1), 65537U);
        QCOMPARE(maglevSize(650), 65537U);
        for (const std::size_t backends : {651U, 1000U, 10000U}) {
            const std::uint32_t size = maglevSize(backends);
            QVERIFY(size >= 100 * backends);
            for (std::uint32_t d = 2; d * d <= size; ++d)
                QVERIFY(size % d != 0);
        }
    }

    /// Section 5.3 of the paper, and the published shares of changed entries at N = 1000.
    void maglevsImbalanceAndDisruptionAreThePublishedOnes()
    {
        std::vector<MaglevSeed> all;
        for (std::uint32_t i = 0; i < 1000; ++i) {
            const std::uint64_t id = hashBytes("backend-" + std::to_string(i));
            all.push_back({static_cast<std::uint32_t>(id % 65537),
                           static_cast<std::uint32_t>(hashBytes("skip", id) % 65536 + 1), 1});
        }
        const std::vector<std::uint32_t> full = maglevTable(all, 65537);
        std::vector<int> counts(1000, 0);
        for (const std::uint32_t owner : full)
            ++counts[owner];
        const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
        QCOMPARE(*least, 65);
        QCOMPARE(*most, 66);

        RandomSource random(6);
        for (const auto& [removed, published] :
             {std::pair{1U, 0.67}, std::pair{10U, 3.31}, std::pair{100U, 13.55}}) {
            constexpr int kRounds = 10;
            double changed = 0;
            for (int round = 0; round < kRounds; ++round) {
                std::vector<std::uint32_t> kept(1000);
                for (std::uint32_t i = 0; i < 1000; ++i)
                    kept[i] = i;
                for (std::uint32_t i = 0; i < removed; ++i)
                    std::swap(kept[999 - i], kept[random.below(1000 - i)]);
                kept.resize(1000 - removed);
                std::sort(kept.begin(), kept.end());
                std::vector<MaglevSeed> left;
                for (const std::uint32_t i : kept)
                    left.push_back(all[i]);
                const std::vector<std::uint32_t> table = maglevTable(left, 65537);
                for (std::size_t slot = 0; slot < table.size(); ++slot)
                    changed += kept[table[slot]] != full[slot] ? 1 : 0;
            }
            const double percent = 100 * changed / (kRounds * 65537.0);
            qInfo("maglev, N 1000, M 65537, %u removed: %.2f %% of the entries change "
                  "(published %.2f)",
                  removed, percent, published);
            QVERIFY(std::abs(percent - published) < 0.05 * published + 0.05);
        }
    }

    void theOrderOfTheCandidatesDoesNotMatter()
    {
        RandomSource random(21);
        for (const Algorithm algorithm : kHashes) {
            PoolOfLoads pool({100, 20, 256, 7, 100, 100, 33});
            std::vector<Candidate> other = pool.candidates();
            std::reverse(other.begin(), other.end());
            std::swap(other[1], other[4]);
            const auto a = makeBalancer({algorithm}, pool.candidates());
            const auto b = makeBalancer({algorithm}, other);
            for (int i = 0; i < 5000; ++i) {
                const std::uint64_t key = random.next();
                QCOMPARE(idOf(*a, key), idOf(*b, key));
            }
        }
    }

    /// Not from elsewhere, but as it was first released: an update of one of several engines must
    /// not send clients to other servers.
    void placementIsTheSameInEveryRelease()
    {
        PoolOfLoads pool({100, 100, 50, 100, 200});
        const std::map<Algorithm, std::vector<int>> released{
            {Algorithm::RingHash, {4, 3, 4, 2, 3, 0, 1, 1, 1, 0, 2, 3}},
            {Algorithm::Maglev, {0, 0, 0, 2, 4, 4, 2, 3, 4, 4, 0, 4}},
            {Algorithm::RendezvousHash, {4, 1, 4, 0, 4, 1, 4, 1, 3, 3, 0, 0}},
            {Algorithm::ClientIpHash, {0, 0, 0, 2, 4, 4, 2, 3, 4, 4, 0, 4}}};
        for (const auto& [algorithm, owners] : released) {
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            std::vector<int> now;
            for (int i = 1; i <= 12; ++i)
                now.push_back(ownerOf(*balancer, hashBytes("10.0.0." + std::to_string(i))));
            QCOMPARE(now, owners);
        }
    }

    void keysSpreadByWeight()
    {
        RandomSource random(22);
        const std::vector<std::uint32_t> weights{100, 20, 256, 50, 100, 100, 33};
        for (const Algorithm algorithm : kHashes) {
            const PoolOfLoads pool(weights);
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            std::vector<double> counts(weights.size(), 0);
            for (int i = 0; i < 400'000; ++i)
                counts[static_cast<std::size_t>(ownerOf(*balancer, random.next()))] += 1;
            for (std::size_t i = 0; i < weights.size(); ++i) {
                const double expected = weights[i] / 659.0 * 400'000;
                // Points and slots are drawn once: 1 / sqrt(how many) of error, and three times it.
                QVERIFY2(std::abs(counts[i] / expected - 1) < 0.20,
                         qPrintable(QStringLiteral("%1: %2 of %3")
                                        .arg(int(algorithm))
                                        .arg(counts[i])
                                        .arg(expected)));
            }
        }
    }

    void aRemovedBackendsKeysMoveAndHardlyAnyOther()
    {
        const std::vector<std::uint32_t> weights{100, 20, 256, 50, 100, 100, 33, 80, 100, 12, 100};
        for (const Algorithm algorithm : kHashes) {
            const PoolOfLoads pool(weights);
            const std::uint64_t gone = pool.candidates()[4].id;
            std::vector<Candidate> fewer = pool.candidates();
            fewer.erase(fewer.begin() + 4);
            const Moves moves = movesBetween(*makeBalancer({algorithm}, pool.candidates()),
                                             *makeBalancer({algorithm}, fewer), gone);
            QVERIFY(std::abs(moves.ofTheChanged - 100.0 / 951) < 0.02);
            const bool table =
                algorithm == Algorithm::Maglev || algorithm == Algorithm::ClientIpHash;
            QVERIFY2(moves.ofOthers <= (table ? 0.06 : 0),
                     qPrintable(QString::number(moves.ofOthers)));
        }
    }

    void aChangedWeightMovesOnlyItsOwnKeys()
    {
        for (const Algorithm algorithm : {Algorithm::RingHash, Algorithm::RendezvousHash}) {
            PoolOfLoads pool(std::vector<std::uint32_t>(10, 100));
            const auto before = makeBalancer({algorithm}, pool.candidates());
            pool.candidates()[3].weight = 10; // a slow start's first step
            const auto after = makeBalancer({algorithm}, pool.candidates());
            const Moves moves = movesBetween(*before, *after, pool.candidates()[3].id);
            QCOMPARE(moves.ofOthers, 0.0);
            QVERIFY(std::abs(moves.ofTheChanged - (100.0 / 1000 - 10.0 / 910)) < 0.02);
        }
    }

    void withoutAKeyTheDrawSpreads()
    {
        RandomSource random(23);
        for (const Algorithm algorithm : kHashes) {
            const PoolOfLoads pool(std::vector<std::uint32_t>(5, 100));
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            std::vector<int> counts(5, 0);
            for (int i = 0; i < 50'000; ++i) {
                ++counts[static_cast<std::size_t>(
                    balancer->pick({random.next(), 0, nullptr, 77, false}))];
            }
            for (const int count : counts)
                QVERIFY(count > 8'000 && count < 12'000);
        }
    }

    void aTriedOwnersKeysSpreadOverAllOthers()
    {
        RandomSource random(24);
        for (const Algorithm algorithm : kHashes) {
            const PoolOfLoads pool(std::vector<std::uint32_t>(6, 100));
            const auto balancer = makeBalancer({algorithm}, pool.candidates());
            Tried tried;
            tried.add(2);
            std::map<int, int> counts;
            for (int i = 0; i < 60'000; ++i) {
                const std::uint64_t key = random.next();
                if (ownerOf(*balancer, key) == 2)
                    ++counts[balancer->pick({0, 0, &tried, key, true})];
            }
            QCOMPARE(counts.size(), std::size_t{5});
            for (const auto& [index, count] : counts)
                QVERIFY(count > 1'400 && count < 2'600);
        }
    }

    /// One key is asked for as often as all others together, and requests end at random.
    void boundedLoadIsNeverExceeded()
    {
        RandomSource random(25);
        for (const Algorithm algorithm : kHashes) {
            PoolOfLoads pool({100, 20, 256, 50, 100, 100, 33});
            const auto balancer = makeBalancer({algorithm, 1.25}, pool.candidates());
            std::vector<std::size_t> running;
            bool full = false;
            for (int i = 0; i < 100'000; ++i) {
                const std::uint64_t key = random.below(2) == 0 ? 42 : random.next();
                const std::uint64_t total = running.size();
                PickInputs inputs{0, 0, nullptr, key, true};
                if (i % 2 == 0) // else it sums itself
                    inputs.together = static_cast<std::int64_t>(total);
                const auto pick = static_cast<std::size_t>(balancer->pick(inputs));
                full = full || static_cast<int>(pick) != ownerWithoutABound(algorithm, pool, key);
                ++pool.inFlight(pick);
                running.push_back(pick);
                // ceil(5/4 (total + 1) weight / 659)
                const std::uint64_t weight = pool.candidates()[pick].weight;
                QVERIFY(pool.inFlight(pick) <=
                        (5 * (total + 1) * weight + 4 * 659 - 1) / (4 * 659));
                while (running.size() > 300 || (!running.empty() && random.below(3) == 0)) {
                    const std::uint32_t at =
                        random.below(static_cast<std::uint32_t>(running.size()));
                    --pool.inFlight(running[at]);
                    running[at] = running.back();
                    running.pop_back();
                }
            }
            QVERIFY(full); // the bound did turn some away
        }
    }

    void tablesOfAThousandAreBuiltQuickly()
    {
        for (const Algorithm algorithm :
             {Algorithm::RingHash, Algorithm::Maglev, Algorithm::RendezvousHash}) {
            const std::vector<Candidate> candidates = thousand();
            const double start = cpuMilliseconds();
            const auto balancer = makeBalancer({algorithm}, candidates);
            const double took = cpuMilliseconds() - start;
            qInfo("%s of 1,000: built in %.1f ms", toString(algorithm).data(), took);
            QVERIFY(ownerOf(*balancer, 1) >= 0);
            QVERIFY(took < 2000); // also unoptimised, under a sanitizer
        }
    }

private:
    /// Of this thread: how busy the machine is does not count.
    static double cpuMilliseconds()
    {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    }

    /// The owner without a bound.
    int ownerWithoutABound(Algorithm algorithm, const PoolOfLoads& pool, std::uint64_t key)
    {
        auto& balancer = m_unbounded[algorithm];
        if (!balancer)
            balancer = makeBalancer({algorithm}, pool.candidates());
        return ownerOf(*balancer, key);
    }

    std::map<Algorithm, std::unique_ptr<Balancer>> m_unbounded;
};

STEELYARD_TEST(HashPlacementTest)
#include "hash_test.moc"
