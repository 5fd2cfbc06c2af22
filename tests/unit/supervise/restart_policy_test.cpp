#include "supervise/restart_policy.h"
#include "support/test_main.h"

#include <QTest>

namespace steelyard::supervise {

class RestartPolicyTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theFirstTimeIsAtOnceAndThenThePauseDoublesToTenSeconds()
    {
        RestartPolicy policy;
        TimePoint now{};
        constexpr int kExpected[] = {0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000};
        for (const int expected : kExpected) {
            const auto restart = policy.ended(now, milliseconds(100));
            QCOMPARE(int(restart.delay.count()), expected);
            now += restart.delay + milliseconds(100);
        }
    }

    void anEngineThatServedForAWhileIsBackAtOnce()
    {
        RestartPolicy policy;
        TimePoint now{};
        for (int i = 0; i < 4; ++i) {
            QCOMPARE(int(policy.ended(now, seconds(20)).delay.count()), 0);
            now += seconds(20);
        }
        QCOMPARE(int(policy.ended(now, milliseconds(1999)).delay.count()), 250);
        QCOMPARE(int(policy.ended(now, seconds(2)).delay.count()), 0);
    }

    void theLastGoodConfigurationIsForLoopsAndForThoseThatNeverServed()
    {
        RestartPolicy policy;
        TimePoint now{};
        QVERIFY(policy.ended(now, Duration::zero()).lastGood);
        RestartPolicy loop;
        for (int i = 0; i < 4; ++i)
            QVERIFY(!loop.ended(now += seconds(10), seconds(9)).lastGood);
        QVERIFY(loop.ended(now += seconds(10), seconds(9)).lastGood); // five in a minute
        RestartPolicy rare;
        for (int i = 0; i < 20; ++i)
            QVERIFY(!rare.ended(now += seconds(16), seconds(15)).lastGood);
    }
};

STEELYARD_TEST(RestartPolicyTest)

} // namespace steelyard::supervise

#include "restart_policy_test.moc"
