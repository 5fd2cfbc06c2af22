/// A chart over time: lines, or areas stacked on each other. The only place that knows QtCharts.
/// Points are replaced once per tick, the axis ends at 0 s, the value axis moves in rounded steps
/// only. Moments in and out are seconds of the history's clock. Thread: main.
#pragma once

#include "charts/plot.h"
#include "charts/time_ticks.h"

#include <QWidget>

#include <optional>

class QAreaSeries;
class QChart;
class QLineSeries;
class QValueAxis;

namespace steelyard::gui {

class ChartView;
class LegendBar;
struct ChartGap;
struct ChartMark;

class TimeChart : public QWidget
{
    Q_OBJECT

public:
    explicit TimeChart(const QString& id, QWidget* parent = nullptr);

    /// Shows the plot from `from` to `to`. `moments` ascend; each line has one value for each.
    void setPlot(const Plot& plot, const QList<double>& moments, double from, double to,
                 const QList<TimeTick>& ticks);
    /// Their x count from the axis's end.
    void setMarks(const QList<ChartMark>& marks);
    void setGaps(const QList<ChartGap>& gaps);
    void setHint(const QString& hint);
    /// A vertical line at that moment, and the legend tells the values there; nullopt: the newest
    /// values.
    void setCursorAt(std::optional<double> moment);

    [[nodiscard]] ChartView* view() const { return m_view; }

    [[nodiscard]] LegendBar* legend() const { return m_legend; }

    [[nodiscard]] double top() const;
    /// Points that the longest series has now.
    [[nodiscard]] qsizetype longestSeries() const;

Q_SIGNALS:
    void hovered(double moment);
    void left();
    void wheelTurned(double moment, double steps);
    void scrolled(double steps);
    void spanChosen(double from, double to);
    void resetWanted();

protected:
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Drawn
    {
        QLineSeries* edge = nullptr;  ///< the line that is seen
        QLineSeries* upper = nullptr; ///< stacked only, as lower; owned by the area
        QLineSeries* lower = nullptr;
        QAreaSeries* area = nullptr;
    };

    void rebuild();
    void draw(double from);
    void applyChartStyle();
    void fitTop(double highest);
    void showLegend();
    [[nodiscard]] qsizetype slotAt(double moment) const;

    LegendBar* m_legend;
    QChart* m_chart;
    ChartView* m_view;
    QValueAxis* m_time;
    QValueAxis* m_value;
    Plot m_plot;
    QList<double> m_moments;
    double m_end = 0;
    QList<Drawn> m_drawn;
    std::optional<double> m_cursor;
};

} // namespace steelyard::gui
