#include "fake_decisions.h"

#include <QUrl>

namespace steelyard::test {

namespace {

QString s(const char* text)
{
    return QString::fromLatin1(text);
}

QJsonObject candidate(const char* server, int weight, int inFlight, bool drawn, bool chosen,
                      bool tried)
{
    const double score = (inFlight + 1.0) / weight;
    return {{s("server"), s(server)},
            {s("weight"), weight},
            {s("in_flight"), inFlight},
            {s("score"), score},
            {s("text"), QStringLiteral("%1 with this one / weight %2 = %3")
                            .arg(inFlight + 1)
                            .arg(weight)
                            .arg(score)},
            {s("drawn"), drawn},
            {s("chosen"), chosen},
            {s("tried"), tried}};
}

QJsonObject choice(bool again)
{
    return {
        {s("kind"), s("balanced")},
        {s("text"), s("chosen by the pool's algorithm")},
        {s("server"), s(again ? "b" : "a")},
        {s("rule"), s("of those looked at the fewest in flight, with this request, over weight")},
        {s("draws"), QJsonArray{s("all, because there are no more than 3")}},
        {s("candidates"), QJsonArray{candidate("a", 100, 1, !again, !again, again),
                                     candidate("b", 50, 2, true, again, false)}}};
}

} // namespace

QJsonObject fakeDecision(quint64 number, qint64 wallMs)
{
    const bool retried = number % 3 == 0;
    QJsonArray attempts;
    QJsonArray choices{choice(false)};
    QJsonArray served{s("a")};
    if (retried) {
        attempts.append(QJsonObject{{s("server"), s("a")},
                                    {s("result"), s("connect_failed")},
                                    {s("reused"), false},
                                    {s("started_us"), 900},
                                    {s("ended_us"), 1400}});
        choices.append(choice(true));
        served.append(s("b"));
    }
    attempts.append(QJsonObject{{s("server"), s(retried ? "b" : "a")},
                                {s("result"), s("ok")},
                                {s("reused"), !retried},
                                {s("started_us"), 1500},
                                {s("connected_us"), 1800},
                                {s("first_byte_us"), 4600},
                                {s("ended_us"), 5200}});
    return {
        {s("id"), QString::number(number)},
        {s("time_ms"), wallMs},
        {s("listener"), s("web")},
        {s("route"), s("everything")},
        {s("client"), s("127.0.0.1")},
        {s("method"), s(number % 4 == 0 ? "POST" : "GET")},
        {s("host"), s("shop.lab")},
        {s("target"), QStringLiteral("/item/%1").arg(number)},
        {s("status"), 200},
        {s("served"), served},
        {s("queue_us"), 800},
        {s("total_us"), 5300},
        {s("pool"), s("shop")},
        {s("algorithm"), s("least-connections")},
        {s("choices"), choices},
        {s("filtered"), QJsonArray{QJsonObject{{s("server"), s("c")}, {s("why"), s("draining")}}}},
        {s("attempts"), attempts}};
}

QJsonObject fakeSummary(const QJsonObject& decision)
{
    QJsonObject out = decision;
    for (const char* key : {"choices", "filtered", "attempts"})
        out.remove(QLatin1String(key));
    return out;
}

engine::CommandResult fakeRoutes(const QJsonObject& arguments)
{
    const QString path = QUrl(arguments.value(s("url")).toString()).path();
    const bool api = path.startsWith(s("/api"));
    const bool old = path == s("/old");
    // In the order of the file, which is not the one they are asked in.
    const QJsonArray rows{
        QJsonObject{
            {s("route"), s("everything")},
            {s("place"), 2},
            {s("match"), s("everything")},
            {s("won"), !api && !old},
            {s("why"), api || old ? s("less specific than 'api' by its path") : s("matches")},
            {s("action"), s("pool shop")}},
        QJsonObject{{s("route"), s("api")},
                    {s("place"), 1},
                    {s("match"), s("/api/*")},
                    {s("won"), api},
                    {s("why"), api ? s("matches") : s("/api is no prefix of path ") + path},
                    {s("action"), s("pool api")}},
        QJsonObject{
            {s("route"), s("moved")},
            {s("place"), 0},
            {s("match"), s("/old")},
            {s("won"), old},
            {s("why"), old ? s("matches") : QStringLiteral("path %1 is not /old").arg(path)},
            {s("action"), s("redirect 308 to /new")}},
        QJsonObject{{s("route"), s("again")},
                    {s("place"), 3},
                    {s("match"), s("everything")},
                    {s("won"), false},
                    {s("why"), s("as specific as 'everything', which is before it")},
                    {s("hidden_by"), s("everything")},
                    {s("action"), s("pool api")}}};
    const QString winner = api ? s("api") : old ? s("moved") : s("everything");
    return {engine::Outcome::Done,
            QStringLiteral("route '%1' wins").arg(winner),
            {},
            {{s("routes"), rows}, {s("route"), winner}}};
}

} // namespace steelyard::test
