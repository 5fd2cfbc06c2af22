/// Where the reader's parts drop what they find.
/// Thread: one.
#pragma once

#include "config/diagnostics.h"
#include "config/yaml_tree.h"

#include <cstddef>
#include <string>

namespace steelyard::config {

class Findings
{
public:
    /// No more than this many are kept; a last one tells how many more there are (a file of another
    /// kind has millions).
    static constexpr std::size_t kMost = 1000;

    void error(const Mark& place, std::string message, std::string hint = {});
    void warning(const Mark& place, std::string message, std::string hint = {});
    void add(const Diagnostic& diagnostic);

    /// Nothing more is kept: hints need not be worked out.
    [[nodiscard]] bool full() const { return m_kept.size() >= kMost; }

    /// In the order of the text.
    [[nodiscard]] Diagnostics take();

private:
    Diagnostics m_kept;
    std::size_t m_errorsDropped = 0;
    std::size_t m_dropped = 0;
};

} // namespace steelyard::config
