#include "http/field_line.h"

#include "http/char_class.h"
#include "http/control_scan.h"

#include <algorithm>

#include <arpa/inet.h>

namespace steelyard::http {
namespace {

/// The name ended at an octet that is neither a token's nor ':'.
const char* whyNotName(std::string_view name, std::string_view rest) noexcept
{
    if (rest.empty())
        return name.empty() ? "empty line where a field was due" : "field line without colon";
    const std::string_view later =
        rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (isBlank(rest.front()) && later.starts_with(':'))
        return "space before the colon";
    if (rest.find(':') == std::string_view::npos)
        return "field line without colon";
    return isFieldText(rest) ? "field name is not a token" : whyNotFieldText(rest);
}

bool isValidPort(std::string_view port) noexcept
{
    unsigned value = 0;
    for (const char c : port) {
        if (!isOf(kDigit, c))
            return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
        if (value > 65535)
            return false;
    }
    return true;
}

bool isValidIpLiteral(std::string_view literal) noexcept
{
    if (literal.starts_with('v') || literal.starts_with('V')) { // IPvFuture
        const std::size_t dot = literal.find('.');
        if (dot == std::string_view::npos || dot < 2 || dot + 1 == literal.size())
            return false;
        return allOf(kHex, literal.substr(1, dot - 1)) &&
               std::ranges::all_of(literal.substr(dot + 1),
                                   [](char c) { return c == ':' || isOf(kRegName, c); });
    }
    char text[INET6_ADDRSTRLEN] = {};
    if (literal.size() >= sizeof text || literal.find('\0') != std::string_view::npos)
        return false;
    std::ranges::copy(literal, text);
    in6_addr address{};
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool isValidRegName(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (isOf(kRegName, name[i]))
            continue;
        if (name[i] != '%' || i + 2 >= name.size() || !allOf(kHex, name.substr(i + 1, 2)))
            return false;
        i += 2;
    }
    return !name.empty();
}

} // namespace

bool isFramingTwin(std::string_view name) noexcept
{
    constexpr std::string_view kLength = "content_length";
    constexpr std::string_view kCoding = "transfer_encoding";
    return (name.size() == kLength.size() && equalsIgnoreCase(name, kLength)) ||
           (name.size() == kCoding.size() && equalsIgnoreCase(name, kCoding));
}

bool isFieldText(std::string_view text) noexcept
{
    if (text.size() < 8)
        return allOf(kFieldText, text);
    const char* const last = text.data() + text.size() - 8;
    for (const char* at = text.data(); at < last; at += 8)
        if (controls(load(at)) != 0)
            return allOf(kFieldText, text);
    return controls(load(last)) == 0 || allOf(kFieldText, text);
}

const char* whyNotFieldText(std::string_view text) noexcept
{
    const auto bad = std::ranges::find_if(text, [](char c) { return !isOf(kFieldText, c); });
    if (bad == text.end())
        return "control character in line";
    if (*bad == '\r')
        return "bare CR in line";
    return *bad == '\0' ? "NUL in line" : "control character in line";
}

const char* parseFieldLine(std::string_view block, std::size_t at, std::size_t end,
                           Field& field) noexcept
{
    const char* const base = block.data();
    const char* const line = base + at;
    const char* const lineEnd = base + end;
    if (isBlank(*line))
        return "folded field line";

    const char* nameEnd = line;
    while (isOf(kToken, *nameEnd))
        ++nameEnd; // the CR at lineEnd stops it
    const std::string_view name(line, static_cast<std::size_t>(nameEnd - line));
    if (nameEnd == lineEnd || *nameEnd != ':')
        return whyNotName(name,
                          std::string_view(nameEnd, static_cast<std::size_t>(lineEnd - nameEnd)));
    if (name.empty())
        return "empty field name";
    if (name.size() > UINT16_MAX)
        return "field name too long";

    const char* valueStart = nameEnd + 1;
    const char* valueEnd = lineEnd;
    while (valueStart < valueEnd && isBlank(*valueStart))
        ++valueStart;
    while (valueEnd > valueStart && isBlank(valueEnd[-1]))
        --valueEnd;
    const std::string_view value(valueStart, static_cast<std::size_t>(valueEnd - valueStart));
    if (!isFieldText(value))
        return whyNotFieldText(value);

    field.nameAt = static_cast<std::uint32_t>(at);
    field.nameSize = static_cast<std::uint16_t>(name.size());
    field.valueAt = static_cast<std::uint32_t>(valueStart - base);
    field.valueSize = static_cast<std::uint32_t>(value.size());
    field.id = fieldId(name);
    field.removed = false;
    if (field.id == FieldId::Other && isFramingTwin(name))
        return "underscore twin of a framing field";
    return nullptr;
}

bool isValidHost(std::string_view host) noexcept
{
    if (host.starts_with('[')) {
        const std::size_t close = host.find(']');
        if (close == std::string_view::npos || !isValidIpLiteral(host.substr(1, close - 1)))
            return false;
        const std::string_view rest = host.substr(close + 1);
        return rest.empty() || (rest.starts_with(':') && isValidPort(rest.substr(1)));
    }
    const std::size_t colon = host.find(':');
    if (colon != std::string_view::npos && !isValidPort(host.substr(colon + 1)))
        return false;
    // A host without a name but with its colon (":", ":80") is a uri-host with an empty reg-name:
    // valid by the grammar (RFC 9110 7.2), and it reaches only routes for any host. Nothing at all
    // is refused.
    return colon == 0 || isValidRegName(host.substr(0, colon));
}

} // namespace steelyard::http
