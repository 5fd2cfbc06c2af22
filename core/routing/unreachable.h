/// Routes that no request can reach: a mistake that `check` warns of. Thread: any; pure; not for
/// the data path.
#pragma once

#include "config/model.h"

#include <utility>
#include <vector>

namespace steelyard::routing {

/// Pairs (hidden, hider) of indexes, by the hidden one: every request that the hidden route matches
/// is taken by the hider or by one more specific still. Each claim is certain, but not every such
/// route is found: one hidden only by several others together is not, nor is one whose conditions
/// contradict each other.
[[nodiscard]] std::vector<std::pair<int, int>>
unreachableRoutes(const std::vector<config::Route>& routes);

} // namespace steelyard::routing
