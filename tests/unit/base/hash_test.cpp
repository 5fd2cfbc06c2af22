#include "base/hash.h"
#include "support/test_main.h"

#include <QTest>

#include <bit>
#include <string>

using namespace steelyard;

class HashTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    /// From the documentation of the Python and Go implementations.
    void xxh64HasTheValuesOfOtherImplementations()
    {
        QCOMPARE(hashBytes(""), std::uint64_t{0xef46db3751d8e999});
        QCOMPARE(hashBytes("a"), std::uint64_t{0xd24ec4f1a98c6e5b});
        QCOMPARE(hashBytes("abc"), std::uint64_t{0x44bc2cf5ad770999});
        QCOMPARE(hashBytes("Nobody inspects the spammish repetition"),
                 std::uint64_t{0xfbcea83c8a378bf1});
        QCOMPARE(hashBytes("xxhash", 20141025), std::uint64_t{13067679811253438005U});
    }

    /// The sequence of splitmix64 for the seed 1234567, as published with its reference.
    void mixedIsSplitmix64()
    {
        std::uint64_t state = 1234567;
        for (const std::uint64_t expected :
             {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
              4593380528125082431U, 16408922859458223821U}) {
            QCOMPARE(mixed(state += kGoldenStep), std::uint64_t{expected});
        }
    }

    void everyInputBitReachesTheOutput()
    {
        std::string text(40, 'x');
        const std::uint64_t before = hashBytes(text);
        for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
            std::string other = text;
            other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
            const int changed = std::popcount(before ^ hashBytes(other));
            QVERIFY(changed > 12 && changed < 52);
        }
    }

    void placesStayInside()
    {
        QCOMPARE(placeIn(0, 7), std::uint64_t{0});
        QCOMPARE(placeIn(~std::uint64_t{0}, 7), std::uint64_t{6});
        QCOMPARE(placeIn(std::uint64_t{1} << 63U, 7), std::uint64_t{3});
    }
};

STEELYARD_TEST(HashTest)
#include "hash_test.moc"
