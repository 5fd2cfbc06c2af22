/// Regular expressions (RE2 syntax) that must match a whole text. RE2 runs in time linear in the
/// text, whatever the expression, so none of a configuration can be made to hang by a request.
/// Texts are octets, never Unicode: "." is any byte. Thread: build anywhere; matching from any
/// number of threads (RE2 keeps a cache behind a lock of its own, taken for reading).
#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace steelyard {

class Expression
{
public:
    /// Bytes that one compiled expression and its cache may take: enough for any that people
    /// write, and `(((a{100}){100}){100})` is refused.
    static constexpr std::int64_t kMaxMemory = 1 << 20;

    static constexpr std::size_t kMostBytes = 4096;

    /// InvalidInput: `detail` completes "'TEXT' is not a regular expression: ...".
    [[nodiscard]] static Result<Expression> compile(std::string_view text);

    ~Expression();
    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;

    [[nodiscard]] bool matches(std::string_view text) const;

    /// What every matching text begins with, as far as known; may be empty.
    [[nodiscard]] std::string commonPrefix() const;

private:
    explicit Expression(std::unique_ptr<const re2::RE2> made);
    std::unique_ptr<const re2::RE2> m_compiled;
};

/// Many expressions tried on one text, a block of them in one pass over it.
class ExpressionList
{
public:
    /// One that does not compile matches nothing.
    explicit ExpressionList(const std::vector<std::string>& texts);
    ~ExpressionList();
    ExpressionList(ExpressionList&&) noexcept;
    ExpressionList& operator=(ExpressionList&&) noexcept;

    [[nodiscard]] std::size_t blocks() const noexcept;

    /// Puts the indexes of those of block `number` that match `text`, ascending, into `found`.
    void match(std::size_t number, std::string_view text, std::vector<int>& found) const;

private:
    struct Block;
    std::vector<Block> m_blocks;
};

} // namespace steelyard
