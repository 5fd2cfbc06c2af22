#include "routing/client_range.h"

#include <algorithm>
#include <array>

namespace steelyard::routing {

namespace {

/// A range over the IPv6 addresses, where IPv4 lives at ::ffff:0:0/96.
struct Range
{
    std::array<std::uint8_t, 16> bytes{};
    int prefix = 0;
    bool valid = false;
};

constexpr int kMappedBits = 96;

Range rangeOf(const std::uint8_t* bytes, std::size_t size, int prefix) noexcept
{
    Range range;
    if (size == 16) {
        std::copy_n(bytes, size, range.bytes.begin());
        range.prefix = prefix;
    } else if (size == 4) {
        range.bytes[10] = range.bytes[11] = 0xFF;
        std::copy_n(bytes, size, range.bytes.begin() + 12);
        range.prefix = prefix + kMappedBits;
    }
    range.valid = size == 4 || size == 16;
    return range;
}

bool isV4(const Range& range) noexcept
{
    const auto& bytes = range.bytes;
    return range.prefix >= kMappedBits && bytes[10] == 0xFF && bytes[11] == 0xFF &&
           std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; });
}

bool covers(const Range& outer, const Range& inner) noexcept
{
    if (!outer.valid || !inner.valid || outer.prefix > inner.prefix || isV4(outer) != isV4(inner))
        return false;
    const auto whole = static_cast<std::size_t>(outer.prefix / 8);
    if (!std::equal(outer.bytes.begin(), outer.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    inner.bytes.begin()))
        return false;
    const int rest = outer.prefix % 8;
    if (rest == 0)
        return true;
    const auto mask = static_cast<std::uint8_t>(0xFFU << static_cast<unsigned>(8 - rest));
    return (outer.bytes[whole] & mask) == (inner.bytes[whole] & mask);
}

Range rangeOf(const config::Cidr& range) noexcept
{
    return rangeOf(range.bytes.data(), range.bytes.size(), range.prefix);
}

Range rangeOf(const IpAddress& address) noexcept
{
    return rangeOf(address.bytes.data(), address.size, address.size * 8);
}

} // namespace

bool contains(const config::Cidr& range, const IpAddress& address) noexcept
{
    return covers(rangeOf(range), rangeOf(address));
}

bool contains(const std::vector<config::Cidr>& ranges, const IpAddress& address) noexcept
{
    const Range one = rangeOf(address);
    return std::any_of(ranges.begin(), ranges.end(),
                       [&one](const config::Cidr& range) { return covers(rangeOf(range), one); });
}

bool contains(const config::Cidr& outer, const config::Cidr& inner) noexcept
{
    return covers(rangeOf(outer), rangeOf(inner));
}

} // namespace steelyard::routing
