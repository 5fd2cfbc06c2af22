/// Looking for control characters in received text, eight octets at a time. Thread: any; pure.
#pragma once

#include "http/char_class.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace steelyard::http {

/// Nonzero when one of the eight octets may be a control character: its high bit is set. The lowest
/// bit that is set is never wrong (HTAB is a control character here); a borrow between octets gives
/// false alarms above it.
[[nodiscard]] inline std::uint64_t controls(std::uint64_t octets) noexcept
{
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHigh = kOnes * 0x80U;
    const std::uint64_t deletes = octets ^ (kOnes * 0x7fU);
    return (((octets - kOnes * 0x20U) & ~octets) | ((deletes - kOnes) & ~deletes)) & kHigh;
}

[[nodiscard]] inline std::uint64_t load(const char* at) noexcept
{
    std::uint64_t octets = 0;
    std::memcpy(&octets, at, sizeof octets);
    return octets;
}

/// Where the first octet stands, at or after `at`, that may not be part of a field's text or that
/// is HTAB; else the text's size.
[[nodiscard]] inline std::size_t findControl(std::string_view text, std::size_t at) noexcept
{
    for (; at + 8 <= text.size(); at += 8) {
        const std::uint64_t found = controls(load(text.data() + at));
        if (found == 0)
            continue;
        if constexpr (std::endian::native == std::endian::little)
            return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
        break;
    }
    while (at < text.size() && isOf(kFieldText, text[at]) && text[at] != '\t')
        ++at;
    return at;
}

} // namespace steelyard::http
