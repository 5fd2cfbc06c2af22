/// Latency histogram with log-linear buckets (after HdrHistogram): 32 sub-buckets an octave, error
/// below 3.2 %, 1 µs to about 134 s; one relaxed load and store to record. Thread: one writer; any
/// reader (values may be one update behind).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace steelyard::stats {

class Histogram
{
public:
    static constexpr int kSubBits = 5;
    static constexpr int kBuckets = (28 - kSubBits) * (1 << kSubBits);

    /// Bucket of a value in µs; values beyond the range fall into the last.
    [[nodiscard]] static int bucketOf(std::uint64_t micros) noexcept;
    /// Middle of a bucket in µs.
    [[nodiscard]] static double valueOf(int bucket) noexcept;

    void record(std::uint64_t micros) noexcept
    {
        auto& bucket = m_buckets[static_cast<std::size_t>(bucketOf(micros))];
        bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        m_sum.store(m_sum.load(std::memory_order_relaxed) + micros, std::memory_order_relaxed);
    }

    /// Adds this histogram's counts to `into` (size kBuckets); returns the sum of values in µs.
    std::uint64_t addTo(std::vector<std::uint64_t>& into) const;

private:
    std::array<std::atomic<std::uint32_t>, kBuckets> m_buckets{};
    std::atomic<std::uint64_t> m_sum{0};
};

/// Value in µs below which `quantile` (0-1) of the counts lie; 0 when empty. Counts as filled by
/// Histogram::addTo.
[[nodiscard]] double quantile(const std::vector<std::uint64_t>& counts, double quantile) noexcept;

} // namespace steelyard::stats
