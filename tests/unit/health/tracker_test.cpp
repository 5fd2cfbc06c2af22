#include "health/tracker.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using health::HealthTracker;

class TrackerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    /// Each result, and after it state and pending count: c, h or u with a digit.
    void transitions_data()
    {
        QTest::addColumn<int>("rise");
        QTest::addColumn<int>("fall");
        QTest::addColumn<char>("initial");
        QTest::addColumn<QString>("results");
        QTest::addColumn<QString>("expected");
        QTest::newRow("the first good probe makes healthy") << 3 << 3 << 'c' << "+"
                                                            << "h0";
        QTest::newRow("fall bad ones make unhealthy") << 2 << 3 << 'c' << "---"
                                                      << "c1 c2 u0";
        QTest::newRow("a good one among bad ones in checking") << 2 << 3 << 'c' << "--+"
                                                               << "c1 c2 h0";
        QTest::newRow("fall from healthy") << 2 << 3 << 'h' << "----"
                                           << "h1 h2 u0 u0";
        QTest::newRow("a good one starts the count again") << 2 << 3 << 'h' << "--+--"
                                                           << "h1 h2 h0 h1 h2";
        QTest::newRow("rise from unhealthy") << 2 << 3 << 'u' << "+++"
                                             << "u1 h0 h0";
        QTest::newRow("a bad one starts the rise again") << 2 << 3 << 'u' << "+-++"
                                                         << "u1 u0 u1 h0";
        QTest::newRow("one is enough") << 1 << 1 << 'c' << "-+-"
                                       << "u0 h0 u0";
    }

    void transitions()
    {
        QFETCH(int, rise);
        QFETCH(int, fall);
        QFETCH(char, initial);
        QFETCH(QString, results);
        QFETCH(QString, expected);
        HealthTracker tracker(rise, fall,
                              initial == 'c'   ? HealthState::Checking
                              : initial == 'h' ? HealthState::Healthy
                                               : HealthState::Unhealthy);
        QStringList seen;
        HealthState before = tracker.state();
        for (const QChar result : results) {
            const bool changed = tracker.record(result == QLatin1Char('+'));
            QCOMPARE(changed, tracker.state() != before);
            QCOMPARE(tracker.changing(),
                     tracker.pending() > 0 || tracker.state() == HealthState::Checking);
            before = tracker.state();
            const char letter = toString(before)[0];
            seen << QLatin1Char(letter) + QString::number(tracker.pending());
        }
        QCOMPARE(seen.join(QLatin1Char(' ')), expected);
    }

    void neededIsTheThresholdOfThePendingChange()
    {
        QCOMPARE(HealthTracker(2, 3).needed(), 3);
        QCOMPARE(HealthTracker(2, 3, HealthState::Healthy).needed(), 3);
        QCOMPARE(HealthTracker(2, 3, HealthState::Unhealthy).needed(), 2);
    }

    void newThresholdsKeepStateAndCount()
    {
        HealthTracker tracker(2, 5, HealthState::Healthy);
        QVERIFY(!tracker.record(false) && !tracker.record(false) && !tracker.record(false));
        tracker.configure(1, 2);
        QVERIFY(tracker.state() == HealthState::Healthy);
        QCOMPARE(tracker.pending(), 3);
        QVERIFY(tracker.record(false));
        QVERIFY(tracker.record(true));
    }
};

STEELYARD_TEST(TrackerTest)
#include "tracker_test.moc"
