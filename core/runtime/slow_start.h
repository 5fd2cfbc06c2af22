/// Slow start: a backend that is new, or back, gets a share of its weight that grows linearly from
/// `from` to 1 over the window. The growth is cut into twentieths, so that weights stay whole
/// numbers and the candidate set is rebuilt at most twenty times a window and ten times a second.
/// Thread: control; pure.
#pragma once

#include "base/clock.h"
#include "config/model.h"

#include <cstdint>
#include <optional>

namespace steelyard::runtime {

/// Of the weight; kSlowStartParts of them are all of it.
inline constexpr std::uint32_t kSlowStartParts = 20;

/// The parts, 1 to kSlowStartParts, of a backend that has been available for `since`.
[[nodiscard]] std::uint32_t slowStartParts(const config::SlowStart& settings,
                                           Duration since) noexcept;

/// When, after it became available, the parts change next; empty once all are reached.
[[nodiscard]] std::optional<Duration> nextSlowStartStep(const config::SlowStart& settings,
                                                        Duration since) noexcept;

/// The weight as the candidate set of a pool takes it while any of its backends is in slow start;
/// one that is not has kSlowStartParts. 0 stays 0.
[[nodiscard]] constexpr std::uint32_t slowStartWeight(std::uint32_t weight,
                                                      std::uint32_t parts) noexcept
{
    return weight * parts;
}

} // namespace steelyard::runtime
