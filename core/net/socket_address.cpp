#include "net/transport.h"

#include <array>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace steelyard::net {

namespace {

// Copies, because sockaddr_storage must not be read through another type.
template <typename Address>
Address as(const sockaddr_storage& storage)
{
    Address address;
    std::memcpy(&address, &storage, sizeof address);
    return address;
}

template <typename Address>
SocketAddress from(const Address& address)
{
    SocketAddress result;
    std::memcpy(&result.storage, &address, sizeof address);
    result.size = sizeof address;
    return result;
}

} // namespace

std::string SocketAddress::host() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (storage.ss_family == AF_INET) {
        // For every connection: inet_ntop() would go through sprintf().
        const auto address = as<sockaddr_in>(storage);
        std::array<std::uint8_t, 4> octets;
        std::memcpy(octets.data(), &address.sin_addr, octets.size());
        char* end = text.data();
        for (const std::uint8_t octet : octets) {
            if (end != text.data())
                *end++ = '.';
            end = std::to_chars(end, text.data() + text.size(), octet).ptr;
        }
    } else if (storage.ss_family == AF_INET6) {
        const auto address = as<sockaddr_in6>(storage);
        ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

std::uint16_t SocketAddress::port() const noexcept
{
    if (storage.ss_family == AF_INET)
        return ntohs(as<sockaddr_in>(storage).sin_port);
    if (storage.ss_family == AF_INET6)
        return ntohs(as<sockaddr_in6>(storage).sin6_port);
    return 0;
}

SocketAddress SocketAddress::fromNumeric(const std::string& host, std::uint16_t port)
{
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return from(v4);
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return from(v6);
    }
    return {};
}

} // namespace steelyard::net
