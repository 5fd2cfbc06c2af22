/// Recorded decisions as the engine's `explain` tells them, made up: every third one fails at its
/// first server and is tried at another. Thread: any; pure.
#pragma once

#include "engine/engine_client.h"

#include <QJsonArray>
#include <QJsonObject>

namespace steelyard::test {

/// The decision with this number, at that time.
[[nodiscard]] QJsonObject fakeDecision(quint64 number, qint64 wallMs);
/// What the list tells of it.
[[nodiscard]] QJsonObject fakeSummary(const QJsonObject& decision);

/// The answer to `route` of a listener with the routes api, moved and everything: by path alone.
[[nodiscard]] engine::CommandResult fakeRoutes(const QJsonObject& arguments);

} // namespace steelyard::test
