#include "simulation/measures.h"

#include <algorithm>
#include <cmath>

namespace steelyard::simulation {

Latencies LatencyLog::summary()
{
    Latencies out;
    if (m_all.empty())
        return out;
    std::sort(m_all.begin(), m_all.end());
    double sum = 0;
    for (const float us : m_all)
        sum += static_cast<double>(us);
    const auto quantile = [this](double share) {
        const auto count = static_cast<double>(m_all.size());
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * count)));
        return static_cast<double>(m_all[rank - 1]) / 1000;
    };
    out.mean = sum / static_cast<double>(m_all.size()) / 1000;
    out.p50 = quantile(0.5);
    out.p95 = quantile(0.95);
    out.p99 = quantile(0.99);
    out.p999 = quantile(0.999);
    return out;
}

RetryBudget::Second& RetryBudget::slotOf(double nowUs)
{
    const auto number = static_cast<std::int64_t>(nowUs / 1e6);
    Second& second = m_seconds[static_cast<std::size_t>(number) % m_seconds.size()];
    if (second.number != number)
        second = {number, 0, 0};
    return second;
}

bool RetryBudget::take(double nowUs)
{
    Second& now = slotOf(nowUs);
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
    for (const Second& second : m_seconds) {
        if (second.number > now.number - static_cast<std::int64_t>(m_seconds.size())) {
            requests += second.requests;
            retries += second.retries;
        }
    }
    const double allowed = std::max(3.0, m_share * static_cast<double>(requests));
    if (static_cast<double>(retries) + 1 > allowed)
        return false;
    ++now.retries;
    return true;
}

} // namespace steelyard::simulation
