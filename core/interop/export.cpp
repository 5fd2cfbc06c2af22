#include "interop/export.h"

#include "interop/targets.h"

#include <algorithm>
#include <array>

namespace steelyard::interop {

std::string_view toString(ExportNote::Kind kind) noexcept
{
    switch (kind) {
    case ExportNote::Kind::Approximated:
        return "approximated";
    case ExportNote::Kind::Dropped:
        return "dropped";
    case ExportNote::Kind::Exact:
        break;
    }
    return "exact";
}

std::string ExportNote::line() const
{
    std::string out(toString(kind));
    if (!where.empty())
        out.append(": ").append(where);
    return out.append(": ").append(text);
}

std::span<const ExportTarget> exportTargets() noexcept
{
    static constexpr std::array kTargets{
        ExportTarget{"yaml", "Steelyard (YAML)", "steelyardd check", &writeYaml},
        ExportTarget{"haproxy", "HAProxy 2.6 (Debian 12)", "haproxy -c -f", &writeHaproxy},
        ExportTarget{"nginx", "nginx 1.22 (Debian 12)", "nginx -t -c", &writeNginx},
        // Its checker tells what is wrong, but 2.2.7 always ends by a signal where there is a
        // script.
        ExportTarget{"keepalived", "keepalived 2.2 (Debian 12)", "keepalived -t -f",
                     &writeKeepalived}};
    return kTargets;
}

const ExportTarget* findExportTarget(std::string_view name) noexcept
{
    const auto targets = exportTargets();
    const auto found = std::find_if(targets.begin(), targets.end(),
                                    [name](const ExportTarget& each) { return each.name == name; });
    return found == targets.end() ? nullptr : &*found;
}

} // namespace steelyard::interop
