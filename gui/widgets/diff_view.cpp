#include "widgets/diff_view.h"

#include "app/theme.h"

#include <QFontDatabase>
#include <QKeyEvent>
#include <QTextBlock>

#include <climits>

namespace steelyard::gui {

namespace {

QColor mixed(const QColor& a, const QColor& b, double part)
{
    return QColor::fromRgbF(static_cast<float>(a.redF() + (b.redF() - a.redF()) * part),
                            static_cast<float>(a.greenF() + (b.greenF() - a.greenF()) * part),
                            static_cast<float>(a.blueF() + (b.blueF() - a.blueF()) * part));
}

} // namespace

DiffView::DiffView(QWidget* parent)
    : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setTabChangesFocus(true);
}

void DiffView::show(const QList<DiffLine>& lines)
{
    if (lines == m_lines)
        return;
    m_lines = lines;
    QStringList texts;
    for (const DiffLine& line : lines) {
        const bool gap = line.kind == DiffLine::Kind::Same && line.after == 0;
        const QChar sign = line.kind == DiffLine::Kind::Added     ? u'+'
                           : line.kind == DiffLine::Kind::Removed ? u'\u2212'
                                                                  : u' ';
        const int number = line.kind == DiffLine::Kind::Removed ? line.before : line.after;
        texts << (gap ? QStringLiteral("    \u22EF")
                      : QStringLiteral("%1 %2 %3").arg(number, 4).arg(sign).arg(line.text));
    }
    setPlainText(texts.join(u'\n'));
    colour();
}

void DiffView::colour()
{
    QList<QTextEdit::ExtraSelection> selections;
    for (qsizetype i = 0; i < m_lines.size(); ++i) {
        const DiffLine::Kind kind = m_lines.at(i).kind;
        QTextEdit::ExtraSelection row;
        row.cursor = QTextCursor(document()->findBlockByNumber(static_cast<int>(i)));
        if (kind == DiffLine::Kind::Same) {
            row.cursor.select(QTextCursor::LineUnderCursor);
            row.format.setForeground(theme().muted);
        } else {
            row.format.setProperty(QTextFormat::FullWidthSelection, true);
            row.format.setBackground(kind == DiffLine::Kind::Removed
                                         ? theme().dangerTint
                                         : mixed(theme().surface, theme().good, 0.16));
        }
        selections.append(row);
    }
    setExtraSelections(selections);
}

void DiffView::choose()
{
    const int at = textCursor().blockNumber();
    // A removed line has its place where the next one that is there stands.
    for (qsizetype i = at; i < m_lines.size(); ++i) {
        if (m_lines.at(i).after > 0) {
            Q_EMIT chosen(m_lines.at(i).after);
            return;
        }
    }
    Q_EMIT chosen(INT_MAX);
}

void DiffView::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        choose();
    else
        QPlainTextEdit::keyPressEvent(event);
}

void DiffView::mouseDoubleClickEvent(QMouseEvent* event)
{
    QPlainTextEdit::mouseDoubleClickEvent(event);
    choose();
}

void DiffView::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        colour();
}

} // namespace steelyard::gui
