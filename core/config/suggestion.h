/// "did you mean 'X'?"
/// Thread: any; pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace steelyard::config {

/// The known word nearest to `word` in single-letter edits (optimal string alignment; case, '-' and
/// '_' count alike), when it is near enough to be a slip: one edit for each three letters. Empty:
/// none.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> known);

/// "did you mean 'X'?", or `otherwise` and the known words: "use one of a, b, c".
[[nodiscard]] std::string suggest(std::string_view word, std::span<const std::string_view> known,
                                  std::string_view otherwise);

} // namespace steelyard::config
