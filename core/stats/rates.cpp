/// Windows over cumulative numbers.
/// Thread: see rates.h.
#include "stats/rates.h"

#include "stats/histogram.h"

namespace steelyard::stats {

void RateWindow::add(TimePoint now, std::uint64_t cumulative) noexcept
{
    if (m_size > 0 && cumulative < newest().value)
        m_size = 0;
    // Unevenly many calls must not push the window's start out of the ring.
    if (m_size > 1 &&
        now - m_samples[(m_first + m_size - 2) % m_samples.size()].time < milliseconds(200)) {
        --m_size;
    } else if (m_size == m_samples.size()) {
        m_first = (m_first + 1) % m_samples.size();
        --m_size;
    }
    m_samples[(m_first + m_size) % m_samples.size()] = {now, cumulative};
    ++m_size;
    while (m_size > 2 && now - oldest().time > kRateWindow) {
        m_first = (m_first + 1) % m_samples.size();
        --m_size;
    }
}

const RateWindow::Sample& RateWindow::oldest() const noexcept
{
    return m_samples[m_first];
}

const RateWindow::Sample& RateWindow::newest() const noexcept
{
    return m_samples[(m_first + m_size - 1) % m_samples.size()];
}

std::uint64_t RateWindow::growth() const noexcept
{
    return m_size < 2 ? 0 : newest().value - oldest().value;
}

double RateWindow::perSecond() const noexcept
{
    if (m_size < 2)
        return 0;
    const double elapsed = std::chrono::duration<double>(newest().time - oldest().time).count();
    return elapsed <= 0 ? 0 : static_cast<double>(growth()) / elapsed;
}

void LatencyWindow::add(TimePoint now, const std::vector<std::uint64_t>& counts)
{
    const auto second = std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
    if (m_last.size() != counts.size()) {
        m_last.assign(counts.begin(), counts.end());
        m_window.assign(counts.size(), 0);
        m_total = 0;
        for (auto& slot : m_slots)
            slot.clear();
        m_second = second;
        return;
    }
    expire(second);
    std::vector<Growth>& slot = m_slots[static_cast<std::size_t>(second) % kSlots];
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto count = static_cast<std::uint32_t>(counts[i]);
        const std::uint32_t grown = count - m_last[i];
        if (grown == 0)
            continue;
        slot.push_back({static_cast<std::uint32_t>(i), grown});
        m_window[i] += grown;
        m_total += grown;
        m_last[i] = count;
    }
}

void LatencyWindow::expire(std::int64_t second) noexcept
{
    for (std::size_t passed = 0; passed < kSlots && m_second < second; ++passed) {
        ++m_second;
        std::vector<Growth>& slot = m_slots[static_cast<std::size_t>(m_second) % kSlots];
        for (const Growth& growth : slot) {
            m_window[growth.bucket] -= growth.count;
            m_total -= growth.count;
        }
        slot.clear();
    }
    m_second = second;
}

Latency LatencyWindow::latency() const noexcept
{
    return m_total == 0 ? Latency{} : latencyOf(m_window);
}

Latency latencyOf(const std::vector<std::uint64_t>& counts) noexcept
{
    return {quantile(counts, 0.50), quantile(counts, 0.95), quantile(counts, 0.99)};
}

} // namespace steelyard::stats
