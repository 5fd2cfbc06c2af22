/// What each cell of the servers table says, for a pool's group row and for a server's row.
/// Thread: main; pure but for the locale.
#pragma once

#include "stats/snapshot.h"

#include <QVariant>

namespace steelyard::gui::cells {

/// `column` is a ServersModel::Column, `role` a Qt or ServersModel role. `stale`: the figures are
/// no longer news.
[[nodiscard]] QVariant poolData(const stats::PoolRow& pool, int column, int role, bool stale);
[[nodiscard]] QVariant serverData(const stats::BackendRow& server, int column, int role,
                                  bool stale);
[[nodiscard]] QVariant headerData(int column, int role);

} // namespace steelyard::gui::cells
