/// The window's hold on its charts: their actions, what an event's click shows, and saving them.

#include "app/main_window.h"
#include "app/session.h"
#include "charts/time_chart.h"
#include "models/figures.h"
#include "pages/charts_bar.h"
#include "pages/charts_pane.h"
#include "pages/servers_page.h"

#include <QBuffer>
#include <QComboBox>
#include <QDateTime>
#include <QFileDialog>
#include <QSaveFile>
#include <QStatusBar>

namespace steelyard::gui {

namespace {

constexpr double kKeyZoom = 0.5;
constexpr double kKeyPan = 0.5;

} // namespace

ChartsPane* MainWindow::visibleCharts() const
{
    for (ChartsPane* charts : m_chartPanes) {
        if (charts->isVisibleTo(this))
            return charts;
    }
    return nullptr;
}

QString MainWindow::chartsObstacle() const
{
    if (m_session.client() == nullptr)
        return tr("no engine is running");
    return visibleCharts() == nullptr ? tr("open the Overview, Servers or Charts page") : QString();
}

void MainWindow::addChartActions()
{
    const QString group = tr("&Charts");
    const auto obstacle = [this] { return chartsObstacle(); };
    const auto add = [&](const char* id, const QString& text, const QString& tip,
                         const QStringList& shortcuts, const std::function<void(ChartsPane&)>& run,
                         const std::function<QString()>& why) {
        QList<QKeySequence> keys;
        for (const QString& each : shortcuts)
            keys << QKeySequence(each);
        m_actions.add({QLatin1String(id),
                       group,
                       text,
                       {},
                       tip,
                       keys,
                       [this, run] {
                           if (ChartsPane* charts = visibleCharts())
                               run(*charts);
                           refreshActions();
                       },
                       why});
    };
    add(
        "chart-zoom-in", tr("Zoom &in"), tr("Half the time, around the cursor"),
        {QStringLiteral("Ctrl++"), QStringLiteral("Ctrl+=")},
        [](ChartsPane& charts) { charts.zoom(kKeyZoom); }, obstacle);
    add(
        "chart-zoom-out", tr("Zoom &out"), tr("Twice the time, up to the whole range"),
        {QStringLiteral("Ctrl+-")}, [](ChartsPane& charts) { charts.zoom(1 / kKeyZoom); },
        [this] {
            const QString why = chartsObstacle();
            if (!why.isEmpty())
                return why;
            const TimeWindow& window = visibleCharts()->span();
            return window.length() < window.range() ? QString()
                                                    : tr("the whole range is shown already");
        });
    add(
        "chart-earlier", tr("&Earlier"), tr("Half a screen back in time"),
        {QStringLiteral("Alt+PgUp")}, [](ChartsPane& charts) { charts.pan(-kKeyPan); }, obstacle);
    add(
        "chart-later", tr("&Later"), tr("Half a screen forward in time"),
        {QStringLiteral("Alt+PgDown")}, [](ChartsPane& charts) { charts.pan(kKeyPan); },
        [this] {
            const QString why = chartsObstacle();
            if (!why.isEmpty())
                return why;
            return visibleCharts()->span().follows() ? tr("the charts show now already")
                                                     : QString();
        });
    add(
        "chart-reset", tr("&Reset zoom"), tr("The whole range again, up to now"),
        {QStringLiteral("Ctrl+0")}, [](ChartsPane& charts) { charts.resetZoom(); }, obstacle);
    add(
        "chart-cursor-left", tr("Cursor &back"), tr("The charts' cursor one step back in time"),
        {QStringLiteral("Ctrl+Left")}, [](ChartsPane& charts) { charts.moveCursor(-1); }, obstacle);
    add(
        "chart-cursor-right", tr("Cursor &forward"),
        tr("The charts' cursor one step forward in time"), {QStringLiteral("Ctrl+Right")},
        [](ChartsPane& charts) { charts.moveCursor(1); }, obstacle);
    const auto toMark = [this](ChartsPane& charts, int direction) {
        if (!charts.moveToMark(direction))
            statusBar()->showMessage(tr("There is no mark in that direction."), 8000);
    };
    add(
        "chart-mark-back", tr("&Previous mark"),
        tr("The cursor to the action or change of state before it"), {QStringLiteral("Alt+Left")},
        [toMark](ChartsPane& charts) { toMark(charts, -1); }, obstacle);
    add(
        "chart-mark-forward", tr("&Next mark"),
        tr("The cursor to the action or change of state after it"), {QStringLiteral("Alt+Right")},
        [toMark](ChartsPane& charts) { toMark(charts, 1); }, obstacle);
    int number = 0;
    for (const double seconds : kChartRanges) {
        const QString span = figures::span(seconds);
        const auto id = QStringLiteral("chart-range-%1").arg(seconds);
        add(
            qPrintable(id), tr("Last %1").arg(span), tr("The charts look %1 back").arg(span),
            {QStringLiteral("Ctrl+Alt+%1").arg(++number)},
            [seconds](ChartsPane& charts) { charts.setRange(seconds); }, obstacle);
    }
    add(
        "chart-scope", tr("Choose &what is shown"),
        tr("The keyboard to the box that says whose charts these are"), {QStringLiteral("Ctrl+L")},
        [](ChartsPane& charts) { charts.bar()->scopeBox()->setFocus(Qt::ShortcutFocusReason); },
        obstacle);
    m_actions.add({QStringLiteral("chart-selected"),
                   group,
                   tr("Charts of the &selected server"),
                   {},
                   tr("Open the page Charts with what is selected on the page Servers"),
                   {QKeySequence(QStringLiteral("Ctrl+Shift+L"))},
                   [this] {
                       const QStringList ids = m_serversPage->selectedServers();
                       m_chartsPage->setScope(ids.size() == 1 ? ids.first()
                                                              : m_serversPage->currentPool());
                       showPage(QStringLiteral("charts"));
                   },
                   [this] { return selectionObstacle(); }});
    add(
        "chart-table", tr("Show as &table, or as charts"),
        tr("The charts' figures in rows, and back"), {QStringLiteral("Ctrl+Shift+T")},
        [](ChartsPane& charts) { charts.setTable(!charts.table()); }, obstacle);
    const auto figuresObstacle = [this] {
        const QString why = chartsObstacle();
        return why.isEmpty() && !visibleCharts()->hasFigures() ? tr("there are no figures yet")
                                                               : why;
    };
    add(
        "chart-png", tr("Save as pictu&re…"), tr("Write the charts as they look now to a PNG file"),
        {QStringLiteral("Ctrl+Shift+P")}, [this](ChartsPane&) { saveCharts(true); },
        figuresObstacle);
    add(
        "chart-csv", tr("Save as &CSV…"), tr("Write the figures that the charts show to a file"),
        {QStringLiteral("Ctrl+Shift+F")}, [this](ChartsPane&) { saveCharts(false); },
        figuresObstacle);
}

void MainWindow::setChartsPaused(bool paused)
{
    for (ChartsPane* charts : m_chartPanes)
        charts->setPaused(paused);
}

void MainWindow::showMoment(qint64 wallMs)
{
    if (visibleCharts() == nullptr)
        showPage(QStringLiteral("charts"));
    if (!visibleCharts()->showMoment(wallMs))
        statusBar()->showMessage(tr("No figures are kept of that moment."), 8000);
    refreshActions();
}

void MainWindow::saveCharts(bool picture)
{
    // Taken now, not when the dialog ends: what was seen is what is saved.
    ChartsPane& charts = *visibleCharts();
    QByteArray bytes;
    if (picture) {
        QBuffer buffer(&bytes);
        if (charts.table())
            charts.setTable(false);
        if (!buffer.open(QIODevice::WriteOnly) || !charts.picture().save(&buffer, "PNG")) {
            tell(engine::Outcome::Refused, tr("The charts could not be made a picture"), {}, false);
            return;
        }
    } else {
        bytes = charts.csv();
    }
    auto* dialog = new QFileDialog(
        this, picture ? tr("Save the charts as a picture") : tr("Save the figures as CSV"),
        QString(), picture ? tr("Pictures (*.png)") : tr("Tables (*.csv)"));
    dialog->setObjectName(picture ? QStringLiteral("chart-png-dialog")
                                  : QStringLiteral("chart-csv-dialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(picture ? QStringLiteral("png") : QStringLiteral("csv"));
    dialog->selectFile(
        QStringLiteral("steelyard-%1.%2")
            .arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss")),
                 picture ? QStringLiteral("png") : QStringLiteral("csv")));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, bytes](const QString& path) { writeFile(path, bytes); });
    dialog->open();
}

void MainWindow::writeFile(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        tell(engine::Outcome::Refused, tr("%1 was not written: %2").arg(path, file.errorString()),
             {}, false);
    else
        tell(engine::Outcome::Done, tr("Saved as %1").arg(path), {}, false);
}

} // namespace steelyard::gui
