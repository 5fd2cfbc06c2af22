#include "models/address_lines.h"

#include "models/address_check.h"

#include <QCoreApplication>
#include <QHash>
#include <QRegularExpression>

#include <optional>

namespace steelyard::gui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::AddressLines)
};

/// One line's words, with what has been found in them so far.
struct Reading
{
    QString address;
    QStringList bare;    ///< words that are neither key nor address
    QStringList unknown; ///< keys that we have nothing for
    QString problem;
};

QStringList wordsOf(QString line)
{
    static const QRegularExpression kComment(QStringLiteral("(^|\\s)(#|//).*$"));
    static const QRegularExpression kSeparators(QStringLiteral("[\\s,;]+"));
    line.remove(kComment);
    static const QRegularExpression kQuotes(QStringLiteral("[\"'{}]"));
    line.replace(kQuotes, QStringLiteral(" "));
    QStringList words = line.split(kSeparators, Qt::SkipEmptyParts);
    static const QStringList kBullets{QStringLiteral("-"), QStringLiteral("*"),
                                      QStringLiteral("•")};
    while (!words.isEmpty() && kBullets.contains(words.first()))
        words.removeFirst();
    return words;
}

std::optional<int> numberOf(const QString& word, int most)
{
    bool good = false;
    const int number = word.toInt(&good);
    return good && number >= 0 && number <= most ? std::optional(number) : std::nullopt;
}

/// "http://HOST[:PORT]/..." to HOST:PORT; nothing when it is no URL.
std::optional<QString> fromUrl(const QString& word, QString* problem)
{
    const qsizetype scheme = word.indexOf(QLatin1String("://"));
    if (scheme <= 0)
        return std::nullopt;
    const QString kind = word.left(scheme).toLower();
    QString rest = word.mid(scheme + 3).section(u'/', 0, 0);
    if (kind == QLatin1String("https")) {
        *problem = Words::tr("TLS towards servers is not there yet; give the port that speaks "
                             "plain HTTP.");
    } else if (kind != QLatin1String("http") && kind != QLatin1String("tcp")) {
        *problem = Words::tr("%1:// is not spoken here; HTTP is.").arg(kind);
    }
    const bool hasPort = rest.contains(u':') && !rest.endsWith(u']');
    return hasPort || kind == QLatin1String("tcp") ? rest : rest + QLatin1String(":80");
}

bool isAddress(const QString& word)
{
    return word.contains(u':') && addressProblem(word).isEmpty();
}

/// Takes "key value"; false: the key is not ours.
bool takeKey(const QString& key, const QString& value, ServerDraft& server, Reading& reading)
{
    const auto take = [&](int most, int& into) {
        const auto number = numberOf(value, most);
        if (number)
            into = *number;
        else
            reading.problem =
                Words::tr("%1 must be a whole number from 0 to %2.").arg(key).arg(most);
    };
    static const QStringList kLimits{QStringLiteral("max_conns"), QStringLiteral("maxconn"),
                                     QStringLiteral("max_requests")};
    if (key == QLatin1String("weight")) {
        take(256, server.weight);
    } else if (kLimits.contains(key)) {
        take(1'000'000, server.maxRequests);
    } else if (key == QLatin1String("name")) {
        server.name = value;
    } else if (key == QLatin1String("address")) {
        reading.address = value;
    } else if (key == QLatin1String("backup")) {
        server.backup = value == QLatin1String("true") || value == QLatin1String("yes");
    } else {
        return false;
    }
    return true;
}

void readWords(const QStringList& words, ServerDraft& server, Reading& reading)
{
    static const QStringList kWithValue{QStringLiteral("weight"),   QStringLiteral("maxconn"),
                                        QStringLiteral("inter"),    QStringLiteral("rise"),
                                        QStringLiteral("fall"),     QStringLiteral("cookie"),
                                        QStringLiteral("slowstart")};
    static const QStringList kFlags{QStringLiteral("check"), QStringLiteral("down"),
                                    QStringLiteral("disabled")};
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString& word = words.at(i);
        const QString next = words.value(i + 1);
        const qsizetype equals = word.indexOf(u'=');
        if (i == 0 && word == QLatin1String("server") && words.size() > 1) {
            continue; // nginx, HAProxy
        } else if (const auto url = fromUrl(word, &reading.problem)) {
            reading.address = *url;
        } else if (equals > 0) {
            const QString key = word.left(equals);
            const QString value = word.mid(equals + 1);
            if (takeKey(key, value, server, reading))
                continue;
            if (isAddress(value)) {
                server.name = key;
                reading.address = value;
            } else {
                reading.unknown << key;
            }
        } else if (word.endsWith(u':') && word.size() > 1) {
            const QString key = word.chopped(1);
            ++i;
            if (takeKey(key, next, server, reading))
                continue;
            if (isAddress(next)) {
                server.name = key;
                reading.address = next;
            } else {
                reading.unknown << key;
            }
        } else if (word == QLatin1String("backup")) {
            server.backup = true;
        } else if (kWithValue.contains(word)) {
            ++i;
            if (!takeKey(word, next, server, reading))
                reading.unknown << word;
        } else if (kFlags.contains(word)) {
            reading.unknown << word;
        } else if (reading.address.isEmpty() && isAddress(word)) {
            reading.address = word;
        } else {
            reading.bare << word;
        }
    }
}

/// What is left over may be a name, or a host and its port.
void settle(ServerDraft& server, Reading& reading)
{
    QStringList& bare = reading.bare;
    if (reading.address.isEmpty() && bare.size() >= 2 && numberOf(bare.last(), 65535)) {
        const QString host = bare.at(bare.size() - 2);
        const bool bracket = host.contains(u':') && !host.startsWith(u'[');
        reading.address = (bracket ? u'[' + host + u']' : host) + u':' + bare.last();
        bare = bare.mid(0, bare.size() - 2);
    }
    if (reading.address.isEmpty() && !bare.isEmpty())
        reading.address = bare.takeLast();
    if (server.name.isEmpty() && !bare.isEmpty())
        server.name = bare.takeFirst();
    server.address = reading.address;
    if (reading.problem.isEmpty())
        reading.problem = addressProblem(reading.address);
    if (reading.problem.isEmpty() && !bare.isEmpty())
        reading.problem = Words::tr("Not understood: %1").arg(bare.join(u' '));
}

} // namespace

QString freeServerName(const QStringList& taken)
{
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        const QString name(QLatin1Char{letter});
        if (!taken.contains(name))
            return name;
    }
    for (int number = 27;; ++number) {
        const QString name = QStringLiteral("server-%1").arg(number);
        if (!taken.contains(name))
            return name;
    }
}

QList<AddressLine> readAddressLines(const QString& text, const QString& pool,
                                    const QStringList& taken)
{
    QList<AddressLine> lines;
    QStringList names = taken;
    QHash<QString, int> addresses;
    int number = 0;
    for (const QString& raw : text.split(u'\n')) {
        ++number;
        const QStringList words = wordsOf(raw);
        if (words.isEmpty())
            continue;
        AddressLine line;
        line.number = number;
        line.server.pool = pool;
        Reading reading;
        readWords(words, line.server, reading);
        settle(line.server, reading);
        line.problem = reading.problem;
        if (line.problem.isEmpty() && !line.server.name.isEmpty())
            line.problem = serverNameProblem(line.server.name, names);
        if (!line.server.name.isEmpty())
            names << line.server.name;
        if (!reading.unknown.isEmpty())
            line.note = Words::tr("left out: %1").arg(reading.unknown.join(QLatin1String(", ")));
        if (line.problem.isEmpty()) {
            const int first = addresses.value(line.server.address);
            if (first > 0)
                line.note = Words::tr("the address of line %1 too").arg(first);
            else
                addresses.insert(line.server.address, number);
        }
        lines << line;
    }
    // Names are given last: not one that a later line has of its own.
    for (AddressLine& line : lines) {
        if (!line.server.name.isEmpty() || !line.problem.isEmpty())
            continue;
        line.server.name = freeServerName(names);
        names << line.server.name;
    }
    return lines;
}

} // namespace steelyard::gui
