/// A recorded decision as JSON, with its scores and draws computed anew from the recorded inputs.
/// Thread: any; pure.
#pragma once

#include "runtime/decision.h"

#include <QJsonObject>

namespace steelyard::engine {

/// One line of a list: who asked for what, when, who served it, how it ended.
[[nodiscard]] QJsonObject decisionSummary(const runtime::Decision& decision);

/// The summary, and: `filtered` (who could not be picked and why), `choices` (each with the rule,
/// the draws, every candidate's weight, load, score and words), `attempts` with their times in µs.
[[nodiscard]] QJsonObject decisionJson(const runtime::Decision& decision);

[[nodiscard]] QJsonObject toJson(const runtime::Recomputed& recomputed);

} // namespace steelyard::engine
