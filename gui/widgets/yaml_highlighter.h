/// Colours of a configuration's text: keys, quoted texts, numbers and words with a meaning,
/// comments. Line by line, so that typing costs one line. Thread: main.
#pragma once

#include <QSyntaxHighlighter>

namespace steelyard::gui {

class YamlHighlighter : public QSyntaxHighlighter
{
    Q_OBJECT

public:
    using QSyntaxHighlighter::QSyntaxHighlighter;

protected:
    void highlightBlock(const QString& text) override;
};

} // namespace steelyard::gui
