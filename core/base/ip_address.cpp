#include "base/ip_address.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace steelyard {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

IpAddress fromV4(const in_addr& address) noexcept
{
    IpAddress result;
    result.size = 4;
    std::memcpy(result.bytes.data(), &address, result.size);
    return result;
}

IpAddress fromV6(const in6_addr& address) noexcept
{
    IpAddress result;
    result.size = 16;
    std::memcpy(result.bytes.data(), &address, result.size);
    if (!std::equal(kMapped.begin(), kMapped.end(), result.bytes.begin()))
        return result;
    in_addr v4{};
    std::memcpy(&v4, result.bytes.data() + kMapped.size(), sizeof v4);
    return fromV4(v4);
}

} // namespace

IpAddress IpAddress::from(const sockaddr_storage& storage) noexcept
{
    // Copies, because sockaddr_storage must not be read through another type.
    if (storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        return fromV4(v4.sin_addr);
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage, sizeof v6);
        return fromV6(v6.sin6_addr);
    }
    return {};
}

IpAddress IpAddress::from(std::string_view literal) noexcept
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (literal.size() >= text.size())
        return {};
    std::copy(literal.begin(), literal.end(), text.begin());
    in_addr v4{};
    if (::inet_pton(AF_INET, text.data(), &v4) == 1)
        return fromV4(v4);
    in6_addr v6{};
    if (::inet_pton(AF_INET6, text.data(), &v6) == 1)
        return fromV6(v6);
    return {};
}

std::string IpAddress::text() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (size != 0)
        ::inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

} // namespace steelyard
