/// One glance: is it serving, where, how many servers are up, how much, how well. Each figure with
/// its unit below. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QWidget>

class QLabel;

namespace steelyard::gui {

class HeadlineBar : public QWidget
{
    Q_OBJECT

public:
    explicit HeadlineBar(QWidget* parent = nullptr);
    /// Null: nothing is running.
    void show(const stats::Snapshot* snapshot);
    /// Greys every figure and says for how long the engine has been silent.
    void setStale(bool stale, double silentSeconds);

    /// To be read from across the room.
    void setLarge(bool large);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    enum Figure
    {
        State,
        Servers,
        Requests,
        Errors,
        Slowest,
        Own,
        Connections,
        FigureCount
    };

    void set(Figure figure, const QString& value, const QString& unit, const QString& tip,
             const QColor& ink);
    void restyle();
    void setFonts(double scale);

    QLabel* m_values[FigureCount]{};
    QLabel* m_units[FigureCount]{};
    QColor m_inks[FigureCount];
    bool m_stale = false;
};

} // namespace steelyard::gui
