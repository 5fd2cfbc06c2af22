#include "proxy/retry_budget.h"

#include <algorithm>

namespace steelyard::proxy {

namespace {

std::int64_t secondOf(TimePoint now) noexcept
{
    return std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
}

} // namespace

RetryBudget::Slot& RetryBudget::slot(TimePoint now) noexcept
{
    const std::int64_t second = secondOf(now);
    Slot& found = m_slots[static_cast<std::size_t>(second % kSlots)];
    if (found.second != second)
        found = {second, 0, 0};
    return found;
}

void RetryBudget::countRequest(TimePoint now) noexcept
{
    ++slot(now).requests;
}

bool RetryBudget::take(TimePoint now, double share, std::uint32_t inFlight) noexcept
{
    Slot& present = slot(now);
    const std::int64_t oldest = present.second - kSlots;
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
    for (const Slot& each : m_slots) {
        if (each.second <= oldest)
            continue;
        requests += each.requests;
        retries += each.retries;
    }
    const double allowed =
        std::max({3.0, static_cast<double>(inFlight), static_cast<double>(requests) * share});
    if (static_cast<double>(retries) >= allowed)
        return false;
    ++present.retries;
    return true;
}

} // namespace steelyard::proxy
