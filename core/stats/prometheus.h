/// A snapshot as Prometheus' text exposition format 0.0.4 (Content-Type: text/plain;
/// version=0.0.4). Thread: any; pure.
#pragma once

#include "stats/snapshot.h"

#include <string>
#include <string_view>

namespace steelyard::stats {

/// Every family has HELP and TYPE, names start with steelyard_, times are in seconds. `version`
/// goes into steelyard_build_info.
[[nodiscard]] std::string prometheusText(const Snapshot& snapshot, std::string_view version);

} // namespace steelyard::stats
