/// Linked charts of one scope: one time axis, one cursor, one zoom for all of them; or the same
/// figures as a table. Keys do what the mouse does: arrows move the cursor, + and - zoom, Page Up
/// and Page Down go through time, Escape and 0 go back. Thread: main.
#pragma once

#include "charts/plots.h"
#include "charts/time_window.h"

#include <QImage>
#include <QWidget>

#include <optional>

class QStackedWidget;
class QTableView;

namespace steelyard::gui {

class ChartTable;
class ChartsBar;
class EventsModel;
class ServersModel;
class TimeChart;
struct ChartGap;
struct ChartMark;

class ChartsPane : public QWidget
{
    Q_OBJECT

public:
    enum class Kind
    {
        Glance, ///< requests and latency
        All
    };

    ChartsPane(Kind kind, const History& history, const ServersModel& servers,
               const EventsModel& events, QWidget* parent = nullptr);

    void setScope(const QString& key);

    [[nodiscard]] QString scope() const { return m_scope.key; }

    /// Empty: the whole engine.
    void showPool(const QString& pool) { setScope(pool); }

    /// Brings a moment that an event told into view and puts the cursor on it. False: nothing is
    /// known of it (any more).
    bool showMoment(qint64 wallMs);
    /// Paused charts stand still; zoom, cursor, scope and table go on working.
    void setPaused(bool paused);

    void setRange(double seconds);
    /// Below 1 in, above 1 out; around the cursor, else around the right edge.
    void zoom(double factor);
    void resetZoom();
    void pan(double part); ///< of what is seen; below 0: to the past
    void moveCursor(int slots);
    /// The cursor to the next mark in that direction, -1 or 1; false: there is none.
    bool moveToMark(int direction);
    void setTable(bool table);

    [[nodiscard]] bool table() const;

    [[nodiscard]] const TimeWindow& span() const { return m_window; }

    [[nodiscard]] bool hasFigures() const { return !m_shown.moments.isEmpty(); }

    [[nodiscard]] QImage picture();
    [[nodiscard]] QByteArray csv() const;

    [[nodiscard]] TimeChart* chart(const QString& id) const;

    [[nodiscard]] const QList<TimeChart*>& charts() const { return m_charts; }

    [[nodiscard]] std::optional<double> cursor() const { return m_cursor; }

    [[nodiscard]] ChartsBar* bar() const { return m_bar; }

public Q_SLOTS:
    /// Takes the newest history; does nothing while hidden.
    void refresh();

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Happened
    {
        double moment = 0;
        QColor color;
        QString text;
    };

    void layOut();
    void connectChart(TimeChart* chart);
    void draw();
    void setCursorAt(std::optional<double> moment);
    void tellCursor();
    [[nodiscard]] QList<Happened> happened(double from, double to) const;
    [[nodiscard]] QList<ChartGap> gaps(double from, double to) const;
    [[nodiscard]] QString hint(const Plot& plot) const;

    [[nodiscard]] double wallOffset() const { return m_history.wallOf(0) / 1000.0; }

    const Kind m_kind;
    const History& m_history;
    const ServersModel& m_servers;
    const EventsModel& m_events;
    Scope m_scope;
    TimeWindow m_window;
    double m_now = 0; ///< the newest moment shown; stands still while paused
    bool m_paused = false;
    std::optional<double> m_cursor; ///< what is shown: where the pointer is, else m_pinned
    std::optional<double> m_pinned; ///< put there by a key or an event
    Plots m_shown;
    ChartsBar* m_bar;
    QStackedWidget* m_stack;
    QWidget* m_area;
    QList<TimeChart*> m_charts;
    ChartTable* m_table;
    QTableView* m_tableView;
};

} // namespace steelyard::gui
