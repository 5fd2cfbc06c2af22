/// The engine's own figures in a few lines: where it listens and how full that is, since when, what
/// it served, what it costs. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QList>
#include <QWidget>

class QGridLayout;
class QLabel;

namespace steelyard::gui {

class EnginePanel : public QWidget
{
    Q_OBJECT

public:
    explicit EnginePanel(QWidget* parent = nullptr);
    /// Null clears it.
    void show(const stats::Snapshot* snapshot);
    void setStale(bool stale);

    /// What a line says now; empty when there is no such line.
    [[nodiscard]] QString value(const QString& name) const;

private:
    struct Line
    {
        QLabel* name;
        QLabel* value;
    };

    void set(qsizetype row, const QString& name, const QString& value, bool alarm = false);

    QGridLayout* m_grid;
    QList<Line> m_lines;
    bool m_stale = false;
};

} // namespace steelyard::gui
