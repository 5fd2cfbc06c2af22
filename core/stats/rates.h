/// Cumulative counters and histograms to "over the last 10 s": rates and percentiles for the
/// snapshot. Thread: one owner (control).
#pragma once

#include "base/clock.h"
#include "stats/snapshot.h"

#include <array>
#include <cstdint>
#include <vector>

namespace steelyard::stats {

/// The window over which rates and percentiles are told.
inline constexpr seconds kRateWindow{10};

/// One cumulative counter, sampled up to four times a second; at most 64 samples are kept (1 KiB).
class RateWindow
{
public:
    /// Samples nearer than 200 ms to the one before replace it. A value below the last one is a
    /// restart: the window starts again.
    void add(TimePoint now, std::uint64_t cumulative) noexcept;
    /// How much it grew from the oldest sample inside the window to the newest.
    [[nodiscard]] std::uint64_t growth() const noexcept;
    /// The same per second of the time between the two; 0 with fewer than two samples.
    [[nodiscard]] double perSecond() const noexcept;

private:
    struct Sample
    {
        TimePoint time;
        std::uint64_t value = 0;
    };

    [[nodiscard]] const Sample& oldest() const noexcept;
    [[nodiscard]] const Sample& newest() const noexcept;

    std::array<Sample, 64> m_samples{};
    std::size_t m_first = 0;
    std::size_t m_size = 0;
};

/// One histogram's growth in the last 10 s, in ten slots of a second that list only the buckets
/// that grew: some hundreds of entries for a usual backend, at most 250 KiB for one that fills
/// every bucket every second. An update costs one pass over the counts.
class LatencyWindow
{
public:
    /// `counts` as filled by Histogram::addTo, since start; the first call sets the mark to count
    /// from. Differences are taken modulo 2^32, since a histogram's counts are 32 bits wide and
    /// wrap.
    void add(TimePoint now, const std::vector<std::uint64_t>& counts);

    /// Counts of the window, for adding up several; empty before the first growth.
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return m_window; }

    [[nodiscard]] Latency latency() const noexcept;

private:
    static constexpr std::size_t kSlots = 10;

    struct Growth
    {
        std::uint32_t bucket = 0;
        std::uint32_t count = 0;
    };

    void expire(std::int64_t second) noexcept;

    std::array<std::vector<Growth>, kSlots> m_slots;
    std::int64_t m_second = 0; ///< of the newest slot
    std::vector<std::uint32_t> m_last;
    std::vector<std::uint64_t> m_window;
    std::uint64_t m_total = 0;
};

/// p50, p95 and p99 of counts as filled by Histogram::addTo.
[[nodiscard]] Latency latencyOf(const std::vector<std::uint64_t>& counts) noexcept;

} // namespace steelyard::stats
