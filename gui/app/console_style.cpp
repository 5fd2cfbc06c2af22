#include "app/console_style.h"

#include "app/icons.h"
#include "app/theme.h"

#include <QAbstractItemView>
#include <QPainter>
#include <QStyleOptionComplex>

namespace steelyard::gui {

namespace {

constexpr double kRadius = 2; // as Fusion's own frames

void outline(QPainter& painter, const QRect& rect, const QColor& color)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(color);
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    painter.restore();
}

QColor lineOf(const QStyleOption& option)
{
    return option.state.testFlag(QStyle::State_HasFocus) ? theme().accent : theme().controlLine();
}

} // namespace

ConsoleStyle::ConsoleStyle()
    : QProxyStyle(QStringLiteral("Fusion"))
{
}

void ConsoleStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                                 QPainter* painter, const QWidget* widget) const
{
    // A tree asks for its row's without saying who asks.
    if (element == PE_FrameFocusRect &&
        (widget == nullptr || qobject_cast<const QAbstractItemView*>(widget) != nullptr)) {
        if (!option->state.testFlag(State_KeyboardFocusChange))
            return;
        painter->save();
        painter->setPen(theme().accent);
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
        return;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    const bool framed = element == PE_PanelButtonCommand || element == PE_IndicatorCheckBox
                            ? option->state.testFlag(State_Enabled)
                            : element == PE_Frame || element == PE_FrameMenu;
    if (framed)
        outline(*painter, option->rect, lineOf(*option));
}

void ConsoleStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                      QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
    if (control == CC_ComboBox || (control == CC_SpinBox && spin != nullptr && spin->frame))
        outline(*painter, option->rect, lineOf(*option));
}

QIcon ConsoleStyle::standardIcon(StandardPixmap pixmap, const QStyleOption* option,
                                 const QWidget* widget) const
{
    return pixmap == SP_TitleBarCloseButton ? icon(QStringLiteral("close"))
                                            : QProxyStyle::standardIcon(pixmap, option, widget);
}

} // namespace steelyard::gui
