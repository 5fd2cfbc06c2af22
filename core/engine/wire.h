/// The engine's values as JSON and back: what the local socket carries and `steelyardctl --json`
/// prints. Keys are in snake_case and state words those of the glossary. Reading is tolerant:
/// unknown keys are skipped, a missing key or one of the wrong type leaves its default, rows beyond
/// kMaxRows are dropped. Counters are JSON integers, exact up to 2^63-1. Numbers that JSON lacks
/// (NaN, infinity) arrive as 0. Thread: any; pure.
#pragma once

#include "engine/engine_client.h"
#include "stats/snapshot.h"

#include <QJsonArray>
#include <QJsonObject>

#include <optional>

namespace steelyard::engine {

/// Most rows of one list (listeners, pools, a pool's backends, events) that are read.
inline constexpr qsizetype kMaxRows = 16384;

[[nodiscard]] QJsonObject toJson(const stats::Snapshot& snapshot);
/// {"snapshot": {...}} as it goes over the socket: toJson(), framed (protocol.h), at a fifth of the
/// cost.
[[nodiscard]] QByteArray snapshotFrame(const stats::Snapshot& snapshot);
[[nodiscard]] QJsonObject toJson(const stats::BackendRow& row);
[[nodiscard]] QJsonObject toJson(const stats::Event& event);
[[nodiscard]] QJsonObject toJson(const CommandResult& result);
[[nodiscard]] QJsonArray toJson(const QList<stats::Event>& events);

[[nodiscard]] stats::Snapshot snapshotFromJson(const QJsonObject& object);
[[nodiscard]] stats::Event eventFromJson(const QJsonObject& object);
[[nodiscard]] CommandResult resultFromJson(const QJsonObject& object);
[[nodiscard]] QList<stats::Event> eventsFromJson(const QJsonArray& array);

/// {"command": name, "arguments": {...}}. Reading: nothing when the name is missing, empty, over 64
/// characters or not a string, or the arguments are there and no object.
[[nodiscard]] QJsonObject toJson(const Command& command);
[[nodiscard]] std::optional<Command> commandFromJson(const QJsonObject& object);

/// "done", "nothing", "partly", "refused", "unreachable"
[[nodiscard]] const char* toString(Outcome outcome) noexcept;

} // namespace steelyard::engine
