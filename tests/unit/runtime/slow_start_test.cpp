#include "base/random.h"
#include "runtime/slow_start.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::runtime;

class SlowStartTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void growsLinearlyFromItsShareToAll()
    {
        const config::SlowStart settings; // 10 s from 0.1
        QCOMPARE(slowStartParts(settings, Duration(0)), 2U);
        QCOMPARE(slowStartParts(settings, seconds(-5)), 2U);
        QCOMPARE(slowStartParts(settings, seconds(5)), 11U);
        QCOMPARE(slowStartParts(settings, milliseconds(9999)), 19U);
        QCOMPARE(slowStartParts(settings, seconds(10)), kSlowStartParts);
        QCOMPARE(slowStartParts(settings, seconds(1000)), kSlowStartParts);
        QCOMPARE(slowStartWeight(100, 2), 200U); // against 2000 of the others
        QCOMPARE(slowStartWeight(0, 2), 0U);
    }

    void fromNothingGetsALittleAndFromAllIsOff()
    {
        QCOMPARE(slowStartParts({seconds(10), 0}, Duration(0)), 1U);
        QCOMPARE(slowStartParts({seconds(10), 1}, Duration(0)), kSlowStartParts);
        QVERIFY(!nextSlowStartStep({seconds(10), 1}, Duration(0)));
        QCOMPARE(slowStartParts({milliseconds(0), 0.1}, Duration(0)), kSlowStartParts);
    }

    void aShortWindowIsOneStep()
    {
        const config::SlowStart settings{milliseconds(60), 0.1};
        QVERIFY(*nextSlowStartStep(settings, Duration(0)) == milliseconds(60));
        QCOMPARE(slowStartParts(settings, milliseconds(59)), 2U);
    }

    /// Following the steps sees every change, and none is sooner than a window/20 or 100 ms after
    /// the one before.
    void stepsTellEveryChangeAndAreNotTooMany()
    {
        RandomSource random(7);
        for (int round = 0; round < 500; ++round) {
            const config::SlowStart settings{milliseconds(1 + random.below(60'000)), random.unit()};
            const Duration least = std::min<Duration>(
                std::max<Duration>(Duration(settings.window) / 20, milliseconds(100)),
                settings.window);
            Duration at{0};
            int steps = 0;
            std::uint32_t parts = slowStartParts(settings, at);
            while (const auto next = nextSlowStartStep(settings, at)) {
                // The last step ends with the window, wherever the grid is.
                QVERIFY(*next - at >= least || *next == settings.window);
                // Nothing changes before it, something at it, and it only grows.
                const Duration between =
                    at + Duration(static_cast<std::int64_t>(
                             random.unit() * static_cast<double>((*next - at).count() - 1)));
                QCOMPARE(slowStartParts(settings, between), parts);
                QVERIFY(slowStartParts(settings, *next) > parts);
                at = *next;
                parts = slowStartParts(settings, at);
                ++steps;
            }
            QCOMPARE(parts, kSlowStartParts);
            QVERIFY(at == settings.window || parts == slowStartParts(settings, Duration(0)));
            QVERIFY(steps <= 20);
        }
    }
};

STEELYARD_TEST(SlowStartTest)
#include "slow_start_test.moc"
