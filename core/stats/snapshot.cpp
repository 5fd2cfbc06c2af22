/// The snapshot's words.
/// Thread: any.
#include "stats/snapshot.h"

namespace steelyard::stats {

const char* toString(EngineState state) noexcept
{
    switch (state) {
    case EngineState::Stopped:
        return "stopped";
    case EngineState::Starting:
        return "starting";
    case EngineState::Serving:
        return "serving";
    case EngineState::Draining:
        return "draining";
    }
    return "";
}

const char* toString(Level level) noexcept
{
    switch (level) {
    case Level::Info:
        return "info";
    case Level::Warning:
        return "warning";
    case Level::Error:
        return "error";
    }
    return "";
}

} // namespace steelyard::stats
