/// One request's explanation as a picture, as high as it needs to be; its accessible description
/// is the whole story in words. Thread: main.
#pragma once

#include "models/decision_story.h"

#include <QWidget>

#include <optional>

namespace steelyard::gui {

class DecisionPicture : public QWidget
{
    Q_OBJECT

public:
    explicit DecisionPicture(QWidget* parent = nullptr);

    void show(const DecisionStory& story);
    /// A sentence in place of a picture.
    void say(const QString& sentence);
    /// What is shown, in words; empty while only a sentence is.
    [[nodiscard]] QString text() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QRect sheetArea(int width) const;
    void changed();

    std::optional<DecisionStory> m_story;
    QString m_sentence;
};

} // namespace steelyard::gui
