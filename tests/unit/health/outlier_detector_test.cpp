#include "outlier_pool.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::health;
using Kind = OutlierEvent::Kind;

namespace {

const config::OutlierDetection kDefaults;

config::OutlierDetection latencyOnly(double factor)
{
    config::OutlierDetection settings;
    settings.consecutiveErrors = 0;
    settings.errorRate = 0;
    settings.latencyFactor = factor;
    return settings;
}

} // namespace

class OutlierDetectorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void fiveErrorsInARowEjectAtOnce()
    {
        OutlierPool pool(kDefaults, 3);
        QVERIFY(pool.update().empty());
        pool.fail(1, 2, failureOfStatus(503));
        pool.fail(1, 1, Failure::Connect);
        pool.fail(1, 1, Failure::Timeout);
        QVERIFY(pool.updateAfter(milliseconds(1)).empty());
        pool.fail(1, 1, Failure::Reset);
        const auto events = pool.updateAfter(milliseconds(1));
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::Ejected);
        QCOMPARE(events[0].backend, std::string("s1"));
        QCOMPARE(events[0].cause,
                 std::string("5 errors in a row: ..., 503, connect failed, timeout, reset"));
        QCOMPARE(events[0].duration.count(), 30000);
        QCOMPARE(events[0].inRow, 1);
        QVERIFY(pool.ejected(1));
        QVERIFY(!pool.ejected(0));
        QVERIFY(*pool.detector.ejectedUntil("s1") == pool.now + seconds(30));
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
    }

    void aShortRunIsTextedWhole()
    {
        config::OutlierDetection settings;
        settings.consecutiveErrors = 2;
        OutlierPool pool(settings, 2);
        pool.fail(0, 1, failureOfStatus(500));
        pool.fail(0, 1, failureOfStatus(502));
        const auto events = pool.update();
        QCOMPARE(events[0].cause, std::string("2 errors in a row: 500, 502"));
    }

    void itReturnsAtTheTimeAndBeginsAnew()
    {
        OutlierPool pool(kDefaults, 3);
        pool.fail(0, 50);
        QCOMPARE(pool.update().size(), std::size_t{1});
        QVERIFY(pool.updateAfter(milliseconds(29999)).empty());
        const auto events = pool.updateAfter(milliseconds(1));
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::Returned);
        QCOMPARE(events[0].cause, std::string("30 s are over"));
        QVERIFY(!pool.ejected(0));
        // The 50 errors of before count no more, neither as a run nor in the window.
        pool.succeed(0, 20);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
    }

    void ejectionsGrowUpToTheCapAndTheCountDecays()
    {
        OutlierPool pool(kDefaults, 3);
        pool.update();
        std::vector<long> seconds;
        for (int i = 0; i < 12; ++i) {
            pool.fail(0, 5);
            const auto events = pool.updateAfter(milliseconds(250));
            QCOMPARE(events.size(), std::size_t{1});
            QVERIFY(events[0].kind == Kind::Ejected);
            QCOMPARE(events[0].inRow, i + 1);
            seconds.push_back(static_cast<long>(events[0].duration.count() / 1000));
            QVERIFY(pool.updateAfter(events[0].duration)[0].kind == Kind::Returned);
            pool.update();
        }
        QVERIFY((seconds ==
                 std::vector<long>{30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300}));
        // Twelve in a row; 3 x 30 s of health take three off, and the next adds one.
        pool.updateAfter(milliseconds(95'000));
        pool.fail(0, 5);
        QCOMPARE(pool.update()[0].inRow, 10);
        pool.updateAfter(milliseconds(300'000));
        pool.updateAfter(milliseconds(3'600'000));
        pool.fail(0, 5);
        QCOMPARE(pool.update()[0].inRow, 1);
    }

    void theErrorShareNeedsEnoughRequestsAndSlides()
    {
        config::OutlierDetection settings;
        settings.consecutiveErrors = 0;
        OutlierPool pool(settings, 2);
        pool.update();
        pool.fail(0, 19);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.succeed(0, 21); // 19 of 40: below a half
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        // 11 s later those have slid out; 21 errors of 40 are 52.5 %.
        QVERIFY(pool.updateAfter(milliseconds(11'000)).empty());
        pool.succeed(0, 19);
        pool.fail(0, 21);
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].cause, std::string("53 % errors of 40 requests in 10 s"));
    }

    void errorsSpreadOverTheWindowAreSummedUp()
    {
        config::OutlierDetection settings;
        settings.consecutiveErrors = 0;
        OutlierPool pool(settings, 2);
        pool.update();
        // One of each every half second: 20 of 40 after ten seconds, and no sooner than 20 in all.
        int told = 0;
        int at = 0;
        for (int i = 1; i <= 40 && told == 0; ++i) {
            pool.succeed(0, 1);
            pool.fail(0, 1);
            told += static_cast<int>(pool.updateAfter(milliseconds(500)).size());
            at = i;
        }
        QCOMPARE(told, 1);
        QCOMPARE(at, 10);
    }

    void aSlowServerIsEjectedByItsMean()
    {
        OutlierPool pool(latencyOnly(3), 4);
        pool.update();
        for (std::size_t i = 0; i < 3; ++i)
            pool.succeed(i, 20, 12);
        pool.succeed(3, 19, 310);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty()); // too few
        pool.succeed(3, 1, 310);
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].backend, std::string("s3"));
        QCOMPARE(events[0].cause, std::string("mean 310 ms against 12 ms of the others"));
    }

    void twoSlowServersGoTheSlowestFirst()
    {
        OutlierPool pool(latencyOnly(3), 10);
        pool.update();
        for (std::size_t i = 0; i < 10; ++i)
            pool.succeed(i, 50, i == 4 ? 300 : i == 2 ? 500 : 10);
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{2});
        QCOMPARE(events[0].backend, std::string("s2"));
        QCOMPARE(events[1].backend, std::string("s4"));
        QCOMPARE(events[1].cause, std::string("mean 300 ms against 10 ms of the others"));
    }

    void noiseBelowAMillisecondIsNoOutlier()
    {
        OutlierPool pool(latencyOnly(2), 2);
        pool.update();
        pool.servers[0].totals = {100, 0, 100 * 900}; // 0.9 ms
        pool.servers[1].totals = {100, 0, 100 * 100}; // 0.1 ms
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.servers[0].totals = {200, 0, 100 * 900 + 100 * 1800};
        pool.servers[1].totals = {200, 0, 200 * 100};
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].cause, std::string("mean 1.4 ms against 0.1 ms of the others"));
    }

    void theLastOneInServiceIsSparedAndThatIsToldOnce()
    {
        OutlierPool pool(kDefaults, 2);
        pool.fail(0, 5);
        pool.fail(1, 5);
        const auto events = pool.update();
        QCOMPARE(events.size(), std::size_t{2});
        QVERIFY(events[0].kind == Kind::Ejected);
        QVERIFY(events[1].kind == Kind::Spared);
        QCOMPARE(events[1].cause, std::string("5 errors in a row: ..., 503, 503, 503, 503; not "
                                              "ejected: the last one in service"));
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.succeed(1, 1);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.fail(1, 5); // a new spell
        QCOMPARE(pool.updateAfter(milliseconds(250)).size(), std::size_t{1});
    }

    void atMostTheShareIsEjectedButOneAlways()
    {
        config::OutlierDetection settings;
        settings.maxEjected = 0.3;
        OutlierPool pool(settings, 10);
        for (std::size_t i = 0; i < 10; ++i)
            pool.fail(i, 5);
        auto events = pool.update();
        QCOMPARE(pool.ejectedCount(), 3);
        QCOMPARE(events.size(), std::size_t{10});
        QVERIFY(events[3].cause.ends_with("not ejected: as many as allowed are ejected"));

        settings.maxEjected = 0.1;
        OutlierPool few(settings, 3);
        few.fail(0, 5);
        few.fail(1, 5);
        few.update();
        QCOMPARE(few.ejectedCount(), 1);
    }

    void aFreedPlaceIsTakenByOneThatStillFails()
    {
        config::OutlierDetection settings;
        settings.maxEjected = 0.1;
        OutlierPool pool(settings, 3);
        pool.fail(0, 5);
        pool.fail(1, 5);
        pool.update();
        QVERIFY(pool.ejected(0) && !pool.ejected(1));
        pool.fail(1, 1);
        const auto events = pool.updateAfter(seconds(30));
        QCOMPARE(events.size(), std::size_t{2});
        QVERIFY(events[0].kind == Kind::Returned);
        QVERIFY(events[1].kind == Kind::Ejected);
        QCOMPARE(events[1].backend, std::string("s1"));
    }

    void observeOnlyTells()
    {
        config::OutlierDetection settings;
        settings.observe = true;
        OutlierPool pool(settings, 2);
        pool.fail(0, 5);
        auto events = pool.update();
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::WouldEject);
        QCOMPARE(events[0].duration.count(), 30000);
        QVERIFY(!pool.ejected(0));
        // Told again when its time would be over and it still fails.
        pool.fail(0, 100);
        QVERIFY(pool.updateAfter(milliseconds(29'000)).empty());
        QVERIFY(pool.updateAfter(milliseconds(1'000)).empty());
        events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::WouldEject);
        QCOMPARE(events[0].inRow, 2);
    }

    void changingTheModeReturnsOrForgets()
    {
        config::OutlierDetection settings;
        OutlierPool pool(settings, 2);
        pool.fail(0, 5);
        pool.update();
        settings.observe = true;
        pool.detector.configure(settings);
        QVERIFY(pool.ejected(0)); // until control hears of it
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::Returned);
        QVERIFY(!pool.ejected(0));
        pool.fail(0, 5);
        QVERIFY(pool.updateAfter(milliseconds(250))[0].kind == Kind::WouldEject);
        settings.observe = false;
        pool.detector.configure(settings);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        QVERIFY(pool.updateAfter(milliseconds(250))[0].kind == Kind::Ejected);
    }

    void aGoodProbeEndsItEarlyIfItBeganAfterIt()
    {
        OutlierPool pool(kDefaults, 3);
        pool.fail(0, 5);
        pool.update();
        const TimePoint ejection = pool.now;
        pool.now += milliseconds(500);
        QVERIFY(!pool.detector.probeSucceeded("s0", ejection - milliseconds(1), pool.now));
        QVERIFY(!pool.detector.probeSucceeded("s1", pool.now, pool.now));
        QVERIFY(!pool.detector.probeSucceeded("gone", pool.now, pool.now));
        const auto event = pool.detector.probeSucceeded("s0", ejection, pool.now);
        QVERIFY(event && event->kind == Kind::Returned);
        QCOMPARE(event->cause, std::string("a good probe"));
        QVERIFY(!pool.ejected(0));
        pool.servers[0].run = 0;
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        // It is the second in a row when it fails again soon.
        pool.fail(0, 5);
        QCOMPARE(pool.updateAfter(milliseconds(250))[0].inRow, 2);
    }

    void theEjectedServeAgainWhenTheOthersGo()
    {
        OutlierPool pool(kDefaults, 3);
        pool.fail(0, 5);
        pool.update();
        pool.servers[1].serves = false;
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.servers[2].serves = false;
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QVERIFY(events[0].kind == Kind::Returned);
        QCOMPARE(events[0].cause, std::string("no other server is left in service"));
        QVERIFY(!pool.ejected(0));
    }

    void aSmallerPoolKeepsTheShare()
    {
        OutlierPool pool(kDefaults, 6);
        for (std::size_t i = 0; i < 3; ++i) {
            pool.fail(i, 5);
            pool.updateAfter(milliseconds(250));
        }
        QCOMPARE(pool.ejectedCount(), 3);
        pool.servers.pop_back();
        pool.servers.pop_back();
        const auto events = pool.updateAfter(milliseconds(250));
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].backend, std::string("s0")); // whose time ends first
        QCOMPARE(events[0].cause, std::string("the pool became smaller"));
        pool.servers.erase(pool.servers.begin() + 1);
        pool.updateAfter(milliseconds(250));
        QVERIFY(!pool.detector.ejected("s1"));
    }

    void whatDoesNotServeIsNotJudged()
    {
        OutlierPool pool(kDefaults, 3);
        pool.servers[0].serves = false;
        pool.fail(0, 50);
        QVERIFY(pool.update().empty());
    }

    void fromTheWorkersCountersToTheReturn()
    {
        BackendOutcomes bad(2);
        BackendOutcomes good(2);
        bad.setThreshold(5);
        OutlierDetector detector(kDefaults);
        TimePoint now{std::chrono::hours(1)};
        const auto update = [&] {
            const OutlierDetector::Sample pool[] = {{"bad", bad.totals(), bad.takeRun(), true},
                                                    {"good", good.totals(), good.takeRun(), true}};
            return detector.update(now, pool);
        };
        QVERIFY(update().empty());
        int told = 0;
        for (int i = 0; i < 5; ++i)
            told += bad.failed(i % 2, failureOfStatus(500 + i)) ? 1 : 0;
        QCOMPARE(told, 1);
        bad.succeeded(0, 10); // before control woke up
        auto events = update();
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].cause, std::string("5 errors in a row: ..., 501, 502, 503, 504"));
        (void)bad.failed(1, Failure::Reset); // it was still in flight
        now += seconds(30);
        QVERIFY(update()[0].kind == Kind::Returned);
        bad.clearRun();
        now += milliseconds(250);
        QVERIFY(update().empty());
    }

    void costs()
    {
        OutlierPool pool(latencyOnly(3), 1000);
        const TimePoint begin = Clock::now();
        std::size_t events = 0;
        for (int i = 0; i < 50; ++i) {
            for (std::size_t s = 0; s < 1000; ++s)
                pool.succeed(s, 5, s == 500 ? 900 : 9);
            events += pool.updateAfter(milliseconds(250)).size();
        }
        const std::chrono::duration<double, std::micro> passed = Clock::now() - begin;
        qInfo("%.0f us for one look at 1000 servers", passed.count() / 50);
        QCOMPARE(events, std::size_t{1});
    }

    void anotherServerOfTheSameNameBeginsAnew()
    {
        OutlierPool pool(kDefaults, 2);
        pool.succeed(0, 1000);
        pool.update();
        pool.servers[0].totals = {};
        pool.fail(0, 4);
        QVERIFY(pool.updateAfter(milliseconds(250)).empty());
        pool.fail(0, 1);
        QCOMPARE(pool.updateAfter(milliseconds(250)).size(), std::size_t{1});
    }
};

STEELYARD_TEST(OutlierDetectorTest)
#include "outlier_detector_test.moc"
