/// What is wrong with a configuration: every finding with its place and a hint, one a line.
/// Thread: any.
#pragma once

#include <string>
#include <vector>

namespace steelyard::config {

enum class Severity
{
    Error,
    Warning
};

struct Diagnostic
{
    Severity severity = Severity::Error;
    int line = 0;        ///< 1-based; 0: the file as a whole
    int column = 0;      ///< 1-based, in characters
    std::string message; ///< what is wrong
    std::string hint;    ///< what to do; may be empty

    /// "FILE:LINE:COLUMN: error|warning: message; hint"
    [[nodiscard]] std::string text(const std::string& file) const;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool hasErrors(const Diagnostics& diagnostics);

} // namespace steelyard::config
