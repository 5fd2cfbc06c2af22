/// A line of any length to what a screen can show: the lowest and the highest of each column of
/// pixels, so that no peak is lost. Thread: any.
#pragma once

#include <QList>
#include <QPointF>

namespace steelyard::gui {

/// QtCharts' budget of points a series (console.md).
inline constexpr int kMostPoints = 600;

/// One moment of a line; low and high are NaN where there is nothing.
struct LinePoint
{
    double x = 0, low = 0, high = 0;
};

/// `points` ascend by x. At most two points for each of `columns` equal parts of from-to (and never
/// more than kMostPoints); all of them, when they are so few anyway.
[[nodiscard]] QList<QPointF> decimate(const QList<LinePoint>& points, double from, double to,
                                      int columns);

} // namespace steelyard::gui
