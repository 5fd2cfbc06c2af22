/// What an operator should look at now, the most urgent first: pools without a server, servers that
/// are not up, requests that wait, listeners that are nearly full. Thread: main.
#pragma once

#include "models/badge.h"
#include "stats/snapshot.h"

#include <QList>
#include <QString>

namespace steelyard::gui {

struct Attention
{
    QString id;   ///< "POOL" or "POOL/SERVER"; empty for a listener: nothing to go to
    QString text; ///< "shop/a — Down, 14 s", and why on the next line
    Badge badge = Badge::Checking;
};

[[nodiscard]] QList<Attention> attentionOf(const stats::Snapshot& snapshot);

} // namespace steelyard::gui
