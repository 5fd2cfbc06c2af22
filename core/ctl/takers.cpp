/// Each word of a command line into the command's arguments, or what is wrong with it.
#include "ctl/takers.h"

#include "base/states.h"
#include "config/suggestion.h"
#include "config/values.h"

#include <QFile>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>

namespace steelyard::ctl {

QString quoted(const QString& word)
{
    return QStringLiteral("\"%1\"").arg(word);
}

QString didYouMean(const QString& word, const std::vector<std::string_view>& known)
{
    const std::string near(config::nearest(word.toStdString(), known));
    return near.empty()
               ? QString()
               : QStringLiteral("; did you mean \"%1\"?").arg(QString::fromStdString(near));
}

QString takeWeight(const QString& word, Invocation& into)
{
    const auto weight = config::parseInteger(word.toStdString());
    if (!weight || weight.value() < 0 || weight.value() > 256) {
        return QStringLiteral("%1 is not a weight: a whole number from 0 to 256").arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("weight"), weight.value());
    return {};
}

QString takeTimeout(const QString& word, Invocation& into)
{
    const auto duration = config::parseDuration(word.toStdString());
    if (!duration)
        return QStringLiteral("%1 is not a duration such as 500ms, 30s or 2m (0 = no deadline)")
            .arg(quoted(word));
    into.command.arguments.insert(QStringLiteral("timeout_ms"),
                                  static_cast<qint64>(duration.value().count()));
    return {};
}

QString takeAlgorithm(const QString& word, Invocation& into)
{
    if (!algorithmFrom(word.toStdString())) {
        std::vector<std::string_view> known;
        QStringList names;
        for (const Algorithm algorithm : kAlgorithms) {
            known.push_back(toString(algorithm));
            names << QString::fromStdString(std::string(known.back()));
        }
        return QStringLiteral("there is no algorithm %1; there are %2%3")
            .arg(quoted(word), names.join(QStringLiteral(", ")), didYouMean(word, known));
    }
    into.command.arguments.insert(QStringLiteral("algorithm"), word);
    return {};
}

QString takeAddress(const QString& word, Invocation& into)
{
    const auto parsed = config::parseAddress(word.toStdString());
    if (!parsed || parsed.value().port == 0) {
        return QStringLiteral("%1 is not an address: HOST:PORT with a port from 1 to 65535")
            .arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("address"), word);
    return {};
}

QString takeMaxRequests(const QString& word, Invocation& into)
{
    const auto most = config::parseInteger(word.toStdString());
    if (!most || most.value() < 0 || most.value() > 1'000'000) {
        return QStringLiteral("%1 is not a number of requests: 0 (no limit) to 1000000")
            .arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("max_requests"), most.value());
    return {};
}

QString takeBackup(const QString& word, Invocation& into)
{
    if (word != QLatin1String("yes") && word != QLatin1String("no"))
        return QStringLiteral("--backup takes yes or no");
    into.command.arguments.insert(QStringLiteral("backup"), word == QLatin1String("yes"));
    return {};
}

QString takeState(const QString& word, Invocation& into)
{
    if (!adminStateFrom(word.toStdString())) {
        return QStringLiteral("%1 is not a state: ready, draining or maintenance")
            .arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("state"), word);
    return {};
}

namespace {

bool isServer(const QString& word)
{
    const QStringList parts = word.split(u'/');
    return parts.size() == 2 && config::isName(parts[0].toStdString()) &&
           config::isName(parts[1].toStdString());
}

/// Puts one word of a command into its arguments; says what is wrong with it, or nothing.
QString takeServer(const QString& word, Invocation& into)
{
    if (!isServer(word))
        return QStringLiteral("%1 is not of the form POOL/SERVER").arg(quoted(word));
    into.command.arguments.insert(QStringLiteral("server"), word);
    return {};
}

QString takeFilter(const QString& word, Invocation& into)
{
    if (!isServer(word) && !config::isName(word.toStdString())) {
        return QStringLiteral("%1 is neither POOL nor POOL/SERVER").arg(quoted(word));
    }
    into.pool = word.section(u'/', 0, 0);
    into.server = word.section(u'/', 1);
    if (into.command.name != QLatin1String("sessions"))
        return {}; // the snapshot has all; what is printed is chosen here
    into.command.arguments.insert(QStringLiteral("pool"), into.pool);
    if (!into.server.isEmpty())
        into.command.arguments.insert(QStringLiteral("name"), into.server);
    return {};
}

QString takePool(const QString& word, Invocation& into)
{
    if (!config::isName(word.toStdString()))
        return QStringLiteral("%1 is not a pool's name").arg(quoted(word));
    into.command.arguments.insert(QStringLiteral("pool"), word);
    return {};
}

QString takeNewServer(const QString& word, Invocation& into)
{
    const QString name = word.section(u'=', 0, 0);
    const QString address = word.section(u'=', 1);
    if (!word.contains(u'='))
        return QStringLiteral("%1 is not of the form NAME=ADDRESS").arg(quoted(word));
    if (!config::isName(name.toStdString())) {
        return QStringLiteral("%1 is not a server's name: letters, digits and ._-, at most 64")
            .arg(quoted(name));
    }
    into.command.arguments.insert(QStringLiteral("name"), name);
    return takeAddress(address, into);
}

QString takeExpiry(const QString& word, Invocation& into)
{
    static const QRegularExpression kSession(QStringLiteral("^[0-9a-f]{24}$"));
    if (kSession.match(word).hasMatch()) {
        into.command.arguments.insert(QStringLiteral("session"), word);
        return {};
    }
    if (!isServer(word)) {
        return QStringLiteral(
                   "%1 is neither a session (24 hexadecimal digits, as \"sessions\" shows "
                   "them) nor POOL/SERVER")
            .arg(quoted(word));
    }
    return takeServer(word, into);
}

QString takeMethod(const QString& word, Invocation& into)
{
    if (word.isEmpty() || !std::all_of(word.begin(), word.end(), [](QChar c) {
            return c.unicode() < 0x7F && c.unicode() > 0x20 &&
                   !QStringLiteral("/:,;()<>@\"\\[]?={}").contains(c);
        })) {
        return QStringLiteral("%1 is not a method such as GET").arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("method"), word);
    return {};
}

/// A URL, or a path with the host given by -H.
QString takeUrl(const QString& word, Invocation& into)
{
    const bool absolute = word.startsWith(QLatin1String("http://"), Qt::CaseInsensitive) ||
                          word.startsWith(QLatin1String("https://"), Qt::CaseInsensitive);
    if (!absolute && !word.startsWith(u'/')) {
        return QStringLiteral("%1 is neither a URL such as http://shop.lab/cart nor a path such as "
                              "/cart")
            .arg(quoted(word));
    }
    into.command.arguments.insert(QStringLiteral("url"), word);
    return {};
}

QString takeDecision(const QString& word, Invocation& into)
{
    bool good = false;
    const qulonglong id = word.toULongLong(&good);
    if (!good || id == 0)
        return QStringLiteral("%1 is not a decision's number, as \"explain\" shows them")
            .arg(quoted(word));
    into.command.arguments.insert(QStringLiteral("id"), QString::number(id));
    return {};
}

/// The engine may not see our files, so it gets the text.
QString takeFile(const QString& word, Invocation& into)
{
    QFile file(word);
    if (!file.open(QIODevice::ReadOnly))
        return QStringLiteral("cannot read %1: %2").arg(quoted(word), file.errorString());
    into.command.arguments.insert(QStringLiteral("text"), QString::fromUtf8(file.readAll()));
    return {};
}

} // namespace

Taker takerOf(QLatin1String word)
{
    if (word == QLatin1String("POOL/SERVER"))
        return takeServer;
    if (word == QLatin1String("POOL|POOL/SERVER"))
        return takeFilter;
    if (word == QLatin1String("POOL"))
        return takePool;
    if (word == QLatin1String("N"))
        return takeWeight;
    if (word == QLatin1String("NAME"))
        return takeAlgorithm;
    if (word == QLatin1String("SESSION|POOL/SERVER"))
        return takeExpiry;
    if (word == QLatin1String("METHOD"))
        return takeMethod;
    if (word == QLatin1String("URL"))
        return takeUrl;
    if (word == QLatin1String("ID"))
        return takeDecision;
    if (word == QLatin1String("FILE"))
        return takeFile;
    return takeNewServer;
}

} // namespace steelyard::ctl
