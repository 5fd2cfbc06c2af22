#include "widgets/badge_painter.h"

#include <QPainter>

namespace steelyard::gui {

void paintBadge(QPainter& painter, const QRectF& square, Badge badge, const QColor& color,
                bool outlined)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const double unit = square.width() / 10;
    const QRectF inner = square.adjusted(unit / 2, unit / 2, -unit / 2, -unit / 2);
    const QPen line(color, unit * 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    switch (badge) {
    case Badge::Up:
        if (outlined) {
            // With a core, so that it is not the ring of Checking.
            painter.drawEllipse(inner.center(), 2 * unit, 2 * unit);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(line);
            painter.drawEllipse(inner.adjusted(unit / 4, unit / 4, -unit / 4, -unit / 4));
            break;
        }
        painter.drawEllipse(inner);
        break;
    case Badge::Changing:
        if (outlined) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(line);
        }
        painter.drawPolygon(
            QPolygonF{{inner.center().x(), inner.top()}, inner.bottomRight(), inner.bottomLeft()});
        break;
    case Badge::Down: {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(line);
        painter.drawRoundedRect(inner, unit, unit);
        const QRectF cross = inner.adjusted(2.4 * unit, 2.4 * unit, -2.4 * unit, -2.4 * unit);
        painter.drawLine(cross.topLeft(), cross.bottomRight());
        painter.drawLine(cross.topRight(), cross.bottomLeft());
        break;
    }
    case Badge::Draining:
        painter.drawPie(inner, 90 * 16, 180 * 16);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(line);
        painter.drawEllipse(inner.adjusted(unit / 4, unit / 4, -unit / 4, -unit / 4));
        break;
    case Badge::Maintenance:
        if (outlined) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(color, unit));
        }
        painter.drawRect(QRectF(inner.left() + unit, inner.top(), 2.6 * unit, inner.height()));
        painter.drawRect(
            QRectF(inner.right() - 3.6 * unit, inner.top(), 2.6 * unit, inner.height()));
        break;
    case Badge::Checking:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(line);
        painter.drawEllipse(inner.adjusted(unit / 2, unit / 2, -unit / 2, -unit / 2));
        break;
    }
    painter.restore();
}

QPixmap badgePixmap(Badge badge, const QColor& color, int side, double ratio, bool outlined)
{
    QPixmap pixmap(QSize(side, side) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paintBadge(painter, QRectF(1, 1, side - 2, side - 2), badge, color, outlined);
    return pixmap;
}

} // namespace steelyard::gui
