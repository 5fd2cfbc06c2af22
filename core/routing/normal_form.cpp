/// Normal forms for comparison: RFC 3986 5.2.4 and 6.2.2 for paths, RFC 9110 4.2.3 for hosts.
/// Thread: any; pure.
#include "routing/normal_form.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

namespace steelyard::routing {

namespace {

constexpr char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr int hexValue(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool isUnreserved(unsigned char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void appendEncoded(unsigned char byte, std::string& out)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
}

/// Appends one path character (or encoding) starting at `at`; returns how many were read.
std::size_t appendOne(std::string_view path, std::size_t at, std::string& out)
{
    const auto c = static_cast<unsigned char>(path[at]);
    if (c == '%' && at + 2 < path.size() && hexValue(path[at + 1]) >= 0 &&
        hexValue(path[at + 2]) >= 0) {
        const auto byte =
            static_cast<unsigned char>(hexValue(path[at + 1]) * 16 + hexValue(path[at + 2]));
        if (isUnreserved(byte))
            out += static_cast<char>(byte);
        else
            appendEncoded(byte, out);
        return 3;
    }
    // A "%" that begins no encoding must not become one by what is decoded behind it: "%2%65" would
    // be
    // "%2e", and a dot segment to whom a rewritten path is sent.
    if (c >= 0x80 || c == '%')
        appendEncoded(c, out);
    else
        out += static_cast<char>(c);
    return 1;
}

/// The shortest text of an IPv6 literal, so that [::1] and [0:0:0:0:0:0:0:1] are one host.
std::string_view normalIpv6(std::string_view literal, HostBuffer& buffer) noexcept
{
    char text[INET6_ADDRSTRLEN]{};
    if (literal.size() >= sizeof text)
        return {};
    std::copy(literal.begin(), literal.end(), text);
    in6_addr address{};
    if (inet_pton(AF_INET6, text, &address) != 1)
        return {};
    if (inet_ntop(AF_INET6, &address, buffer.data(), static_cast<socklen_t>(buffer.size())) ==
        nullptr)
        return {};
    return {buffer.data(), std::strlen(buffer.data())};
}

} // namespace

std::string_view normalHost(std::string_view host, HostBuffer& buffer) noexcept
{
    if (!host.empty() && host.front() == '[')
        return normalIpv6(host.substr(1, host.find(']') - 1), buffer);
    const std::size_t colon = host.find(':');
    if (colon != std::string_view::npos) {
        // Two colons without brackets: a literal as configurations write it.
        if (host.find(':', colon + 1) != std::string_view::npos)
            return normalIpv6(host, buffer);
        host = host.substr(0, colon);
    }
    if (!host.empty() && host.back() == '.')
        host.remove_suffix(1);
    if (host.size() > 253)
        return {};
    std::transform(host.begin(), host.end(), buffer.begin(), lower);
    return {buffer.data(), host.size()};
}

bool needsNormalising(std::string_view path) noexcept
{
    char before = 0;
    for (const char c : path) {
        if (c == '%' || static_cast<unsigned char>(c) >= 0x80 || (c == '.' && before == '/'))
            return true;
        before = c;
    }
    return false;
}

void normalPath(std::string_view path, std::string& out)
{
    out.clear();
    std::size_t segment = 0; // where the last segment starts in `out`, at its "/"
    for (std::size_t at = 0; at <= path.size();) {
        const bool ends = at == path.size() || path[at] == '/';
        if (!ends) {
            at += appendOne(path, at, out);
            continue;
        }
        const std::string_view last = std::string_view(out).substr(std::min(segment, out.size()));
        if (last == "/.") {
            out.resize(segment);
            if (at == path.size())
                out += '/';
        } else if (last == "/..") {
            out.resize(segment);
            const std::size_t parent = out.rfind('/');
            out.resize(parent == std::string::npos ? 0 : parent);
            if (at == path.size())
                out += '/';
        }
        if (at == path.size())
            break;
        segment = out.size();
        out += '/';
        ++at;
    }
}

std::string normalPrefix(std::string_view prefix)
{
    std::string out;
    normalPath(prefix, out);
    while (out.ends_with('/'))
        out.pop_back();
    return out;
}

NormalHostPattern::NormalHostPattern(std::string_view pattern)
    : wildcard(pattern.starts_with("*."))
{
    HostBuffer buffer;
    name = normalHost(wildcard ? pattern.substr(2) : pattern, buffer);
}

} // namespace steelyard::routing
