#include "pages/charts_pane.h"

#include "charts/chart_table.h"
#include "charts/chart_view.h"
#include "charts/time_chart.h"
#include "models/servers_model.h"
#include "pages/charts_bar.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <cmath>

namespace steelyard::gui {

namespace {

constexpr double kWheelStep = 0.8; ///< of what is seen, for a notch

} // namespace

ChartsPane::ChartsPane(Kind kind, const History& history, const ServersModel& servers,
                       const EventsModel& events, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_history(history)
    , m_servers(servers)
    , m_events(events)
    , m_bar(new ChartsBar(this))
    , m_stack(new QStackedWidget(this))
    , m_area(new QWidget(m_stack))
    , m_table(new ChartTable(this))
    , m_tableView(new QTableView(m_stack))
{
    QStringList ids{QStringLiteral("requests"), QStringLiteral("latency")};
    if (kind == Kind::All)
        ids << QStringLiteral("errors") << QStringLiteral("connections") << QStringLiteral("own");
    for (const QString& id : ids) {
        m_charts << new TimeChart(id, m_area);
        connectChart(m_charts.last());
    }
    m_tableView->setObjectName(QStringLiteral("chart-table"));
    m_tableView->setAccessibleName(tr("The charts' figures, newest first"));
    m_tableView->setModel(m_table);
    m_tableView->setTabKeyNavigation(false);
    m_tableView->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_tableView->setShowGrid(false);
    m_tableView->setWordWrap(false);
    m_tableView->verticalHeader()->hide();
    m_tableView->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_tableView->horizontalHeader()->setHighlightSections(false);
    m_stack->addWidget(m_area);
    m_stack->addWidget(m_tableView);
    layOut();
    m_bar->setRange(m_window.range());
    connect(m_bar, &ChartsBar::scopeChosen, this, &ChartsPane::setScope);
    connect(m_bar, &ChartsBar::rangeChosen, this, &ChartsPane::setRange);
    connect(m_bar, &ChartsBar::resetWanted, this, &ChartsPane::resetZoom);
    connect(m_bar, &ChartsBar::tableWanted, this, &ChartsPane::setTable);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
}

void ChartsPane::layOut()
{
    const int unit = fontMetrics().averageCharWidth();
    auto* grid = new QGridLayout(m_area);
    grid->setContentsMargins({});
    grid->setHorizontalSpacing(2 * unit);
    grid->setVerticalSpacing(unit);
    // What is looked at most is larger: two above, the other three below.
    const qsizetype above = 2;
    for (qsizetype i = 0; i < m_charts.size(); ++i) {
        const bool first = i < above;
        const int span = first ? 3 : 2;
        grid->addWidget(m_charts.at(i), first ? 0 : 1,
                        static_cast<int>(first ? i * span : (i - above) * span), 1, span);
    }
    for (int column = 0; column < 6; ++column)
        grid->setColumnStretch(column, 1);
    grid->setRowStretch(0, 4);
    grid->setRowStretch(1, m_charts.size() > above ? 3 : 0);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    layout->setSpacing(unit / 2);
    layout->addWidget(m_bar);
    layout->addWidget(m_stack, 1);
}

void ChartsPane::connectChart(TimeChart* chart)
{
    connect(chart, &TimeChart::hovered, this, [this](double moment) { setCursorAt(moment); });
    connect(chart, &TimeChart::left, this, [this] { setCursorAt(m_pinned); });
    connect(chart, &TimeChart::wheelTurned, this, [this](double moment, double steps) {
        m_window.zoom(std::pow(kWheelStep, steps), moment, m_now);
        draw();
    });
    connect(chart, &TimeChart::scrolled, this, [this](double steps) { pan(-steps / 8); });
    connect(chart, &TimeChart::spanChosen, this, [this](double from, double to) {
        m_window.setSpan(from, to, m_now);
        draw();
    });
    connect(chart, &TimeChart::resetWanted, this, &ChartsPane::resetZoom);
}

TimeChart* ChartsPane::chart(const QString& id) const
{
    for (TimeChart* chart : m_charts) {
        if (chart->objectName() == QStringLiteral("chart-") + id)
            return chart;
    }
    return nullptr;
}

void ChartsPane::setScope(const QString& key)
{
    if (m_scope.key == key)
        return;
    m_scope.key = key;
    draw();
}

bool ChartsPane::showMoment(qint64 wallMs)
{
    if (m_history.size() == 0)
        return false;
    m_now = m_paused ? m_now : m_history.newest();
    // Figures come once a second: what just happened is after the newest of them.
    const double moment = std::min(m_history.momentOf(wallMs), m_now);
    if (moment < m_history.oldest() - History::kSpanSeconds)
        return false;
    m_window.show(moment, m_now);
    m_pinned = moment;
    setCursorAt(moment);
    draw();
    return true;
}

void ChartsPane::setPaused(bool paused)
{
    m_paused = paused;
    if (!paused)
        refresh();
    tellCursor();
}

void ChartsPane::setRange(double seconds)
{
    m_window.setRange(seconds);
    draw();
}

void ChartsPane::zoom(double factor)
{
    const double to = m_window.to(m_now);
    const bool inside = m_cursor && *m_cursor >= m_window.from(m_now) && *m_cursor <= to;
    m_window.zoom(factor, inside ? *m_cursor : to, m_now);
    draw();
}

void ChartsPane::resetZoom()
{
    m_pinned.reset();
    setCursorAt(std::nullopt);
    m_window.reset();
    draw();
}

void ChartsPane::pan(double part)
{
    m_window.pan(part, m_now, m_history.oldest());
    draw();
}

void ChartsPane::moveCursor(int slots)
{
    const QList<double>& moments = m_shown.moments;
    if (moments.isEmpty())
        return;
    qsizetype at = moments.size() - 1;
    if (m_cursor) {
        const auto near = std::lower_bound(moments.begin(), moments.end(), *m_cursor);
        at = std::distance(moments.begin(), near) + slots;
    }
    m_pinned = moments.at(std::clamp<qsizetype>(at, 0, moments.size() - 1));
    setCursorAt(m_pinned);
}

bool ChartsPane::moveToMark(int direction)
{
    const double start = m_cursor.value_or(direction < 0 ? m_now + 1 : m_now);
    std::optional<double> found;
    for (const Happened& each : happened(m_history.oldest(), m_now)) {
        const bool beyond =
            direction < 0 ? each.moment < start - 0.001 : each.moment > start + 0.001;
        const bool nearer = !found || (direction < 0 ? each.moment > *found : each.moment < *found);
        if (beyond && nearer)
            found = each.moment;
    }
    if (!found)
        return false;
    m_pinned = found;
    m_window.show(*found, m_now);
    setCursorAt(found);
    draw();
    return true;
}

void ChartsPane::setTable(bool table)
{
    m_stack->setCurrentIndex(table ? 1 : 0);
    m_bar->setTable(table);
    draw();
}

bool ChartsPane::table() const
{
    return m_stack->currentIndex() == 1;
}

QImage ChartsPane::picture()
{
    return m_area->grab().toImage();
}

QByteArray ChartsPane::csv() const
{
    return csvOf(m_shown, wallOffset());
}

void ChartsPane::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_now = m_paused ? m_now : m_history.newest();
    draw();
}

void ChartsPane::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    draw(); // other columns of pixels
}

void ChartsPane::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(-1);
    case Qt::Key_Right:
        return moveCursor(1);
    case Qt::Key_Home:
        return moveCursor(-History::kSpans);
    case Qt::Key_End:
        return moveCursor(History::kSpans);
    case Qt::Key_PageUp:
        return pan(-0.5);
    case Qt::Key_PageDown:
        return pan(0.5);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(0.5);
    case Qt::Key_Minus:
        return zoom(2);
    case Qt::Key_0:
    case Qt::Key_Escape:
        return resetZoom();
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace steelyard::gui
