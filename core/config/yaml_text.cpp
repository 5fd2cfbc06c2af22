#include "config/yaml_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace steelyard::config {

namespace {

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Words that YAML 1.1 or 1.2 readers take for something else than text.
bool isSpecialWord(std::string_view text)
{
    constexpr std::array<std::string_view, 11> kWords{"null", "true", "false", "yes", "no", "on",
                                                      "off",  "y",    "n",     "inf", "nan"};
    std::string folded(text);
    for (char& c : folded)
        c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return std::find(kWords.begin(), kWords.end(), folded) != kWords.end();
}

bool safePlain(std::string_view text)
{
    if (text.empty() || isSpecialWord(text))
        return false;
    if (!isLetter(text.front()) && !isDigit(text.front()) && text.front() != '/')
        return false;
    if (text.back() == ':')
        return false;
    const auto allowed = [](char c) {
        return isLetter(c) || isDigit(c) ||
               std::string_view("._-/:+%").find(c) != std::string_view::npos;
    };
    if (!std::all_of(text.begin(), text.end(), allowed))
        return false;
    // 5, 1.5, 1e3, 0x1F and 12:30 are numbers to some; an address is not, for it has three dots.
    const auto numeric = [](char c) {
        return isDigit(c) ||
               std::string_view(".-+:abcdefxABCDEFX").find(c) != std::string_view::npos;
    };
    const bool address = std::count(text.begin(), text.end(), '.') == 3;
    return !isDigit(text.front()) || address || !std::all_of(text.begin(), text.end(), numeric);
}

/// The characters of UTF-8 that must not stand in a YAML text as they are: the line breaks NEL, LS
/// and PS, the byte order mark, C1 controls and the two non-characters. `size` is the character's
/// length in bytes.
bool needsEscape(std::string_view rest, std::uint32_t& code, std::size_t& size)
{
    const auto byte = [&](std::size_t i) {
        return i < rest.size() ? static_cast<std::uint8_t>(rest[i]) : 0U;
    };
    if (byte(0) == 0xC2 && byte(1) < 0xA0) {
        size = 2;
        code = byte(1);
        return true;
    }
    if ((byte(0) & 0xF0U) != 0xE0U)
        return false;
    size = 3;
    code = ((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    return code == 0x2028 || code == 0x2029 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

std::string doubleQuoted(std::string_view text)
{
    std::string out = "\"";
    std::array<char, 8> escape{};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        std::uint32_t code = static_cast<std::uint8_t>(c);
        std::size_t size = 1;
        if (c == '"' || c == '\\') {
            out += std::string{'\\', c};
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (code < 0x20 || code == 0x7F) {
            std::snprintf(escape.data(), escape.size(), "\\x%02X", code);
            out += escape.data();
        } else if (code >= 0x80 && needsEscape(text.substr(i), code, size)) {
            std::snprintf(escape.data(), escape.size(), "\\u%04X", code & 0xFFFFU);
            out += escape.data();
            i += size - 1;
        } else {
            out += c;
        }
    }
    return out + '"';
}

} // namespace

std::string yamlScalar(std::string_view text)
{
    return safePlain(text) ? std::string(text) : doubleQuoted(text);
}

} // namespace steelyard::config
