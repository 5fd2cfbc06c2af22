/// A small line of the last minute, painted directly: no chart per row.
/// Thread: main.
#pragma once

#include <QColor>
#include <QList>
#include <QRect>

class QPainter;

namespace steelyard::gui {

/// `values` oldest first, right-aligned in `rect` as the newest of `slotCount` values; scaled to
/// their own maximum. A ground line shows the whole width.
void paintSparkline(QPainter& painter, const QRect& rect, const QList<float>& values, int slotCount,
                    const QColor& color);

} // namespace steelyard::gui
