#include "runtime/slow_start.h"

#include <algorithm>
#include <cmath>

namespace steelyard::runtime {

namespace {

Duration stepOf(const config::SlowStart& settings) noexcept
{
    return std::max<Duration>(Duration(settings.window) / kSlowStartParts, milliseconds(100));
}

/// At the end of `steps` steps.
std::uint32_t partsAfter(const config::SlowStart& settings, std::int64_t steps) noexcept
{
    const Duration passed = stepOf(settings) * steps;
    if (passed >= settings.window)
        return kSlowStartParts;
    const double share = static_cast<double>(passed.count()) /
                         static_cast<double>(Duration(settings.window).count());
    const double factor = settings.from + (1 - settings.from) * share;
    // The last part comes with the window's end and not before.
    return static_cast<std::uint32_t>(
        std::clamp<long>(std::lround(factor * kSlowStartParts), 1, kSlowStartParts - 1));
}

} // namespace

std::uint32_t slowStartParts(const config::SlowStart& settings, Duration since) noexcept
{
    if (since >= settings.window || settings.from >= 1)
        return kSlowStartParts;
    return partsAfter(settings, std::max(since, Duration(0)) / stepOf(settings));
}

std::optional<Duration> nextSlowStartStep(const config::SlowStart& settings,
                                          Duration since) noexcept
{
    const std::uint32_t now = slowStartParts(settings, since);
    if (now == kSlowStartParts)
        return std::nullopt;
    const Duration step = stepOf(settings);
    std::int64_t steps = std::max(since, Duration(0)) / step + 1;
    while (partsAfter(settings, steps) == now)
        ++steps; // ends: after the window all parts are there
    return std::min<Duration>(step * steps, settings.window);
}

} // namespace steelyard::runtime
