#include "health/response_check.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using health::ResponseCheck;
using Verdict = ResponseCheck::Verdict;

namespace {

/// The verdict on `response`, fed in pieces of `step` bytes and then ended, and its words.
std::pair<Verdict, std::string> judge(const config::HealthCheck& check, std::string_view response,
                                      std::size_t step)
{
    ResponseCheck judged(check);
    for (std::size_t at = 0; at < response.size(); at += step) {
        const Verdict verdict = judged.feed(response.substr(at, step));
        if (verdict != Verdict::NeedMore)
            return {verdict, judged.why()};
    }
    const Verdict verdict = judged.end();
    return {verdict, judged.why()};
}

} // namespace

class ResponseCheckTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void verdicts_data()
    {
        QTest::addColumn<QString>("body"); // expected; empty: not looked at
        QTest::addColumn<QByteArray>("response");
        QTest::addColumn<QString>("why"); // empty: good
        const auto row = [](const char* name, const char* body, const QByteArray& response,
                            const char* why) {
            QTest::newRow(name) << QString::fromLatin1(body) << response
                                << QString::fromLatin1(why);
        };
        row("200", "", "HTTP/1.1 200 OK\r\n\r\n", "");
        row("399", "", "HTTP/1.0 399 Odd\r\nContent-Length: 5\r\n\r\n", "");
        row("500", "", "HTTP/1.1 500 No\r\n\r\n", "status 500, expected 200-399");
        row("after interim responses", "",
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n", "");
        row("interim only", "", "HTTP/1.1 103 Hints\r\n\r\n",
            "connection closed within the response's head");
        row("nothing", "", "", "connection closed without a response");
        row("half a head", "", "HTTP/1.1 200 OK\r\nSer",
            "connection closed within the response's head");
        row("body with a length", "ok", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nxoky", "");
        row("beyond its length", "ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxyok",
            "body does not contain \"ok\"");
        row("body cut off", "ok", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxyz",
            "connection closed within the response's body");
        row("chunked across chunks", "okay",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nay\r\n0\r\n\r\n",
            "");
        row("chunked without it", "ok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n0\r\n\r\n",
            "body does not contain \"ok\"");
        row("until the end", "ok", "HTTP/1.0 200 OK\r\n\r\nxx ok", "");
        row("until the end without it", "ok", "HTTP/1.0 200 OK\r\n\r\nxx o",
            "body does not contain \"ok\"");
        row("no body at all", "ok", "HTTP/1.1 204 None\r\n\r\n", "body does not contain \"ok\"");
        row("within 64 KiB", "ok", "HTTP/1.0 200 OK\r\n\r\n" + QByteArray(65534, 'x') + "ok", "");
        row("beyond 64 KiB", "ok", "HTTP/1.0 200 OK\r\n\r\n" + QByteArray(65535, 'x') + "ok",
            "body does not contain \"ok\"");
    }

    void verdicts()
    {
        QFETCH(QString, body);
        QFETCH(QByteArray, response);
        QFETCH(QString, why);
        config::HealthCheck check;
        check.expectBody = body.toStdString();
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U}) {
            if (step == 1 && response.size() > 10000)
                continue;
            const auto [verdict, words] = judge(
                check, {response.constData(), static_cast<std::size_t>(response.size())}, step);
            QCOMPARE(QString::fromStdString(words), why);
            QCOMPARE(verdict, why.isEmpty() ? Verdict::Good : Verdict::Bad);
        }
    }

    void garbageIsAnInvalidResponse()
    {
        const config::HealthCheck check;
        const auto [verdict, why] = judge(check, "SSH-2.0-OpenSSH_9.2\r\n\r\n", 1000);
        QCOMPARE(verdict, Verdict::Bad);
        QVERIFY2(why.rfind("invalid response: ", 0) == 0, why.c_str());
    }

    void expectedFieldsMustBeThere()
    {
        config::HealthCheck check;
        check.expectHeaders = {{"x-role", "primary"}};
        QCOMPARE(judge(check, "HTTP/1.1 200 OK\r\nX-Role: primary\r\n\r\n", 1).first,
                 Verdict::Good);
        QCOMPARE(judge(check, "HTTP/1.1 200 OK\r\nX-Role: replica\r\n\r\n", 1).second,
                 std::string("header x-role is \"replica\", expected \"primary\""));
        QCOMPARE(judge(check, "HTTP/1.1 200 OK\r\n\r\n", 1).second,
                 std::string("header x-role is missing, expected \"primary\""));
    }

    void rangesAreSpelledAsConfigured()
    {
        QCOMPARE(health::rangesText({{200, 204}, {301, 301}}), std::string("200-204, 301"));
    }
};

STEELYARD_TEST(ResponseCheckTest)
#include "response_check_test.moc"
