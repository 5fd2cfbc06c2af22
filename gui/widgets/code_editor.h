/// A plain text with line numbers, and marks at lines: what is wrong where, by shape and colour in
/// the margin, a wavy line under the text, and words in the tooltip. Thread: main.
#pragma once

#include "config/diagnostics.h"

#include <QPlainTextEdit>

namespace steelyard::gui {

class CodeEditor : public QPlainTextEdit
{
    Q_OBJECT

public:
    explicit CodeEditor(QWidget* parent = nullptr);

    /// As it was given, but for line ends, which are all "\n".
    [[nodiscard]] QString text() const;
    /// Those with a line; places as the validator tells them.
    void setMarks(const config::Diagnostics& marks);
    /// Moves the cursor there and shows it. `line` and `column` from 1.
    void jumpTo(int line, int column);
    /// Selects the next place of `text` behind the cursor, round the end. False: it is nowhere.
    bool findNext(const QString& text);
    /// The whole text anew, as one edit that undo takes back; cursor and view stay where they were.
    void replaceText(const QString& text);
    /// The words at this line of the margin; empty: none.
    [[nodiscard]] QString wordsAt(int line) const;

protected:
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    class Margin;

    [[nodiscard]] int marginWidth() const;
    void layOutMargin();
    void paintMargin(QPaintEvent* event);
    void underline();
    bool showWords(const QPoint& global, const QPoint& inViewport);

    Margin* m_margin;
    config::Diagnostics m_marks;
};

} // namespace steelyard::gui
