#include "widgets/sparkline.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>

namespace steelyard::gui {

void paintSparkline(QPainter& painter, const QRect& rect, const QList<float>& values, int slotCount,
                    const QColor& color)
{
    if (rect.width() < 8)
        return;
    // The whole minute, though the engine may have run for a part of it.
    QColor ground = color;
    ground.setAlphaF(0.35F);
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), ground);
    if (values.size() < 2)
        return;
    const float top = std::max(*std::max_element(values.begin(), values.end()), 1e-3F);
    const double step = static_cast<double>(rect.width()) / (slotCount - 1);
    QPolygonF line;
    double x = rect.left() + rect.width() - step * static_cast<double>(values.size() - 1);
    for (const float value : values) {
        line << QPointF(x, rect.bottom() - static_cast<double>(value / top) * (rect.height() - 1));
        x += step;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPolygonF area = line;
    area << QPointF(line.last().x(), rect.bottom()) << QPointF(line.first().x(), rect.bottom());
    QColor fill = color;
    fill.setAlphaF(0.14F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawPolygon(area);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.2));
    painter.drawPolyline(line);
    painter.restore();
}

} // namespace steelyard::gui
