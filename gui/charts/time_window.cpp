#include "charts/time_window.h"

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

void TimeWindow::setRange(double seconds)
{
    m_range = seconds;
    reset();
}

void TimeWindow::reset()
{
    m_length = m_range;
    m_end.reset();
}

void TimeWindow::place(double end, double now)
{
    // At the right edge it follows the clock again.
    if (end >= now - 0.5)
        m_end.reset();
    else
        m_end = end;
}

void TimeWindow::zoom(double factor, double at, double now)
{
    const double length = std::clamp(m_length * factor, kShortest, m_range);
    const double ahead = (to(now) - at) * length / m_length;
    m_length = length;
    place(at + ahead, now);
}

void TimeWindow::setSpan(double a, double b, double now)
{
    const double middle = (a + b) / 2;
    m_length = std::clamp(std::abs(b - a), kShortest, m_range);
    place(middle + m_length / 2, now);
}

void TimeWindow::pan(double part, double now, double oldest)
{
    place(std::max(to(now) + part * m_length, std::min(oldest + m_length, now)), now);
}

void TimeWindow::show(double moment, double now)
{
    if (moment >= from(now) && moment <= to(now))
        return;
    place(moment + m_length / 2, now);
}

} // namespace steelyard::gui
