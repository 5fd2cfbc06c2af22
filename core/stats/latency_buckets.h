/// Cumulative latency counts at fixed bounds, for metrics: 13 numbers instead of a histogram's 736.
/// Thread: any; plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace steelyard::stats {

inline constexpr std::size_t kLatencyBounds = 13;
using LatencyBounds = std::array<std::uint64_t, kLatencyBounds>;

/// Upper bounds in µs of what backends and clients see: 1 ms to 10 s.
inline constexpr LatencyBounds kServiceBounds{1000,    2000,    5000,    10000,  20000,
                                              50000,   100000,  200000,  500000, 1000000,
                                              2000000, 5000000, 10000000};
/// Upper bounds in µs of the time that the engine itself adds: 10 µs to 100 ms.
inline constexpr LatencyBounds kOwnBounds{10,   20,   50,    100,   200,   500,   1000,
                                          2000, 5000, 10000, 20000, 50000, 100000};

/// Since start. `within[i]` counts values up to bounds[i]; a value near a bound may count on its
/// other side by the histogram's 3.2 %.
struct LatencyBuckets
{
    std::array<std::uint64_t, kLatencyBounds> within{};
    std::uint64_t count = 0;
    std::uint64_t sumMicros = 0;
    bool operator==(const LatencyBuckets&) const = default;
};

/// From counts as filled by Histogram::addTo and the sums it returned.
[[nodiscard]] LatencyBuckets latencyBuckets(const std::vector<std::uint64_t>& counts,
                                            std::uint64_t sumMicros,
                                            const LatencyBounds& bounds) noexcept;

} // namespace steelyard::stats
