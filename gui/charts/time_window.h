/// Which stretch of time the charts show: the last minutes, moving with the clock, or a part of
/// them that the operator zoomed into. Moments are seconds of the history's clock. Thread: main.
#pragma once

#include <optional>

namespace steelyard::gui {

class TimeWindow
{
public:
    static constexpr double kShortest = 5; ///< seconds; one cannot zoom in further

    /// How far back is looked, in seconds; ends a zoom.
    void setRange(double seconds);

    [[nodiscard]] double range() const { return m_range; }

    [[nodiscard]] double length() const { return m_length; }

    [[nodiscard]] double to(double now) const { return m_end.value_or(now); }

    [[nodiscard]] double from(double now) const { return to(now) - m_length; }

    /// True: the right edge is now, whenever that is.
    [[nodiscard]] bool follows() const { return !m_end; }

    [[nodiscard]] bool zoomed() const { return m_end || m_length < m_range; }

    /// `factor` below 1 zooms in. What is at `at` stays where it is on the screen.
    void zoom(double factor, double at, double now);
    /// From the one moment to the other, in any order; widened to kShortest.
    void setSpan(double a, double b, double now);
    /// By a part of the length; below 0: to the past. `oldest`: there is nothing before it.
    void pan(double part, double now, double oldest);
    /// Moves as little as it must so that `moment` is inside; one outside comes to the middle.
    void show(double moment, double now);
    void reset();

private:
    void place(double end, double now);

    double m_range = 60;
    double m_length = 60;
    std::optional<double> m_end; ///< nullopt: now
};

} // namespace steelyard::gui
