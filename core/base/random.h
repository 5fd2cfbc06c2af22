/// A small seeded random source (xoshiro256**, Blackman and Vigna 2018, seeded by splitmix64). Not
/// for secrets. Thread: one instance per thread.
#pragma once

#include <cstdint>

namespace steelyard {

class RandomSource
{
public:
    explicit RandomSource(std::uint64_t seed) noexcept;

    /// 64 uniform bits.
    std::uint64_t next() noexcept;

    /// Uniform in [0, bound); `bound` > 0 (Lemire's multiply-shift; its bias is below 2^-32 for 32
    /// bit bounds).
    std::uint32_t below(std::uint32_t bound) noexcept
    {
        return static_cast<std::uint32_t>(((next() >> 32U) * static_cast<std::uint64_t>(bound)) >>
                                          32U);
    }

    /// Uniform in [0, 1).
    double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    std::uint64_t m_state[4] = {};
};

} // namespace steelyard
