/// Draws the shape of a badge: disc, triangle, crossed square, half disc, two bars, ring.
/// Thread: main.
#pragma once

#include "models/badge.h"

#include <QColor>
#include <QPixmap>
#include <QRectF>

class QPainter;

namespace steelyard::gui {

/// `square` bounds the shape. `outlined`: of a backup server, drawn hollow with a core.
void paintBadge(QPainter& painter, const QRectF& square, Badge badge, const QColor& color,
                bool outlined = false);

/// The same as a picture of `side` by `side`.
[[nodiscard]] QPixmap badgePixmap(Badge badge, const QColor& color, int side, double ratio,
                                  bool outlined = false);

} // namespace steelyard::gui
