/// A column of text and shapes painted from the top down, for pictures that explain something. The
/// same code measures and paints: every call moves `y`. Thread: main.
#pragma once

#include <QColor>
#include <QFont>
#include <QList>
#include <QPainter>
#include <QString>

namespace steelyard::gui {

class Sheet
{
public:
    /// Paints from the top of `area`, in its width.
    Sheet(QPainter& painter, const QRect& area, const QFont& font);

    void heading(const QString& text);
    /// Wrapped; nothing when empty.
    void paragraph(const QString& text, const QColor& ink);
    void space(double lines);

    struct Box
    {
        QString caption, value;
        bool strong = false;
    };

    /// Boxes in a row with arrows between them, wrapped where the width ends.
    void chain(const QList<Box>& boxes);

    /// One line of text inside `rect`, elided.
    void text(const QRect& rect, const QString& text, const QColor& ink,
              Qt::Alignment align = Qt::AlignLeft | Qt::AlignVCenter);
    [[nodiscard]] int widthOf(const QString& text) const;
    [[nodiscard]] int heightOf(const QString& text, int width, int wrap = Qt::TextWordWrap) const;
    void setBold(bool bold);

    QPainter& painter;
    const int left, right, unit, line;
    int y;

private:
    const QFont m_font;
    QFont m_bold;
};

} // namespace steelyard::gui
