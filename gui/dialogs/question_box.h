/// A question before something that cannot be undone: a verb on the button, Cancel focused, the
/// victims listed. Thread: main.
#pragma once

#include "actions/operator.h"

class QWidget;

namespace steelyard::gui {

/// Does not block; `yes` runs when the verb is pressed.
void askQuestion(QWidget* parent, const Question& question, std::function<void()> yes);

} // namespace steelyard::gui
