/// The charts' arithmetic: what the history keeps, how long lines are thinned, what a zoom does to
/// the time axis, what table and CSV say.

#include "charts/chart_table.h"
#include "charts/decimate.h"
#include "charts/plots.h"
#include "charts/time_chart.h"
#include "charts/time_ticks.h"
#include "charts/time_window.h"
#include "fake_engine_client.h"
#include "models/servers_model.h"
#include "support/test_main.h"

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QTest>

#include <cmath>

using namespace steelyard;
using namespace steelyard::gui;

class ChartsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sixHoursKeepEveryPeakInBoundedRings();
    void aServerThatComesLateHasNoFiguresBefore();
    void silenceAndAnotherClockAreNoSamples();
    void listenersHaveTheirOwnFigures();
    void decimationKeepsPeaksAndTheBudget();
    void fewPointsStayAsTheyAre();
    void zoomKeepsWhatIsUnderThePointer();
    void windowAtTheRightEdgeFollowsTheClock();
    void ticksAreRound();
    void chartOfSixHoursHasAtMost600Points();
    void stackedAreasAddUp();
    void tableGrowsWithoutReset();
    void csvIsPlain();

private:
    static void fill(History& history, test::FakeEngineClient& engine, int seconds)
    {
        for (int i = 0; i < seconds; ++i) {
            engine.advance(4);
            history.add(*engine.latest());
        }
    }
};

void ChartsTest::sixHoursKeepEveryPeakInBoundedRings()
{
    History history;
    stats::Snapshot snapshot;
    constexpr int kSeconds = 7 * 3600;
    for (int second = 1; second <= kSeconds; ++second) {
        snapshot.monotonicSeconds = second;
        snapshot.wallMs = 1'700'000'000'000 + second * 1000LL;
        // One second in each hour is a peak: no slot of ten seconds may swallow it.
        snapshot.requestsPerSecond = second % 3600 == 1234 ? 9000 : 100;
        snapshot.errorsPerSecond = second % 10;
        history.add(snapshot);
    }
    QCOMPARE(history.size(), History::kSamples);
    const double now = history.newest();
    QCOMPARE(now, double(kSeconds));
    const QList<double> moments = history.moments(now - History::kAllSeconds, now);
    QVERIFY(history.coarse(now - History::kAllSeconds));
    QVERIFY(std::abs(moments.size() - History::kSpans) <= 1);
    QVERIFY(std::is_sorted(moments.begin(), moments.end()));
    const auto reaches =
        history.reaches({}, &History::Sample::requests, now - History::kAllSeconds, now);
    QCOMPARE(reaches.size(), moments.size());
    QCOMPARE(std::count_if(reaches.begin(), reaches.end(),
                           [](const History::Reach& reach) { return reach.high == 9000; }),
             6);
    const auto errors =
        history.reaches({}, &History::Sample::errors, now - History::kAllSeconds, now);
    QCOMPARE(errors.at(500).low, 0.0F);
    QCOMPARE(errors.at(500).high, 9.0F);
    // The last ten minutes are told by the second.
    QVERIFY(!history.coarse(now - 600));
    QCOMPARE(history.moments(now - 599, now).size(), 600);
    QCOMPARE(history.wallOf(history.momentOf(1'700'000'005'000)), qint64(1'700'000'005'000));
}

void ChartsTest::aServerThatComesLateHasNoFiguresBefore()
{
    test::FakeEngineClient engine;
    History history;
    fill(history, engine, 5);
    engine.addPool("late", 1);
    fill(history, engine, 3);
    const double now = history.newest();
    const auto reaches =
        history.reaches(QStringLiteral("late/a"), &History::Sample::requests, now - 60, now);
    QCOMPARE(reaches.size(), 8);
    QVERIFY(std::isnan(reaches.at(4).high));
    QVERIFY(reaches.at(5).high > 0);
    // Sparklines know no gaps.
    QCOMPARE(history.values(QStringLiteral("late/a"), &History::Sample::requests, 60).first(),
             0.0F);
}

void ChartsTest::silenceAndAnotherClockAreNoSamples()
{
    test::FakeEngineClient engine;
    History history;
    fill(history, engine, 4);
    history.add(*engine.latest());
    QCOMPARE(history.size(), 4);
    test::FakeEngineClient restarted;
    history.add(*restarted.latest());
    QCOMPARE(history.size(), 1);
}

void ChartsTest::listenersHaveTheirOwnFigures()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel servers(history);
    fill(history, engine, 3);
    servers.update(*engine.latest());
    QCOMPARE(history.listeners(), QStringList{QStringLiteral("web")});
    const QList<Scope> scopes = allScopes(history, servers);
    QCOMPARE(scopes.size(), 1 + 1 + 2 + 6);
    QCOMPARE(scopes.at(1).text(), QStringLiteral("Listener web"));
    const double now = history.newest();
    const Plots plots = plotsOf(scopes.at(1), history, servers, now - 60, now);
    QCOMPARE(plots.plots.size(), 5);
    const Plot& requests = plots.plots.first();
    QCOMPARE(requests.title, QStringLiteral("Requests/s of web"));
    QCOMPARE(requests.lines.first().values.last().high,
             static_cast<float>(engine.latest()->listeners[0].requestsPerSecond));
    QCOMPARE(plots.plots.at(3).lines.first().values.last().high,
             static_cast<float>(engine.latest()->connections));
    QCOMPARE(plots.plots.last().title, QStringLiteral("Added to requests of web"));
    QCOMPARE(plots.plots.last().lines.size(), 1);
    QCOMPARE(plots.plots.last().lines.first().values.last().high, 0.042F);
}

void ChartsTest::decimationKeepsPeaksAndTheBudget()
{
    QList<LinePoint> points;
    for (int i = 0; i < 21600; ++i) {
        const double value = i == 7777 ? 500 : i == 15000 ? -500 : std::sin(i / 50.0);
        points.append({double(i), value, value});
    }
    const QList<QPointF> thin = decimate(points, 0, 21600, 4000);
    QVERIFY(thin.size() <= kMostPoints);
    QVERIFY(thin.size() > kMostPoints / 2);
    QVERIFY(thin.contains(QPointF(7777, 500)));
    QVERIFY(thin.contains(QPointF(15000, -500)));
    QVERIFY(std::is_sorted(thin.begin(), thin.end(),
                           [](const QPointF& a, const QPointF& b) { return a.x() < b.x(); }));
    QVERIFY(decimate(points, 0, 21600, 100).size() <= 200);
}

void ChartsTest::fewPointsStayAsTheyAre()
{
    const double none = std::numeric_limits<double>::quiet_NaN();
    const QList<LinePoint> points{{-3, none, none}, {-2, 5, 5}, {-1, 1, 1}, {0, 4, 4}};
    QCOMPARE(decimate(points, -3, 0, 300), (QList<QPointF>{{-2, 5}, {-1, 1}, {0, 4}}));
    // A slot that reaches from one value to another is drawn as such.
    QCOMPARE(decimate({{0, 1, 7}}, 0, 10, 300), (QList<QPointF>{{0, 1}, {0, 7}}));
    QVERIFY(decimate({}, 0, 10, 300).isEmpty());
}

void ChartsTest::zoomKeepsWhatIsUnderThePointer()
{
    TimeWindow window;
    window.setRange(600);
    const double now = 10000;
    const double at = now - 150; // three quarters of the way
    window.zoom(0.5, at, now);
    QCOMPARE(window.length(), 300.0);
    QVERIFY(window.zoomed());
    QCOMPARE((at - window.from(now)) / window.length(), 0.75);
    window.zoom(2, at, now);
    QCOMPARE(window.length(), 600.0);
    QVERIFY(window.follows());
    QVERIFY(!window.zoomed());
    for (int i = 0; i < 20; ++i)
        window.zoom(0.5, at, now);
    QCOMPARE(window.length(), TimeWindow::kShortest);
    window.reset();
    window.setSpan(now - 100, now - 160, now); // dragged to the left
    QCOMPARE(window.from(now), now - 160);
    QCOMPARE(window.to(now), now - 100);
}

void ChartsTest::windowAtTheRightEdgeFollowsTheClock()
{
    TimeWindow window;
    double now = 5000;
    window.zoom(0.5, now, now);
    QVERIFY(window.follows());
    now += 10;
    QCOMPARE(window.to(now), now);
    window.pan(-0.5, now, 0);
    QVERIFY(!window.follows());
    const double held = window.to(now);
    now += 10;
    QCOMPARE(window.to(now), held);
    window.pan(-1000, now, 4000); // nothing is before the oldest
    QCOMPARE(window.from(now), 4000.0);
    window.pan(1000, now, 4000);
    QVERIFY(window.follows());
    window.reset();
    window.show(now - 30, now);
    QVERIFY(!window.zoomed()); // it was in sight
    window.show(now - 300, now);
    QVERIFY(window.from(now) < now - 300 && window.to(now) > now - 300);
}

void ChartsTest::ticksAreRound()
{
    const auto texts = [](const QList<TimeTick>& ticks) {
        QStringList all;
        for (const TimeTick& tick : ticks)
            all << tick.text;
        return all.join(u' ');
    };
    QCOMPARE(texts(ticksAgo(60)), QStringLiteral("-60 s -50 s -40 s -30 s -20 s -10 s now"));
    QCOMPARE(texts(ticksAgo(600)), QStringLiteral("-10 min -8 min -6 min -4 min -2 min now"));
    QCOMPARE(texts(ticksAgo(21600)), QStringLiteral("-6 h -5 h -4 h -3 h -2 h -1 h now"));
    const qint64 end = QDateTime(QDate(2026, 11, 24), QTime(14, 3, 27)).toMSecsSinceEpoch();
    const QList<TimeTick> day = ticksOfDay(60, end);
    QCOMPARE(day.last().text, QStringLiteral("14:03:20"));
    QCOMPARE(day.last().x, -7.0);
    QCOMPARE(ticksOfDay(3600, end).last().text, QStringLiteral("14:00"));
}

void ChartsTest::chartOfSixHoursHasAtMost600Points()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel servers(history);
    for (int i = 0; i < 2200; ++i) { // a sample each ten seconds
        engine.advance(40);
        history.add(*engine.latest());
    }
    servers.update(*engine.latest());
    const double now = history.newest();
    const double from = now - History::kAllSeconds;
    const Plots plots = plotsOf({}, history, servers, from, now);
    QVERIFY(plots.moments.size() > 2000);
    TimeChart chart(QStringLiteral("requests"));
    chart.resize(1920, 300);
    chart.show();
    for (const Plot& plot : plots.plots) {
        chart.setPlot(plot, plots.moments, from, now, ticksAgo(now - from));
        QVERIFY2(chart.longestSeries() <= kMostPoints, qPrintable(plot.id));
        QVERIFY2(chart.longestSeries() > 100, qPrintable(plot.id));
    }
}

void ChartsTest::stackedAreasAddUp()
{
    Plots plots{{1, 2}, {}};
    Plot plot;
    plot.id = QStringLiteral("requests");
    plot.stacked = true;
    plot.format = [](double value) { return QString::number(value); };
    const History::Reach none;
    plot.lines = {{QStringLiteral("a"), Qt::red, {{10, 10}, {20, 20}}},
                  {QStringLiteral("b"), Qt::blue, {none, {30, 30}}}};
    TimeChart chart(plot.id);
    chart.resize(600, 300);
    chart.setPlot(plot, plots.moments, 1, 2, {});
    QVERIFY(chart.top() >= 50 && chart.top() <= 60);
    QVERIFY(chart.accessibleDescription().contains(QLatin1String("b 30")));
    chart.setCursorAt(1.2);
    QVERIFY(chart.accessibleDescription().startsWith(QLatin1String("a 10, b ")));
    QVERIFY(!chart.accessibleDescription().contains(QLatin1String("30")));
}

void ChartsTest::tableGrowsWithoutReset()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel servers(history);
    ChartTable table;
    const QAbstractItemModelTester tester(&table);
    int resets = 0;
    connect(&table, &QAbstractItemModel::modelReset, this, [&] { ++resets; });
    fill(history, engine, 50);
    servers.update(*engine.latest());
    for (int i = 0; i < 30; ++i) {
        fill(history, engine, 1 + i % 3);
        const double now = history.newest();
        table.setPlots(plotsOf({QStringLiteral("shop")}, history, servers, now - 60, now), 0);
    }
    QCOMPARE(resets, 1);
    QCOMPARE(table.rowCount(), 61);
    QCOMPARE(table.index(0, 1).data().toString().isEmpty(), false);
    const QString first = table.index(0, 0).data().toString();
    QVERIFY(first > table.index(1, 0).data().toString());
    const double now = history.newest();
    table.setPlots(plotsOf({}, history, servers, now - 60, now), 0);
    QCOMPARE(resets, 2);
}

void ChartsTest::csvIsPlain()
{
    const History::Reach none;
    Plots plots{{0, 1},
                {{QStringLiteral("latency"),
                  QStringLiteral("Latency"),
                  QStringLiteral("ms"),
                  false,
                  {},
                  {},
                  {{QStringLiteral("say \"hi\""), {}, {{1.5F, 1.5F}, none}}}}}};
    QCOMPARE(csvOf(plots, 1'700'000'000), QByteArray("time,\"latency say \"\"hi\"\" ms\"\r\n"
                                                     "2023-11-14T22:13:20.000Z,1.5\r\n"
                                                     "2023-11-14T22:13:21.000Z,\r\n"));
    plots.plots[0].lines[0].values[1] = {2, 4};
    const QByteArray wide = csvOf(plots, 1'700'000'000);
    QVERIFY(wide.contains("ms min\",\"latency say \"\"hi\"\" ms max\""));
    QVERIFY(wide.contains("21.000Z,2,4\r\n"));
}

STEELYARD_TEST(ChartsTest)
#include "charts_test.moc"
