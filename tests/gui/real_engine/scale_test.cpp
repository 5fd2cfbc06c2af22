/// Two hundred servers in twenty pools under all the load that the machine gives, and a console on
/// that engine: what it costs the console's thread, how late it answers, whether its memory stays,
/// and what being watched costs the engine. Short by itself;
/// STEELYARD_SCALE_SECONDS=600 QTEST_FUNCTION_TIMEOUT=3600000 gives figures to quote.

#include "load_stage.h"
#include "support/test_main.h"

#include <algorithm>

using namespace steelyard;
using test::Program;
using test::Watched;

namespace {

constexpr double kMostCpu = 15;    ///< % of a core
constexpr double kMostLate = 50;   ///< ms, of 99 % of the beats
constexpr double kMostWatched = 3; ///< % more CPU a request

int wanted()
{
    return test::secondsOf("STEELYARD_SCALE_SECONDS");
}

} // namespace

class ScaleTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theConsoleStaysLightAndQuick();
    void theEngineHardlyFeelsIt();
    void cleanupTestCase();

private:
    /// CPU µs of the engine for each request of a load of so many seconds.
    [[nodiscard]] double cost(int seconds);

    std::unique_ptr<test::LoadStage> m_stage;
};

void ScaleTest::initTestCase()
{
    m_stage = std::make_unique<test::LoadStage>();
    m_stage->startEngine();
}

void ScaleTest::cleanupTestCase()
{
    m_stage.reset();
}

void ScaleTest::theConsoleStaysLightAndQuick()
{
    test::Console console;
    m_stage->attach(console);
    const QStringList pages = test::livePages();
    Program wrk(QStringLiteral("wrk"), m_stage->load(wanted() + 30));
    (void)test::watch(1); // until the load is on
    const int rounds = std::max(1, wanted() / 50);
    const double each = static_cast<double>(wanted()) / static_cast<double>(rounds * pages.size());
    std::vector<double> sizes;
    std::map<QString, Watched> worst;
    for (int round = 0; round < rounds; ++round) {
        for (const QString& page : pages) {
            QVERIFY(console.window.showPage(page));
            worst[page].takeWorse(test::watch(each));
        }
        sizes.push_back(test::memory());
    }
    QCOMPARE(console.headline(), QStringLiteral("Serving"));
    const QString told = wrk.end();
    QVERIFY2(told.contains(QLatin1String("Requests/sec")), qPrintable(told));
    QVERIFY2(!told.contains(QLatin1String("Non-2xx")), qPrintable(told));
    for (const auto& [page, of] : worst) {
        qInfo("%-9s %4.1f %% of a core, beats late by p99 %4.1f ms, worst %5.1f ms",
              qPrintable(page), of.cpu, of.late99, of.worst);
        QVERIFY2(!test::kFiguresCount || of.cpu < kMostCpu, qPrintable(page));
        QVERIFY2(!test::kFiguresCount || of.late99 < kMostLate, qPrintable(page));
    }
    const double early = sizes[sizes.size() / 4];
    qInfo("memory %.1f MB after a quarter of the time, %.1f MB at the end; %s", early, sizes.back(),
          qPrintable(told.section(QLatin1String("Requests/sec:"), 1).section(u'\n', 0, 0)));
    QVERIFY(wanted() < test::kLongRun || sizes.back() < early * 1.05 + 1);
}

double ScaleTest::cost(int seconds)
{
    const double before = test::processSeconds(m_stage->engine());
    Program wrk(QStringLiteral("wrk"), m_stage->load(seconds));
    (void)test::watch(seconds + 0.5);
    const QString told = wrk.end();
    const double spent = test::processSeconds(m_stage->engine()) - before;
    const auto found = QRegularExpression(QStringLiteral("(\\d+) requests in")).match(told);
    return spent * 1e6 / std::max(1.0, found.captured(1).toDouble());
}

void ScaleTest::theEngineHardlyFeelsIt()
{
    if (wanted() < test::kLongRun)
        QSKIP("needs minutes: STEELYARD_SCALE_SECONDS=300 or more");
    // Many short rounds: the machine's own speed drifts by a tenth within half a minute.
    constexpr int kEach = 10;
    const int rounds = std::max(1, wanted() / (2 * kEach));
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        const auto attached = [&] {
            test::Console console;
            m_stage->attach(console);
            return cost(kEach);
        };
        double with = round % 2 == 0 ? attached() : 0;
        const double without = cost(kEach);
        if (round % 2 != 0)
            with = attached();
        qInfo("engine: %.2f us a request with a console, %.2f without", with, without);
        ratios.push_back(with / without);
    }
    std::sort(ratios.begin(), ratios.end());
    const double more = (ratios[ratios.size() / 2] - 1) * 100;
    qInfo("a console costs the engine %.1f %% (median of %d rounds)", more, rounds);
    QVERIFY(!test::kFiguresCount || more < kMostWatched);
}

STEELYARD_TEST(ScaleTest)
#include "scale_test.moc"
