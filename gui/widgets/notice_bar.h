/// A sentence above a page with up to two answers to it: what the page must know before it goes on.
/// Stays until it is answered or withdrawn. Thread: main.
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace steelyard::gui {

class NoticeBar : public QFrame
{
    Q_OBJECT

public:
    /// `name` is its object name, and the beginning of its buttons'.
    NoticeBar(const QString& name, const QString& first, const QString& second, QWidget* parent);

    void say(const QString& text);
    [[nodiscard]] QString text() const;

Q_SIGNALS:
    void firstChosen();
    void secondChosen();

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void drawIcon();

    QLabel* m_icon;
    QLabel* m_text;
};

} // namespace steelyard::gui
