#include "widgets/notice_bar.h"

#include "app/icons.h"
#include "app/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>

namespace steelyard::gui {

NoticeBar::NoticeBar(const QString& name, const QString& first, const QString& second,
                     QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
{
    setObjectName(name);
    m_text->setObjectName(name + QStringLiteral("-text"));
    m_text->setWordWrap(true);
    const int unit = fontMetrics().averageCharWidth();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(2 * unit, unit / 2, 2 * unit, unit / 2);
    layout->setSpacing(unit);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    auto* one = new QPushButton(first, this);
    one->setObjectName(name + QStringLiteral("-first"));
    auto* other = new QPushButton(second, this);
    other->setObjectName(name + QStringLiteral("-second"));
    layout->addWidget(one);
    layout->addWidget(other);
    connect(one, &QPushButton::clicked, this, &NoticeBar::firstChosen);
    connect(other, &QPushButton::clicked, this, &NoticeBar::secondChosen);
    drawIcon();
    hide();
}

void NoticeBar::say(const QString& text)
{
    m_text->setText(text);
    setAccessibleName(text);
    show();
}

QString NoticeBar::text() const
{
    return isHidden() ? QString() : m_text->text();
}

void NoticeBar::drawIcon()
{
    const int side = style()->pixelMetric(QStyle::PM_SmallIconSize);
    m_icon->setPixmap(
        icon(QStringLiteral("warning")).pixmap(QSize(side, side), devicePixelRatioF()));
}

void NoticeBar::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        drawIcon();
}

void NoticeBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), theme().warningTint);
    painter.setPen(theme().border);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace steelyard::gui
