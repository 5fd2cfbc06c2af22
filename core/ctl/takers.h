/// What each word of a command line may be. Thread: main; pure, but that FILE is read.
#pragma once

#include "ctl/arguments.h"

#include <QString>

#include <string_view>
#include <vector>

namespace steelyard::ctl {

/// Puts one word of a command into its arguments; says what is wrong with it, or nothing.
using Taker = QString (*)(const QString& word, Invocation& into);

/// By the word's name in the command's table, such as "POOL/SERVER".
[[nodiscard]] Taker takerOf(QLatin1String word);
[[nodiscard]] QString takeWeight(const QString& word, Invocation& into);
[[nodiscard]] QString takeAlgorithm(const QString& word, Invocation& into);
[[nodiscard]] QString takeAddress(const QString& word, Invocation& into);
[[nodiscard]] QString takeMaxRequests(const QString& word, Invocation& into);
[[nodiscard]] QString takeBackup(const QString& word, Invocation& into);
[[nodiscard]] QString takeState(const QString& word, Invocation& into);
[[nodiscard]] QString takeTimeout(const QString& word, Invocation& into);

[[nodiscard]] QString quoted(const QString& word);
/// "; did you mean "x"?", or nothing.
[[nodiscard]] QString didYouMean(const QString& word, const std::vector<std::string_view>& known);

} // namespace steelyard::ctl
