/// `steelyardd export`: a configuration as another balancer's. Thread: main.
#pragma once

#include <QString>

namespace steelyard::daemon {

/// The text on stdout, what became of each thing on stderr. `target`: a name of
/// interop::exportTargets(). Returns the exit code.
[[nodiscard]] int exportFile(const QString& file, const QString& target);

} // namespace steelyard::daemon
