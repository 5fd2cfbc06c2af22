/// Paints a decision's story: the way through listener, route and pool; for each choice the
/// candidates with weights, loads and scores; who could not be chosen; the attempts on a time line.
/// Thread: main.
#pragma once

#include "models/decision_story.h"

namespace steelyard::gui {

class Sheet;

void paintStory(Sheet& sheet, const DecisionStory& story);
/// The queue and the attempts, over the time that the request took.
void paintAttempts(Sheet& sheet, const DecisionStory& story);

} // namespace steelyard::gui
