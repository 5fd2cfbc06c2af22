/// A new pool: its name, checked while it is typed, and its algorithm. Thread: main.
#pragma once

#include "base/states.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace steelyard::gui {

class PoolDialog : public QDialog
{
    Q_OBJECT

public:
    /// `taken`: the names of the pools that there are.
    explicit PoolDialog(const QStringList& taken, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const QString& name, steelyard::Algorithm algorithm);
    /// The same as a command for a shell is wanted on the clipboard.
    void commandWanted(const QString& name, steelyard::Algorithm algorithm);

private:
    void check();
    [[nodiscard]] Algorithm algorithm() const;

    const QStringList m_taken;
    QLineEdit* m_name;
    QComboBox* m_algorithm;
    QLabel* m_problem;
    QPushButton* m_copy;
    QPushButton* m_accept;
};

} // namespace steelyard::gui
