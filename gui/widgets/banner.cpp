#include "widgets/banner.h"

#include "actions/action_registry.h"
#include "app/icons.h"
#include "app/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

namespace steelyard::gui {

namespace {

constexpr int kPassingMs = 12000;

} // namespace

Banner::Banner(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_button(new QPushButton(this))
    , m_close(new QToolButton(this))
{
    setObjectName(QStringLiteral("banner"));
    m_text->setObjectName(QStringLiteral("banner-text"));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_button->setObjectName(QStringLiteral("banner-action"));
    m_close->setObjectName(QStringLiteral("banner-close"));
    m_close->setIcon(icon(QStringLiteral("close")));
    m_close->setAutoRaise(true);
    m_close->setAccessibleName(tr("Close this message"));
    m_close->setToolTip(tr("Close this message"));
    const int unit = fontMetrics().averageCharWidth();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(2 * unit, unit / 2, unit, unit / 2);
    layout->setSpacing(unit);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_button);
    layout->addWidget(m_close);
    m_leave.setSingleShot(true);
    connect(&m_leave, &QTimer::timeout, this, &Banner::dismiss);
    connect(m_close, &QToolButton::clicked, this, &Banner::dismiss);
    hide();
}

QString Banner::text() const
{
    return isHidden() ? QString() : m_text->text();
}

void Banner::say(Tone tone, const QString& text, QAction* action)
{
    m_passing = true;
    present(tone, text, action);
    const bool leaves = tone == Tone::Done || tone == Tone::Info;
    if (leaves)
        m_leave.start(kPassingMs);
    else
        m_leave.stop();
}

void Banner::setStanding(Tone tone, const QString& text, bool urgent)
{
    if (text == m_standing && tone == m_standingTone)
        return;
    m_standing = text;
    m_standingTone = tone;
    if (text.isEmpty())
        m_dismissed.clear();
    if (urgent && m_leave.isActive()) {
        m_leave.stop();
        m_passing = false;
    }
    if (m_passing)
        return;
    if (text.isEmpty() || text == m_dismissed)
        hide();
    else
        present(tone, text, nullptr);
}

void Banner::dismiss()
{
    m_leave.stop();
    if (!std::exchange(m_passing, false))
        m_dismissed = m_standing;
    if (m_standing.isEmpty() || m_standing == m_dismissed)
        hide();
    else
        present(m_standingTone, m_standing, nullptr);
}

void Banner::present(Tone tone, const QString& text, QAction* action)
{
    static const char* const kIcons[] = {"done", "info", "warning", "error"};
    m_tone = tone;
    const int side = style()->pixelMetric(QStyle::PM_SmallIconSize);
    m_icon->setPixmap(icon(QLatin1String(kIcons[static_cast<int>(tone)]))
                          .pixmap(QSize(side, side), devicePixelRatioF()));
    m_text->setText(text);
    disconnect(m_button, &QPushButton::clicked, nullptr, nullptr);
    m_button->setVisible(action != nullptr);
    if (action != nullptr) {
        m_button->setText(plainText(action->iconText()));
        m_button->setToolTip(action->toolTip());
        connect(m_button, &QPushButton::clicked, action, &QAction::trigger);
        connect(m_button, &QPushButton::clicked, this, &Banner::dismiss, Qt::QueuedConnection);
    }
    setAccessibleName(text);
    show();
    update();
}

void Banner::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QColor tint = m_tone == Tone::Error     ? theme().dangerTint
                        : m_tone == Tone::Warning ? theme().warningTint
                                                  : theme().infoTint;
    painter.fillRect(rect(), tint);
    painter.setPen(theme().border);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace steelyard::gui
