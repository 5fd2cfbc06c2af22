/// When an engine that ended unasked is started again, and with which configuration. Pure.
/// Thread: one.
#pragma once

#include "base/clock.h"

#include <deque>

namespace steelyard::supervise {

class RestartPolicy
{
public:
    static constexpr milliseconds kFirstDelay{250};
    static constexpr milliseconds kLongestDelay{10000};
    static constexpr seconds kSettled{2}; ///< served so long, an engine is no crash loop's
    static constexpr seconds kLoopWindow{60};
    static constexpr std::size_t kLoop = 5; ///< so many ends within the window are one

    struct Restart
    {
        milliseconds delay{0};
        bool lastGood = false; ///< with the last good configuration instead of the file
    };

    /// An engine ended `now`, after it had served for `served` (zero: it never did). At once the
    /// first time; the next in a row after 250 ms, doubling, 10 s at most.
    [[nodiscard]] Restart ended(TimePoint now, Duration served);

private:
    int m_inRow = 0;
    std::deque<TimePoint> m_ends; ///< within kLoopWindow, kLoop at most
};

} // namespace steelyard::supervise
