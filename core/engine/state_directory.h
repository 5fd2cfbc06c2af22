/// Where an engine keeps what outlives it: state_dir of the configuration. Thread: control.
#pragma once

#include "base/result.h"
#include "config/model.h"

#include <string>

namespace steelyard::engine {

/// As configured; "auto": $XDG_STATE_HOME/steelyard, root's /var/lib/steelyard, or below the home
/// directory where XDG says.
[[nodiscard]] std::string stateDirectory(const config::Config& config);

/// Makes it when it is missing (0700, and its parents). Errors: Refused, others may write to it
/// (what is restored from there decides who gets traffic); Io.
[[nodiscard]] Result<> prepareStateDirectory(const std::string& directory);

} // namespace steelyard::engine
