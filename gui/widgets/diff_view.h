/// Lines removed and added, with a few same ones around them, by sign and colour. Read only.
/// Thread: main.
#pragma once

#include "models/line_diff.h"

#include <QPlainTextEdit>

namespace steelyard::gui {

class DiffView : public QPlainTextEdit
{
    Q_OBJECT

public:
    explicit DiffView(QWidget* parent = nullptr);

    /// As of changesOnly().
    void show(const QList<DiffLine>& lines);

Q_SIGNALS:
    /// A line was double-clicked, or Return pressed on it: its place in the text after.
    void chosen(int line);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void colour();
    void choose();

    QList<DiffLine> m_lines;
};

} // namespace steelyard::gui
