/// Octet classes of the HTTP and URI grammars (RFC 9110 5.5, 5.6.2; RFC 3986 2, 3.2.2) as one
/// look-up table. Thread: any; pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace steelyard::http {

enum CharClass : std::uint8_t
{
    kToken = 1,     ///< tchar
    kFieldText = 2, ///< VCHAR, obs-text, SP, HTAB
    kTarget = 4,    ///< visible ASCII but '#'
    kRegName = 8,   ///< unreserved, sub-delims ('%' is checked apart)
    kDigit = 16,
    kHex = 32,
};

namespace detail {

consteval std::array<std::uint8_t, 256> makeClasses()
{
    constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
    constexpr std::string_view kRegNameMarks = "-._~!$&'()*+,;=";
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool digit = c >= '0' && c <= '9';
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const char ch = static_cast<char>(c);
        unsigned bits = 0;
        if (digit || alpha || (c < 128 && kTokenMarks.find(ch) != std::string_view::npos))
            bits |= kToken;
        if (digit || alpha || (c < 128 && kRegNameMarks.find(ch) != std::string_view::npos))
            bits |= kRegName;
        if ((c >= 0x20 && c != 0x7f) || c == '\t')
            bits |= kFieldText;
        if (c > 0x20 && c < 0x7f && c != '#')
            bits |= kTarget;
        if (digit)
            bits |= kDigit;
        if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            bits |= kHex;
        table[c] = static_cast<std::uint8_t>(bits);
    }
    return table;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = makeClasses();

} // namespace detail

[[nodiscard]] constexpr bool isOf(CharClass charClass, char c) noexcept
{
    return (detail::kClasses[static_cast<unsigned char>(c)] & charClass) != 0;
}

/// Every octet is of the class; true for an empty text.
[[nodiscard]] constexpr bool allOf(CharClass charClass, std::string_view text) noexcept
{
    for (const char c : text)
        if (!isOf(charClass, c))
            return false;
    return true;
}

[[nodiscard]] constexpr bool isBlank(char c) noexcept
{
    return c == ' ' || c == '\t';
}

/// Without optional whitespace at both ends (RFC 9110 5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Cuts the next element off a comma-separated list whose elements hold no quoted strings; empty
/// elements come too.
[[nodiscard]] constexpr std::string_view nextElement(std::string_view& list) noexcept
{
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return element;
}

} // namespace steelyard::http
