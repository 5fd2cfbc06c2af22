#include "config/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace steelyard::config {

void Findings::error(const Mark& place, std::string message, std::string hint)
{
    add({Severity::Error, place.line, place.column, std::move(message), std::move(hint)});
}

void Findings::warning(const Mark& place, std::string message, std::string hint)
{
    add({Severity::Warning, place.line, place.column, std::move(message), std::move(hint)});
}

void Findings::add(const Diagnostic& diagnostic)
{
    if (!full()) {
        m_kept.push_back(diagnostic);
        return;
    }
    ++m_dropped;
    if (diagnostic.severity == Severity::Error)
        ++m_errorsDropped;
}

Diagnostics Findings::take()
{
    std::stable_sort(m_kept.begin(), m_kept.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    if (m_dropped > 0) {
        const Severity severity = m_errorsDropped > 0 ? Severity::Error : Severity::Warning;
        m_kept.push_back({severity, m_kept.back().line, m_kept.back().column,
                          std::to_string(m_dropped) + " more findings are not shown",
                          "mend these first"});
    }
    m_dropped = m_errorsDropped = 0;
    return std::exchange(m_kept, {});
}

} // namespace steelyard::config
