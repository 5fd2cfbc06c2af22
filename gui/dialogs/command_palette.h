/// Every action by typing a piece of its name. What cannot run now stands there too, and says why.
/// Thread: main.
#pragma once

#include <QDialog>

class QLineEdit;
class QListWidget;

namespace steelyard::gui {

class ActionRegistry;

class CommandPalette : public QDialog
{
    Q_OBJECT

public:
    CommandPalette(const ActionRegistry& actions, QWidget* parent = nullptr);

Q_SIGNALS:
    /// The action as a command for a shell is wanted on the clipboard: Ctrl+C on it.
    void commandWanted(const QString& action);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill(const QString& text);
    void runCurrent();
    [[nodiscard]] bool copyCurrent();

    const ActionRegistry& m_actions;
    QLineEdit* m_text;
    QListWidget* m_list;
};

} // namespace steelyard::gui
