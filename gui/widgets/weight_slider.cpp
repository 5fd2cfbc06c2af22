#include "widgets/weight_slider.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

namespace steelyard::gui {

namespace {

constexpr int kMostWeight = 256;
constexpr int kRestMs = 700;  ///< long enough to press an arrow key again
constexpr int kHoldMs = 2000; ///< two refreshes

} // namespace

WeightSlider::WeightSlider(QWidget* parent)
    : QWidget(parent)
    , m_slider(new QSlider(Qt::Horizontal, this))
    , m_figure(new QLabel(this))
{
    m_slider->setObjectName(QStringLiteral("weight-slider"));
    m_slider->setRange(0, kMostWeight);
    m_slider->setPageStep(10);
    m_slider->setFocusPolicy(Qt::StrongFocus);
    m_slider->setToolTip(tr("Slide to change the weight; the table shows the shares to come. "
                            "Return: now, Escape: leave it."));
    m_slider->installEventFilter(this);
    m_figure->setObjectName(QStringLiteral("weight-figure"));
    m_figure->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_figure->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("000")));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(fontMetrics().averageCharWidth());
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_figure);
    setFocusProxy(m_slider);
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    m_hold.setSingleShot(true);
    m_hold.setInterval(kHoldMs);
    connect(m_slider, &QSlider::valueChanged, this, &WeightSlider::takeValue);
    connect(m_slider, &QSlider::sliderReleased, this, &WeightSlider::choose);
    connect(&m_rest, &QTimer::timeout, this, &WeightSlider::choose);
}

int WeightSlider::value() const
{
    return m_slider->value();
}

void WeightSlider::display(int weight)
{
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(weight);
    m_figure->setText(QString::number(weight));
}

void WeightSlider::setWeight(int weight)
{
    if (m_hold.isActive() && weight != m_slider->value())
        return;
    m_hold.stop();
    m_weight = weight;
    if (!m_inHand && !m_slider->isSliderDown())
        display(weight);
}

void WeightSlider::reset(int weight, const QString& server)
{
    m_hold.stop();
    giveUp();
    m_slider->setAccessibleName(tr("Weight of %1").arg(server));
    m_weight = weight;
    display(weight);
}

void WeightSlider::takeValue(int weight)
{
    m_inHand = true;
    m_figure->setText(QString::number(weight));
    Q_EMIT moved(weight);
    if (!m_slider->isSliderDown())
        m_rest.start();
}

void WeightSlider::choose()
{
    m_rest.stop();
    if (!m_inHand)
        return;
    if (m_slider->value() == m_weight) {
        giveUp();
        return;
    }
    m_inHand = false;
    m_hold.start();
    Q_EMIT chosen(m_slider->value());
}

void WeightSlider::giveUp()
{
    m_rest.stop();
    if (!m_inHand)
        return;
    m_inHand = false;
    display(m_weight);
    Q_EMIT putBack();
}

bool WeightSlider::eventFilter(QObject* watched, QEvent* event)
{
    // A wheel that only passes over it on its way down the pane changes nothing.
    if (event->type() == QEvent::Wheel && !m_slider->hasFocus()) {
        event->ignore();
        return true;
    }
    if (event->type() == QEvent::KeyPress && m_inHand) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Escape) {
            giveUp();
            return true;
        }
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            choose();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace steelyard::gui
