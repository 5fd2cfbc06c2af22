/// What control knows of a backend besides its live state: since when and why, the last probe, a
/// drain under way. Thread: control.
#pragma once

#include "base/clock.h"
#include "health/probe_result.h"
#include "runtime/backend_state.h"

#include <memory>
#include <optional>
#include <string>

namespace steelyard::engine {

struct BackendInfo
{
    std::shared_ptr<runtime::BackendState> state;
    AdminState admin = AdminState::Ready; ///< as last seen here: a difference is the file's doing
    TimePoint since{};                    ///< the present combination of admin and health state
    std::string reason;                   ///< its cause
    bool unresolved = false;              ///< its name has no address
    std::optional<health::ProbeResult> probe;
    TimePoint probedAt{};
    int pending = 0, needed = 0; ///< rise or fall under way
    std::optional<TimePoint> ejectedUntil;
    std::optional<TimePoint> drainDeadline; ///< while draining with a deadline
    bool cutting = false; ///< the deadline passed, the workers are closing what is left
};

} // namespace steelyard::engine
