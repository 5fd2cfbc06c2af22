/// `steelyardd simulate`: a workload file through one algorithm or several, in virtual time.
/// Thread: main.
#pragma once

#include "base/states.h"

#include <QString>

#include <vector>

namespace steelyard::daemon {

enum class ReportForm
{
    Table,
    Json,
    Csv
};

/// `algorithms` empty: the configured one. `rate` 0: the workload's. Returns the exit code.
[[nodiscard]] int simulateFile(const QString& file, const std::vector<Algorithm>& algorithms,
                               int rate, ReportForm form);

} // namespace steelyard::daemon
