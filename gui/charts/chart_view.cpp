#include "charts/chart_view.h"

#include <QApplication>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QValueAxis>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <utility>

namespace steelyard::gui {

namespace {

const QValueAxis* axisOf(const QChart& chart, Qt::Orientation orientation)
{
    const auto axes = chart.axes(orientation);
    return axes.isEmpty() ? nullptr : qobject_cast<const QValueAxis*>(axes.first());
}

} // namespace

ChartView::ChartView(QChart* chart, QWidget* parent)
    : QChartView(chart, parent)
{
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setBackgroundBrush(Qt::NoBrush);
    setFocusPolicy(Qt::NoFocus);
    viewport()->setFocusPolicy(Qt::NoFocus);
    setBackgroundRole(QPalette::Base); // QChartView asks for Window
}

void ChartView::setCursorAt(std::optional<double> x)
{
    if (m_cursor == x)
        return;
    m_cursor = x;
    viewport()->update();
}

void ChartView::setMarks(const QList<ChartMark>& marks)
{
    m_marks = marks;
    viewport()->update();
}

void ChartView::setGaps(const QList<ChartGap>& gaps)
{
    m_gaps = gaps;
    viewport()->update();
}

void ChartView::setTicks(const QList<TimeTick>& ticks)
{
    m_ticks = ticks;
    viewport()->update();
}

void ChartView::setHint(const QString& hint)
{
    if (m_hint == hint)
        return;
    m_hint = hint;
    viewport()->update();
}

void ChartView::setTickFormat(std::function<QString(double, double)> format)
{
    m_format = std::move(format);
    viewport()->update();
}

std::optional<double> ChartView::sceneX(double x) const
{
    const QValueAxis* axis = axisOf(*chart(), Qt::Horizontal);
    if (axis == nullptr || x < axis->min() || x > axis->max())
        return std::nullopt;
    const QRectF plot = chart()->plotArea();
    return plot.left() + plot.width() * (x - axis->min()) / (axis->max() - axis->min());
}

double ChartView::timeAt(double sceneX) const
{
    const QValueAxis* axis = axisOf(*chart(), Qt::Horizontal);
    const QRectF plot = chart()->plotArea();
    if (axis == nullptr || plot.width() <= 0)
        return 0;
    const double part = std::clamp((sceneX - plot.left()) / plot.width(), 0.0, 1.0);
    return axis->min() + part * (axis->max() - axis->min());
}

void ChartView::mousePressEvent(QMouseEvent* event)
{
    const QPointF scene = mapToScene(event->position().toPoint());
    if (event->button() == Qt::LeftButton && chart()->plotArea().contains(scene)) {
        m_dragFrom = scene.x();
        m_dragTo = scene.x();
    }
    // Nothing in the scene takes a press, and QChartView dies of one where no item lies.
    event->accept();
}

void ChartView::mouseReleaseEvent(QMouseEvent* event)
{
    event->accept();
    if (!m_dragFrom)
        return;
    const double from = *std::exchange(m_dragFrom, std::nullopt);
    viewport()->update();
    if (std::abs(m_dragTo - from) >= QApplication::startDragDistance())
        Q_EMIT spanChosen(timeAt(std::min(from, m_dragTo)), timeAt(std::max(from, m_dragTo)));
}

void ChartView::mouseDoubleClickEvent(QMouseEvent* event)
{
    m_dragFrom.reset();
    event->accept();
    Q_EMIT resetWanted();
}

void ChartView::mouseMoveEvent(QMouseEvent* event)
{
    event->accept();
    const QPointF scene = mapToScene(event->position().toPoint());
    if (m_dragFrom) {
        m_dragTo = std::clamp(scene.x(), chart()->plotArea().left(), chart()->plotArea().right());
        viewport()->update();
    }
    if (m_dragFrom || chart()->plotArea().contains(scene))
        Q_EMIT hovered(timeAt(scene.x()));
    else
        Q_EMIT left();
}

void ChartView::wheelEvent(QWheelEvent* event)
{
    const QPoint turned = event->angleDelta();
    const bool aside = event->modifiers().testFlag(Qt::ShiftModifier) || turned.y() == 0;
    // One notch of a usual wheel is 120 eighths of a degree.
    const double steps = (turned.y() != 0 ? turned.y() : turned.x()) / 120.0;
    event->accept();
    if (aside)
        Q_EMIT scrolled(steps);
    else
        Q_EMIT wheelTurned(timeAt(mapToScene(event->position().toPoint()).x()), steps);
}

void ChartView::leaveEvent(QEvent* event)
{
    Q_EMIT left();
    QChartView::leaveEvent(event);
}

bool ChartView::viewportEvent(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QChartView::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QStringList texts;
    for (const ChartMark& mark : m_marks) {
        const auto x = sceneX(mark.x);
        if (x && std::abs(*x - mapToScene(help->pos()).x()) <= fontMetrics().averageCharWidth())
            texts << mark.text;
    }
    if (texts.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), texts.join(u'\n'), this);
    return true;
}

} // namespace steelyard::gui
