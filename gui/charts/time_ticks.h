/// What stands below a time axis: how long ago while it follows the clock, else the time of day.
/// Thread: main.
#pragma once

#include <QList>
#include <QString>

namespace steelyard::gui {

struct TimeTick
{
    double x = 0; ///< seconds before the axis's end, <= 0
    QString text;
};

/// "now", "-10 s", "-5 min", "-1 h": for an axis that ends now; at most seven.
[[nodiscard]] QList<TimeTick> ticksAgo(double length);
/// "14:03:20": on round times of day; `endWallMs` is the axis's end.
[[nodiscard]] QList<TimeTick> ticksOfDay(double length, qint64 endWallMs);

} // namespace steelyard::gui
