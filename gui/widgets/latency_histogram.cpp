#include "widgets/latency_histogram.h"

#include "app/theme.h"
#include "models/figures.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <vector>

namespace steelyard::gui {

namespace {

constexpr double kNarrowest = 0.07; ///< of a bar, in powers of e: two buckets of the engine's
constexpr int kMostBars = 48;

/// The largest of ..., 1, 2, 5, 10, 20, ... that is not above `value`.
double roundDown(double value)
{
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    const double lead = value / power;
    return power * (lead >= 4.999 ? 5 : lead >= 1.999 ? 2 : 1);
}

double nextRound(double value)
{
    const double power = std::pow(10.0, std::floor(std::log10(value * 1.001)));
    const double lead = value / power;
    return power * (lead > 4.9 ? 10 : lead > 1.9 ? 5 : 2);
}

} // namespace

LatencyHistogram::LatencyHistogram(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("latency-histogram"));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    setFont(small);
}

QSize LatencyHistogram::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 36, fontMetrics().height() * 7};
}

void LatencyHistogram::setData(const LatencyCounts& counts, const stats::Latency& quantiles)
{
    m_counts = counts;
    m_quantiles = quantiles;
    double sum = 0;
    for (const auto& [micros, count] : counts)
        sum += count;
    if (!counts.isEmpty()) {
        m_low = roundDown(std::max(counts.first().first * 0.97, 1.0));
        m_high = nextRound(roundDown(std::max(counts.last().first * 1.03, m_low)));
    }
    setAccessibleName(
        sum > 0 ? tr("Latency: %1 answers, half within %2, 95 % within %3, 99 % within %4")
                      .arg(figures::count(static_cast<qulonglong>(sum)),
                           figures::latency(quantiles.p50), figures::latency(quantiles.p95),
                           figures::latency(quantiles.p99))
                : tr("Latency: no answers"));
    setToolTip(accessibleName());
    update();
}

double LatencyHistogram::xOf(const QRectF& plot, double micros) const
{
    const double part = std::log(std::max(micros, 1.0) / m_low) / std::log(m_high / m_low);
    return plot.left() + std::clamp(part, 0.0, 1.0) * plot.width();
}

void LatencyHistogram::paintAxis(QPainter& painter, const QRectF& plot) const
{
    painter.setPen(theme().border);
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    const QFontMetricsF metrics(font());
    double free = 0; // nothing is written left of here
    for (double tick = m_low; tick <= m_high * 1.001; tick = nextRound(tick)) {
        const double x = xOf(plot, tick);
        painter.setPen(theme().border);
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3));
        const QString text = figures::latency(tick);
        const double width = metrics.horizontalAdvance(text);
        const double left = std::clamp(x - width / 2, 0.0, this->width() - width);
        if (left < free)
            continue;
        free = left + width + metrics.averageCharWidth();
        painter.setPen(theme().muted);
        painter.drawText(QPointF(left, height() - metrics.descent()), text);
    }
}

void LatencyHistogram::paintQuantiles(QPainter& painter, const QRectF& plot) const
{
    const QFontMetricsF metrics(font());
    const std::pair<double, QString> marks[] = {
        {m_quantiles.p50, tr("p50")}, {m_quantiles.p95, tr("p95")}, {m_quantiles.p99, tr("p99")}};
    double free = 0;
    for (const auto& [micros, name] : marks) {
        if (micros <= 0)
            continue;
        const double x = xOf(plot, micros);
        painter.setPen(QPen(theme().text, 1, Qt::DashLine));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
        const double width = metrics.horizontalAdvance(name);
        const double left = std::clamp(x - width / 2, 0.0, this->width() - width);
        if (left < free)
            continue;
        free = left + width + metrics.averageCharWidth() / 2;
        painter.setPen(theme().muted);
        painter.drawText(QPointF(left, metrics.ascent()), name);
    }
}

void LatencyHistogram::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QFontMetricsF metrics(font());
    const QRectF plot(0.5, metrics.height() + 0.5, width() - 1,
                      height() - 2 * metrics.height() - 5);
    if (m_counts.isEmpty()) {
        painter.setPen(theme().muted);
        painter.drawText(rect(), Qt::AlignCenter, tr("No answers in the last 10 s"));
        return;
    }
    const double range = std::log(m_high / m_low);
    const int bars = std::clamp(static_cast<int>(range / kNarrowest), 1, kMostBars);
    std::vector<double> heights(static_cast<std::size_t>(bars), 0.0);
    for (const auto& [micros, count] : m_counts) {
        const double part = std::log(std::max(micros, m_low) / m_low) / range;
        heights[static_cast<std::size_t>(std::clamp(static_cast<int>(part * bars), 0, bars - 1))] +=
            count;
    }
    const double most = *std::max_element(heights.begin(), heights.end());
    const double width = plot.width() / bars;
    for (int i = 0; i < bars; ++i) {
        const double value = heights[static_cast<std::size_t>(i)];
        if (value <= 0)
            continue;
        const double tall = std::max(value / most * plot.height(), 1.0); // one answer is seen too
        painter.fillRect(
            QRectF(plot.left() + i * width, plot.bottom() - tall, std::max(width - 1, 1.0), tall),
            theme().series[0]);
    }
    paintQuantiles(painter, plot);
    paintAxis(painter, plot);
}

} // namespace steelyard::gui
