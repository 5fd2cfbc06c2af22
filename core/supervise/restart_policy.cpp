#include "supervise/restart_policy.h"

#include <algorithm>

namespace steelyard::supervise {

RestartPolicy::Restart RestartPolicy::ended(TimePoint now, Duration served)
{
    if (served >= kSettled)
        m_inRow = 0;
    Restart restart;
    if (m_inRow > 0) {
        restart.delay = kFirstDelay;
        for (int i = 1; i < m_inRow && restart.delay < kLongestDelay; ++i)
            restart.delay *= 2;
        restart.delay = std::min(restart.delay, kLongestDelay);
    }
    ++m_inRow;
    m_ends.push_back(now);
    while (m_ends.size() > kLoop || now - m_ends.front() > kLoopWindow)
        m_ends.pop_front();
    restart.lastGood = served == Duration::zero() || m_ends.size() == kLoop;
    return restart;
}

} // namespace steelyard::supervise
