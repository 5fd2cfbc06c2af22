/// What `check`, a start and a reload say of routes beyond what the file's reader can.
/// Thread: any; pure.
#pragma once

#include "config/reader.h"

namespace steelyard::engine {

/// Adds a warning for each route that no request can reach, with the one that hides it; the
/// diagnostics stay in the order of the file.
void addRouteWarnings(config::ReadResult& read);

} // namespace steelyard::engine
