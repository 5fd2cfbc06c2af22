/// The moving average, as workers write it.
/// Thread: any.
#include "balancing/load.h"

namespace steelyard::balancing {

void Load::recordLatency(std::uint64_t us, std::uint64_t nowUs) noexcept
{
    const float took = std::max(1.0F, static_cast<float>(us));
    std::uint64_t old = latency.load(std::memory_order_relaxed);
    for (;;) {
        const float before = std::bit_cast<float>(static_cast<std::uint32_t>(old >> 32U));
        const auto at = static_cast<std::uint32_t>(old);
        auto now = static_cast<std::uint32_t>(nowUs / 1000);
        float next = took;
        if (before > 0 && took < before) {
            const float left = decayLeft(static_cast<std::int32_t>(now - at));
            next = before * left + took * (1 - left);
            if (left >= 1) // within one millisecond: the time that passed counts at the next
                now = at;
        }
        const std::uint64_t word =
            (static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(next)) << 32U) | now;
        if (word == old || latency.compare_exchange_weak(old, word, std::memory_order_relaxed))
            return;
    }
}

void Load::recordFailure(std::uint64_t us, std::uint64_t nowUs) noexcept
{
    recordLatency(std::max(us, static_cast<std::uint64_t>(LoadSample::kDefaultUs)), nowUs);
}

} // namespace steelyard::balancing
