/// What ChartView paints over the plot: labels, gaps, marks, cursor, the dragged span.

#include "app/theme.h"
#include "charts/chart_view.h"

#include <QPainter>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

void ChartView::paintLabels(QPainter& painter) const
{
    const auto vertical = chart()->axes(Qt::Vertical);
    const auto* value = vertical.isEmpty() ? nullptr : qobject_cast<QValueAxis*>(vertical.first());
    if (value == nullptr || !m_format)
        return;
    const QRectF plot = chart()->plotArea();
    const double line = fontMetrics().height();
    const double gap = fontMetrics().averageCharWidth();
    painter.setFont(font());
    painter.setPen(theme().muted);
    const int steps = value->tickCount() - 1;
    const double step = (value->max() - value->min()) / steps;
    for (int i = 0; i <= steps; ++i) {
        const double y = plot.bottom() - i * plot.height() / steps;
        painter.drawText(QRectF(0, y - line / 2, plot.left() - gap, line),
                         Qt::AlignRight | Qt::AlignVCenter,
                         m_format(value->min() + i * step, step));
    }
    paintTicks(painter);
}

void ChartView::paintTicks(QPainter& painter) const
{
    const QRectF plot = chart()->plotArea();
    const double line = fontMetrics().height();
    const double gap = fontMetrics().averageCharWidth();
    double widest = 0;
    for (const TimeTick& tick : m_ticks)
        widest = std::max<double>(widest, fontMetrics().horizontalAdvance(tick.text) + 1);
    if (plot.width() < widest + gap)
        return; // not laid out yet, or too narrow for any
    double spacing = plot.width();
    if (m_ticks.size() > 1) {
        const auto first = sceneX(m_ticks.at(m_ticks.size() - 2).x);
        const auto second = sceneX(m_ticks.last().x);
        if (first && second)
            spacing = std::max(1.0, *second - *first);
    }
    // All of them, or each second, third, ...: uneven labels read as an uneven axis. Those at the
    // edges stand half their width further inside.
    const auto stride = static_cast<qsizetype>(std::ceil((1.5 * widest + 2 * gap) / spacing));
    double free = plot.right() + 4 * gap; // from the right: "now" wins
    for (qsizetype i = 0; i < m_ticks.size(); i += stride) {
        const TimeTick& tick = m_ticks.at(m_ticks.size() - 1 - i);
        const auto x = sceneX(tick.x);
        if (!x)
            continue;
        painter.setPen(theme().border);
        painter.drawLine(QPointF(*x, plot.bottom()), QPointF(*x, plot.bottom() + line / 4));
        const double width = fontMetrics().horizontalAdvance(tick.text) + 1;
        const double left = std::clamp(*x - width / 2, plot.left(), plot.right() - width);
        if (left + width + gap > free)
            continue;
        painter.setPen(theme().muted);
        painter.drawText(QRectF(left, plot.bottom() + line / 4, width, line), Qt::AlignCenter,
                         tick.text);
        free = left;
    }
}

void ChartView::paintGaps(QPainter& painter) const
{
    const QRectF plot = chart()->plotArea();
    for (const ChartGap& gap : m_gaps) {
        const double left = sceneX(gap.from).value_or(plot.left());
        const double right = sceneX(gap.to).value_or(plot.right());
        const QRectF band(left, plot.top(), right - left, plot.height());
        painter.fillRect(band, theme().window); // over the line that would bridge it
        painter.setPen(theme().muted);
        const QString text = tr("no data");
        if (fontMetrics().horizontalAdvance(text) + fontMetrics().averageCharWidth() < band.width())
            painter.drawText(band, Qt::AlignCenter, text);
    }
}

void ChartView::paintMarks(QPainter& painter) const
{
    const QRectF plot = chart()->plotArea();
    const double half = fontMetrics().averageCharWidth() * 0.6;
    for (const ChartMark& mark : m_marks) {
        const auto x = sceneX(mark.x);
        if (!x)
            continue;
        painter.setPen(QPen(mark.color, 1, Qt::DotLine));
        painter.drawLine(QPointF(*x, plot.top()), QPointF(*x, plot.bottom()));
        painter.setPen(Qt::NoPen);
        painter.setBrush(mark.color);
        painter.drawPolygon(QPolygonF{
            {*x - half, plot.top()}, {*x + half, plot.top()}, {*x, plot.top() + half * 1.5}});
    }
}

void ChartView::paintDrag(QPainter& painter) const
{
    if (!m_dragFrom)
        return;
    const QRectF plot = chart()->plotArea();
    QColor tint = theme().accent;
    tint.setAlphaF(0.18F);
    painter.fillRect(QRectF(QPointF(std::min(*m_dragFrom, m_dragTo), plot.top()),
                            QPointF(std::max(*m_dragFrom, m_dragTo), plot.bottom())),
                     tint);
}

void ChartView::drawForeground(QPainter* painter, const QRectF&)
{
    const QRectF plot = chart()->plotArea();
    painter->setRenderHint(QPainter::Antialiasing, true);
    paintLabels(*painter);
    paintGaps(*painter);
    paintMarks(*painter);
    paintDrag(*painter);
    if (!m_hint.isEmpty()) {
        painter->setPen(theme().muted);
        painter->drawText(plot, Qt::AlignCenter | Qt::TextWordWrap, m_hint);
    }
    const auto x = m_cursor ? sceneX(*m_cursor) : std::nullopt;
    if (!x)
        return;
    painter->setPen(QPen(theme().muted, 1));
    painter->drawLine(QPointF(*x, plot.top()), QPointF(*x, plot.bottom()));
}

} // namespace steelyard::gui
