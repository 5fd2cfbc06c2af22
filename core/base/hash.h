/// Hashes whose values are part of what the balancer promises: the same key goes to the same
/// backend in every engine, build and release. Thread: any; pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace steelyard {

/// XXH64 (Yann Collet's xxHash, its 64-bit variant) of the bytes.
[[nodiscard]] std::uint64_t hashBytes(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014): a bijection in which every input bit
/// reaches every output bit. Makes more hashes of one.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t bits) noexcept
{
    bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31U);
}

/// The step of splitmix64: mixed(x + n * kGoldenStep) for n = 0, 1, 2, ... is its sequence.
inline constexpr std::uint64_t kGoldenStep = 0x9E3779B97F4A7C15U;

/// Maps 64 uniform bits to [0, count) without a division.
[[nodiscard]] constexpr std::uint64_t placeIn(std::uint64_t bits, std::uint64_t count) noexcept
{
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits) * count) >> 64U);
}

} // namespace steelyard
