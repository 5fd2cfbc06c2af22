#include "stats/histogram.h"
#include "stats/rates.h"
#include "support/test_main.h"

#include <QTest>

#include <chrono>

using namespace steelyard;
using namespace steelyard::stats;

namespace {
const TimePoint kStart{std::chrono::hours(5)};
constexpr milliseconds kTick{250};
} // namespace

class RatesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRateIsTheGrowthOverTheLastTenSeconds()
    {
        RateWindow window;
        QCOMPARE(window.perSecond(), 0.0);
        std::uint64_t value = 1000000;
        TimePoint now = kStart;
        for (int tick = 0; tick < 40; ++tick, now += kTick)
            window.add(now, value += 25);
        QCOMPARE(window.perSecond(), 100.0);
        QCOMPARE(window.growth(), std::uint64_t{39 * 25});
        for (int tick = 0; tick < 20; ++tick, now += kTick)
            window.add(now, value);
        QCOMPARE(window.perSecond(), 50.0);
        for (int tick = 0; tick < 21; ++tick, now += kTick)
            window.add(now, value);
        QCOMPARE(window.perSecond(), 0.0);
    }

    void aShortHistoryIsDividedByItsOwnTime()
    {
        RateWindow window;
        window.add(kStart, 0);
        QCOMPARE(window.perSecond(), 0.0);
        window.add(kStart + seconds(1), 30);
        QCOMPARE(window.perSecond(), 30.0);
    }

    void aCounterThatStartsAgainIsNotNegative()
    {
        RateWindow window;
        window.add(kStart, 500);
        window.add(kStart + kTick, 600);
        window.add(kStart + 2 * kTick, 3);
        QCOMPARE(window.perSecond(), 0.0);
        window.add(kStart + 3 * kTick, 5);
        QCOMPARE(window.perSecond(), 8.0);
    }

    void manyCallsDoNotShortenTheWindow()
    {
        RateWindow window;
        TimePoint now = kStart;
        for (std::uint64_t i = 0; i < 5000; ++i, now += milliseconds(10))
            window.add(now, i);
        QVERIFY(window.growth() >= 975 && window.growth() <= 1000);
        QVERIFY(std::abs(window.perSecond() - 100.0) < 0.01);
    }

    void percentilesForgetWhatIsOlderThanTenSeconds()
    {
        LatencyWindow window;
        Histogram histogram;
        TimePoint now = kStart;
        const auto sample = [&] {
            std::vector<std::uint64_t> counts;
            (void)histogram.addTo(counts);
            window.add(now, counts);
        };
        histogram.record(5000000); // before the first sample: not in the window
        sample();
        QCOMPARE(window.latency(), Latency{});
        for (int tick = 0; tick < 8; ++tick) {
            now += kTick;
            for (int i = 0; i < 100; ++i)
                histogram.record(20);
            sample();
        }
        QCOMPARE(window.latency(), (Latency{20, 20, 20}));
        for (int tick = 0; tick < 8; ++tick) {
            now += kTick;
            for (int i = 0; i < 100; ++i)
                histogram.record(28);
            sample();
        }
        QCOMPARE(window.latency(), (Latency{20, 28, 28}));
        now += seconds(7);
        sample();
        QCOMPARE(window.latency(), (Latency{28, 28, 28}));
        now += seconds(3);
        sample();
        QCOMPARE(window.latency(), Latency{});
        for (const std::uint64_t count : window.counts())
            QCOMPARE(count, std::uint64_t{0});
        now += seconds(1000);
        histogram.record(31);
        sample();
        QCOMPARE(window.latency(), (Latency{31, 31, 31}));
    }

    void wrappedThirtyTwoBitCountsStillSubtract()
    {
        LatencyWindow window;
        std::vector<std::uint64_t> counts(Histogram::kBuckets, 0);
        counts[10] = 0xfffffffeU;
        window.add(kStart, counts);
        counts[10] = 3; // five more, wrapped
        window.add(kStart + kTick, counts);
        QCOMPARE(window.counts()[10], std::uint64_t{5});
    }

    void twoHundredServersAreCheap()
    {
        std::vector<LatencyWindow> windows(200);
        Histogram histogram;
        std::vector<std::uint64_t> counts(Histogram::kBuckets, 0);
        const auto start = std::chrono::steady_clock::now();
        double sum = 0;
        for (int tick = 0; tick < 40; ++tick) {
            for (std::uint64_t value = 100; value < 100000; value += value / 8)
                ++counts[static_cast<std::size_t>(Histogram::bucketOf(value))];
            for (LatencyWindow& window : windows) {
                window.add(kStart + tick * kTick, counts);
                sum += window.latency().p99;
            }
        }
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        QVERIFY(sum > 0);
        qInfo("10 s of windows for 200 servers: %.1f ms of CPU", took.count());
    }
};

STEELYARD_TEST(RatesTest)
#include "rates_test.moc"
