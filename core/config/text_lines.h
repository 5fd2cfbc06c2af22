/// Lines of a text by byte offset, for splicing: "\n" and "\r\n" end a line.
/// Thread: any; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace steelyard::config {

class TextLines
{
public:
    explicit TextLines(std::string_view text)
        : m_text(text)
    {
    }

    [[nodiscard]] std::size_t begin(std::size_t at) const; ///< of the line that `at` is in
    [[nodiscard]] std::size_t end(std::size_t at) const;   ///< before its line end
    [[nodiscard]] std::size_t
    next(std::size_t at) const; ///< behind its line end; the text's size in the last line
    /// The line end in use around `at`: "\n" or "\r\n".
    [[nodiscard]] std::string lineEnd(std::size_t at) const;
    /// Number of blanks that the line of `at` begins with.
    [[nodiscard]] std::size_t indentation(std::size_t at) const;
    [[nodiscard]] bool
    isComment(std::size_t at) const; ///< the line holds a comment and nothing else
    /// Nothing but blanks before `at` in its line.
    [[nodiscard]] bool isFirst(std::size_t at) const;
    /// Nothing but blanks and a comment from `at` to the end of its line.
    [[nodiscard]] bool isLast(std::size_t at) const;
    /// The next comma in [from, to) with nothing but blanks, line ends and comments before it;
    /// npos: none.
    [[nodiscard]] std::size_t comma(std::size_t from, std::size_t to) const;

private:
    std::string_view m_text;
};

} // namespace steelyard::config
