/// The engine itself: since when, where, with what, and how much of the machine it takes. Stays
/// open beside the window and follows it. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QDialog>

#include <array>

class QLabel;

namespace steelyard::gui {

class EngineDialog : public QDialog
{
    Q_OBJECT

public:
    explicit EngineDialog(QWidget* parent = nullptr);

    /// Null: none is running. `lagSeconds`: see ConsoleFeed::lag(). `socket`: empty when it has
    /// none.
    void show(const stats::Snapshot* snapshot, double lagSeconds, const QString& socket);
    using QDialog::show;

private:
    enum Line
    {
        State,
        Since,
        Listeners,
        File,
        Socket,
        Workers,
        Cpu,
        Lag,
        Own,
        Connections,
        Requests,
        LineCount
    };

    std::array<QLabel*, LineCount> m_values{};
};

} // namespace steelyard::gui
