#include "widgets/sheet.h"

#include "app/theme.h"

#include <algorithm>

namespace steelyard::gui {

namespace {

void arrow(QPainter& painter, QPointF from, QPointF to, double head)
{
    painter.setPen(QPen(theme().muted, 1.2));
    painter.drawLine(from, to);
    painter.drawPolyline(QPolygonF{to + QPointF(-head, -head), to, to + QPointF(-head, head)});
}

} // namespace

Sheet::Sheet(QPainter& onto, const QRect& area, const QFont& font)
    : painter(onto)
    , left(area.left())
    , right(area.right())
    , unit(QFontMetrics(font).averageCharWidth())
    , line(QFontMetrics(font).height())
    , y(area.top())
    , m_font(font)
    , m_bold(font)
{
    m_bold.setWeight(QFont::DemiBold);
    painter.setFont(m_font);
    painter.setRenderHint(QPainter::Antialiasing);
}

void Sheet::setBold(bool bold)
{
    painter.setFont(bold ? m_bold : m_font);
}

void Sheet::space(double lines)
{
    y += static_cast<int>(line * lines);
}

void Sheet::heading(const QString& words)
{
    setBold(true);
    const int height = heightOf(words, right - left, Qt::TextWrapAnywhere);
    painter.setPen(theme().text);
    painter.drawText(QRect(left, y, right - left, height), Qt::TextWrapAnywhere, words);
    setBold(false);
    y += height + line / 3;
}

void Sheet::paragraph(const QString& words, const QColor& ink)
{
    if (words.isEmpty())
        return;
    const int height = heightOf(words, right - left);
    painter.setPen(ink);
    painter.drawText(QRect(left, y, right - left, height), Qt::TextWordWrap, words);
    y += height + line / 5;
}

void Sheet::text(const QRect& rect, const QString& words, const QColor& ink, Qt::Alignment align)
{
    painter.setPen(ink);
    painter.drawText(rect, int(align),
                     painter.fontMetrics().elidedText(words, Qt::ElideRight, rect.width()));
}

int Sheet::widthOf(const QString& words) const
{
    return painter.fontMetrics().horizontalAdvance(words) + 2; // else rounding elides
}

int Sheet::heightOf(const QString& words, int width, int wrap) const
{
    return painter.fontMetrics()
        .boundingRect(QRect(0, 0, std::max(width, unit), 1 << 20), wrap, words)
        .height();
}

void Sheet::chain(const QList<Box>& boxes)
{
    const int height = 2 * line + unit * 3 / 2;
    const int gap = 4 * unit;
    int x = left;
    for (qsizetype i = 0; i < boxes.size(); ++i) {
        const Box& box = boxes.at(i);
        setBold(box.strong);
        const int wanted = std::max(widthOf(box.caption), widthOf(box.value)) + 3 * unit;
        const int width = std::min(wanted, right - left);
        if (i > 0 && x + gap + width > right) {
            x = left;
            y += height + unit * 3 / 2;
        } else if (i > 0) {
            const double middle = y + height / 2.0;
            arrow(painter, {x + unit * 0.8, middle}, {x + gap - unit * 0.8, middle}, unit * 0.5);
            x += gap;
        }
        const QRectF frame = QRectF(x, y, width, height).adjusted(0.5, 0.5, -0.5, -0.5);
        painter.setPen(QPen(box.strong ? theme().accent : theme().controlLine(), 1));
        painter.setBrush(box.strong ? theme().selection : theme().window);
        painter.drawRoundedRect(frame, unit * 0.6, unit * 0.6);
        painter.setBrush(Qt::NoBrush);
        const QRect inner(x + unit * 3 / 2, y + unit * 3 / 4, width - 3 * unit, line);
        text(inner.translated(0, line), box.value, theme().text);
        setBold(false);
        text(inner, box.caption, theme().muted);
        x += width;
    }
    y += boxes.isEmpty() ? 0 : height;
}

} // namespace steelyard::gui
