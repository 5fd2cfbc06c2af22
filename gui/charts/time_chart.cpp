#include "charts/time_chart.h"

#include "app/theme.h"
#include "charts/chart_view.h"
#include "charts/decimate.h"
#include "charts/legend_bar.h"

#include <QAreaSeries>
#include <QChart>
#include <QEvent>
#include <QLineSeries>
#include <QPainter>
#include <QPen>
#include <QVBoxLayout>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

constexpr int kTicks = 5; // four steps: a quarter of each top below is short to write

double niceTop(double highest)
{
    if (!(highest > 0))
        return 1;
    const double decade = std::pow(10, std::floor(std::log10(highest)));
    for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0}) {
        if (highest <= step * decade)
            return step * decade;
    }
    return 10 * decade;
}

} // namespace

TimeChart::TimeChart(const QString& id, QWidget* parent)
    : QWidget(parent)
    , m_legend(new LegendBar(this))
    , m_chart(new QChart)
    , m_view(new ChartView(m_chart, this))
    , m_time(new QValueAxis(m_chart))
    , m_value(new QValueAxis(m_chart))
{
    setObjectName(QStringLiteral("chart-") + id);
    setFocusPolicy(Qt::StrongFocus);
    m_chart->legend()->hide();
    m_chart->setBackgroundVisible(false);
    m_chart->setPlotAreaBackgroundVisible(false);
    m_chart->setAnimationOptions(QChart::NoAnimation);
    m_time->setRange(-60, 0);
    m_value->setRange(0, 1);
    m_value->setTickCount(kTicks);
    m_chart->addAxis(m_time, Qt::AlignBottom);
    m_chart->addAxis(m_value, Qt::AlignLeft);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2); // the focus's line
    layout->setSpacing(0);
    layout->addWidget(m_legend);
    layout->addWidget(m_view, 1);
    m_view->setMinimumHeight(fontMetrics().height() * 6);
    connect(m_view, &ChartView::hovered, this, [this](double x) { Q_EMIT hovered(m_end + x); });
    connect(m_view, &ChartView::left, this, &TimeChart::left);
    connect(m_view, &ChartView::wheelTurned, this,
            [this](double x, double steps) { Q_EMIT wheelTurned(m_end + x, steps); });
    connect(m_view, &ChartView::scrolled, this, &TimeChart::scrolled);
    connect(m_view, &ChartView::spanChosen, this,
            [this](double from, double to) { Q_EMIT spanChosen(m_end + from, m_end + to); });
    connect(m_view, &ChartView::resetWanted, this, &TimeChart::resetWanted);
    applyChartStyle();
}

double TimeChart::top() const
{
    return m_value->max();
}

qsizetype TimeChart::longestSeries() const
{
    qsizetype longest = 0;
    for (const Drawn& drawn : m_drawn) {
        longest = std::max<qsizetype>(longest, drawn.edge->count());
        if (drawn.area != nullptr)
            longest = std::max<qsizetype>({longest, drawn.upper->count(), drawn.lower->count()});
    }
    return longest;
}

void TimeChart::setPlot(const Plot& plot, const QList<double>& moments, double from, double to,
                        const QList<TimeTick>& ticks)
{
    const bool same =
        plot.stacked == m_plot.stacked &&
        std::equal(plot.lines.begin(), plot.lines.end(), m_plot.lines.begin(), m_plot.lines.end(),
                   [](const PlotLine& a, const PlotLine& b) {
                       return a.name == b.name && a.color == b.color && a.onTop == b.onTop;
                   });
    m_plot = plot;
    m_moments = moments;
    m_end = to;
    // To the millisecond: rounding noise would lay the chart out anew each tick.
    m_time->setRange(std::round((from - to) * 1000) / 1000, 0);
    if (!same)
        rebuild();
    m_legend->setTitle(plot.title);
    setAccessibleName(plot.title);
    m_view->setAccessibleName(plot.title);
    m_view->setTickFormat(plot.tick);
    m_view->setTicks(ticks);
    draw(from);
    setCursorAt(m_cursor); // its place on the axis moved
}

void TimeChart::draw(double from)
{
    const int columns = std::max(60, static_cast<int>(m_chart->plotArea().width()));
    const qsizetype count = m_moments.size();
    QList<LinePoint> floor(count); // what lies below the next area
    for (qsizetype i = 0; i < count; ++i)
        floor[i].x = m_moments.at(i) - m_end;
    QList<QPointF> lower = decimate(floor, from - m_end, 0, columns);
    double highest = 0;
    for (qsizetype k = 0; k < m_plot.lines.size(); ++k) {
        const PlotLine& line = m_plot.lines.at(k);
        const Drawn& drawn = m_drawn.at(k);
        const bool area = drawn.area != nullptr;
        QList<LinePoint> points(count);
        for (qsizetype i = 0; i < count; ++i) {
            const History::Reach reach = line.values.value(i);
            points[i] = {floor.at(i).x, static_cast<double>(reach.low),
                         static_cast<double>(reach.high)};
            if (!area)
                continue;
            // A key that was not there yet adds nothing to the pile.
            const bool there = !std::isnan(points.at(i).low);
            points[i].low = floor.at(i).low + (there ? points.at(i).low : 0);
            points[i].high = floor.at(i).high + (there ? points.at(i).high : 0);
        }
        const QList<QPointF> upper = decimate(points, from - m_end, 0, columns);
        for (const QPointF& point : upper)
            highest = std::max(highest, point.y());
        drawn.edge->replace(upper);
        if (!area)
            continue;
        drawn.upper->replace(upper);
        drawn.lower->replace(lower);
        lower = upper;
        floor = std::move(points);
    }
    fitTop(highest);
}

void TimeChart::rebuild()
{
    m_chart->removeAllSeries();
    m_drawn.clear();
    const auto attach = [this](QAbstractSeries* series) {
        m_chart->addSeries(series);
        series->attachAxis(m_time);
        series->attachAxis(m_value);
    };
    for (const PlotLine& line : m_plot.lines) {
        Drawn drawn;
        drawn.edge = new QLineSeries;
        if (m_plot.stacked && !line.onTop) {
            drawn.upper = new QLineSeries;
            drawn.lower = new QLineSeries;
            drawn.area = new QAreaSeries(drawn.upper, drawn.lower);
            drawn.upper->setParent(drawn.area);
            drawn.lower->setParent(drawn.area);
            attach(drawn.area);
        }
        attach(drawn.edge);
        m_drawn.append(drawn);
    }
    applyChartStyle();
}

void TimeChart::fitTop(double highest)
{
    // Shrink only when the line has become small: an axis that breathes every second reads badly.
    const double wanted = niceTop(highest * 1.08);
    if (highest > m_value->max() || wanted < m_value->max() * 0.55)
        m_value->setRange(0, wanted);
}

qsizetype TimeChart::slotAt(double moment) const
{
    const auto after = std::lower_bound(m_moments.begin(), m_moments.end(), moment);
    if (after == m_moments.begin())
        return 0;
    if (after == m_moments.end() || moment - *std::prev(after) < *after - moment)
        return std::distance(m_moments.begin(), after) - 1;
    return std::distance(m_moments.begin(), after);
}

void TimeChart::showLegend()
{
    const qsizetype at = m_cursor ? slotAt(*m_cursor) : m_moments.size() - 1;
    QList<LegendEntry> entries;
    QStringList spoken;
    for (const PlotLine& line : m_plot.lines) {
        const QString value = textOf(line.values.value(at), m_plot.format);
        entries.append({line.name, line.color, value});
        spoken << line.name + u' ' + value;
    }
    m_legend->setEntries(entries);
    setAccessibleDescription(spoken.join(QStringLiteral(", ")));
}

void TimeChart::setMarks(const QList<ChartMark>& marks)
{
    m_view->setMarks(marks);
}

void TimeChart::setGaps(const QList<ChartGap>& gaps)
{
    m_view->setGaps(gaps);
}

void TimeChart::setHint(const QString& hint)
{
    m_view->setHint(hint);
}

void TimeChart::setCursorAt(std::optional<double> moment)
{
    m_cursor = moment;
    m_view->setCursorAt(moment ? std::optional(*moment - m_end) : std::nullopt);
    showLegend();
}

void TimeChart::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void TimeChart::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

void TimeChart::paintEvent(QPaintEvent*)
{
    if (!hasFocus())
        return;
    QPainter painter(this);
    painter.setPen(theme().accent);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

void TimeChart::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        applyChartStyle();
    QWidget::changeEvent(event);
}

void TimeChart::applyChartStyle()
{
    // QtCharts knows nothing of palettes.
    const int line = fontMetrics().height();
    const int label = fontMetrics().horizontalAdvance(QStringLiteral("00,000")) +
                      fontMetrics().averageCharWidth();
    m_chart->setMargins(QMargins(label, line / 2, fontMetrics().averageCharWidth(), line * 5 / 4));
    for (QValueAxis* axis : {m_time, m_value}) {
        axis->setLabelsVisible(false);
        axis->setGridLineColor(theme().grid);
    }
    m_time->setGridLineVisible(false);
    m_value->setLineVisible(false);
    m_time->setLineVisible(false); // its ticks are not where the labels are: the view paints both
    for (qsizetype i = 0; i < m_drawn.size() && i < m_plot.lines.size(); ++i) {
        const QColor color = m_plot.lines.at(i).color;
        if (QAreaSeries* area = m_drawn.at(i).area) {
            QColor fill = color;
            fill.setAlphaF(0.22F);
            area->setBrush(fill);
            area->setPen(Qt::NoPen);
        }
        m_drawn.at(i).edge->setPen(QPen(color, 1.6));
    }
}

} // namespace steelyard::gui
