/// From fine counts to coarse cumulative ones.
/// Thread: any.
#include "stats/latency_buckets.h"

#include "stats/histogram.h"

namespace steelyard::stats {

LatencyBuckets latencyBuckets(const std::vector<std::uint64_t>& counts, std::uint64_t sumMicros,
                              const LatencyBounds& bounds) noexcept
{
    LatencyBuckets buckets;
    buckets.sumMicros = sumMicros;
    std::size_t bound = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double value = Histogram::valueOf(static_cast<int>(i));
        while (bound < bounds.size() && value > static_cast<double>(bounds[bound])) {
            buckets.within[bound++] = buckets.count;
        }
        buckets.count += counts[i];
    }
    while (bound < bounds.size())
        buckets.within[bound++] = buckets.count;
    return buckets;
}

} // namespace steelyard::stats
