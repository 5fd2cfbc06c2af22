/// A workload file (YAML) to a Workload, or every mistake in it at once.
/// Thread: any.
#pragma once

#include "config/diagnostics.h"
#include "simulation/workload.h"

#include <string>
#include <string_view>

namespace steelyard::simulation {

struct WorkloadResult
{
    std::optional<Workload> workload; ///< absent when a diagnostic is an error
    config::Diagnostics diagnostics;
};

/// `directory` is what its paths are relative to; an access log that it names is read.
[[nodiscard]] WorkloadResult readWorkload(std::string_view text, const std::string& directory);
[[nodiscard]] WorkloadResult readWorkloadFile(const std::string& path);

/// More than 50,000,000 requests, whose latencies would take too much memory?
[[nodiscard]] bool isTooLarge(const Workload& workload);

/// The requests of an access log as this engine writes it (one JSON object a line), in ascending
/// time. Lines that tell of no served attempt (refused requests, other text) are left out.
[[nodiscard]] std::vector<RecordedRequest> readAccessLog(std::string_view text);

} // namespace steelyard::simulation
