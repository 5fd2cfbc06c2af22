/// A server's weight as something to slide: while it is in hand only a preview is asked for, let go
/// it is chosen. By key the same, chosen after a short rest or with Return; Escape puts it back.
/// Thread: main.
#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QSlider;

namespace steelyard::gui {

class WeightSlider : public QWidget
{
    Q_OBJECT

public:
    explicit WeightSlider(QWidget* parent = nullptr);

    /// The weight as it is. Does not move what is in hand, nor, for a moment, what was just chosen.
    void setWeight(int weight);
    /// Another server: forgets what was in hand.
    void reset(int weight, const QString& server);

    [[nodiscard]] bool inHand() const { return m_inHand; }

    [[nodiscard]] int value() const;

    [[nodiscard]] QSlider* slider() const { return m_slider; }

Q_SIGNALS:
    void moved(int weight);
    void chosen(int weight);
    void putBack(); ///< it stays as it is

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void takeValue(int weight);
    void choose();
    void giveUp();
    void display(int weight);

    QSlider* m_slider;
    QLabel* m_figure;
    QTimer m_rest; ///< after a key
    QTimer m_hold; ///< until the engine shows what was chosen
    int m_weight = 0;
    bool m_inHand = false;
};

} // namespace steelyard::gui
