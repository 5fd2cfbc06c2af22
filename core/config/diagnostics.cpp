#include "config/diagnostics.h"

#include <algorithm>

namespace steelyard::config {

std::string Diagnostic::text(const std::string& file) const
{
    std::string out = file;
    // The form never changes, so that scripts and editors can split it: the file as a whole is 0:0.
    out += ':' + std::to_string(line) + ':' + std::to_string(column);
    out += severity == Severity::Error ? ": error: " : ": warning: ";
    out += message;
    if (!hint.empty())
        out += "; " + hint;
    return out;
}

bool hasErrors(const Diagnostics& diagnostics)
{
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

} // namespace steelyard::config
