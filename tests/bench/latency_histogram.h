/// Counts of times in ns, log-linear (after HdrHistogram): 128 sub-buckets an octave, error below
/// 0.8 %, up to 18 minutes. Thread: one owner.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace steelyard::bench {

class LatencyHistogram
{
public:
    void record(std::int64_t ns) noexcept
    {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, ns));
        ++m_counts[indexOf(std::min(value, kLargest))];
        ++m_total;
        m_max = std::max(m_max, value);
    }

    [[nodiscard]] std::uint64_t total() const noexcept { return m_total; }

    /// The middle of the bucket that holds that quantile (0-1), in ns; 0 when empty.
    [[nodiscard]] double quantile(double share) const noexcept
    {
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(m_total));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < m_counts.size(); ++i) {
            seen += m_counts[i];
            if (seen > rank)
                return middleOf(i);
        }
        return static_cast<double>(m_max);
    }

    /// Members of a JSON object: "p50": ..., in µs, with the least, the largest and 10 quantiles.
    void print(std::FILE* to) const
    {
        for (const auto& [name, share] : {std::pair{"min", 0.0},
                                          {"p10", .1},
                                          {"p25", .25},
                                          {"p50", .5},
                                          {"p75", .75},
                                          {"p90", .9},
                                          {"p95", .95},
                                          {"p99", .99},
                                          {"p99.9", .999},
                                          {"p99.99", .9999}})
            std::fprintf(to, "\"%s\": %.2f, ", name, quantile(share) / 1000);
        std::fprintf(to, "\"max\": %.2f", static_cast<double>(m_max) / 1000);
    }

private:
    static constexpr int kSubBits = 7;
    static constexpr std::uint64_t kSubs = 1U << kSubBits;
    static constexpr std::uint64_t kLargest = (1ULL << 40U) - 1;

    [[nodiscard]] static std::size_t indexOf(std::uint64_t value) noexcept
    {
        if (value < kSubs)
            return static_cast<std::size_t>(value);
        const int shift = std::bit_width(value) - 1 - kSubBits;
        return static_cast<std::size_t>(shift) * kSubs + static_cast<std::size_t>(value >> shift);
    }

    [[nodiscard]] static double middleOf(std::size_t index) noexcept
    {
        if (index < 2 * kSubs)
            return static_cast<double>(index);
        const std::size_t shift = index / kSubs - 1;
        const std::size_t low = (index - shift * kSubs) << shift;
        return static_cast<double>(low) + static_cast<double>(1ULL << shift) / 2;
    }

    std::array<std::uint32_t, (41 - kSubBits) * kSubs> m_counts{};
    std::uint64_t m_total = 0;
    std::uint64_t m_max = 0;
};

} // namespace steelyard::bench
