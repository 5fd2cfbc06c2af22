/// Bucket arithmetic of the latency histogram, and quantiles of summed counts.
/// Thread: see histogram.h.
#include "stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace steelyard::stats {

namespace {

constexpr int kSub = 1 << Histogram::kSubBits;

/// First value of a bucket and how many values share it.
struct Span
{
    std::uint64_t first = 0;
    std::uint64_t width = 1;
};

Span spanOf(int bucket) noexcept
{
    const int octave = bucket / kSub; // 0: values below kSub, one each
    const auto offset = static_cast<std::uint64_t>(bucket % kSub);
    if (octave == 0)
        return {offset, 1};
    return {(static_cast<std::uint64_t>(kSub) + offset) << (octave - 1), 1ULL << (octave - 1)};
}

} // namespace

int Histogram::bucketOf(std::uint64_t micros) noexcept
{
    if (micros < kSub)
        return static_cast<int>(micros);
    const int exponent = std::bit_width(micros) - 1 - kSubBits; // 0 for the first octave
    if (exponent >= kBuckets / kSub - 1)
        return kBuckets - 1;
    return (exponent << kSubBits) + static_cast<int>(micros >> exponent);
}

double Histogram::valueOf(int bucket) noexcept
{
    const Span span = spanOf(bucket);
    return static_cast<double>(span.first) + static_cast<double>(span.width - 1) / 2.0;
}

std::uint64_t Histogram::addTo(std::vector<std::uint64_t>& into) const
{
    into.resize(kBuckets);
    for (std::size_t i = 0; i < m_buckets.size(); ++i)
        into[i] += m_buckets[i].load(std::memory_order_relaxed);
    return m_sum.load(std::memory_order_relaxed);
}

double quantile(const std::vector<std::uint64_t>& counts, double quantile) noexcept
{
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts)
        total += count;
    if (total == 0)
        return 0;
    const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(total));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        seen += counts[i];
        if (seen >= rank)
            return Histogram::valueOf(static_cast<int>(i));
    }
    return Histogram::valueOf(static_cast<int>(counts.size()) - 1);
}

} // namespace steelyard::stats
