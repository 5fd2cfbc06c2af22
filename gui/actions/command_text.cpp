#include "actions/command_text.h"

#include <QRegularExpression>

namespace steelyard::gui {

namespace {

/// As one word of a POSIX shell.
QString shellWord(const QString& word)
{
    static const QRegularExpression kPlain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    if (kPlain.match(word).hasMatch())
        return word;
    QString quoted = word;
    quoted.replace(u'\'', QLatin1String("'\\''"));
    return u'\'' + quoted + u'\'';
}

/// The keys that are options of steelyardctl, in the order in which people expect them.
constexpr struct
{
    const char* key;
    const char* option;
} kOptions[] = {
    {"address", "--address"}, {"algorithm", "--algorithm"},       {"weight", "--weight"},
    {"state", "--state"},     {"max_requests", "--max-requests"}, {"backup", "--backup"}};

} // namespace

QString commandLine(const engine::Command& command, const QString& socket)
{
    const auto argument = [&](const char* key) {
        const QJsonValue value = command.arguments.value(QLatin1String(key));
        if (value.isBool())
            return value.toBool() ? QStringLiteral("yes") : QStringLiteral("no");
        return value.toVariant().toString();
    };
    QStringList words{QStringLiteral("steelyardctl")};
    if (!socket.isEmpty())
        words << QStringLiteral("--socket") << socket;
    words << command.name;
    const bool isAdd = command.name == QLatin1String("add");
    const bool isAddPool = command.name == QLatin1String("add-pool");
    const bool hasOptions = isAdd || isAddPool || command.name == QLatin1String("edit");
    if (isAdd)
        words << argument("pool") << argument("name") + u'=' + argument("address");
    for (const char* key : {"server", "weight", "pool", "algorithm"}) {
        const bool isWord = qstrcmp(key, isAddPool ? "pool" : "server") == 0;
        const bool isOption = hasOptions && !isWord;
        if (!isOption && command.arguments.contains(QLatin1String(key)))
            words << argument(key);
    }
    for (const auto& each : kOptions) {
        const bool isWord = isAdd && qstrcmp(each.key, "address") == 0;
        if (hasOptions && !isWord && command.arguments.contains(QLatin1String(each.key)))
            words << QLatin1String(each.option) << argument(each.key);
    }
    if (command.name == QLatin1String("apply"))
        words << QStringLiteral("FILE");
    if (command.arguments.value(QLatin1String("force")).toBool())
        words << QStringLiteral("--force");
    for (QString& word : words)
        word = shellWord(word);
    return words.join(u' ');
}

} // namespace steelyard::gui
