/// Every action of the console, once: menus, toolbar, context menu, command palette, shortcut sheet
/// and tests are all fed from here. An action that cannot run now says why. Thread: main. Owner:
/// MainWindow.
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>

namespace steelyard::gui {

struct ActionSpec
{
    QString id;    ///< also the QAction's objectName
    QString group; ///< the menu it belongs to, translated
    QString text;  ///< with mnemonic
    QString icon;  ///< name of a bundled icon; may be empty
    QString tip;   ///< what it does, as a sentence without a full stop
    QList<QKeySequence> shortcuts;
    std::function<void()> run;
    std::function<QString()>
        obstacle; ///< why it cannot run now; empty text: it can. Null: always can
    bool checkable = false;
    bool scriptable = false; ///< run() gives commands to the engine, which steelyardctl has too
};

class ActionRegistry : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    QAction* add(const ActionSpec& spec);
    /// Null when there is no such action.
    [[nodiscard]] QAction* action(const QString& id) const;

    [[nodiscard]] const QList<ActionSpec>& specs() const { return m_specs; }

    /// Why the action is disabled; empty when it is not.
    [[nodiscard]] QString obstacle(const QString& id) const;
    /// Asks every action again whether it can run.
    void refresh();

private:
    QList<ActionSpec> m_specs;
    QList<QAction*> m_actions;
};

[[nodiscard]] QList<QKeySequence> keys(const char* first, const char* second = nullptr);

/// The text without its mnemonic mark and ellipsis.
[[nodiscard]] QString plainText(const QString& actionText);

} // namespace steelyard::gui
