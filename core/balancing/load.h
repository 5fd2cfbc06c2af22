/// What a balancer may look at of one backend while it runs: requests in flight and how long they
/// take lately. Thread: workers write Load (relaxed atomics), anybody reads; a LoadSample is a
/// plain value.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

namespace steelyard::balancing {

/// What a value that sinks with the time constant has left after `passedMs`: e^(-passed / 10 s),
/// within a relative 5e-5. An exp() for each backend looked at would be most of a pick.
[[nodiscard]] inline float decayLeft(std::int32_t passedMs) noexcept
{
    constexpr float kDecayMs = 10'000;
    constexpr float kMost = 100;
    if (passedMs <= 0) // the clocks of two workers disagree, or nothing passed
        return 1;
    const float halvings = std::min(kMost, static_cast<float>(passedMs) * (1.4426950F / kDecayMs));
    const auto whole = static_cast<std::uint32_t>(halvings + 0.5F);
    const float y = (static_cast<float>(whole) - halvings) * 0.69314718F; // -0.35 to 0.35
    const float part = 1 + y * (1 + y * (0.5F + y * (0.16666667F + y * 0.041666667F)));
    return part * std::bit_cast<float>((127U - whole) << 23U); // times 2^-whole
}

/// One look at a Load. Recorded samples stand in for the live ones (PickInputs::loads), so that a
/// decision can be made again on what it saw.
///
/// The latency is a peak-sensitive moving average (Finagle's Peak EWMA): it rises to a longer one
/// at once and sinks with a time constant of 10 s, so a backend is believed bad quickly and good
/// slowly. While nothing is recorded it sinks towards zero: who looks bad is tried again in time.
///
/// Who was never measured comes first as long as nothing is in flight there: one request finds out.
/// With one fixed guess (Finagle and linkerd take 30 ms) a new server beside quick ones would wait
/// for a load that it may never see.
struct LoadSample
{
    static constexpr float kDefaultUs = 30'000;

    std::uint32_t inFlight = 0;
    std::uint32_t latencyAtMs = 0; ///< when it was last recorded; wraps after 49 days
    float latencyUs = 0;           ///< then; 0: never

    /// µs, at least 1; never measured: 0, with requests in flight the default. `nowUs` as in
    /// PickInputs.
    [[nodiscard]] float latencyAt(std::uint64_t nowUs) const noexcept
    {
        if (latencyUs <= 0)
            return inFlight == 0 ? 0 : kDefaultUs;
        const auto nowMs = static_cast<std::uint32_t>(nowUs / 1000);
        return std::max(1.0F,
                        latencyUs * decayLeft(static_cast<std::int32_t>(nowMs - latencyAtMs)));
    }

    bool operator==(const LoadSample&) const = default;
};

/// On a cache line of its own.
struct alignas(64) Load
{
    std::atomic<std::uint32_t> inFlight{0};
    /// LoadSample's two latency fields in one word, so that they always agree.
    std::atomic<std::uint64_t> latency{0};

    [[nodiscard]] LoadSample sample() const noexcept
    {
        const std::uint64_t word = latency.load(std::memory_order_relaxed);
        return {inFlight.load(std::memory_order_relaxed), static_cast<std::uint32_t>(word),
                std::bit_cast<float>(static_cast<std::uint32_t>(word >> 32U))};
    }

    /// A response took `us`.
    void recordLatency(std::uint64_t us, std::uint64_t nowUs) noexcept;

    /// An attempt failed after `us`. Counts as no less than the default, so that whoever fails
    /// quickly does not look fast and draw all to itself.
    void recordFailure(std::uint64_t us, std::uint64_t nowUs) noexcept;
};

} // namespace steelyard::balancing
