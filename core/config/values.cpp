#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <arpa/inet.h>

namespace steelyard::config {

namespace {

struct Unit
{
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array kUnits{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                            Unit{"ms", 1}};
constexpr std::int64_t kLongest = 366LL * 24 * 3'600'000;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isAlnum(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Error invalid(std::string detail, std::string hint = {})
{
    return {ErrorCode::InvalidInput, std::move(detail), std::move(hint)};
}

/// All digits, no sign, fits.
bool digits(std::string_view text, std::int64_t& value)
{
    if (text.empty() || !std::all_of(text.begin(), text.end(), isDigit))
        return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

/// Network order bytes of an IP literal: 4, 16 or none.
std::vector<std::uint8_t> ipBytes(std::string_view host)
{
    std::array<std::uint8_t, 16> bytes{};
    const std::string text(host); // inet_pton wants a terminator; one inside the text ends it early
    if (text.find('\0') != std::string::npos)
        return {};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
        return {bytes.begin(), bytes.begin() + 4};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1)
        return {bytes.begin(), bytes.end()};
    return {};
}

enum class Decimal
{
    Good,
    Bad,
    TooFine
};

constexpr std::int64_t kLargestNumber = 10'000'000;
constexpr const char* kShareHint = "write a number and %, for example 5% or 12.5%";

/// "12.5" to 1250; at most two decimals, so that writing and reading is exact. A whole part beyond
/// kLargestNumber comes out as a little more than that.
Decimal parseHundredths(std::string_view text, std::int64_t& hundredths)
{
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    const std::size_t dot = text.find('.');
    if (!digits(text.substr(0, dot), whole))
        return Decimal::Bad;
    if (dot != std::string_view::npos) {
        const std::string_view decimals = text.substr(dot + 1);
        if (!digits(decimals, fraction))
            return Decimal::Bad;
        if (decimals.size() > 2)
            return Decimal::TooFine;
        if (decimals.size() == 1)
            fraction *= 10;
    }
    hundredths = std::min(whole, kLargestNumber + 1) * 100 + fraction;
    return Decimal::Good;
}

std::string hundredthsText(std::int64_t hundredths)
{
    std::string out = std::to_string(hundredths / 100);
    if (hundredths % 100 != 0) {
        const std::string decimals = std::to_string(100 + hundredths % 100).substr(1);
        out += '.' + (decimals[1] == '0' ? decimals.substr(0, 1) : decimals);
    }
    return out;
}

} // namespace

Result<milliseconds> parseDuration(std::string_view text)
{
    if (text == "0")
        return milliseconds{0};
    const auto* split = std::find_if_not(text.begin(), text.end(), isDigit);
    const std::string_view number(text.data(), static_cast<std::size_t>(split - text.begin()));
    const std::string_view unit = text.substr(number.size());
    std::int64_t count = 0;
    if (unit.empty() && !number.empty()) {
        return invalid("a duration with a unit",
                       "write " + std::string(number) + "s or " + std::string(number) + "ms");
    }
    const auto* known =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
    if (known == kUnits.end() || number.empty()) {
        return invalid("a duration", "write a whole number and ms, s, m or h, for example 500ms");
    }
    if (!digits(number, count) || count > kLongest / known->milliseconds) {
        return invalid("a duration of at most 366 days", "write a shorter one");
    }
    return milliseconds{count * known->milliseconds};
}

std::string durationText(milliseconds duration)
{
    const std::int64_t count = duration.count();
    if (count == 0)
        return "0";
    for (const Unit& unit : kUnits) {
        if (count % unit.milliseconds == 0) {
            return std::to_string(count / unit.milliseconds) + std::string(unit.name);
        }
    }
    return std::to_string(count) + "ms";
}

Result<double> parseShare(std::string_view text)
{
    if (text.empty() || text.back() != '%') {
        std::int64_t number = 0;
        if (digits(text, number)) {
            return invalid("a percentage with its sign", "write " + std::string(text) + "%");
        }
        return invalid("a percentage", kShareHint);
    }
    text.remove_suffix(1);
    std::int64_t hundredths = 0;
    switch (parseHundredths(text, hundredths)) {
    case Decimal::Bad:
        return invalid("a percentage", kShareHint);
    case Decimal::TooFine:
        return invalid("a percentage with at most two decimals", "round it");
    case Decimal::Good:
        break;
    }
    if (hundredths > 100'000)
        return invalid("a percentage of at most 1000%", "write a smaller one");
    return static_cast<double>(hundredths) / 10000.0;
}

std::string shareText(double share)
{
    return hundredthsText(std::llround(share * 10000.0)) + '%';
}

Result<double> parseNumber(std::string_view text)
{
    std::int64_t hundredths = 0;
    switch (parseHundredths(text, hundredths)) {
    case Decimal::Bad:
        return invalid("a number", "write digits only, for example 3 or 1.5");
    case Decimal::TooFine:
        return invalid("a number with at most two decimals", "round it");
    case Decimal::Good:
        break;
    }
    if (hundredths > kLargestNumber * 100)
        return invalid("a number of at most 10000000", "write a smaller one");
    return static_cast<double>(hundredths) / 100.0;
}

std::string numberText(double number)
{
    return hundredthsText(std::llround(number * 100.0));
}

Result<int> parseInteger(std::string_view text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return invalid("a smaller number");
    if (error != std::errc() || end != text.data() + text.size())
        return invalid("a whole number");
    return value;
}

bool isIpLiteral(std::string_view host)
{
    return !ipBytes(host).empty();
}

bool isDnsName(std::string_view host)
{
    if (!host.empty() && host.back() == '.')
        host.remove_suffix(1);
    if (host.empty() || host.size() > 253)
        return false;
    bool onlyDigits =
        true; // of the last label: 10.0.0.256 is a mistyped address, not a name (RFC 1123 2.1)
    std::size_t begin = 0;
    while (begin <= host.size()) {
        const std::string_view label = host.substr(begin, host.find('.', begin) - begin);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        const auto allowed = [](char c) { return isAlnum(c) || c == '-' || c == '_'; };
        if (!std::all_of(label.begin(), label.end(), allowed))
            return false;
        onlyDigits = std::all_of(label.begin(), label.end(), isDigit);
        begin += label.size() + 1;
    }
    return !onlyDigits;
}

Result<Address> parseAddress(std::string_view text)
{
    std::string_view host;
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find("]:");
        if (close == std::string_view::npos) {
            return invalid("an address host:port", "write an IPv6 address as \"[::1]:80\"");
        }
        host = text.substr(1, close - 1);
        port = text.substr(close + 2);
        if (ipBytes(host).size() != 16) {
            return invalid("an IPv6 address between the brackets",
                           "write for example \"[::1]:80\"");
        }
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) {
            return invalid("an address host:port", "write host and port, for example 127.0.0.1:80");
        }
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (host.find(':') != std::string_view::npos) {
            if (text.find("//") != std::string_view::npos) {
                return invalid("an address host:port", "leave out the scheme and the path");
            }
            return invalid("an address host:port",
                           "write an IPv6 address in brackets, \"[::1]:80\"");
        }
        if (host.empty()) {
            return invalid("a host before the colon",
                           "write host and port, for example 127.0.0.1:80");
        }
        if (!isIpLiteral(host) && !isDnsName(host)) {
            return invalid("an IP address or a DNS name before the colon",
                           "check the spelling of the host");
        }
    }
    std::int64_t number = 0;
    if (!digits(port, number) || number > 65535) {
        return invalid("a port between 0 and 65535 after the last colon",
                       "write for example 127.0.0.1:80");
    }
    return Address{std::string(host), static_cast<std::uint16_t>(number)};
}

Result<Cidr> parseCidr(std::string_view text)
{
    const Error error = invalid("an address range", "write for example 10.0.0.0/8 or \"::1\"");
    const std::size_t slash = text.find('/');
    Cidr range;
    range.bytes = ipBytes(text.substr(0, slash));
    if (range.bytes.empty())
        return error;
    const int bits = static_cast<int>(range.bytes.size()) * 8;
    range.prefix = bits;
    if (slash != std::string_view::npos) {
        std::int64_t prefix = 0;
        if (!digits(text.substr(slash + 1), prefix))
            return error;
        if (prefix > bits) {
            return invalid("a prefix length of at most " + std::to_string(bits),
                           "write " + std::to_string(bits) + " for this one address");
        }
        range.prefix = static_cast<int>(prefix);
    }
    return range;
}

Cidr masked(Cidr range)
{
    for (std::size_t i = 0; i < range.bytes.size(); ++i) {
        const int kept = std::clamp(range.prefix - static_cast<int>(i) * 8, 0, 8);
        range.bytes[i] =
            static_cast<std::uint8_t>(range.bytes[i] & (0xFF00U >> static_cast<unsigned>(kept)));
    }
    return range;
}

std::string cidrText(const Cidr& range)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(range.bytes.size() == 4 ? AF_INET : AF_INET6, range.bytes.data(), text.data(),
              text.size());
    return std::string(text.data()) + '/' + std::to_string(range.prefix);
}

Result<std::pair<int, int>> parseStatusRange(std::string_view text)
{
    const Error error =
        invalid("a status or a range of them within 100-599", "write for example 200 or 200-399");
    const std::size_t dash = text.find('-');
    std::int64_t first = 0;
    std::int64_t last = 0;
    if (!digits(text.substr(0, dash), first))
        return error;
    if (dash == std::string_view::npos)
        last = first;
    else if (!digits(text.substr(dash + 1), last))
        return error;
    if (first < 100 || last > 599)
        return error;
    if (first > last)
        return invalid("a range that begins with its lower end", "exchange the two numbers");
    return std::pair{static_cast<int>(first), static_cast<int>(last)};
}

bool isName(std::string_view text)
{
    const auto allowed = [](char c) { return isAlnum(c) || c == '.' || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

} // namespace steelyard::config
