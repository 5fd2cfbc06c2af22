#include "widgets/code_editor.h"

#include "app/theme.h"

#include <QFontDatabase>
#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolTip>

#include <algorithm>

namespace steelyard::gui {

namespace {

constexpr qsizetype kMostUnderlined = 200;

QString qs(const std::string& words)
{
    return QString::fromStdString(words);
}

} // namespace

class CodeEditor::Margin : public QWidget
{
public:
    explicit Margin(CodeEditor* editor)
        : QWidget(editor)
        , m_editor(editor)
    {
        setObjectName(QStringLiteral("margin"));
    }

protected:
    void paintEvent(QPaintEvent* event) override { m_editor->paintMargin(event); }

    bool event(QEvent* event) override
    {
        if (event->type() != QEvent::ToolTip)
            return QWidget::event(event);
        const auto* help = static_cast<QHelpEvent*>(event);
        return m_editor->showWords(help->globalPos(), {0, help->pos().y()});
    }

private:
    CodeEditor* m_editor;
};

CodeEditor::CodeEditor(QWidget* parent)
    : QPlainTextEdit(parent)
    , m_margin(new Margin(this))
{
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setTabChangesFocus(true); // YAML has no tabs, and the keyboard must get out again
    connect(this, &QPlainTextEdit::blockCountChanged, this, &CodeEditor::layOutMargin);
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int scrolled) {
        if (scrolled != 0)
            m_margin->scroll(0, scrolled);
        else
            m_margin->update(0, rect.y(), m_margin->width(), rect.height());
    });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, &CodeEditor::underline);
    layOutMargin();
}

QString CodeEditor::text() const
{
    // toPlainText() would make a blank of every blank that does not break.
    return document()->toRawText().replace(QChar::ParagraphSeparator, u'\n');
}

int CodeEditor::marginWidth() const
{
    const int digits = std::max<int>(3, static_cast<int>(QString::number(blockCount()).size()));
    return fontMetrics().horizontalAdvance(u'9') * (digits + 4);
}

void CodeEditor::layOutMargin()
{
    setViewportMargins(marginWidth(), 0, 0, 0);
    const QRect inner = contentsRect();
    m_margin->setGeometry(inner.x(), inner.y(), marginWidth(), inner.height());
}

void CodeEditor::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    layOutMargin();
}

void CodeEditor::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        underline();
    if (event->type() == QEvent::FontChange)
        layOutMargin();
}

void CodeEditor::paintMargin(QPaintEvent* event)
{
    QPainter painter(m_margin);
    painter.setFont(font());
    painter.fillRect(event->rect(), theme().window);
    painter.setPen(theme().border);
    painter.drawLine(m_margin->width() - 1, event->rect().top(), m_margin->width() - 1,
                     event->rect().bottom());
    const int unit = fontMetrics().horizontalAdvance(u'9');
    QTextBlock block = firstVisibleBlock();
    double top = blockBoundingGeometry(block).translated(contentOffset()).top();
    const int current = textCursor().blockNumber();
    while (block.isValid() && top <= event->rect().bottom()) {
        const double height = blockBoundingRect(block).height();
        const int line = block.blockNumber() + 1;
        const QRectF row(0, top, m_margin->width() - unit, height);
        painter.setPen(line == current + 1 ? theme().text : theme().muted);
        painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, QString::number(line));
        bool error = false;
        bool warning = false;
        for (const config::Diagnostic& mark : m_marks) {
            error = error || (mark.line == line && mark.severity == config::Severity::Error);
            warning = warning || (mark.line == line && mark.severity == config::Severity::Warning);
        }
        if (error || warning) {
            // A filled circle with a bar for an error, a triangle for a warning.
            const double side = std::min<double>(height * 0.55, unit * 1.6);
            const QRectF box(unit * 0.4, top + (height - side) / 2, side, side);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(error ? theme().danger : theme().warning);
            if (error) {
                painter.drawEllipse(box);
                painter.fillRect(QRectF(box.center().x() - side / 4, box.center().y() - side / 12,
                                        side / 2, side / 6),
                                 theme().surface);
            } else {
                const QPointF corners[] = {
                    {box.center().x(), box.top()}, box.bottomRight(), box.bottomLeft()};
                painter.drawConvexPolygon(corners, 3);
            }
        }
        top += height;
        block = block.next();
    }
}

void CodeEditor::setMarks(const config::Diagnostics& marks)
{
    m_marks = marks;
    underline();
    m_margin->update();
}

void CodeEditor::underline()
{
    QList<QTextEdit::ExtraSelection> selections;
    if (!isReadOnly()) {
        QTextEdit::ExtraSelection row;
        row.format.setBackground(palette().color(QPalette::AlternateBase));
        row.format.setProperty(QTextFormat::FullWidthSelection, true);
        row.cursor = textCursor();
        row.cursor.clearSelection();
        selections.append(row);
    }
    for (const config::Diagnostic& mark : m_marks) {
        if (selections.size() > kMostUnderlined)
            break; // every key press comes here
        const QTextBlock block = document()->findBlockByNumber(mark.line - 1);
        if (mark.line < 1 || !block.isValid())
            continue;
        const QString line = block.text();
        // Characters of the validator are whole code points.
        int from = 0;
        for (int left = mark.column - 1; left > 0 && from < line.size(); --left)
            from += line.at(from).isHighSurrogate() ? 2 : 1;
        int to = from;
        while (to < line.size() && !line.at(to).isSpace() && line.at(to) != u',')
            ++to;
        if (to == from) { // nothing there to stand under: the line
            from = 0;
            to = static_cast<int>(line.size());
        }
        QTextEdit::ExtraSelection selection;
        selection.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        selection.format.setUnderlineColor(
            mark.severity == config::Severity::Error ? theme().danger : theme().warning);
        selection.cursor = QTextCursor(block);
        selection.cursor.setPosition(block.position() + from);
        selection.cursor.setPosition(block.position() + to, QTextCursor::KeepAnchor);
        selections.append(selection);
    }
    setExtraSelections(selections);
    m_margin->update();
}

QString CodeEditor::wordsAt(int line) const
{
    QStringList words;
    for (const config::Diagnostic& mark : m_marks) {
        if (mark.line == line)
            words << qs(mark.message) +
                         (mark.hint.empty() ? QString() : QStringLiteral("; ") + qs(mark.hint));
    }
    return words.join(u'\n');
}

bool CodeEditor::showWords(const QPoint& global, const QPoint& inViewport)
{
    const QString words = wordsAt(cursorForPosition(inViewport).blockNumber() + 1);
    if (words.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(global, words, this);
    return true;
}

bool CodeEditor::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // An editor of text takes these two for itself on some desktops; here they are the
        // console's.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::ControlModifier &&
            (key->key() == Qt::Key_E || key->key() == Qt::Key_K)) {
            event->ignore();
            return true;
        }
    }
    return QPlainTextEdit::event(event);
}

bool CodeEditor::viewportEvent(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QPlainTextEdit::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    return showWords(help->globalPos(), help->pos());
}

void CodeEditor::keyPressEvent(QKeyEvent* event)
{
    const bool newLine = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (!newLine || isReadOnly() || event->modifiers() != Qt::NoModifier) {
        QPlainTextEdit::keyPressEvent(event);
        return;
    }
    // The next line begins below this one.
    const QString line = textCursor().block().text().left(textCursor().positionInBlock());
    qsizetype blanks = 0;
    while (blanks < line.size() && line.at(blanks) == u' ')
        ++blanks;
    textCursor().insertText(u'\n' + line.left(blanks));
    ensureCursorVisible();
}

void CodeEditor::jumpTo(int line, int column)
{
    const QTextBlock block =
        document()->findBlockByNumber(std::clamp(line, 1, std::max(1, blockCount())) - 1);
    QTextCursor cursor(block);
    cursor.setPosition(block.position() +
                       std::clamp(column - 1, 0, std::max(0, block.length() - 1)));
    setTextCursor(cursor);
    centerCursor();
    setFocus(Qt::OtherFocusReason);
}

bool CodeEditor::findNext(const QString& wanted)
{
    if (wanted.isEmpty())
        return false;
    if (find(wanted))
        return true;
    const QTextCursor before = textCursor();
    moveCursor(QTextCursor::Start);
    if (find(wanted))
        return true;
    setTextCursor(before);
    return false;
}

void CodeEditor::replaceText(const QString& next)
{
    if (next == text())
        return;
    const int line = textCursor().blockNumber();
    const int column = textCursor().positionInBlock();
    const int scrolled = verticalScrollBar()->value();
    QTextCursor all(document());
    all.beginEditBlock();
    all.select(QTextCursor::Document);
    all.insertText(next);
    all.endEditBlock();
    const QTextBlock block =
        document()->findBlockByNumber(std::min(line, std::max(0, blockCount() - 1)));
    QTextCursor cursor(block);
    cursor.setPosition(block.position() + std::min(column, std::max(0, block.length() - 1)));
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

} // namespace steelyard::gui
