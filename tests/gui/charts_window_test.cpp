/// The charts in the real window: scope, range, cursor, zoom, pause, marks, table, saving; by
/// mouse, by key, and by action. And the Overview around them.

#include "app/main_window.h"
#include "app/theme.h"
#include "charts/chart_view.h"
#include "charts/legend_bar.h"
#include "charts/time_chart.h"
#include "fake_session.h"
#include "models/figures.h"
#include "pages/charts_bar.h"
#include "pages/charts_pane.h"
#include "pages/events_pane.h"
#include "pages/servers_page.h"
#include "support/test_main.h"
#include "widgets/banner.h"
#include "widgets/engine_panel.h"
#include "widgets/pool_card.h"

#include <QApplication>
#include <QChart>
#include <QComboBox>
#include <QFileDialog>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMouseEvent>
#include <QRegularExpression>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>

using namespace steelyard;
using namespace steelyard::gui;

class ChartsWindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void pressOnEmptyChartsOfThePageDoesNotCrash();
    void cursorIsLinkedAndTellsValues();
    void keysDoWhatTheMouseDoes();
    void dragAndWheelZoom();
    void pauseHoldsTheChartsAndZoomStillWorks();
    void scopesReachListenersPoolsAndServers();
    void everyRangeIsAnAction();
    void clickOnAnEventGoesToItsMoment();
    void marksAreWalkedByKey();
    void tableShowsTheSameFigures();
    void pictureAndCsvAreSaved();
    void silenceIsAGap();
    void emptyChartsSayWhy();
    void hiddenChartsDoNotDraw();
    void overviewTellsSharesAttentionAndEngine();

private:
    [[nodiscard]] test::FakeEngineClient& engine() { return m_session->engine(); }

    [[nodiscard]] ChartsPane& pane() { return *m_window->chartsPage(); }

    void run(int seconds)
    {
        for (int i = 0; i < seconds; ++i) {
            engine().advance(4);
            m_window->feed().sample();
        }
        m_window->feed().tick();
    }

    void trigger(const char* id)
    {
        QAction* action = m_window->actionRegistry().action(QLatin1String(id));
        QVERIFY2(action != nullptr && action->isEnabled(), id);
        action->trigger();
    }

    /// In the plot, `part` of the way from its left edge.
    static QPoint inPlot(const TimeChart& chart, double part)
    {
        const QRectF plot = chart.view()->chart()->plotArea();
        return chart.view()->mapFromScene(
            QPointF(plot.left() + part * plot.width(), plot.center().y()));
    }

    /// QTest::mouseMove goes by way of the platform's cursor, which not every platform has.
    static void hover(const TimeChart& chart, QPoint at)
    {
        QWidget* viewport = chart.view()->viewport();
        QMouseEvent move(QEvent::MouseMove, at, viewport->mapToGlobal(at), Qt::NoButton,
                         Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(viewport, &move);
    }

    void saveTo(const char* dialogName, const QString& path);

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void ChartsWindowTest::init()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support).*")));
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->showPage(QStringLiteral("charts"));
}

void ChartsWindowTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

void ChartsWindowTest::pressOnEmptyChartsOfThePageDoesNotCrash()
{
    // QTBUG-118669: a press where no chart item lies went through a null pointer.
    QCOMPARE(pane().charts().size(), 5);
    for (const TimeChart* chart : pane().charts()) {
        QWidget* viewport = chart->view()->viewport();
        for (const QPoint& at : {QPoint(1, 1), viewport->rect().center(),
                                 viewport->rect().bottomRight() - QPoint(1, 1)}) {
            for (const Qt::MouseButton button : {Qt::LeftButton, Qt::RightButton})
                QTest::mouseClick(viewport, button, {}, at);
            QTest::mouseDClick(viewport, Qt::LeftButton, {}, at);
        }
    }
    QVERIFY(!pane().span().zoomed());
}

void ChartsWindowTest::cursorIsLinkedAndTellsValues()
{
    run(70);
    TimeChart* requests = pane().chart(QStringLiteral("requests"));
    const QString now = requests->legend()->entries().first().value;
    hover(*requests, inPlot(*requests, 0.5));
    QTRY_VERIFY(pane().cursor().has_value());
    QVERIFY(std::abs(*pane().cursor() - (m_window->feed().history().newest() - 30)) < 1);
    QVERIFY(requests->legend()->entries().first().value != now);
    for (const TimeChart* chart : pane().charts())
        QVERIFY(!chart->legend()->entries().first().value.isEmpty());
    QVERIFY(pane().bar()->moment()->text().contains(QLatin1String("30 s ago")));
    hover(*requests, QPoint(2, 2));
    QTRY_VERIFY(!pane().cursor().has_value());
    QCOMPARE(requests->legend()->entries().first().value, now);
}

void ChartsWindowTest::keysDoWhatTheMouseDoes()
{
    run(70);
    TimeChart* chart = pane().charts().first();
    chart->setFocus();
    const double now = m_window->feed().history().newest();
    QTest::keyClick(chart, Qt::Key_Left);
    QCOMPARE(*pane().cursor(), now);
    QTest::keyClick(chart, Qt::Key_Left);
    QCOMPARE(*pane().cursor(), now - 1);
    QTest::keyClick(chart, Qt::Key_Home);
    QCOMPARE(*pane().cursor(), now - 60);
    QTest::keyClick(chart, Qt::Key_End);
    QCOMPARE(*pane().cursor(), now);
    QTest::keyClick(chart, Qt::Key_Plus);
    QCOMPARE(pane().span().length(), 30.0);
    QTest::keyClick(chart, Qt::Key_PageUp);
    QCOMPARE(pane().span().to(now), now - 15);
    QTest::keyClick(chart, Qt::Key_Minus);
    QCOMPARE(pane().span().length(), 60.0);
    QVERIFY(m_window->findChild<QToolButton*>(QStringLiteral("chart-reset")) != nullptr);
    QTest::keyClick(chart, Qt::Key_Escape);
    QVERIFY(!pane().span().zoomed() && !pane().cursor());
    trigger("chart-cursor-left");
    trigger("chart-cursor-left");
    QCOMPARE(*pane().cursor(), now - 1);
    trigger("chart-zoom-in");
    QCOMPARE(pane().span().length(), 30.0);
    trigger("chart-earlier");
    trigger("chart-later");
    trigger("chart-zoom-out");
    trigger("chart-reset");
    QVERIFY(!pane().span().zoomed());
    QVERIFY(!m_window->actionRegistry().obstacle(QStringLiteral("chart-zoom-out")).isEmpty());
    trigger("chart-scope");
    QVERIFY(QApplication::focusWidget() == pane().bar()->scopeBox());
    m_window->showPage(QStringLiteral("routes"));
    QVERIFY(!m_window->actionRegistry().obstacle(QStringLiteral("chart-zoom-in")).isEmpty());
}

void ChartsWindowTest::dragAndWheelZoom()
{
    run(70);
    const double now = m_window->feed().history().newest();
    const TimeChart* latency = pane().chart(QStringLiteral("latency"));
    QWidget* viewport = latency->view()->viewport();
    QTest::mousePress(viewport, Qt::LeftButton, {}, inPlot(*latency, 0.25));
    hover(*latency, inPlot(*latency, 0.5));
    QTest::mouseRelease(viewport, Qt::LeftButton, {}, inPlot(*latency, 0.5));
    QVERIFY(std::abs(pane().span().length() - 15) < 0.5);
    QVERIFY(std::abs(pane().span().to(now) - (now - 30)) < 0.5);
    QVERIFY(pane().bar()->findChild<QToolButton*>(QStringLiteral("chart-reset"))->isVisible());
    run(5); // a span that was chosen stays where it is
    QVERIFY(std::abs(pane().span().to(now + 5) - (now - 30)) < 0.5);
    QTest::mouseDClick(viewport, Qt::LeftButton, {}, inPlot(*latency, 0.5));
    QVERIFY(!pane().span().zoomed());
    const QPoint at = inPlot(*latency, 0.5);
    QWheelEvent turn(at, viewport->mapToGlobal(at), {}, QPoint(0, 240), Qt::NoButton,
                     Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(viewport, &turn);
    QVERIFY(std::abs(pane().span().length() - 60 * 0.8 * 0.8) < 0.1);
    QWheelEvent aside(at, viewport->mapToGlobal(at), {}, QPoint(0, 120), Qt::NoButton,
                      Qt::ShiftModifier, Qt::NoScrollPhase, false);
    const double to = pane().span().to(now + 5);
    QCoreApplication::sendEvent(viewport, &aside);
    QVERIFY(pane().span().to(now + 5) < to);
}

void ChartsWindowTest::pauseHoldsTheChartsAndZoomStillWorks()
{
    run(30);
    trigger("pause");
    const TimeChart* requests = pane().chart(QStringLiteral("requests"));
    const QString held = requests->legend()->entries().first().value;
    QVERIFY(pane().bar()->moment()->text().startsWith(QLatin1String("Paused at ")));
    run(20);
    QCOMPARE(requests->legend()->entries().first().value, held);
    trigger("chart-zoom-in");
    QCOMPARE(requests->legend()->entries().first().value, held);
    QCOMPARE(pane().span().length(), 30.0);
    trigger("pause");
    QVERIFY(requests->legend()->entries().first().value != held);
    QVERIFY(pane().bar()->moment()->text().isEmpty());
}

void ChartsWindowTest::scopesReachListenersPoolsAndServers()
{
    run(5);
    QComboBox* box = pane().bar()->scopeBox();
    QCOMPARE(box->count(), 10);
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Down);
    QCOMPARE(pane().scope(), QStringLiteral("@web"));
    QCOMPARE(pane().chart(QStringLiteral("connections"))->accessibleName(),
             QStringLiteral("Connections of web"));
    pane().setScope(QStringLiteral("shop"));
    const auto names = [&] {
        QStringList all;
        for (const LegendEntry& entry :
             pane().chart(QStringLiteral("requests"))->legend()->entries())
            all << entry.name;
        return all.join(u' ');
    };
    QCOMPARE(names(), QStringLiteral("a b c errors"));
    m_window->showPage(QStringLiteral("servers"));
    m_window->serversPage()->select(QStringLiteral("api/b"));
    trigger("chart-selected");
    QCOMPARE(pane().scope(), QStringLiteral("api/b"));
    QVERIFY(pane().isVisible());
    QCOMPARE(names(), QStringLiteral("requests errors"));
    // Twelve servers are more than colours: the rest is one area.
    engine().addPool("wide", 12);
    run(2);
    pane().setScope(QStringLiteral("wide"));
    QCOMPARE(names(), QStringLiteral("a b c d e others errors"));
    engine().removePool("wide");
    run(1);
    run(1); // the sample comes before the tick that tells of the pools
    QCOMPARE(pane().scope(), QString());
}

void ChartsWindowTest::everyRangeIsAnAction()
{
    run(5);
    for (const double seconds : kChartRanges) {
        trigger(qPrintable(QStringLiteral("chart-range-%1").arg(seconds)));
        QCOMPARE(pane().span().range(), seconds);
        QCOMPARE(pane().bar()->rangeBox()->currentData().toDouble(), seconds);
        QCOMPARE(pane().span().length(), seconds);
    }
}

void ChartsWindowTest::clickOnAnEventGoesToItsMoment()
{
    run(20);
    engine().setHealth(QStringLiteral("api/b"), HealthState::Unhealthy, "connection refused");
    const double then = engine().latest()->monotonicSeconds;
    run(200);
    m_window->showPage(QStringLiteral("requests")); // it has no charts
    QTableView* events = m_window->findChild<EventsPane*>()->table();
    const QRect row = events->visualRect(events->model()->index(0, 0));
    QTest::mouseClick(events->viewport(), Qt::LeftButton, {}, row.center());
    QVERIFY(pane().isVisible());
    QCOMPARE(*pane().cursor(), then);
    const double now = m_window->feed().history().newest();
    QVERIFY(pane().span().from(now) < then && pane().span().to(now) > then);
    QVERIFY(pane().bar()->moment()->toolTip().contains(QLatin1String("connection refused")));
    // The Overview has charts of its own: one stays there.
    m_window->showPage(QStringLiteral("overview"));
    QTest::mouseClick(events->viewport(), Qt::LeftButton, {}, row.center());
    QVERIFY(!pane().isVisible());
    QCOMPARE(*m_window->visibleCharts()->cursor(), then);
}

void ChartsWindowTest::marksAreWalkedByKey()
{
    run(10);
    engine().addEvent(stats::Level::Info, "shop/a", "drained by the operator");
    const double first = engine().latest()->monotonicSeconds;
    run(10);
    engine().addEvent(stats::Level::Warning, "api/a", "ejected");
    const double second = engine().latest()->monotonicSeconds;
    run(10);
    trigger("chart-mark-back");
    QCOMPARE(*pane().cursor(), second);
    trigger("chart-mark-back");
    QCOMPARE(*pane().cursor(), first);
    QVERIFY(pane().bar()->moment()->toolTip().contains(QLatin1String("drained")));
    trigger("chart-mark-forward");
    QCOMPARE(*pane().cursor(), second);
    // In the charts of one pool the other pools' marks are left out.
    pane().setScope(QStringLiteral("shop"));
    pane().resetZoom();
    trigger("chart-mark-back");
    QCOMPARE(*pane().cursor(), first);
}

void ChartsWindowTest::tableShowsTheSameFigures()
{
    run(30);
    trigger("chart-table");
    auto* table = pane().findChild<QTableView*>(QStringLiteral("chart-table"));
    QVERIFY(table->isVisible());
    QCOMPARE(table->model()->index(0, 1).data().toString(),
             figures::rate(m_window->feed()
                               .history()
                               .values(QStringLiteral("shop"), &History::Sample::requests, 1)
                               .last()));
    const int rows = table->model()->rowCount();
    run(3);
    QCOMPARE(table->model()->rowCount(), rows + 3);
    QTest::mouseClick(pane().bar()->findChild<QToolButton*>(QStringLiteral("chart-table-button")),
                      Qt::LeftButton);
    QVERIFY(!table->isVisible());
}

void ChartsWindowTest::saveTo(const char* dialogName, const QString& path)
{
    auto* dialog = m_window->findChild<QFileDialog*>(QLatin1String(dialogName));
    QVERIFY(dialog != nullptr);
    auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    QVERIFY(name != nullptr);
    name->setText(path);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_COMPARE(m_window->banner()->text(), QStringLiteral("Saved as %1.").arg(path));
}

void ChartsWindowTest::pictureAndCsvAreSaved()
{
    const QTemporaryDir folder;
    run(30);
    const QString picture = folder.filePath(QStringLiteral("charts.png"));
    trigger("chart-png");
    saveTo("chart-png-dialog", picture);
    const QImage image(picture);
    QVERIFY(image.width() > 800 && image.height() > 300);
    QSet<QRgb> colors;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colors.insert(image.pixel(x, y));
    }
    QVERIFY(colors.size() > 20);
    const QString table = folder.filePath(QStringLiteral("charts.csv"));
    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    saveTo("chart-csv-dialog", table);
    QFile file(table);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().split('\n');
    QVERIFY(lines.first().startsWith("time,\"requests shop 1/s\",\"requests api 1/s\""));
    // 30 here and those that the window's own timer took; the last line is empty.
    QVERIFY(lines.size() >= 32);
    for (const QByteArray& line : lines.mid(0, lines.size() - 1))
        QCOMPARE(line.count(','), lines.first().count(','));
    trigger("chart-csv");
    const QString nowhere = folder.filePath(QStringLiteral("charts.png/x.csv"));
    Q_EMIT m_window->findChild<QFileDialog*>(QStringLiteral("chart-csv-dialog"))
        ->fileSelected(nowhere);
    QVERIFY(m_window->banner()->text().contains(QLatin1String("was not written")));
}

void ChartsWindowTest::silenceIsAGap()
{
    run(20);
    engine().silent = true;
    engine().advance(40); // ten seconds of which nothing is known
    engine().silent = false;
    run(10);
    const TimeChart* requests = pane().chart(QStringLiteral("requests"));
    const QRectF plot = requests->view()->chart()->plotArea();
    const QImage image = requests->view()->viewport()->grab().toImage();
    // A tenth into the gap (its words are in the middle) there is the band and no line.
    const double x = *requests->view()->sceneX(-9 - 11 * 0.9);
    for (double y = plot.top() + 12; y < plot.bottom() - 2; y += 2) {
        const QColor pixel = image.pixelColor(static_cast<int>(x), static_cast<int>(y));
        QVERIFY2(qAbs(pixel.lightness() - theme().window.lightness()) < 3,
                 qPrintable(pixel.name()));
    }
}

void ChartsWindowTest::emptyChartsSayWhy()
{
    m_session->stop();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QCOMPARE(pane().chart(QStringLiteral("requests"))->view()->hint(),
             QStringLiteral("Waiting for the first figures…"));
    for (stats::PoolRow& pool : engine().state().pools) {
        for (stats::BackendRow& row : pool.backends)
            row.health = HealthState::Unhealthy;
    }
    run(3);
    QCOMPARE(pane().chart(QStringLiteral("requests"))->view()->hint(),
             QStringLiteral("No requests in this time."));
    QCOMPARE(pane().chart(QStringLiteral("errors"))->view()->hint(),
             QStringLiteral("No errors in this time."));
    QVERIFY(pane().chart(QStringLiteral("connections"))->view()->hint().isEmpty());
}

void ChartsWindowTest::hiddenChartsDoNotDraw()
{
    run(10);
    const QString before =
        pane().chart(QStringLiteral("requests"))->legend()->entries().first().value;
    m_window->showPage(QStringLiteral("overview"));
    run(10);
    QCOMPARE(pane().chart(QStringLiteral("requests"))->legend()->entries().first().value, before);
    m_window->showPage(QStringLiteral("charts"));
    QVERIFY(pane().chart(QStringLiteral("requests"))->legend()->entries().first().value != before);
}

void ChartsWindowTest::overviewTellsSharesAttentionAndEngine()
{
    m_window->showPage(QStringLiteral("overview"));
    run(3);
    auto* attention = m_window->findChild<QListWidget*>(QStringLiteral("attention"));
    auto* engineFigures = m_window->findChild<EnginePanel*>();
    QVERIFY(!attention->isVisible());
    QVERIFY(engineFigures->value(QStringLiteral("Listener web"))
                .startsWith(QLatin1String("127.0.0.1:8080, ")));
    QVERIFY(engineFigures->value(QStringLiteral("Configuration")).contains(QLatin1String("saved")));
    const auto* card = m_window->findChild<PoolCard*>(QStringLiteral("pool-card-shop"));
    QVERIFY(card->accessibleDescription().contains(QLatin1String("configured 33 %")));
    for (const char* id : {"api/a", "api/b", "api/c"})
        engine().setHealth(QLatin1String(id), HealthState::Unhealthy, "connection refused");
    engine().state().listeners[0].maxConnections = 300;
    run(1);
    QCOMPARE(attention->item(0)->text(),
             QStringLiteral("api — no server in service\nRequests are answered with 503"));
    QCOMPARE(attention->count(), 5);
    QVERIFY(attention->item(4)->text().startsWith(QStringLiteral("Listener web — nearly full")));
    attention->setCurrentRow(1);
    QTest::keyClick(attention, Qt::Key_Return);
    QCOMPARE(m_window->serversPage()->selectedServers(), QStringList{QStringLiteral("api/a")});
}

STEELYARD_TEST(ChartsWindowTest)
#include "charts_window_test.moc"
