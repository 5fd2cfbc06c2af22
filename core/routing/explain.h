/// Why a request goes to one route and not to the others, in words. Thread: any; pure; not for the
/// data path.
#pragma once

#include "config/model.h"
#include "routing/request.h"
#include "routing/router.h"

#include <string>
#include <vector>

namespace steelyard::routing {

struct Verdict
{
    bool won = false;
    std::string why; ///< a phrase without a full stop: "header x-beta is absent"
};

/// One verdict for each of the listener's routes, in their order. `router` was built from `routes`.
/// With no winner all have lost.
[[nodiscard]] std::vector<Verdict>
explain(const Router& router, const std::vector<config::Route>& routes, const Request& request);

} // namespace steelyard::routing
