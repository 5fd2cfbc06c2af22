/// A server as an operator describes it: to be added, or as another one shall be. Thread: any.
#pragma once

#include "stats/snapshot.h"

#include <QString>

namespace steelyard::gui {

struct ServerDraft
{
    QString pool, name;
    QString address;     ///< HOST:PORT
    int weight = 100;    ///< 0-256
    int maxRequests = 0; ///< in flight at once; 0: no limit
    bool backup = false;
    bool operator==(const ServerDraft&) const = default;

    [[nodiscard]] QString id() const { return pool + u'/' + name; }
};

/// The server as it is.
[[nodiscard]] inline ServerDraft draftOf(const stats::BackendRow& row)
{
    return {QString::fromStdString(row.pool),
            QString::fromStdString(row.name),
            QString::fromStdString(row.address),
            row.weight,
            row.maxRequests,
            row.backup};
}

} // namespace steelyard::gui
