#include "engine/decision_json.h"

#include "engine/answers.h"

#include <QJsonArray>

namespace steelyard::engine {

namespace {

using runtime::Choice;

QString kindWord(Choice::Kind kind)
{
    switch (kind) {
    case Choice::Kind::Balanced:
        return QStringLiteral("balanced");
    case Choice::Kind::Pinned:
        return QStringLiteral("pinned");
    case Choice::Kind::Again:
        return QStringLiteral("again");
    case Choice::Kind::FirstFree:
        return QStringLiteral("first-free");
    }
    return {};
}

QString kindText(Choice::Kind kind)
{
    switch (kind) {
    case Choice::Kind::Balanced:
        return QStringLiteral("chosen by the pool's algorithm");
    case Choice::Kind::Pinned:
        return QStringLiteral("the client's cookie pins it there");
    case Choice::Kind::Again:
        return QStringLiteral("the same server once more: its kept connection was stale");
    case Choice::Kind::FirstFree:
        return QStringLiteral("the algorithm's first choices were at their limits: the next one "
                              "that was not");
    }
    return {};
}

QString serverOf(const runtime::Decision& decision, int backend)
{
    if (backend < 0)
        return {};
    return qs(decision.pool->backends[static_cast<std::size_t>(backend)].state->name);
}

QJsonArray candidatesOf(const runtime::Decision& decision, const Choice& choice,
                        const balancing::Explanation& why)
{
    QJsonArray rows;
    const auto& set = decision.pool->candidates;
    for (std::size_t i = 0; i < why.candidates.size() && i < set.backends.size(); ++i) {
        const balancing::Decision::Seen& seen = choice.decision.candidates[i];
        const balancing::Explanation::Line& line = why.candidates[i];
        QJsonObject row{
            {QStringLiteral("server"), serverOf(decision, static_cast<int>(set.backends[i]))},
            {QStringLiteral("weight"), static_cast<qint64>(seen.weight)},
            {QStringLiteral("in_flight"), static_cast<qint64>(seen.load.inFlight)},
            {QStringLiteral("score"), line.score},
            {QStringLiteral("text"), qs(line.text)},
            {QStringLiteral("drawn"), line.drawn},
            {QStringLiteral("chosen"), static_cast<int>(i) == choice.decision.pick}};
        if (choice.decision.tried.contains(static_cast<std::uint32_t>(i)))
            row.insert(QStringLiteral("tried"), true);
        rows.append(row);
    }
    return rows;
}

QJsonObject choiceJson(const runtime::Decision& decision, const Choice& choice)
{
    QJsonObject out{{QStringLiteral("kind"), kindWord(choice.kind)},
                    {QStringLiteral("text"), kindText(choice.kind)},
                    {QStringLiteral("server"), serverOf(decision, choice.backend)}};
    if (*choice.refused != '\0')
        out.insert(QStringLiteral("refused"), qs(choice.refused));
    if (choice.kind != Choice::Kind::Balanced || choice.decision.candidates.empty())
        return out;
    const balancing::Explanation why = balancing::explain(choice.decision);
    QJsonArray draws;
    for (const std::string& draw : why.draws)
        draws.append(qs(draw));
    out.insert(QStringLiteral("rule"), qs(why.rule));
    out.insert(QStringLiteral("draws"), draws);
    out.insert(QStringLiteral("candidates"), candidatesOf(decision, choice, why));
    return out;
}

QJsonArray filteredOf(const runtime::Pool& pool)
{
    QJsonArray rows;
    for (std::size_t i = 0; i < pool.backends.size(); ++i) {
        const char* why = pool.candidates.excluded[i];
        if (*why == '\0')
            continue;
        rows.append(QJsonObject{{QStringLiteral("server"), qs(pool.backends[i].state->name)},
                                {QStringLiteral("why"), qs(why)}});
    }
    return rows;
}

void insertTime(QJsonObject& row, const char* key, std::int64_t micros)
{
    if (micros >= 0)
        row.insert(QLatin1String(key), static_cast<qint64>(micros));
}

} // namespace

QJsonObject decisionSummary(const runtime::Decision& decision)
{
    QJsonArray served;
    for (const std::string& server : decision.served)
        served.append(qs(server));
    QJsonObject out{{QStringLiteral("id"), QString::number(decision.id)},
                    {QStringLiteral("time_ms"), static_cast<qint64>(decision.wallMs)},
                    {QStringLiteral("listener"), qs(decision.listener)},
                    {QStringLiteral("route"), qs(decision.route)},
                    {QStringLiteral("client"), qs(decision.client)},
                    {QStringLiteral("method"), qs(decision.method)},
                    {QStringLiteral("host"), qs(decision.host)},
                    {QStringLiteral("target"), qs(decision.target)},
                    {QStringLiteral("status"), decision.status},
                    {QStringLiteral("served"), served},
                    {QStringLiteral("queue_us"), static_cast<qint64>(decision.queued)},
                    {QStringLiteral("total_us"), static_cast<qint64>(decision.total)}};
    if (decision.pool) {
        out.insert(QStringLiteral("pool"), qs(decision.pool->settings->name));
        out.insert(QStringLiteral("algorithm"), qs(toString(decision.pool->settings->algorithm)));
    }
    if (!decision.reason.empty())
        out.insert(QStringLiteral("reason"), qs(decision.reason));
    return out;
}

QJsonObject decisionJson(const runtime::Decision& decision)
{
    QJsonObject out = decisionSummary(decision);
    QJsonArray choices;
    for (const Choice& choice : decision.choices)
        choices.append(choiceJson(decision, choice));
    out.insert(QStringLiteral("choices"), choices);
    if (decision.pool)
        out.insert(QStringLiteral("filtered"), filteredOf(*decision.pool));
    QJsonArray attempts;
    for (const runtime::AttemptRecord& attempt : decision.attempts) {
        QJsonObject row{{QStringLiteral("server"), qs(attempt.server)},
                        {QStringLiteral("result"), qs(attempt.result)},
                        {QStringLiteral("reused"), attempt.reused}};
        insertTime(row, "started_us", attempt.started);
        insertTime(row, "connected_us", attempt.connected);
        insertTime(row, "first_byte_us", attempt.firstByte);
        insertTime(row, "ended_us", attempt.ended);
        attempts.append(row);
    }
    out.insert(QStringLiteral("attempts"), attempts);
    return out;
}

QJsonObject toJson(const runtime::Recomputed& recomputed)
{
    return {{QStringLiteral("decisions"), static_cast<qint64>(recomputed.decisions)},
            {QStringLiteral("choices"), static_cast<qint64>(recomputed.choices)},
            {QStringLiteral("same"), static_cast<qint64>(recomputed.same)},
            {QStringLiteral("leases"), static_cast<qint64>(recomputed.leases)},
            {QStringLiteral("served"), static_cast<qint64>(recomputed.served)}};
}

} // namespace steelyard::engine
