#include "base/outcomes.h"
#include "support/test_main.h"

#include <QTest>

#include <chrono>
#include <thread>

using namespace steelyard;

class OutcomesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRunKeepsItsCountAndTheNewestFour()
    {
        std::uint64_t word = 0;
        for (const Failure failure : {Failure::Connect, failureOfStatus(503), Failure::Reset,
                                      Failure::Timeout, failureOfStatus(599)}) {
            word = ErrorRun::add(word, failure);
        }
        const ErrorRun run = ErrorRun::unpack(word);
        QCOMPARE(run.count, 5U);
        QVERIFY(run.last[0] == failureOfStatus(599));
        QVERIFY(run.last[1] == Failure::Timeout);
        QVERIFY(run.last[2] == Failure::Reset);
        QVERIFY(run.last[3] == failureOfStatus(503));
    }

    void theCountStaysAtItsGreatest()
    {
        std::uint64_t word = 0;
        for (std::uint32_t i = 0; i < ErrorRun::kMaxCount + 10; ++i)
            word = ErrorRun::add(word, Failure::Reset);
        QCOMPARE(ErrorRun::unpack(word).count, ErrorRun::kMaxCount);
        QVERIFY(ErrorRun::unpack(word).last[3] == Failure::Reset);
    }

    void onlyServerErrorsAreFailures()
    {
        QVERIFY(failureOfStatus(499) == Failure::None);
        QVERIFY(failureOfStatus(200) == Failure::None);
        QVERIFY(failureOfStatus(600) == Failure::None);
        QCOMPARE(static_cast<int>(failureOfStatus(500)), 500);
    }

    void theErrorThatCompletesTheRunTellsOnce()
    {
        BackendOutcomes outcomes(2);
        outcomes.setThreshold(3);
        QVERIFY(!outcomes.failed(0, Failure::Reset));
        QVERIFY(!outcomes.failed(1, Failure::Reset));
        QVERIFY(outcomes.failed(0, failureOfStatus(502)));
        QVERIFY(!outcomes.failed(1, Failure::Reset));
        outcomes.succeeded(1, 100);
        QVERIFY(!outcomes.failed(0, Failure::Reset));
        QVERIFY(!outcomes.failed(0, Failure::Reset));
        QVERIFY(outcomes.failed(0, Failure::Reset));
        QCOMPARE(outcomes.totals().errors, std::uint64_t{7});
        QCOMPARE(outcomes.totals().successes, std::uint64_t{1});
        QCOMPARE(outcomes.totals().latencyMicros, std::uint64_t{100});
        QCOMPARE(outcomes.totals().requests(), std::uint64_t{8});
    }

    void aSuccessAfterwardsDoesNotHideTheReachedRun()
    {
        BackendOutcomes outcomes(1);
        outcomes.setThreshold(2);
        (void)outcomes.failed(0, failureOfStatus(500));
        QVERIFY(outcomes.failed(0, Failure::Timeout));
        outcomes.succeeded(0, 1);
        const ErrorRun run = outcomes.takeRun();
        QCOMPARE(run.count, 2U);
        QVERIFY(run.last[0] == Failure::Timeout);
        QCOMPARE(outcomes.takeRun().count, 0U);
    }

    void clearingForgetsTheRunAndNoThresholdNeverTells()
    {
        BackendOutcomes outcomes(1);
        for (int i = 0; i < 100; ++i)
            QVERIFY(!outcomes.failed(0, Failure::Reset));
        QCOMPARE(outcomes.takeRun().count, 100U);
        outcomes.setThreshold(2);
        QVERIFY(!outcomes.failed(0, Failure::Reset)); // far beyond it: control sees it at its tick
        outcomes.clearRun();
        QCOMPARE(outcomes.takeRun().count, 0U);
        QVERIFY(!outcomes.failed(0, Failure::Reset));
        QVERIFY(outcomes.failed(0, Failure::Reset));
    }

    void workersAtOnceLoseNoErrorAndTellOnce()
    {
        constexpr int kWorkers = 4;
        constexpr int kEach = 10'000;
        BackendOutcomes outcomes(kWorkers);
        outcomes.setThreshold(kWorkers * kEach / 2);
        std::atomic<int> told{0};
        std::vector<std::thread> threads;
        for (int worker = 0; worker < kWorkers; ++worker) {
            threads.emplace_back([&, worker] {
                for (int i = 0; i < kEach; ++i)
                    told += outcomes.failed(worker, Failure::Reset) ? 1 : 0;
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(told.load(), 1);
        QCOMPARE(outcomes.totals().errors, std::uint64_t{kWorkers * kEach});
        QCOMPARE(outcomes.takeRun().count, std::uint32_t{kWorkers * kEach});
    }

    void costs()
    {
        BackendOutcomes outcomes(1);
        const auto start = std::chrono::steady_clock::now();
        constexpr int kTimes = 5'000'000;
        for (int i = 0; i < kTimes; ++i)
            outcomes.succeeded(0, static_cast<std::uint64_t>(i));
        const std::chrono::duration<double, std::nano> passed =
            std::chrono::steady_clock::now() - start;
        qInfo("%.2f ns a success", passed.count() / kTimes);
        QCOMPARE(outcomes.totals().successes, std::uint64_t{kTimes});
    }
};

STEELYARD_TEST(OutcomesTest)
#include "outcomes_test.moc"
