/// A configuration's text as the simulated engine runs it. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QString>

namespace steelyard::test {

/// Valid, in the style of somebody who writes by hand; weights and states as they are now.
[[nodiscard]] QString fakeConfig(const stats::Snapshot& state);

} // namespace steelyard::test
