/// What an engine knows and its configuration file does not, in a file of its state directory, so
/// that it survives a crash, an upgrade and a restart: the operators' edits, the servers' health
/// and the counters. One file for each configuration file (by its path's hash), mode 0600, replaced
/// whole by rename: a reader sees the old one or the new one. Not flushed to the disk: it is for
/// the next process, not for a power cut, after which a broken file is told and ignored. At most 16
/// MiB. Thread: control.
#pragma once

#include "base/result.h"
#include "base/states.h"
#include "stats/snapshot.h"

#include <QJsonObject>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace steelyard::engine {

struct RuntimeState
{
    struct Server
    {
        HealthState health = HealthState::Checking;
        std::string address; ///< as configured; another one now: its health is not known
        stats::Totals totals;
    };

    std::int64_t savedAtMs = 0; ///< wall clock, since 1970
    QJsonObject edits;          ///< of RuntimeEdits
    std::string base;           ///< the configuration's text that the edits change; empty without
    stats::Totals totals;
    std::map<std::pair<std::string, std::string>, Server> servers; ///< by pool and name
};

/// The file for the configuration at `configPath`.
[[nodiscard]] std::string runtimeStatePath(const std::string& directory,
                                           const std::string& configPath);

/// Nothing when there is no file. Errors: Refused (not ours, or others may write to it),
/// InvalidInput (too large, or none of ours), Io.
[[nodiscard]] Result<std::optional<RuntimeState>> loadRuntimeState(const std::string& path);
[[nodiscard]] Result<> saveRuntimeState(const std::string& path, const RuntimeState& state);

} // namespace steelyard::engine
