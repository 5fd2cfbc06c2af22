#include "widgets/decision_picture.h"

#include "app/theme.h"
#include "widgets/decision_painter.h"
#include "widgets/sheet.h"

#include <QImage>
#include <QPainter>

#include <algorithm>

namespace steelyard::gui {

DecisionPicture::DecisionPicture(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Why this server?"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void DecisionPicture::show(const DecisionStory& story)
{
    m_story = story;
    m_sentence.clear();
    changed();
}

void DecisionPicture::say(const QString& sentence)
{
    m_story.reset();
    m_sentence = sentence;
    changed();
}

void DecisionPicture::changed()
{
    setAccessibleDescription(m_story ? text() : m_sentence);
    updateGeometry();
    update();
}

QString DecisionPicture::text() const
{
    return m_story ? storyText(*m_story) : QString();
}

QRect DecisionPicture::sheetArea(int width) const
{
    const int margin = 2 * fontMetrics().averageCharWidth();
    return {margin, margin, std::max(width - 2 * margin, 20 * margin), 1 << 20};
}

int DecisionPicture::heightForWidth(int width) const
{
    QImage paper(1, 1, QImage::Format_ARGB32_Premultiplied);
    QPainter painter(&paper);
    Sheet sheet(painter, sheetArea(width), font());
    if (m_story)
        paintStory(sheet, *m_story);
    return sheet.y + sheet.line;
}

QSize DecisionPicture::sizeHint() const
{
    const int width = 70 * fontMetrics().averageCharWidth();
    return {width, heightForWidth(width)};
}

void DecisionPicture::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), theme().surface);
    if (hasFocus()) {
        painter.setPen(theme().accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
    if (!m_story) {
        painter.setPen(theme().muted);
        painter.drawText(sheetArea(width()).intersected(rect()),
                         int(Qt::AlignCenter) | Qt::TextWordWrap, m_sentence);
        return;
    }
    Sheet sheet(painter, sheetArea(width()), font());
    paintStory(sheet, *m_story);
}

} // namespace steelyard::gui
