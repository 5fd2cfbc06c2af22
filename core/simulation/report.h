/// Outcomes side by side, for people and programs.
/// Thread: any; pure.
#pragma once

#include "simulation/simulator.h"

#include <string>

namespace steelyard::simulation {

/// A line for each algorithm, and below one for each server of each.
[[nodiscard]] std::string tableText(const std::vector<Outcome>& outcomes);
/// {"runs": [{"algorithm": ..., "requests": ..., "servers": [...]}]}; latencies in ms.
[[nodiscard]] std::string jsonText(const std::vector<Outcome>& outcomes);
/// A line of names, then one for each algorithm (server "*") and each of its servers.
[[nodiscard]] std::string csvText(const std::vector<Outcome>& outcomes);

} // namespace steelyard::simulation
