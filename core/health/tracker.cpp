/// The transitions of HealthTracker.
/// Thread: control.
#include "health/tracker.h"

namespace steelyard::health {

HealthTracker::HealthTracker(int rise, int fall, HealthState initial) noexcept
    : m_state(initial)
    , m_rise(rise)
    , m_fall(fall)
{
}

bool HealthTracker::record(bool good) noexcept
{
    const HealthState pointedAt = good ? HealthState::Healthy : HealthState::Unhealthy;
    if (pointedAt == m_state) {
        m_pending = 0;
        return false;
    }
    const bool firstGood = m_state == HealthState::Checking && good;
    if (!firstGood && ++m_pending < needed())
        return false;
    m_state = pointedAt;
    m_pending = 0;
    return true;
}

int HealthTracker::needed() const noexcept
{
    return m_state == HealthState::Unhealthy ? m_rise : m_fall;
}

void HealthTracker::configure(int rise, int fall) noexcept
{
    m_rise = rise;
    m_fall = fall;
}

} // namespace steelyard::health
