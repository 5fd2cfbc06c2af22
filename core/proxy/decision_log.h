/// The decisions recorded on one worker: a sample of its requests, or all of them when an operator
/// asks for it. Bounded; the oldest go first. Thread: its worker.
#pragma once

#include "base/clock.h"
#include "runtime/decision.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace steelyard::proxy {

class DecisionLog
{
public:
    static constexpr std::size_t kSampled = 512;
    static constexpr std::size_t kAll = 120'000;
    /// Between two sampled requests: 20 a second.
    static constexpr milliseconds kPeriod{50};

    /// Is the request that begins now to be recorded?
    [[nodiscard]] bool wants(TimePoint now) noexcept
    {
        if (m_all)
            return true;
        if (now < m_next)
            return false;
        m_next = now + kPeriod;
        return true;
    }

    /// Everything, from now on, or a sample again; what is recorded is dropped.
    void recordAll(bool all);
    /// Numbers and keeps it.
    void add(std::unique_ptr<runtime::Decision> decision);

    /// Oldest first.
    [[nodiscard]] std::vector<std::shared_ptr<const runtime::Decision>> decisions() const;

private:
    std::vector<std::shared_ptr<const runtime::Decision>> m_ring;
    std::size_t m_at = 0; ///< where the next one goes once the ring is full
    TimePoint m_next{};
    bool m_all = false;
};

} // namespace steelyard::proxy
