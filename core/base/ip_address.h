/// An IP address as a value to compare, hash and mask: no port, no zone. An IPv4-mapped IPv6
/// address (RFC 4291 2.5.5.2) is its IPv4 address, because that is who it is. Thread: any; pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace steelyard {

struct IpAddress
{
    std::array<std::uint8_t, 16> bytes{}; ///< network order; of IPv4 the first 4, the rest 0
    std::uint8_t size = 0;                ///< 4, 16, or 0: no address

    bool operator==(const IpAddress&) const = default;

    /// `size` 0 for a family other than IPv4 and IPv6.
    [[nodiscard]] static IpAddress from(const sockaddr_storage& storage) noexcept;
    /// From a literal without brackets and zone; `size` 0 when it is none.
    [[nodiscard]] static IpAddress from(std::string_view literal) noexcept;

    /// The bytes in use: 4, 16 or none.
    [[nodiscard]] std::string_view octets() const noexcept
    {
        return {reinterpret_cast<const char*>(bytes.data()), size};
    }

    [[nodiscard]] std::string text() const; ///< "10.0.0.1", "::1"; empty without an address
};

} // namespace steelyard
