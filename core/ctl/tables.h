/// What steelyardctl prints for people: aligned columns, figures on the right, 100 columns wide
/// where the names allow. Thread: main; pure.
#pragma once

#include "stats/snapshot.h"

#include <QString>
#include <QStringList>

namespace steelyard::ctl {

/// The engine at a glance, a line per pool below.
[[nodiscard]] QString statusText(const stats::Snapshot& snapshot);
/// One line per server; `pool` and `server` empty: all. Empty when nothing matches.
[[nodiscard]] QString serversText(const stats::Snapshot& snapshot, const QString& pool = {},
                                  const QString& server = {});
/// "2026-01-31 12:00:00.123  warning  shop/web-1  text" in local time.
[[nodiscard]] QString eventText(const stats::Event& event);

/// "950 us", "1.2 ms", "3.4 s"; "-" for 0.
[[nodiscard]] QString latencyText(double micros);
/// "5s", "3m", "2h", "4d": the two largest would not fit a column.
[[nodiscard]] QString sinceText(double seconds);

} // namespace steelyard::ctl
