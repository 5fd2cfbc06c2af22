/// All keys of the console on one sheet, made from the action registry.
/// Thread: main.
#pragma once

#include <QDialog>

namespace steelyard::gui {

class ActionRegistry;

class ShortcutSheet : public QDialog
{
    Q_OBJECT

public:
    ShortcutSheet(const ActionRegistry& actions, QWidget* parent = nullptr);
};

} // namespace steelyard::gui
