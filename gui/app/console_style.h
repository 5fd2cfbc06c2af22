/// Fusion with the theme's own lines: Fusion derives its outlines from the window's colour, which
/// on black is black, and marks the focused row with a gradient. Thread: main.
#pragma once

#include <QProxyStyle>

namespace steelyard::gui {

class ConsoleStyle : public QProxyStyle
{
public:
    ConsoleStyle();
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                            QPainter* painter, const QWidget* widget) const override;
    [[nodiscard]] QIcon standardIcon(StandardPixmap pixmap, const QStyleOption* option,
                                     const QWidget* widget) const override;
};

} // namespace steelyard::gui
