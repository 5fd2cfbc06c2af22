/// QChartView without its crash (a mouse press where no item lies, QTBUG-118669), with axis labels,
/// a time cursor, marks and gaps painted over the plot, and the mouse's ways to zoom: a drag
/// chooses a span, the wheel zooms around the pointer. Thread: main.
#pragma once

#include "charts/time_ticks.h"

#include <QChartView>

#include <functional>
#include <optional>

namespace steelyard::gui {

/// A moment worth a mark: an operator's action or a change of state.
struct ChartMark
{
    double x = 0; ///< seconds before the axis's end, <= 0
    QColor color;
    QString text; ///< what happened, shown where the pointer rests
};

/// A stretch without figures.
struct ChartGap
{
    double from = 0, to = 0; ///< seconds before the axis's end
};

class ChartView : public QChartView
{
    Q_OBJECT

public:
    explicit ChartView(QChart* chart, QWidget* parent = nullptr);
    void setCursorAt(std::optional<double> x);
    void setMarks(const QList<ChartMark>& marks);
    void setGaps(const QList<ChartGap>& gaps);
    void setTicks(const QList<TimeTick>& ticks);
    /// A sentence in the middle of an empty plot; empty: none.
    void setHint(const QString& hint);

    [[nodiscard]] QString hint() const { return m_hint; }

    /// The axes' labels are painted here: QtCharts' own know neither QLocale's units nor a stable
    /// margin.
    void setTickFormat(std::function<QString(double value, double step)> format);

    /// Where a moment is, in the viewport; nullopt outside the axis.
    [[nodiscard]] std::optional<double> sceneX(double x) const;

Q_SIGNALS:
    void hovered(double x); ///< seconds, on the time axis
    void left();
    void wheelTurned(double x, double steps); ///< steps above 0: away from the user, zoom in
    void scrolled(double steps);              ///< Shift and wheel, or a wheel to the side
    void spanChosen(double from, double to);
    void resetWanted(); ///< double click

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void drawForeground(QPainter* painter, const QRectF& rect) override;

private:
    [[nodiscard]] double timeAt(double sceneX) const;
    void paintLabels(QPainter& painter) const;
    void paintTicks(QPainter& painter) const;
    void paintGaps(QPainter& painter) const;
    void paintMarks(QPainter& painter) const;
    void paintDrag(QPainter& painter) const;

    std::function<QString(double, double)> m_format;
    std::optional<double> m_cursor;
    QList<ChartMark> m_marks;
    QList<ChartGap> m_gaps;
    QList<TimeTick> m_ticks;
    QString m_hint;
    std::optional<double> m_dragFrom; ///< scene x where the left button went down
    double m_dragTo = 0;
};

} // namespace steelyard::gui
