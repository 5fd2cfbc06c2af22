#include "charts/decimate.h"

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

bool isThere(const LinePoint& point)
{
    return !std::isnan(point.low) && !std::isnan(point.high);
}

/// Lowest and highest of one column.
class Column
{
public:
    void add(const LinePoint& point)
    {
        if (m_empty || point.low < m_low.y())
            m_low = {point.x, point.low};
        if (m_empty || point.high > m_high.y())
            m_high = {point.x, point.high};
        m_empty = false;
    }

    /// Writes them in the order in which they came, and starts anew.
    void flush(QList<QPointF>& into)
    {
        if (m_empty)
            return;
        const bool lowFirst = m_low.x() <= m_high.x();
        into.append(lowFirst ? m_low : m_high);
        if (m_low.y() != m_high.y())
            into.append(lowFirst ? m_high : m_low);
        m_empty = true;
    }

private:
    QPointF m_low, m_high;
    bool m_empty = true;
};

} // namespace

QList<QPointF> decimate(const QList<LinePoint>& points, double from, double to, int columns)
{
    columns = std::clamp(columns, 1, kMostPoints / 2);
    const auto few = static_cast<qsizetype>(columns) * 2;
    const bool thin = points.size() <= few &&
                      std::all_of(points.begin(), points.end(), [](const LinePoint& point) {
                          return !isThere(point) || point.low == point.high;
                      });
    QList<QPointF> result;
    result.reserve(std::min(few, 2 * points.size()));
    Column column;
    int current = -1;
    const double width = std::max((to - from) / columns, 1e-9);
    for (const LinePoint& point : points) {
        if (!isThere(point))
            continue;
        if (thin) {
            result.append({point.x, point.high});
            continue;
        }
        const int at = std::clamp(static_cast<int>((point.x - from) / width), 0, columns - 1);
        if (at != current)
            column.flush(result);
        current = at;
        column.add(point);
    }
    column.flush(result);
    return result;
}

} // namespace steelyard::gui
