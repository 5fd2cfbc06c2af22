#include "widgets/yaml_highlighter.h"

#include "app/theme.h"

#include <QRegularExpression>

#include <algorithm>

namespace steelyard::gui {

namespace {

bool separates(QChar c)
{
    return c.isSpace() || c == u',' || c == u'{' || c == u'}' || c == u'[' || c == u']';
}

/// The end of the quoted text that begins at `at`; the line's end when it is not closed.
qsizetype quoteEnd(const QString& text, qsizetype at)
{
    const QChar quote = text.at(at);
    for (qsizetype i = at + 1; i < text.size(); ++i) {
        if (quote == u'"' && text.at(i) == u'\\')
            ++i;
        else if (text.at(i) == quote)
            return i + 1;
    }
    return text.size();
}

bool isKey(const QString& text, qsizetype end)
{
    return end < text.size() && text.at(end) == u':' &&
           (end + 1 == text.size() || separates(text.at(end + 1)));
}

/// A number, perhaps with a unit, or a truth.
bool isValue(const QString& word)
{
    static const QRegularExpression kValue(
        QStringLiteral("^(-?[0-9]+(\\.[0-9]+)?(ms|s|m|h|KiB|MiB|GiB|%)?|true|false|null|~)$"));
    return kValue.match(word).hasMatch();
}

} // namespace

void YamlHighlighter::highlightBlock(const QString& text)
{
    const Theme& colors = theme();
    QTextCharFormat key;
    key.setForeground(colors.accent);
    qsizetype at = 0;
    const auto paint = [this](qsizetype from, qsizetype to, const QColor& ink) {
        setFormat(static_cast<int>(from), static_cast<int>(to - from), ink);
    };
    while (at < text.size()) {
        const QChar c = text.at(at);
        if (c == u'#' && (at == 0 || text.at(at - 1).isSpace())) {
            paint(at, text.size(), colors.muted);
            return;
        }
        if (separates(c)) {
            if (!c.isSpace())
                paint(at, at + 1, colors.muted);
            ++at;
            continue;
        }
        const bool quoted = c == u'"' || c == u'\'';
        qsizetype end = quoted ? quoteEnd(text, at) : at;
        while (!quoted && end < text.size() && !separates(text.at(end)) && !isKey(text, end))
            ++end;
        if (isKey(text, end)) {
            setFormat(static_cast<int>(at), static_cast<int>(end - at), key);
            paint(end, end + 1, colors.muted);
            ++end;
        } else if (quoted) {
            paint(at, end, colors.series[1]);
        } else if (text.mid(at, end - at) == QLatin1String("-")) {
            paint(at, end, colors.muted);
        } else if (isValue(text.mid(at, end - at))) {
            paint(at, end, colors.series[3]);
        }
        at = std::max(end, at + 1);
    }
}

} // namespace steelyard::gui
