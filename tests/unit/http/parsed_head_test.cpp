/// What a head says once it is accepted: start line, body framing, persistence, upgrades, limits.
#include "http/h1_parser.h"
#include "raw_cases.h"
#include "support/test_main.h"

#include <QTest>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

MessageHead request(std::initializer_list<std::string_view> lines)
{
    HeadParser parser(HeadParser::Kind::Request);
    MessageHead parsed;
    const std::string raw = head(lines);
    if (parser.parse(raw, parsed) != ParseStatus::Done)
        qWarning("refused: %s", parser.error().reason);
    return parsed;
}

MessageHead response(std::initializer_list<std::string_view> lines, std::string_view method = "GET")
{
    HeadParser parser(HeadParser::Kind::Response);
    MessageHead parsed;
    const std::string raw = head(lines);
    if (parser.parse(raw, parsed, method) != ParseStatus::Done)
        qWarning("refused: %s", parser.error().reason);
    return parsed;
}

int refusal(const std::string& raw, Limits limits = {})
{
    HeadParser parser(HeadParser::Kind::Request, limits);
    MessageHead parsed;
    return parser.parse(raw, parsed) == ParseStatus::Bad ? parser.error().status : 0;
}

std::string withFields(int count)
{
    std::string raw = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i)
        raw += "A: b\r\n";
    return raw + "\r\n";
}

} // namespace

class ParsedHeadTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRequestIsReadIntoItsParts()
    {
        const MessageHead parsed = request(
            {"POST /a?b=c HTTP/1.1", "hOsT: lab.example", "X-A:  one two\t", "Content-Length: 5"});
        QVERIFY(parsed.method() == "POST");
        QVERIFY(parsed.target() == "/a?b=c");
        QVERIFY(parsed.host() == "lab.example");
        QVERIFY(parsed.headers.find("x-a") == "one two");
        QVERIFY(parsed.headers.name(parsed.headers.fields()[0]) == "hOsT");
        QCOMPARE(parsed.status, 0);
        QVERIFY(parsed.body.kind == BodyKind::Length);
        QCOMPARE(parsed.body.length, std::uint64_t{5});
        QVERIFY(parsed.keepAlive);
    }

    void anAbsoluteTargetIsSplit()
    {
        MessageHead parsed =
            request({"GET http://LAB.example:80/a?b HTTP/1.1", "A: b", "Host: lab.EXAMPLE:80"});
        QVERIFY(parsed.target() == "/a?b");
        QVERIFY(parsed.host() == "LAB.example:80");
        QVERIFY(parsed.headers.name(parsed.headers.fields()[1]) == "Host");
        QVERIFY(request({"GET http://a HTTP/1.1", "Host: a"}).target() == "/");
        QVERIFY(request({"GET http://a?b=/c HTTP/1.1", "Host: a"}).target() == "/?b=/c");
        QVERIFY(request({"OPTIONS http://a HTTP/1.1", "Host: a"}).target() == "*");
        QVERIFY(request({"OPTIONS http://a?b HTTP/1.1", "Host: a"}).target() == "/?b");
        QVERIFY(request({"OPTIONS http://a/ HTTP/1.1", "Host: a"}).target() == "/");
        QVERIFY(request({"GET http://a:1/b HTTP/1.0"}).host() == "a:1");
        QVERIFY(request({"GET http://[::1]:8/b HTTP/1.1", "Host: [::1]:8"}).host() == "[::1]:8");
    }

    void aRequestsBodyIsFramedByItsFields()
    {
        QVERIFY(request({"POST / HTTP/1.1", "Host: a"}).body.kind == BodyKind::None);
        QVERIFY(request({"POST / HTTP/1.0"}).body.kind == BodyKind::None);
        QVERIFY(request({"GET / HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked"}).body.kind ==
                BodyKind::Chunked);
        const Body zero = request({"PUT / HTTP/1.1", "Host: a", "Content-Length: 0"}).body;
        QVERIFY(zero.kind == BodyKind::Length && zero.length == 0);
        const Body most =
            request({"PUT / HTTP/1.1", "Host: a", "Content-Length: 9223372036854775807"}).body;
        QCOMPARE(most.length, std::uint64_t{9223372036854775807U});
    }

    void aResponsesBodyIsFramedByStatusMethodAndFields()
    {
        const auto kind = [](std::initializer_list<std::string_view> lines,
                             std::string_view method = "GET") {
            return response(lines, method).body.kind;
        };
        QVERIFY(kind({"HTTP/1.1 200 OK", "Content-Length: 3"}) == BodyKind::Length);
        QVERIFY(kind({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked"}) == BodyKind::Chunked);
        QVERIFY(kind({"HTTP/1.1 200 OK"}) == BodyKind::UntilClose);
        QVERIFY(kind({"HTTP/1.1 200 OK", "Content-Length: 3"}, "HEAD") == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked"}, "HEAD") == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 200 OK"}, "HEAD") == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 304 No", "Content-Length: 3"}) == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 204 No", "Content-Length: 3"}) == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 103 Hints"}) == BodyKind::None);
        QVERIFY(kind({"HTTP/1.1 101 Go"}) == BodyKind::Tunnel);
        QVERIFY(response({"HTTP/1.1 204 No", "Content-Length: 3"})
                    .headers.find(FieldId::ContentLength)
                    .data() == nullptr);
        QVERIFY(response({"HTTP/1.1 304 No", "Content-Length: 3"})
                    .headers.find(FieldId::ContentLength) == "3");
        const MessageHead other = response({"HTTP/1.0 404 Not here", "A: b", "Content-Length: 0"});
        QCOMPARE(other.status, 404);
        QVERIFY(other.reason() == "Not here");
        QVERIFY(other.version == Version::Http10);
        QVERIFY(response({"HTTP/1.1 200", "A: b"}).reason().empty());
        QVERIFY(response({"HTTP/1.1 200 ", "A: b"}).reason().empty());
    }

    void persistenceFollowsVersionAndConnection()
    {
        const auto kept = [](std::string_view line, std::string_view connection) {
            return request({line, "Host: a", "Connection: "s.append(connection)}).keepAlive;
        };
        QVERIFY(kept("GET / HTTP/1.1", "keep-alive"));
        QVERIFY(kept("GET / HTTP/1.9", "x-close"));
        QVERIFY(!kept("GET / HTTP/1.1", "Close"));
        QVERIFY(!kept("GET / HTTP/1.1", "x ,, close\t"));
        QVERIFY(!kept("GET / HTTP/1.1", "keep-alive, close"));
        QVERIFY(!kept("GET / HTTP/1.0", "keep-alive"));
        QVERIFY(!request({"GET / HTTP/1.1", "Host: a", "Connection: a", "Connection: close"})
                     .keepAlive);
        QVERIFY(response({"HTTP/1.1 200 OK", "Content-Length: 0"}).keepAlive);
        QVERIFY(!response({"HTTP/1.1 200 OK", "Content-Length: 0", "Connection: close"}).keepAlive);
        QVERIFY(!response({"HTTP/1.0 200 OK", "Content-Length: 0", "Connection: keep-alive"})
                     .keepAlive);
        QVERIFY(!response({"HTTP/1.1 200 OK"}).keepAlive);
        QVERIFY(!response({"HTTP/1.1 101 Go"}).keepAlive);
    }

    void onlyAPlainWebSocketHandshakeIsAnUpgrade()
    {
        const auto upgrades = [](std::string_view line, std::string_view connection,
                                 std::string_view upgrade, std::string_view more = "A: b") {
            return request({line, "Host: a", connection, upgrade, more}).upgradeWebSocket;
        };
        QVERIFY(
            upgrades("GET / HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: WebSocket"));
        QVERIFY(upgrades("GET / HTTP/1.1", "Connection: upgrade", "Upgrade: websocket",
                         "Content-Length: 0"));
        QVERIFY(!upgrades("GET / HTTP/1.1", "Connection: upgrade", "Upgrade: websocket",
                          "Content-Length: 1"));
        QVERIFY(!upgrades("GET / HTTP/1.1", "Connection: upgrade", "Upgrade: websocket",
                          "Transfer-Encoding: chunked"));
        QVERIFY(!upgrades("POST / HTTP/1.1", "Connection: upgrade", "Upgrade: websocket"));
        QVERIFY(!upgrades("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: websocket"));
        QVERIFY(!upgrades("GET / HTTP/1.1", "Connection: keep-alive", "Upgrade: websocket"));
        QVERIFY(!upgrades("GET / HTTP/1.1", "Connection: upgrade", "Upgrade: h2c"));
        QVERIFY(response({"HTTP/1.1 101 Go", "Connection: upgrade", "Upgrade: websocket"})
                    .upgradeWebSocket);
        QVERIFY(
            !response({"HTTP/1.1 101 Go", "Connection: upgrade", "Upgrade: h2c"}).upgradeWebSocket);
        QVERIFY(!response({"HTTP/1.1 200 OK", "Connection: upgrade", "Upgrade: websocket"})
                     .upgradeWebSocket);
    }

    void expectationsAndHopCountsAreRead()
    {
        QVERIFY(request({"PUT / HTTP/1.1", "Host: a", "Expect: 100-Continue"}).expectContinue);
        const MessageHead old = request({"PUT / HTTP/1.0", "Expect: 100-continue"});
        QVERIFY(!old.expectContinue);
        QVERIFY(old.headers.find(FieldId::Expect).data() == nullptr);
        QCOMPARE(request({"OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: 0"}).maxForwards, 0);
        QCOMPARE(request({"OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: 12"}).maxForwards, 12);
        QCOMPARE(
            request({"OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: 99999999999999"}).maxForwards,
            999);
        QCOMPARE(request({"GET / HTTP/1.1", "Host: a", "Max-Forwards: 0"}).maxForwards, -1);
        QCOMPARE(request({"OPTIONS / HTTP/1.1", "Host: a"}).maxForwards, -1);
    }

    void theRequestLineMayHaveItsLimitAndNoMore()
    {
        const auto line = [](std::size_t size) {
            return head({"GET /" + std::string(size - 14, 'a') + " HTTP/1.1", "Host: a"});
        };
        QCOMPARE(refusal(line(16384)), 0);
        QCOMPARE(refusal(line(16385)), 414);
        QCOMPARE(refusal(std::string(16386, 'a')), 414);
        QCOMPARE(refusal(line(40), {40, 1000, 10}), 0);
        QCOMPARE(refusal(line(41), {40, 1000, 10}), 414);
    }

    void theBlockMayHaveItsLimitsAndNoMore()
    {
        QCOMPARE(refusal(withFields(100)), 0);
        QCOMPARE(refusal(withFields(101)), 431);
        const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
        const auto block = [&start](std::size_t size) {
            return start + std::string(size - start.size() - 4, 'v') + "\r\n\r\n";
        };
        QCOMPARE(refusal(block(65536)), 0);
        QCOMPARE(refusal(block(65537)), 431);
        QCOMPARE(refusal(start + std::string(65537, 'v')), 431);
    }

    void aParserIsReusedAfterReset()
    {
        HeadParser parser(HeadParser::Kind::Request);
        MessageHead parsed;
        QVERIFY(parser.parse("BAD\r\n", parsed) == ParseStatus::Bad);
        QVERIFY(parser.parse(head({"GET / HTTP/1.1", "Host: a"}), parsed) == ParseStatus::Bad);
        for (const std::string_view target : {"/a", "/b"}) {
            parser.reset();
            const std::string raw = head({"GET "s.append(target).append(" HTTP/1.1"), "Host: a"});
            QVERIFY(parser.parse(raw + "rest", parsed) == ParseStatus::Done);
            QCOMPARE(parser.consumed(), raw.size());
            QVERIFY(parsed.target() == target);
            QCOMPARE(parsed.headers.fields().size(), std::size_t{1});
        }
    }

    void anIdleConnectionIsToldFromASlowHead()
    {
        HeadParser parser(HeadParser::Kind::Request);
        MessageHead parsed;
        for (const std::string_view idle : {"", "\r", "\r\n"}) {
            QVERIFY(parser.parse(idle, parsed) == ParseStatus::NeedMore);
            QVERIFY(!parser.started());
        }
        QVERIFY(parser.parse("\r\nG", parsed) == ParseStatus::NeedMore);
        QVERIFY(parser.started());
        parser.reset();
        QVERIFY(!parser.started());
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::ParsedHeadTest;
STEELYARD_TEST(ParsedHeadTest)
#include "parsed_head_test.moc"
