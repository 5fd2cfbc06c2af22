/// Words of an nginx configuration, and expressions (PCRE) in them: whatever a text contains, it
/// stays one word, of one meaning. Thread: any; pure.
#pragma once

#include "base/clock.h"

#include <string>
#include <string_view>

namespace steelyard::interop::nginx {

/// nginx knows no escape for "$" where variables are looked for: this one holds it.
inline constexpr std::string_view kDollar = "${sy_dollar}";

/// A word may have 4,096 bytes in the file, its quotes and escapes too.
inline constexpr std::size_t kMostWord = 4000;

/// One word, where variables are not looked for.
[[nodiscard]] std::string quoted(std::string_view text);

/// Has it no place in a word, quoted?
[[nodiscard]] bool isTooLong(std::string_view text);

/// For use in a text in which variables are looked for: each "$" becomes kDollar. Not quoted yet.
[[nodiscard]] std::string plain(std::string_view text);

/// "$name" as it is safe before any other text: "${name}".
[[nodiscard]] std::string braced(std::string_view variable);

/// An expression that matches this very text. Not quoted yet.
[[nodiscard]] std::string literal(std::string_view text);

/// An expression that matches the text as a query may spell it, encoded or not.
[[nodiscard]] std::string encodedLiteral(std::string_view text);

/// The expression without the names of its groups, which nginx would make variables of.
[[nodiscard]] std::string unnamed(std::string_view pattern);

/// A word of a map, which goes by an expression (case counts; strings of a map do not).
[[nodiscard]] std::string expression(std::string_view pattern);

[[nodiscard]] std::string timeText(milliseconds time);

/// Whole seconds, rounded up, at least 1.
[[nodiscard]] std::string secondsText(milliseconds time);

} // namespace steelyard::interop::nginx
