#include "config/text_scan.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace steelyard::config {

namespace {

struct Character
{
    std::uint32_t code = 0;
    std::size_t size = 0; ///< 0: not UTF-8
};

/// One character of UTF-8 (RFC 3629: shortest form, no surrogates).
Character decode(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    std::size_t size = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0U) == 0xC0U) {
        size = 2;
        code = lead & 0x1FU;
        least = 0x80;
    } else if ((lead & 0xF0U) == 0xE0U) {
        size = 3;
        code = lead & 0x0FU;
        least = 0x800;
    } else if ((lead & 0xF8U) == 0xF0U) {
        size = 4;
        code = lead & 0x07U;
        least = 0x10000;
    }
    if (size == 0 || text.size() < size)
        return {};
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U)
            return {};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return {};
    return {code, size};
}

/// YAML 1.2, production [1] c-printable; the byte order mark only at the start, where the caller
/// has removed it.
bool printable(std::uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    if (code < 0x7F)
        return true;
    if (code < 0xA0)
        return code == 0x85;
    return code != 0xFEFF && code != 0xFFFE && code != 0xFFFF;
}

/// What libyaml counts as the end of a line, so that places agree.
bool breaksLine(std::uint32_t code)
{
    return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

std::string hex(std::uint32_t value, int width)
{
    std::array<char, 16> out{};
    std::snprintf(out.data(), out.size(), "%0*X", width, value);
    return out.data();
}

Diagnostic describe(std::string_view text, std::size_t at, const Character& character, int line,
                    int column)
{
    Diagnostic found{Severity::Error, line, column, {}, {}};
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (at == 0 && (byte == 0xFE || byte == 0xFF)) {
        found.message = "the text is UTF-16";
        found.hint = "save the file as UTF-8";
    } else if (character.size == 0) {
        found.message = "byte 0x" + hex(byte, 2) + " is not UTF-8";
        found.hint = "save the file as UTF-8; is it a text file?";
    } else {
        found.message = "control character U+" + hex(character.code, 4) + " is not allowed";
        found.hint =
            "remove it, or write it as an escape between double quotes; is it a text file?";
    }
    return found;
}

} // namespace

CharacterIndex::CharacterIndex(std::string_view text)
    : m_text(text)
{
    int line = 1;
    int column = 1;
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        if (count % 64 == 0)
            m_every64.push_back(at);
        const Character character = decode(text.substr(at));
        if (character.size == 0 || !printable(character.code)) {
            m_fault = describe(text, at, character, line, column);
            return;
        }
        const bool halfOfCrLf =
            character.code == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        ++column;
        if (breaksLine(character.code) && !halfOfCrLf) {
            ++line;
            column = 1;
        }
        at += character.size;
    }
    m_end = {line, column, text.size()};
}

std::size_t CharacterIndex::byteOf(std::size_t character) const
{
    if (character / 64 >= m_every64.size())
        return m_text.size();
    std::size_t at = m_every64[character / 64];
    for (std::size_t left = character % 64; left > 0 && at < m_text.size(); --left) {
        ++at;
        while (at < m_text.size() && (static_cast<std::uint8_t>(m_text[at]) & 0xC0U) == 0x80U)
            ++at;
    }
    return at;
}

} // namespace steelyard::config
