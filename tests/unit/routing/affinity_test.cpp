#include "base/hash.h"
#include "base/random.h"
#include "routing/affinity.h"
#include "support/test_main.h"
#include "unit/routing/requests.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace steelyard;
using namespace steelyard::routing;
using steelyard::routing::test::OwnedRequest;
using Source = config::AffinityKey::Source;

namespace {

QByteArray keyOf(OwnedRequest& request, Source source, const char* name = "")
{
    std::string buffer = "old";
    const auto key = affinityKey({source, name}, request.view(), buffer);
    return key ? QByteArray::fromStdString(std::string(*key)) : QByteArray("(none)");
}

config::Split split(std::vector<config::Split::Side> sides)
{
    return {std::nullopt, std::move(sides)};
}

/// How many of `count` keys move from each side to each other one, by pools' names.
using Moves = std::map<std::pair<std::string, std::string>, int>;

Moves moves(const config::Split& before, const config::Split& after, int count)
{
    Moves out;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t key = hashBytes("user-" + std::to_string(i));
        const auto side = [key](const config::Split& of) {
            return of.sides[static_cast<std::size_t>(splitSide(of, key))].pool;
        };
        ++out[{side(before), side(after)}];
    }
    return out;
}

/// Five standard deviations of a count with that share.
int slack(int count, double share)
{
    return static_cast<int>(5 * std::sqrt(count * share * (1 - share))) + 1;
}

} // namespace

class AffinityTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void keysAreTakenFromWhereTheyAreSaidToBe()
    {
        OwnedRequest request;
        request.target = "/a/%62/../c?id=a+b%2fc&id=2&empty=&flag";
        request.lines = {{"X-User", "u1"},
                         {"x-user", "u2"},
                         {"x-empty", ""},
                         {"Cookie", "a=1; uid=\"seven\";uid=8"},
                         {"cookie", "late=9"}};
        request.client = "10.1.2.3";
        QCOMPARE(keyOf(request, Source::ClientIp), QByteArray("\x0a\x01\x02\x03"));
        request.client = "::ffff:10.1.2.3";
        QCOMPARE(keyOf(request, Source::ClientIp), QByteArray("\x0a\x01\x02\x03"));
        request.client = "fd00::1";
        QCOMPARE(keyOf(request, Source::ClientIp).size(), 16);
        request.client = "";
        QCOMPARE(keyOf(request, Source::ClientIp), QByteArray("(none)"));
        QCOMPARE(keyOf(request, Source::Header, "x-user"), QByteArray("u1"));
        QCOMPARE(keyOf(request, Source::Cookie, "uid"), QByteArray("seven"));
        QCOMPARE(keyOf(request, Source::Cookie, "late"), QByteArray("9"));
        QCOMPARE(keyOf(request, Source::Path), QByteArray("/a/c"));
        QCOMPARE(keyOf(request, Source::Query, "id"), QByteArray("a b/c"));
        for (const char* name : {"x-empty", "x-none"})
            QCOMPARE(keyOf(request, Source::Header, name), QByteArray("(none)"));
        for (const char* name : {"empty", "flag", "none"})
            QCOMPARE(keyOf(request, Source::Query, name), QByteArray("(none)"));
        for (const char* name : {"UID", "none", ""})
            QCOMPARE(keyOf(request, Source::Cookie, name), QByteArray("(none)"));
        request.target = "*";
        QCOMPARE(keyOf(request, Source::Path), QByteArray("*"));
    }

    // Which cohort a user is in must not change with a release. Computed separately (Python).
    void theSidesOfKnownKeysStayWhatTheyAre()
    {
        const config::Split halves = split({{"shop", 50}, {"shop-next", 50}});
        QByteArray sides;
        for (int i = 0; i < 32; ++i)
            sides +=
                static_cast<char>('0' + splitSide(halves, hashBytes("user-" + std::to_string(i))));
        QCOMPARE(sides, QByteArray(kGoldenSides));
    }

    void sharesAreTheWeightsOverTheirSum()
    {
        constexpr int kCount = 200000;
        RandomSource random(31);
        const config::Split shares = split({{"a", 70}, {"b", 0}, {"c", 25}, {"d", 5}});
        std::vector<int> drawn(shares.sides.size());
        std::vector<int> keyed(shares.sides.size());
        for (int i = 0; i < kCount; ++i) {
            ++drawn[static_cast<std::size_t>(splitSide(shares, random.next()))];
            ++keyed[static_cast<std::size_t>(splitSide(shares, hashBytes(std::to_string(i))))];
        }
        for (std::size_t i = 0; i < shares.sides.size(); ++i) {
            const double share = shares.sides[i].weight / 100.0;
            for (const int got : {drawn[i], keyed[i]})
                QVERIFY2(std::abs(got - kCount * share) < slack(kCount, share),
                         shares.sides[i].pool.c_str());
        }
        QCOMPARE(drawn[1] + keyed[1], 0);
        QCOMPARE(splitSide(split({{"a", 0}, {"b", 0}}), 7), -1);
        QCOMPARE(splitSide(split({{"a", 0}, {"b", 1}}), 7), 1);
        for (const std::uint64_t extreme : {std::uint64_t{0}, ~std::uint64_t{0}})
            QVERIFY(splitSide(shares, extreme) >= 0);
    }

    void aChangedWeightMovesOnlyWhatMustMove()
    {
        constexpr int kCount = 100000;
        Moves moved =
            moves(split({{"shop", 90}, {"next", 10}}), split({{"shop", 80}, {"next", 20}}), kCount);
        QCOMPARE((moved[{"next", "shop"}]), 0);
        QVERIFY(std::abs(moved[{"shop", "next"}] - kCount / 10) < slack(kCount, 0.1));
        // One side of three grows: the others only lose to it, each in its proportion.
        moved = moves(split({{"a", 60}, {"b", 30}, {"c", 10}}),
                      split({{"a", 60}, {"b", 30}, {"c", 60}}), kCount);
        QCOMPARE((moved[{"a", "b"}] + moved[{"b", "a"}] + moved[{"c", "a"}] + moved[{"c", "b"}]),
                 0);
        QVERIFY(std::abs(moved[{"a", "c"}] - kCount * 0.2) < slack(kCount, 0.2));
        QVERIFY(std::abs(moved[{"b", "c"}] - kCount * 0.1) < slack(kCount, 0.1));
        // A scale, another order, a side that goes: nothing else moves.
        moved =
            moves(split({{"shop", 90}, {"next", 10}}), split({{"next", 1}, {"shop", 9}}), kCount);
        QCOMPARE((moved[{"shop", "next"}] + moved[{"next", "shop"}]), 0);
        moved =
            moves(split({{"a", 60}, {"b", 30}, {"c", 10}}), split({{"a", 60}, {"b", 30}}), kCount);
        QCOMPARE((moved[{"a", "b"}] + moved[{"b", "a"}]), 0);
    }

    // A side's keys are to be spread evenly in that side's pool, whose ring or table is entered by
    // the same hash.
    void theKeysOfOneSideAreSpreadOverTheWholeRangeOfHashes()
    {
        const config::Split shares = split({{"shop", 90}, {"next", 10}});
        constexpr int kCount = 100000;
        constexpr int kBuckets = 10;
        std::vector<int> buckets(kBuckets);
        int side = 0;
        for (int i = 0; i < kCount; ++i) {
            const std::uint64_t key = hashBytes(std::to_string(i));
            if (splitSide(shares, key) != 1)
                continue;
            ++side;
            ++buckets[placeIn(key, kBuckets)];
        }
        for (const int got : buckets)
            QVERIFY(std::abs(got - side / kBuckets) < slack(side, 1.0 / kBuckets));
    }

private:
    static const char* const kGoldenSides;
};

const char* const AffinityTest::kGoldenSides = "11010011010111010001010110111110";

STEELYARD_TEST(AffinityTest)
#include "affinity_test.moc"
