/// The one badge of a server, derived from its two state axes (contract.md, "Words of state"): a
/// colour, a shape and a word, so that it is never told by colour alone. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QString>

namespace steelyard::gui {

enum class Badge
{
    Up,
    Changing,
    Down,
    Draining,
    Maintenance,
    Checking
};

/// Changing: a rise, a fall or a slow start is under way.
[[nodiscard]] Badge badgeOf(const stats::BackendRow& server);
/// "Up", "Down", "Going down 1/3", "Coming up 1/2", "Slow start 40 %", "Draining, 4 left", "Safe to
/// stop", ...
[[nodiscard]] QString badgeWord(const stats::BackendRow& server);
/// The quieter words behind it: how long, or how long still, and why: "back in 24 s: 5 errors in a
/// row", "standing by", "12 s".
[[nodiscard]] QString badgeDetail(const stats::BackendRow& server);
/// A backup that is well and not needed.
[[nodiscard]] bool standsBy(const stats::BackendRow& server);
/// Lower is more urgent: what the state column sorts by.
[[nodiscard]] int badgeUrgency(Badge badge);

} // namespace steelyard::gui
