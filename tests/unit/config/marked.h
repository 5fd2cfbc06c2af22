/// A text that marks the place where a diagnostic must point.
#pragma once

#include <string>

namespace steelyard::config::test {

/// Place of the "@" as line and column in characters; the text without it.
struct Marked
{
    std::string text;
    int line = 0;
    int column = 0;
};

inline Marked unmark(const std::string& text)
{
    const std::size_t at = text.find('@');
    if (at == std::string::npos)
        return {text, 0, 0};
    Marked out{text.substr(0, at) + text.substr(at + 1), 1, 1};
    for (std::size_t i = 0; i < at; ++i) {
        const bool continuation = (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
        out.column = text[i] == '\n' ? 1 : out.column + (continuation ? 0 : 1);
        if (text[i] == '\n')
            ++out.line;
    }
    return out;
}

} // namespace steelyard::config::test
