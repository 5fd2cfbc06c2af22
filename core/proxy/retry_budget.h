/// Keeps retries of requests that were sent once already from becoming a storm: over the last 10 s
/// at most a share of the requests, but never less than 3 or than what was in flight when a fault
/// began, so that the sudden death of a server under full load, right after a start too, stays
/// inside it. Connect failures cost nothing (nothing was sent). Thread: its worker (each worker has
/// its own budget; a share of the whole is the same share of each part).
#pragma once

#include "base/clock.h"

#include <array>
#include <cstdint>

namespace steelyard::proxy {

class RetryBudget
{
public:
    void countRequest(TimePoint now) noexcept;
    /// Takes one retry if `share` of the last 10 s' requests, or max(3, inFlight), allows it.
    [[nodiscard]] bool take(TimePoint now, double share, std::uint32_t inFlight) noexcept;

private:
    static constexpr int kSlots = 10;

    struct Slot
    {
        std::int64_t second = -1;
        std::uint32_t requests = 0;
        std::uint32_t retries = 0;
    };

    Slot& slot(TimePoint now) noexcept;
    std::array<Slot, kSlots> m_slots{};
};

} // namespace steelyard::proxy
