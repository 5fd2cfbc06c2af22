/// Writes a configuration as another balancer's: text for people to read and run, and a note for
/// each thing the configuration says: taken over exactly, only nearly (how), or not (why). Never
/// silent about a loss. START HERE: one row of exportTargets() and its file(s) are one target;
/// another target is another row. Thread: any; pure, and deterministic.
#pragma once

#include "config/model.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::interop {

struct ExportNote
{
    enum class Kind
    {
        Exact,
        Approximated,
        Dropped
    };

    Kind kind = Kind::Exact;
    std::string where; ///< a path of keys and names as in config::Change::path:
                       ///< "pools/shop/backends/a/weight"; empty: the configuration as a whole
    std::string text;  ///< what became of it, one line
    bool operator==(const ExportNote&) const = default;

    /// "approximated: pools/shop/algorithm: balance leastconn"
    [[nodiscard]] std::string line() const;
};

[[nodiscard]] std::string_view
toString(ExportNote::Kind kind) noexcept; ///< "exact", "approximated", "dropped"

struct Export
{
    std::string text;
    std::vector<ExportNote> notes; ///< in the order of the source's keys
};

struct ExportTarget
{
    std::string_view name;    ///< as in `--to`: "yaml", "haproxy", "nginx", "keepalived"
    std::string_view title;   ///< for people: "HAProxy 2.6 (Debian 12)"
    std::string_view checker; ///< the words before the file's name that check it: "haproxy -c -f"
    Export (*write)(const config::Config& config);
};

[[nodiscard]] std::span<const ExportTarget> exportTargets() noexcept;

/// Null: there is none of that name.
[[nodiscard]] const ExportTarget* findExportTarget(std::string_view name) noexcept;

} // namespace steelyard::interop
