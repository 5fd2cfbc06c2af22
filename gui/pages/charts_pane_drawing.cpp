/// What the charts pane shows for its scope, window and cursor.

#include "app/theme.h"
#include "charts/chart_table.h"
#include "charts/chart_view.h"
#include "charts/time_chart.h"
#include "models/events_model.h"
#include "models/figures.h"
#include "models/servers_model.h"
#include "pages/charts_bar.h"
#include "pages/charts_pane.h"

#include <QDateTime>
#include <QHeaderView>
#include <QTableView>

#include <cmath>

namespace steelyard::gui {

namespace {

constexpr qsizetype kMostMarks = 100;

} // namespace

void ChartsPane::refresh()
{
    if (m_paused || !isVisible())
        return; // a hidden chart would cost as much as a visible one
    m_now = m_history.newest();
    draw();
}

void ChartsPane::draw()
{
    if (!isVisible())
        return;
    m_now = std::min(m_now, m_history.newest()); // another engine's clock may be behind
    const QList<Scope> scopes = allScopes(m_history, m_servers);
    if (!scopes.contains(m_scope))
        m_scope = {}; // it left the configuration
    const double from = m_window.from(m_now);
    const double to = m_window.to(m_now);
    m_shown = plotsOf(m_scope, m_history, m_servers, from, to);
    if (m_kind == Kind::Glance) {
        m_shown.plots.removeIf([](const Plot& plot) {
            return plot.id != QLatin1String("requests") && plot.id != QLatin1String("latency");
        });
    }
    m_bar->setScopes(scopes, m_scope);
    m_bar->setRange(m_window.range());
    m_bar->setZoomed(m_window.zoomed() || m_pinned);
    tellCursor();
    if (table()) {
        const int columns = m_table->columnCount();
        m_table->setPlots(m_shown, wallOffset());
        if (columns != m_table->columnCount())
            m_tableView->resizeColumnsToContents();
        return;
    }
    const QList<TimeTick> ticks = m_window.follows()
                                      ? ticksAgo(m_window.length())
                                      : ticksOfDay(m_window.length(), m_history.wallOf(to));
    QList<ChartMark> marks;
    for (const Happened& each : happened(from, to))
        marks.append({each.moment - to, each.color, each.text});
    const QList<ChartGap> holes = gaps(from, to);
    for (TimeChart* chart : m_charts) {
        for (const Plot& plot : m_shown.plots) {
            if (chart->objectName() != QStringLiteral("chart-") + plot.id)
                continue;
            chart->setPlot(plot, m_shown.moments, from, to, ticks);
            chart->setMarks(marks);
            chart->setGaps(holes);
            chart->setHint(hint(plot));
        }
    }
}

QString ChartsPane::hint(const Plot& plot) const
{
    if (m_shown.moments.isEmpty()) {
        return m_window.follows() ? tr("Waiting for the first figures…")
                                  : tr("Nothing is kept of this time.");
    }
    for (const PlotLine& line : plot.lines) {
        for (const History::Reach& reach : line.values) {
            if (reach.high > 0)
                return {};
        }
    }
    if (plot.id == QLatin1String("errors"))
        return tr("No errors in this time.");
    if (plot.id == QLatin1String("connections"))
        return tr("Nobody is connected.");
    return tr("No requests in this time.");
}

QList<ChartGap> ChartsPane::gaps(double from, double to) const
{
    const QList<double>& moments = m_shown.moments;
    const double usual = m_history.coarse(from) ? History::kSpanSeconds : 1;
    QList<ChartGap> result;
    for (qsizetype i = 1; i < moments.size(); ++i) {
        if (moments.at(i) - moments.at(i - 1) > 3.5 * usual)
            result.append({moments.at(i - 1) - to, moments.at(i) - to});
    }
    return result;
}

QList<ChartsPane::Happened> ChartsPane::happened(double from, double to) const
{
    QList<Happened> result;
    const QString pool = m_scope.key.section(u'/', 0, 0);
    const bool scoped =
        m_scope.kind() == Scope::Kind::Pool || m_scope.kind() == Scope::Kind::Server;
    for (const stats::Event& event : m_events.events()) {
        double moment = m_history.momentOf(event.wallMs);
        if (moment > m_now && moment < m_now + 2)
            moment = m_now; // figures come once a second: it will soon be on the chart
        if (moment < from || result.size() >= kMostMarks)
            break; // newest first
        if (moment > to || event.source == "engine" || event.source == "config")
            continue;
        const QString source = QString::fromStdString(event.source);
        const QString text = QString::fromStdString(event.text);
        const bool ofServer = source.contains(u'/') || m_servers.pool(source) != nullptr;
        if (scoped && ofServer && source.section(u'/', 0, 0) != pool)
            continue;
        if (scoped && !ofServer && !text.contains(m_scope.key))
            continue;
        if (m_scope.kind() == Scope::Kind::Server && source.contains(u'/') && source != m_scope.key)
            continue;
        const QColor color = event.level == stats::Level::Error     ? theme().danger
                             : event.level == stats::Level::Warning ? theme().warning
                                                                    : theme().accent;
        result.append({moment, color, source + QStringLiteral(": ") + text});
    }
    return result;
}

void ChartsPane::setCursorAt(std::optional<double> moment)
{
    m_cursor = moment;
    for (TimeChart* chart : m_charts)
        chart->setCursorAt(moment);
    m_bar->setZoomed(m_window.zoomed() || m_pinned);
    tellCursor();
}

void ChartsPane::tellCursor()
{
    if (!m_cursor) {
        const QString day = QDateTime::fromMSecsSinceEpoch(m_history.wallOf(m_now))
                                .toString(QStringLiteral("HH:mm:ss"));
        m_bar->tell(m_paused ? tr("Paused at %1").arg(day) : QString());
        return;
    }
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(m_history.wallOf(*m_cursor));
    QString text = tr("%1, %2").arg(time.toString(QStringLiteral("HH:mm:ss")),
                                    figures::ago(m_now - *m_cursor));
    // A mark is a few pixels wide: what happened within them is told.
    const double near = std::max(m_window.length() / 120, 0.5);
    for (const Happened& each : happened(*m_cursor - near, *m_cursor + near)) {
        if (std::abs(each.moment - *m_cursor) <= near)
            text += QStringLiteral(" — ") + each.text;
    }
    m_bar->tell(text);
}

} // namespace steelyard::gui
