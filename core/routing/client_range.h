/// Address ranges. Thread: any; pure.
#pragma once

#include "base/ip_address.h"
#include "config/model.h"

#include <vector>

namespace steelyard::routing {

/// Does `address` lie in the range? An IPv4 address lies in a range of mapped ones
/// (::ffff:10.0.0.0/104) too, but not in ::/0, which says IPv6.
[[nodiscard]] bool contains(const config::Cidr& range, const IpAddress& address) noexcept;

/// In one of them?
[[nodiscard]] bool contains(const std::vector<config::Cidr>& ranges,
                            const IpAddress& address) noexcept;

/// Does every address of `inner` lie in `outer`?
[[nodiscard]] bool contains(const config::Cidr& outer, const config::Cidr& inner) noexcept;

} // namespace steelyard::routing
