/// Which share of its pool's requests each server will get, if a weight or the algorithm is
/// changed: said before it is done. Thread: any; pure.
#pragma once

#include "stats/snapshot.h"

#include <QHash>
#include <QString>

#include <string>

namespace steelyard::gui {

struct ExpectedShares
{
    QHash<QString, double> shares; ///< 0-1 by "POOL/SERVER", of all servers but ghosts
    QString words;                 ///< how far that is to be relied on, as a sentence

    /// "a 50 %, b 25 %, c 25 %": in the pool's order, the first `most` of them.
    [[nodiscard]] QString list(const stats::PoolRow& pool, int most = 6) const;
};

/// With another weight of one server, which counts as in service then.
[[nodiscard]] ExpectedShares sharesWithWeight(const stats::PoolRow& pool, const std::string& server,
                                              int weight);
/// Under another algorithm.
[[nodiscard]] ExpectedShares sharesUnder(const stats::PoolRow& pool, Algorithm algorithm);

} // namespace steelyard::gui
