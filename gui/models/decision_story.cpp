#include "models/decision_story.h"

#include "models/figures.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QJsonArray>

#include <algorithm>

namespace steelyard::gui {

namespace {

struct Story
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::DecisionStory)
};

/// Text that came from clients and servers: without control characters.
QString words(const QJsonObject& object, const char* key)
{
    QString text = object.value(QLatin1String(key)).toString();
    for (QChar& character : text) {
        if (character.category() == QChar::Other_Control)
            character = u' ';
    }
    return text;
}

qint64 micros(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key)).toInteger(-1);
}

QStringList texts(const QJsonValue& list)
{
    QStringList out;
    for (const auto each : list.toArray())
        out << each.toString();
    return out;
}

DecisionStory::Choice choiceOf(const QJsonObject& object)
{
    DecisionStory::Choice choice{words(object, "server"),
                                 words(object, "text"),
                                 words(object, "refused"),
                                 words(object, "rule"),
                                 texts(object.value(QLatin1String("draws"))),
                                 {}};
    for (const auto each : object.value(QLatin1String("candidates")).toArray()) {
        const QJsonObject row = each.toObject();
        choice.candidates.append({words(row, "server"), words(row, "text"),
                                  row.value(QLatin1String("weight")).toInteger(),
                                  row.value(QLatin1String("in_flight")).toInteger(),
                                  row.value(QLatin1String("score")).toDouble(),
                                  row.value(QLatin1String("drawn")).toBool(),
                                  row.value(QLatin1String("chosen")).toBool(),
                                  row.value(QLatin1String("tried")).toBool()});
    }
    // A pool may have hundreds: those that counted come first, the others keep their order.
    const auto rank = [](const DecisionStory::Candidate& candidate) {
        return candidate.chosen ? 0 : candidate.drawn ? 1 : candidate.tried ? 2 : 3;
    };
    std::stable_sort(choice.candidates.begin(), choice.candidates.end(),
                     [rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return choice;
}

QString candidateText(const DecisionStory::Candidate& candidate)
{
    QString text = Story::tr("%1: weight %2, in flight %3")
                       .arg(candidate.server)
                       .arg(candidate.weight)
                       .arg(candidate.inFlight);
    if (!candidate.text.isEmpty())
        text += Story::tr(", %1").arg(candidate.text);
    if (candidate.tried)
        text += Story::tr(", tried before");
    if (!candidate.drawn && !candidate.tried)
        text += Story::tr(", not looked at");
    return candidate.chosen ? Story::tr("%1; chosen").arg(text) : text;
}

} // namespace

RequestRow requestRow(const QJsonObject& summary)
{
    return {words(summary, "id"),
            summary.value(QLatin1String("time_ms")).toInteger(),
            words(summary, "client"),
            words(summary, "method"),
            words(summary, "host"),
            words(summary, "target"),
            words(summary, "listener"),
            words(summary, "route"),
            words(summary, "pool"),
            texts(summary.value(QLatin1String("served"))).join(QLatin1String(", ")),
            summary.value(QLatin1String("status")).toInt(),
            summary.value(QLatin1String("total_us")).toInteger(),
            words(summary, "reason")};
}

DecisionStory decisionStory(const QJsonObject& decision)
{
    DecisionStory story;
    story.request = requestRow(decision);
    story.algorithm = words(decision, "algorithm");
    story.queueUs = decision.value(QLatin1String("queue_us")).toInteger();
    for (const auto each : decision.value(QLatin1String("choices")).toArray())
        story.choices.append(choiceOf(each.toObject()));
    for (const auto each : decision.value(QLatin1String("filtered")).toArray())
        story.filtered.append({words(each.toObject(), "server"), words(each.toObject(), "why")});
    for (const auto each : decision.value(QLatin1String("attempts")).toArray()) {
        const QJsonObject row = each.toObject();
        story.attempts.append({words(row, "server"), words(row, "result"),
                               micros(row, "started_us"), micros(row, "connected_us"),
                               micros(row, "first_byte_us"), micros(row, "ended_us"),
                               row.value(QLatin1String("reused")).toBool()});
    }
    return story;
}

QString phasesText(const DecisionStory::Attempt& attempt)
{
    const auto span = [](qint64 from, qint64 to) {
        return to > from ? figures::latency(static_cast<double>(to - from))
                         : Story::tr("under 1 µs");
    };
    QStringList phases;
    qint64 at = attempt.started;
    if (attempt.reused) {
        phases << Story::tr("on a kept connection");
    } else if (attempt.connected >= 0) {
        phases << Story::tr("connected in %1").arg(span(at, attempt.connected));
        at = attempt.connected;
    }
    if (attempt.firstByte >= 0) {
        phases << Story::tr("first byte after %1").arg(span(at, attempt.firstByte));
        at = attempt.firstByte;
        if (attempt.ended >= 0)
            phases << Story::tr("the rest in %1").arg(span(at, attempt.ended));
    } else if (attempt.ended >= 0) {
        phases
            << Story::tr("no answer, given up after %1").arg(span(attempt.started, attempt.ended));
    }
    return phases.join(QLatin1String(", "));
}

QString storyText(const DecisionStory& story)
{
    const RequestRow& request = story.request;
    QStringList lines;
    lines << Story::tr("%1 %2%3 from %4 at %5")
                 .arg(request.method, request.host, request.target, request.client,
                      QDateTime::fromMSecsSinceEpoch(request.wallMs)
                          .toString(QStringLiteral("HH:mm:ss.zzz")));
    lines << Story::tr("Answered with %1 in %2")
                 .arg(QString::number(request.status),
                      figures::latency(static_cast<double>(request.totalUs)));
    if (!request.reason.isEmpty())
        lines << Story::tr("Answered by Steelyard itself: %1").arg(request.reason);
    lines << Story::tr("Listener %1, route %2").arg(request.listener, request.route);
    if (!request.pool.isEmpty())
        lines << Story::tr("Pool %1 by %2").arg(request.pool, story.algorithm);
    for (const DecisionStory::Choice& choice : story.choices) {
        lines << Story::tr("%1: %2").arg(
            choice.server.isEmpty() ? Story::tr("Nobody") : choice.server, choice.text);
        if (!choice.refused.isEmpty())
            lines << Story::tr("But not taken: %1").arg(choice.refused);
        if (!choice.rule.isEmpty())
            lines << Story::tr("Rule: %1").arg(choice.rule);
        for (const QString& draw : choice.draws)
            lines << Story::tr("Drawn: %1").arg(draw);
        for (const DecisionStory::Candidate& candidate : choice.candidates)
            lines << candidateText(candidate);
    }
    for (const DecisionStory::Filtered& filtered : story.filtered)
        lines << Story::tr("%1 could not be chosen: %2").arg(filtered.server, filtered.why);
    if (story.queueUs > 0)
        lines << Story::tr("Waited %1 for a server with room")
                     .arg(figures::latency(static_cast<double>(story.queueUs)));
    for (const DecisionStory::Attempt& attempt : story.attempts)
        lines << Story::tr("Attempt at %1: %2, %3")
                     .arg(attempt.server, attempt.result, phasesText(attempt));
    return lines.join(u'\n');
}

} // namespace steelyard::gui
