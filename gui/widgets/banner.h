/// One sentence above everything, only when needed: icon, text, at most two actions, close.
/// Thread: main.
#pragma once

#include <QFrame>
#include <QTimer>

class QAction;
class QLabel;
class QPushButton;
class QToolButton;

namespace steelyard::gui {

class Banner : public QFrame
{
    Q_OBJECT

public:
    enum class Tone
    {
        Done,
        Info,
        Warning,
        Error
    };
    explicit Banner(QWidget* parent = nullptr);

    /// `action` (may be null) gets a button. A banner of tone Done or Info leaves by itself after a
    /// while.
    void say(Tone tone, const QString& text, QAction* action = nullptr);
    /// A standing banner: back again when a passing one has left. Empty text takes it away.
    /// `urgent`: one that would leave by itself gives way at once.
    void setStanding(Tone tone, const QString& text, bool urgent = false);
    [[nodiscard]] QString text() const;

public Q_SLOTS:
    void dismiss();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void present(Tone tone, const QString& text, QAction* action);

    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_button;
    QToolButton* m_close;
    QTimer m_leave;
    Tone m_tone = Tone::Info;
    QString m_standing; ///< what must stay said
    Tone m_standingTone = Tone::Warning;
    QString m_dismissed; ///< a standing text that the operator has closed
    bool m_passing = false;
};

} // namespace steelyard::gui
