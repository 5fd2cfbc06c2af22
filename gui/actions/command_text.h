/// A command to an engine as the line for a shell that does the same. Thread: any; pure.
#pragma once

#include "engine/engine_client.h"

#include <QString>

namespace steelyard::gui {

/// "steelyardctl drain shop/a". `socket`: the engine's, where it is not the default one; else
/// empty. Words that a shell would read otherwise are quoted. Of the commands that operators give:
/// drain, ready, maintenance, weight, algorithm, add-pool, remove-pool, add, edit, remove,
/// check-now, expire, save, reload.
[[nodiscard]] QString commandLine(const engine::Command& command, const QString& socket = {});

} // namespace steelyard::gui
