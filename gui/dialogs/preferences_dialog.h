/// What the operator likes: the theme, and how often the figures are refreshed. A choice holds at
/// once; there is nothing to be applied. Thread: main.
#pragma once

#include <QDialog>

class QComboBox;

namespace steelyard::gui {

class PreferencesDialog : public QDialog
{
    Q_OBJECT

public:
    /// `theme`: "system", "light", "dark" or "high-contrast"; `interval` in ms.
    PreferencesDialog(const QString& theme, int interval, QWidget* parent = nullptr);

Q_SIGNALS:
    void themeChosen(const QString& word);
    void intervalChosen(int milliseconds);

private:
    QComboBox* m_theme;
    QComboBox* m_interval;
};

/// Fills the box with the refresh intervals, 250 ms to 5 s, as item data.
void addIntervals(QComboBox& box);

} // namespace steelyard::gui
