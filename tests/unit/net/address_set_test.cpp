// Several addresses of one server: in turn, and without those that did not answer.
#include "net/address_set.h"
#include "support/test_main.h"

#include <QTest>

namespace steelyard::net {

class AddressSetTest : public QObject
{
    Q_OBJECT

    static std::vector<SocketAddress> three()
    {
        return {SocketAddress::fromNumeric("10.0.0.1", 80),
                SocketAddress::fromNumeric("10.0.0.2", 80),
                SocketAddress::fromNumeric("fd00::3", 80)};
    }

private Q_SLOTS:

    void theyAreUsedInTurn()
    {
        const AddressSet set(three());
        const TimePoint now = Clock::now();
        for (const std::size_t expected : {0, 1, 2, 0, 1})
            QCOMPARE(set.next(now), expected);
        QCOMPARE(set.at(2).host(), std::string("fd00::3"));
    }

    void oneThatDoesNotAnswerIsLeftOutForAWhile()
    {
        const AddressSet set(three());
        const TimePoint now = Clock::now();
        set.mark(1, false, now);
        for (int i = 0; i < 6; ++i)
            QVERIFY(set.next(now) != 1);
        int later = 0;
        for (int i = 0; i < 6; ++i)
            later += set.next(now + AddressSet::kLeftOut) == 1;
        QCOMPARE(later, 2);
        set.mark(1, false, now);
        set.mark(1, true, now);
        int again = 0;
        for (int i = 0; i < 6; ++i)
            again += set.next(now) == 1;
        QCOMPARE(again, 2);
    }

    void withoutAnyThatAnswersAllAreTried()
    {
        const AddressSet set(three());
        const TimePoint now = Clock::now();
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(set.anyAnswers(now));
            set.mark(i, false, now);
        }
        QVERIFY(!set.anyAnswers(now));
        QVERIFY(set.anyAnswers(now + AddressSet::kLeftOut));
        const std::size_t first = set.next(now);
        QCOMPARE(set.next(now), (first + 1) % 3);
    }

    void comparesByContent()
    {
        const AddressSet set(three());
        QVERIFY(set.sameAs(AddressSet(three())));
        std::vector<SocketAddress> fewer = three();
        fewer.pop_back();
        QVERIFY(!set.sameAs(AddressSet(fewer)));
        QVERIFY(AddressSet::fromNumeric("localhost", 80) == nullptr);
        QCOMPARE(AddressSet::fromNumeric("::1", 80)->at(0).port(), std::uint16_t{80});
    }
};

STEELYARD_TEST(AddressSetTest)

} // namespace steelyard::net

#include "address_set_test.moc"
