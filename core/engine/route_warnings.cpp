#include "engine/route_warnings.h"

#include "routing/unreachable.h"

#include <algorithm>
#include <tuple>

namespace steelyard::engine {

void addRouteWarnings(config::ReadResult& read)
{
    if (!read.config)
        return;
    for (std::size_t l = 0; l < read.config->listeners.size(); ++l) {
        const auto& routes = read.config->listeners[l].routes;
        for (const auto& [hidden, hider] : routing::unreachableRoutes(routes)) {
            const config::RoutePlace& place = read.routePlaces[l][static_cast<std::size_t>(hidden)];
            read.diagnostics.push_back({config::Severity::Warning, place.line, place.column,
                                        "no request reaches route '" +
                                            routes[static_cast<std::size_t>(hidden)].name + "': '" +
                                            routes[static_cast<std::size_t>(hider)].name +
                                            "' takes all that it matches",
                                        "give it a narrower match or put it first, or remove it"});
        }
    }
    std::stable_sort(read.diagnostics.begin(), read.diagnostics.end(),
                     [](const config::Diagnostic& a, const config::Diagnostic& b) {
                         return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                     });
}

} // namespace steelyard::engine
