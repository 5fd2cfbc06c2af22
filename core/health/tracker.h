/// The rise/fall machine of one backend's active health, pure: results in, state out.
/// Thread: control; one per backend.
#pragma once

#include "base/states.h"

namespace steelyard::health {

class HealthTracker
{
public:
    HealthTracker(int rise, int fall, HealthState initial = HealthState::Checking) noexcept;

    /// Takes one probe's result; true when the state changed. From Checking the first good probe
    /// makes Healthy and `fall` bad ones in a row make Unhealthy; a contrary result in between
    /// starts the count again.
    bool record(bool good) noexcept;

    [[nodiscard]] HealthState state() const noexcept { return m_state; }

    /// How many results in a row point away from the present state (0: none pending), and how many
    /// it takes.
    [[nodiscard]] int pending() const noexcept { return m_pending; }

    [[nodiscard]] int needed() const noexcept;

    /// True while a change is under way: probe at the fast interval.
    [[nodiscard]] bool changing() const noexcept
    {
        return m_pending > 0 || m_state == HealthState::Checking;
    }

    /// New thresholds from a reload; state and count stay.
    void configure(int rise, int fall) noexcept;

private:
    HealthState m_state;
    int m_rise;
    int m_fall;
    int m_pending = 0;
};

} // namespace steelyard::health
