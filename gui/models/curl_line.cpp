#include "models/curl_line.h"

#include <QCoreApplication>
#include <QStringList>

namespace steelyard::gui {

namespace {

struct CurlLine
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::CurlLine)
};

/// Words of a POSIX shell: quotes, backslashes, line ends escaped. False: a quote is left open.
bool shellWords(const QString& text, QStringList& words)
{
    QString word;
    bool inWord = false;
    QChar quote;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        if (quote == u'\'') {
            if (c == u'\'')
                quote = {};
            else
                word += c;
            continue;
        }
        if (c == u'\\' && i + 1 < text.size()) {
            const QChar next = text.at(++i);
            if (next == u'\n')
                continue;
            if (quote == u'"' && next != u'"' && next != u'\\' && next != u'$' && next != u'`')
                word += c;
            word += next;
            inWord = true;
            continue;
        }
        if (c == u'"' || (c == u'\'' && quote.isNull())) {
            quote = quote.isNull() ? c : QChar();
            inWord = true;
        } else if (c.isSpace() && quote.isNull()) {
            if (inWord)
                words << word;
            word.clear();
            inWord = false;
        } else {
            word += c;
            inWord = true;
        }
    }
    if (inWord)
        words << word;
    return quote.isNull();
}

bool isBody(const QString& option)
{
    return option == QLatin1String("-d") || option.startsWith(QLatin1String("--data")) ||
           option == QLatin1String("-F") || option.startsWith(QLatin1String("--form")) ||
           option == QLatin1String("--json");
}

/// Has it a value of its own behind it? Those of curl that people do paste.
bool takesValue(const QString& option)
{
    static const QStringList kOptions{
        QStringLiteral("-X"),           QStringLiteral("--request"),
        QStringLiteral("-H"),           QStringLiteral("--header"),
        QStringLiteral("--url"),        QStringLiteral("-b"),
        QStringLiteral("--cookie"),     QStringLiteral("-A"),
        QStringLiteral("--user-agent"), QStringLiteral("-e"),
        QStringLiteral("--referer"),    QStringLiteral("-o"),
        QStringLiteral("--output"),     QStringLiteral("-w"),
        QStringLiteral("--write-out"),  QStringLiteral("-m"),
        QStringLiteral("--max-time"),   QStringLiteral("--connect-timeout"),
        QStringLiteral("-u"),           QStringLiteral("--user"),
        QStringLiteral("-x"),           QStringLiteral("--proxy"),
        QStringLiteral("--resolve"),    QStringLiteral("--connect-to"),
        QStringLiteral("-c"),           QStringLiteral("--cookie-jar"),
        QStringLiteral("--cacert"),     QStringLiteral("-E"),
        QStringLiteral("--cert"),       QStringLiteral("--retry"),
        QStringLiteral("-T"),           QStringLiteral("--upload-file")};
    return kOptions.contains(option) || isBody(option);
}

/// "-XPOST" is "-X POST", "-sSH x" is "-s -S -H x", "--url=x" is "--url x".
QStringList separated(const QStringList& words)
{
    QStringList out;
    for (const QString& word : words) {
        const qsizetype equals = word.indexOf(u'=');
        if (word.startsWith(QLatin1String("--")) && equals > 0 && takesValue(word.left(equals))) {
            out << word.left(equals) << word.mid(equals + 1);
            continue;
        }
        const bool cluster = word.size() > 2 && word.at(0) == u'-' && word.at(1) != u'-';
        // What follows an option that wants a value is one, whatever it looks like.
        if (!cluster || (!out.isEmpty() && takesValue(out.last()))) {
            out << word;
            continue;
        }
        for (qsizetype i = 1; i < word.size(); ++i) {
            const QString option = QStringLiteral("-") + word.at(i);
            out << option;
            if (takesValue(option)) {
                if (i + 1 < word.size())
                    out << word.mid(i + 1);
                break;
            }
        }
    }
    return out;
}

void addHeader(AskedRequest& request, const QString& line)
{
    const qsizetype colon = line.indexOf(u':');
    if (colon > 0)
        request.headers.append({line.left(colon).trimmed(), line.mid(colon + 1).trimmed()});
}

struct Curl
{
    AskedRequest request;
    QString query; ///< what -d said, for -G
    bool body = false, head = false, get = false;

    void option(const QString& name, const QString& value)
    {
        if (name == QLatin1String("-X") || name == QLatin1String("--request"))
            request.method = value.toUpper();
        else if (name == QLatin1String("-H") || name == QLatin1String("--header"))
            addHeader(request, value);
        else if (name == QLatin1String("--url"))
            request.url = value;
        else if (name == QLatin1String("-b") || name == QLatin1String("--cookie"))
            request.headers.append({QStringLiteral("Cookie"), value});
        else if (name == QLatin1String("-A") || name == QLatin1String("--user-agent"))
            request.headers.append({QStringLiteral("User-Agent"), value});
        else if (name == QLatin1String("-e") || name == QLatin1String("--referer"))
            request.headers.append({QStringLiteral("Referer"), value});
        else if (name == QLatin1String("-T") || name == QLatin1String("--upload-file"))
            request.method = request.method.isEmpty() ? QStringLiteral("PUT") : request.method;
        if (!isBody(name))
            return;
        body = true;
        query += (query.isEmpty() ? QString() : QStringLiteral("&")) + value;
        if (name == QLatin1String("--json"))
            request.headers.append(
                {QStringLiteral("Content-Type"), QStringLiteral("application/json")});
    }

    AskedRequest finish()
    {
        if (get && !query.isEmpty())
            request.url += (request.url.contains(u'?') ? u'&' : u'?') + query;
        if (request.method.isEmpty()) {
            request.method = head           ? QStringLiteral("HEAD")
                             : body && !get ? QStringLiteral("POST")
                                            : QStringLiteral("GET");
        }
        if (request.url.isEmpty())
            request.problem = CurlLine::tr("There is no URL in this curl command");
        return request;
    }
};

AskedRequest curlRequest(const QStringList& words)
{
    Curl curl;
    for (qsizetype i = 1; i < words.size(); ++i) {
        const QString& word = words.at(i);
        if (word == QLatin1String("-I") || word == QLatin1String("--head")) {
            curl.head = true;
        } else if (word == QLatin1String("-G") || word == QLatin1String("--get")) {
            curl.get = true;
        } else if (word.startsWith(u'-') && word.size() > 1) {
            if (!takesValue(word))
                continue;
            if (i + 1 == words.size()) {
                curl.request.problem = CurlLine::tr("%1 has no value").arg(word);
                return curl.request;
            }
            curl.option(word, words.at(++i));
        } else {
            curl.request.url = word;
        }
    }
    return curl.finish();
}

} // namespace

AskedRequest askedRequest(const QString& text)
{
    AskedRequest request;
    const QString line = text.trimmed();
    if (line.startsWith(QLatin1String("curl ")) || line == QLatin1String("curl")) {
        QStringList words;
        if (!shellWords(line, words)) {
            request.problem = CurlLine::tr("A quote is not closed");
            return request;
        }
        request = curlRequest(separated(words));
    } else {
        request.url = line;
    }
    if (request.url.contains(u' '))
        request.problem = CurlLine::tr("A URL has no spaces");
    // As curl does: a name first is a host.
    const bool isPath = request.url.startsWith(u'/') || request.url.isEmpty();
    if (!isPath && !request.url.contains(QLatin1String("://")))
        request.url.prepend(QLatin1String("http://"));
    return request;
}

} // namespace steelyard::gui
