/// A console attached to a steelyardd for a long time, under all the load that the machine gives
/// and with thousands of connections held, while somebody leafs through its pages and drains and
/// returns a server now and then; in the middle the engine is killed and started again. Nothing may
/// be lost: no request but for the kill, no connection, no event, no second of the charts. Short by
/// itself; STEELYARD_ENDURANCE_SECONDS=3600 QTEST_FUNCTION_TIMEOUT=14400000 gives figures to quote.

#include "load_stage.h"
#include "support/test_main.h"

#include <QElapsedTimer>

#include <algorithm>

using namespace steelyard;
using test::Program;
using test::Watched;

namespace {

constexpr int kRound = 60;   ///< seconds of all pages, at most
constexpr int kHeld = 10000; ///< connections; of a short run kHeldShort
constexpr int kHeldShort = 300;

int wanted()
{
    return test::secondsOf("STEELYARD_ENDURANCE_SECONDS");
}

} // namespace

class EnduranceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void nothingIsLost();
    void cleanupTestCase();

private:
    /// Half of the time: load, connections, pages, a drain and its undoing in each round.
    void watchFor(test::Console& console, int seconds);
    void drainAndUndo(test::Console& console);
    void hearEvents(const QList<stats::Event>& events);

    std::unique_ptr<test::LoadStage> m_stage;
    std::uint64_t m_lastEvent = 0; ///< its sequence number; 0: of an engine not heard yet
    int m_events = 0, m_drains = 0;
    std::vector<double> m_sizes; ///< MB, after each round
    Watched m_worst;
};

void EnduranceTest::initTestCase()
{
    m_stage = std::make_unique<test::LoadStage>();
    m_stage->startEngine();
}

void EnduranceTest::cleanupTestCase()
{
    m_stage.reset();
}

void EnduranceTest::hearEvents(const QList<stats::Event>& events)
{
    for (const stats::Event& event : events) {
        if (m_lastEvent != 0)
            QCOMPARE(event.sequence, m_lastEvent + 1);
        m_lastEvent = event.sequence;
        ++m_events;
    }
}

void EnduranceTest::drainAndUndo(test::Console& console)
{
    const QString id = QStringLiteral("p3/s4");
    QVERIFY(console.window.showPage(QStringLiteral("servers")));
    console.select(id);
    console.clickTool("drain");
    QTRY_COMPARE_WITH_TIMEOUT(console.state(id), QStringLiteral("Maintenance"), 35'000);
    console.clickTool("undo");
    QTRY_COMPARE_WITH_TIMEOUT(console.state(id), QStringLiteral("Up"), 10'000);
    ++m_drains;
}

void EnduranceTest::watchFor(test::Console& console, int seconds)
{
    const QStringList pages = test::livePages();
    const int count = wanted() < test::kLongRun ? kHeldShort : kHeld;
    Program wrk(QStringLiteral("wrk"), m_stage->load(seconds + 3600)); // ended sooner
    Program holder(QStringLiteral(HOLD_CONNECTIONS_PATH),
                   {QString::number(m_stage->port()), QString::number(count), QStringLiteral("1")});
    const QByteArray all = QByteArray("\"held\": ") + QByteArray::number(count) + ", \"failed\": 0";
    const QByteArray opened = holder.line(120);
    QVERIFY2(opened.contains(all), opened.constData());
    // Each of them asks every 40 s: the engine closes who says nothing for 60.
    holder.write("serve " + QByteArray::number(std::max(1, count / 40)) + ' ' +
                 QByteArray::number(seconds) + '\n');
    QElapsedTimer clock;
    clock.start();
    do {
        for (const QString& page : pages) {
            QVERIFY(console.window.showPage(page));
            m_worst.takeWorse(
                test::watch(std::min(kRound, seconds) / static_cast<double>(pages.size())));
        }
        drainAndUndo(console);
        if (QTest::currentTestFailed())
            return;
        m_sizes.push_back(test::memory());
    } while (clock.elapsed() < seconds * 1000);
    const QByteArray served = holder.line(60);
    QVERIFY2(served.contains("\"failed\": 0") &&
                 served.contains("\"held\": " + QByteArray::number(count)),
             served.constData());
    const QString told = wrk.end();
    QVERIFY2(told.contains(QLatin1String("Requests/sec")) &&
                 !told.contains(QLatin1String("Non-2xx")) &&
                 !told.contains(QLatin1String("Socket errors")),
             qPrintable(told));
    qInfo(
        "%d s, %d connections held, %s", static_cast<int>(clock.elapsed() / 1000), count,
        qPrintable(told.section(QLatin1String(" requests in"), 0, 0).section(u'\n', -1).trimmed() +
                   QStringLiteral(" requests")));
}

void EnduranceTest::nothingIsLost()
{
    test::Console console;
    m_stage->attach(console);
    connect(console.session.client(), &engine::EngineClient::eventsArrived, this,
            &EnduranceTest::hearEvents);
    int sampled = 0;
    double widest = 0; // seconds between two samples
    QElapsedTimer sinceSample;
    connect(&console.window.feed(), &gui::ConsoleFeed::sampled, this, [&] {
        if (sampled++ > 0)
            widest = std::max(widest, static_cast<double>(sinceSample.elapsed()) / 1000);
        sinceSample.start();
    });

    watchFor(console, wanted() / 2);
    if (QTest::currentTestFailed())
        return;
    m_stage->killEngine();
    QTRY_VERIFY(console.banner().startsWith(QLatin1String("Not connected to the engine at ")));
    QTRY_COMPARE(console.headline(), QStringLiteral("No data"));
    const double before = widest;
    m_lastEvent = 0;
    m_stage->startEngine();
    QTRY_COMPARE_WITH_TIMEOUT(console.headline(), QStringLiteral("Serving"), 15'000);
    QTRY_COMPARE(console.banner(), QString());
    QTRY_COMPARE_WITH_TIMEOUT(console.state(QStringLiteral("p3/s4")), QStringLiteral("Up"), 20'000);
    (void)test::watch(2); // a sample of the new engine
    widest = 0;
    watchFor(console, wanted() / 2);
    if (QTest::currentTestFailed())
        return;

    widest = std::max(widest, before);
    const double early = m_sizes[m_sizes.size() / 4];
    qInfo("%d drains undone, %d events and none missing, %d samples and at most %.1f s apart; "
          "memory %.1f MB after a quarter of the time, %.1f MB at the end; at worst %.1f %% of a "
          "core, beats late by p99 %.1f ms, worst %.1f ms",
          m_drains, m_events, sampled, widest, early, m_sizes.back(), m_worst.cpu, m_worst.late99,
          m_worst.worst);
    QVERIFY(m_events >= 2 * m_drains);
    QVERIFY(!test::kFiguresCount || widest < 3);
    QVERIFY(wanted() < test::kLongRun || m_sizes.back() < early * 1.05 + 1);
}

STEELYARD_TEST(EnduranceTest)
#include "endurance_test.moc"
