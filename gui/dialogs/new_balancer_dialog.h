/// A first configuration without writing a file: a port to listen on and the servers behind it, one
/// address a line. Thread: main.
#pragma once

#include "models/address_lines.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace steelyard::gui {

class NewBalancerDialog : public QDialog
{
    Q_OBJECT

public:
    explicit NewBalancerDialog(QWidget* parent = nullptr);

Q_SIGNALS:
    /// The configuration as text, valid.
    void chosen(const QString& configText);

private:
    void check();
    void finish();
    [[nodiscard]] QList<AddressLine> lines() const;

    QPlainTextEdit* m_addresses;
    QSpinBox* m_port;
    QCheckBox* m_probe;
    QLabel* m_problem;
    QPushButton* m_start;
};

} // namespace steelyard::gui
