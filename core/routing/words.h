/// Routes in words, for people who read a table of them. Thread: any; pure; not for the data path.
#pragma once

#include "config/model.h"

#include <string>
#include <vector>

namespace steelyard::routing {

/// What a request must be like, all of it: "GET|POST *.shop.lab/api/*, header x-beta = 1";
/// "everything" where nothing is asked for.
[[nodiscard]] std::string matchText(const config::RouteMatch& match);
/// What becomes of it: "pool shop", "split over shop (90), shop-next (10)", "redirect 308 to /new",
/// "reply 418".
[[nodiscard]] std::string actionText(const config::Route& route);
/// The place of each route when the more specific come first and equal ones stay in their order:
/// 0 is asked first.
[[nodiscard]] std::vector<std::size_t> precedence(const std::vector<config::Route>& routes);

} // namespace steelyard::routing
