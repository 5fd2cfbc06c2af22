/// One recorded request, as a row of the list. Thread: any; plain values.
#pragma once

#include <QString>

namespace steelyard::gui {

struct RequestRow
{
    QString id;
    qint64 wallMs = 0; ///< since 1970
    QString client, method, host, target, listener, route, pool;
    QString served; ///< "b", or "b, a" when the second attempt was at a
    int status = 0;
    qint64 totalUs = 0;
    QString reason; ///< of a reply of the engine's own

    bool operator==(const RequestRow&) const = default;
};

} // namespace steelyard::gui
