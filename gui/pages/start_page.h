/// What an empty console shows: three verbs and the recent files. No wizard.
/// Thread: main.
#pragma once

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace steelyard::gui {

class ActionRegistry;

class StartPage : public QWidget
{
    Q_OBJECT

public:
    /// The verbs are actions of the registry, so that text, icon and tip are the same everywhere.
    StartPage(const ActionRegistry& actions, const QStringList& verbs, QWidget* parent = nullptr);
    void setRecentFiles(const QStringList& paths);

Q_SIGNALS:
    void fileChosen(const QString& path);

private:
    QWidget* m_recent;
    QVBoxLayout* m_recentLayout;
};

} // namespace steelyard::gui
