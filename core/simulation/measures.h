/// What a run is asked for afterwards: exact quantiles, counts, the retry budget's window.
/// Thread: one.
#pragma once

#include "simulation/simulator.h"

#include <array>

namespace steelyard::simulation {

/// Keeps every latency: quantiles are exact.
class LatencyLog
{
public:
    void add(double us) { m_all.push_back(static_cast<float>(us)); }

    /// In ms. Quantile q is the smallest value that at least a share q does not exceed.
    [[nodiscard]] Latencies summary();

private:
    std::vector<float> m_all; ///< µs
};

/// Retries of what was sent once already, against the requests of the last 10 s (at least 3).
class RetryBudget
{
public:
    explicit RetryBudget(double share)
        : m_share(share)
    {
    }

    void requestCame(double nowUs) { ++slotOf(nowUs).requests; }

    /// True, and counted, when one more retry is within the budget.
    [[nodiscard]] bool take(double nowUs);

private:
    struct Second
    {
        std::int64_t number = -1;
        std::uint64_t requests = 0, retries = 0;
    };

    Second& slotOf(double nowUs);

    double m_share;
    std::array<Second, 10> m_seconds;
};

} // namespace steelyard::simulation
