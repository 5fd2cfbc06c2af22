#include "charts/legend_bar.h"

#include "app/theme.h"

#include <QPainter>

namespace steelyard::gui {

LegendBar::LegendBar(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void LegendBar::setTitle(const QString& title)
{
    m_title = title;
    update();
}

void LegendBar::setEntries(const QList<LegendEntry>& entries)
{
    m_entries = entries;
    update();
}

QSize LegendBar::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 40, fontMetrics().height() * 7 / 4};
}

QSize LegendBar::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 16, sizeHint().height()};
}

void LegendBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(theme().text);
    const int gap = fontMetrics().averageCharWidth();
    const QRect area = rect().adjusted(gap, 0, -gap, 0);
    const QString title = painter.fontMetrics().elidedText(m_title, Qt::ElideRight, area.width());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, title);
    int left = area.left() + painter.fontMetrics().horizontalAdvance(title) + 3 * gap;
    painter.setFont(font());
    const int swatch = fontMetrics().ascent() * 2 / 3;
    const int more = fontMetrics().horizontalAdvance(QStringLiteral("+99"));
    for (qsizetype i = 0; i < m_entries.size(); ++i) {
        const LegendEntry& entry = m_entries.at(i);
        const int width = swatch + gap + fontMetrics().horizontalAdvance(entry.name) + gap +
                          fontMetrics().horizontalAdvance(entry.value);
        const bool last = i + 1 == m_entries.size();
        if (left + width > area.right() - (last ? 0 : more + gap)) {
            painter.setPen(theme().muted);
            painter.drawText(QRect(left, area.top(), more, area.height()),
                             Qt::AlignLeft | Qt::AlignVCenter,
                             QStringLiteral("+%1").arg(m_entries.size() - i));
            return;
        }
        painter.fillRect(QRect(left, area.center().y() - swatch / 2 + 1, swatch, swatch),
                         entry.color);
        left += swatch + gap;
        const auto write = [&](const QString& text, const QColor& ink) {
            painter.setPen(ink);
            painter.drawText(QRect(left, area.top(), area.right() - left + 1, area.height()),
                             Qt::AlignLeft | Qt::AlignVCenter, text);
            left += fontMetrics().horizontalAdvance(text);
        };
        write(entry.name, theme().muted);
        left += gap;
        write(entry.value, theme().text);
        left += 2 * gap;
    }
}

} // namespace steelyard::gui
