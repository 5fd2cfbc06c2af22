#include "ctl/insight_text.h"

#include "ctl/tables.h"
#include "ctl/text_table.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace steelyard::ctl {

namespace {

/// Text from a peer, for a terminal: without control characters.
QString words(const QJsonObject& object, const char* key)
{
    QString text = object.value(QLatin1String(key)).toString();
    for (QChar& character : text) {
        if (character.category() == QChar::Other_Control)
            character = u' ';
    }
    return text;
}

QString micros(const QJsonObject& object, const char* key)
{
    const QJsonValue value = object.value(QLatin1String(key));
    return value.isUndefined() ? QStringLiteral("-") : latencyText(value.toDouble());
}

QString seconds(const QJsonObject& object, const char* key)
{
    return sinceText(object.value(QLatin1String(key)).toDouble());
}

QString joined(const QJsonArray& list)
{
    QStringList texts;
    for (const auto each : list)
        texts << each.toString();
    return texts.join(QStringLiteral(", "));
}

void addLine(QString& out, const char* title, const QString& value)
{
    if (!value.isEmpty())
        out += QString(QLatin1String(title)).leftJustified(11) + value + u'\n';
}

QString choiceText(const QJsonObject& choice)
{
    const QString server = words(choice, "server");
    const QString refused = words(choice, "refused");
    QString out =
        QStringLiteral("\n%1: %2%3\n")
            .arg(server.isEmpty() ? QStringLiteral("nobody") : server, words(choice, "text"),
                 refused.isEmpty() ? QString() : QStringLiteral(", but not taken: ") + refused);
    if (const QString rule = words(choice, "rule"); !rule.isEmpty())
        out += QStringLiteral("  %1\n").arg(rule);
    for (const auto draw : choice.value(QLatin1String("draws")).toArray())
        out += QStringLiteral("  drawn: %1\n").arg(draw.toString());
    TextTable table({QStringLiteral("  SERVER"), QStringLiteral(">WEIGHT"),
                     QStringLiteral(">IN FLIGHT"), QStringLiteral("SCORE")});
    for (const auto each : choice.value(QLatin1String("candidates")).toArray()) {
        const QJsonObject row = each.toObject();
        const bool chosen = row.value(QLatin1String("chosen")).toBool();
        QString score = words(row, "text");
        if (row.value(QLatin1String("tried")).toBool())
            score += QStringLiteral(" (tried before)");
        table.add({(chosen ? QStringLiteral("* ") : QStringLiteral("  ")) + words(row, "server"),
                   QString::number(row.value(QLatin1String("weight")).toInt()),
                   QString::number(row.value(QLatin1String("in_flight")).toInt()), score});
    }
    return table.empty() ? out : out + table.toText();
}

} // namespace

QString routeText(const QJsonObject& data)
{
    TextTable table({QStringLiteral("ROUTE"), QStringLiteral("DOES"), QStringLiteral("WHY")});
    for (const auto each : data.value(QLatin1String("routes")).toArray()) {
        const QJsonObject row = each.toObject();
        const bool won = row.value(QLatin1String("won")).toBool();
        table.add({words(row, "route"), words(row, "action"),
                   (won ? QStringLiteral("wins: ") : QString()) + words(row, "why")});
    }
    return table.empty() ? QString() : table.toText();
}

QString sessionsText(const QJsonObject& data, const QString& pool, const QString& server)
{
    const QString only = server.isEmpty() ? pool : pool + u'/' + server;
    TextTable counts({QStringLiteral("SERVER"), QStringLiteral(">SESSIONS")});
    for (const auto each : data.value(QLatin1String("counts")).toArray()) {
        const QJsonObject row = each.toObject();
        counts.add({words(row, "server"),
                    QString::number(row.value(QLatin1String("sessions")).toInteger())});
    }
    TextTable sessions({QStringLiteral("SESSION"), QStringLiteral("SERVER"), QStringLiteral(">AGE"),
                        QStringLiteral(">IDLE"), QStringLiteral(">LEFT")});
    for (const auto each : data.value(QLatin1String("sessions")).toArray()) {
        const QJsonObject row = each.toObject();
        sessions.add({words(row, "id"), words(row, "server"), seconds(row, "age_seconds"),
                      seconds(row, "idle_seconds"), seconds(row, "left_seconds")});
    }
    if (counts.empty())
        return QStringLiteral("no sticky server%1\n")
            .arg(only.isEmpty() ? QString() : QStringLiteral(" is called ") + only);
    return sessions.empty() ? counts.toText() : counts.toText() + u'\n' + sessions.toText();
}

QString decisionsText(const QJsonObject& data)
{
    TextTable table({QStringLiteral(">ID"), QStringLiteral("TIME"), QStringLiteral("CLIENT"),
                     QStringLiteral("REQUEST"), QStringLiteral("ROUTE"), QStringLiteral("SERVED"),
                     QStringLiteral(">STATUS"), QStringLiteral(">TOOK"), QStringLiteral("REASON")});
    for (const auto each : data.value(QLatin1String("decisions")).toArray()) {
        const QJsonObject row = each.toObject();
        const qint64 wall = row.value(QLatin1String("time_ms")).toInteger();
        table.add({words(row, "id"),
                   QDateTime::fromMSecsSinceEpoch(wall).toString(QStringLiteral("HH:mm:ss.zzz")),
                   words(row, "client"),
                   (words(row, "method") + u' ' + words(row, "target")).left(40),
                   words(row, "route"), joined(row.value(QLatin1String("served")).toArray()),
                   QString::number(row.value(QLatin1String("status")).toInt()),
                   micros(row, "total_us"), words(row, "reason")});
    }
    return table.empty() ? QStringLiteral("nothing is recorded yet\n") : table.toText();
}

QString decisionText(const QJsonObject& decision)
{
    QString out;
    addLine(out, "request",
            QStringLiteral("%1 %2%3 from %4")
                .arg(words(decision, "method"), words(decision, "host"), words(decision, "target"),
                     words(decision, "client")));
    addLine(out, "route", words(decision, "route"));
    addLine(out, "pool", words(decision, "pool"));
    addLine(out, "algorithm", words(decision, "algorithm"));
    addLine(out, "answer",
            QStringLiteral("%1 %2")
                .arg(decision.value(QLatin1String("status")).toInt())
                .arg(words(decision, "reason"))
                .trimmed());
    addLine(out, "took", micros(decision, "total_us"));
    if (decision.value(QLatin1String("queue_us")).toDouble() > 0)
        addLine(out, "waited", micros(decision, "queue_us"));
    for (const auto each : decision.value(QLatin1String("filtered")).toArray()) {
        const QJsonObject row = each.toObject();
        addLine(out, "not asked",
                QStringLiteral("%1: %2").arg(words(row, "server"), words(row, "why")));
    }
    for (const auto each : decision.value(QLatin1String("choices")).toArray())
        out += choiceText(each.toObject());
    TextTable table({QStringLiteral("ATTEMPT"), QStringLiteral("RESULT"),
                     QStringLiteral(">STARTED"), QStringLiteral(">CONNECTED"),
                     QStringLiteral(">FIRST BYTE"), QStringLiteral(">ENDED")});
    for (const auto each : decision.value(QLatin1String("attempts")).toArray()) {
        const QJsonObject row = each.toObject();
        const bool reused = row.value(QLatin1String("reused")).toBool();
        table.add({words(row, "server"), words(row, "result"), micros(row, "started_us"),
                   reused ? QStringLiteral("kept") : micros(row, "connected_us"),
                   micros(row, "first_byte_us"), micros(row, "ended_us")});
    }
    return table.empty() ? out : out + u'\n' + table.toText();
}

QString probeText(const QJsonObject& data)
{
    QString out;
    addLine(out, "layer", words(data, "layer"));
    const int pending = data.value(QLatin1String("pending")).toInt();
    if (pending > 0) {
        addLine(out, "change",
                QStringLiteral("%1 of %2")
                    .arg(pending)
                    .arg(data.value(QLatin1String("needed")).toInt()));
    }
    return out + data.value(QLatin1String("transcript")).toString();
}

QString histogramText(const QJsonObject& data)
{
    constexpr double kFinest = 10; // µs; the ranges go 10, 20, 50, 100, ...
    constexpr int kBarWidth = 40;
    constexpr double kSteps[] = {2, 2.5, 2};
    QList<std::pair<double, double>> ranges; // upper end in µs, count
    double most = 0;
    double end = kFinest;
    int step = 0;
    for (const auto each : data.value(QLatin1String("buckets")).toArray()) {
        const double at = each.toArray().at(0).toDouble();
        const double count = each.toArray().at(1).toDouble();
        while (at > end)
            end *= kSteps[step++ % 3];
        if (ranges.isEmpty() || ranges.last().first < end)
            ranges.append({end, 0});
        ranges.last().second += count;
        most = std::max(most, ranges.last().second);
    }
    if (ranges.isEmpty())
        return {};
    TextTable table({QStringLiteral(">UP TO"), QStringLiteral(">ANSWERS"), QString()});
    for (const auto& [upTo, count] : ranges) {
        const auto width = static_cast<int>(std::lround(count / most * kBarWidth));
        table.add(
            {latencyText(upTo), QString::number(count, 'f', 0), QString(std::max(width, 1), u'#')});
    }
    return table.toText();
}

} // namespace steelyard::ctl
