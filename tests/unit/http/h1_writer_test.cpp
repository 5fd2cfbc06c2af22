#include "http/h1_parser.h"
#include "http/h1_writer.h"
#include "raw_cases.h"
#include "support/test_main.h"

#include <QTest>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

std::string rewritten(std::initializer_list<std::string_view> lines,
                      std::string_view connection = {})
{
    HeadParser parser(HeadParser::Kind::Request);
    MessageHead parsed;
    if (parser.parse(head(lines), parsed) != ParseStatus::Done)
        return parser.error().reason;
    std::string out;
    writeRequestHead(parsed, connection, out);
    return out;
}

std::string rewrittenAnswer(std::initializer_list<std::string_view> lines,
                            std::string_view method = "GET")
{
    HeadParser parser(HeadParser::Kind::Response);
    MessageHead parsed;
    if (parser.parse(head(lines), parsed, method) != ParseStatus::Done)
        return parser.error().reason;
    std::string out;
    writeResponseHead(parsed, {}, out);
    return out;
}

} // namespace

class H1WriterTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void oddSpacingComesOutCanonically()
    {
        QCOMPARE(rewritten({"GET /a HTTP/1.0", "Host:a", "A:\tb ", "B:  c", "C: d", "D:"}),
                 "GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\nB: c\r\nC: d\r\nD: \r\n\r\n"s);
        QCOMPARE(rewritten({"GET http://a?q HTTP/1.1", "X: y", "Host: A"}),
                 "GET /?q HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n"s);
    }

    void framingIsWrittenFromTheBodyAlone()
    {
        QCOMPARE(rewritten({"PUT / HTTP/1.1", "Content-Length: 0007", "Host: a"}),
                 "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"s);
        QCOMPARE(rewritten({"PUT / HTTP/1.1", "Host: a", "transfer-encoding: CHUNKED", "B: c"}),
                 "PUT / HTTP/1.1\r\nHost: a\r\nB: c\r\nTransfer-Encoding: chunked\r\n\r\n"s);
        QCOMPARE(rewritten({"PUT / HTTP/1.1", "Host: a", "Content-Length: 0"}),
                 "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"s);
    }

    void everyRequestHasAHost()
    {
        QCOMPARE(rewritten({"GET / HTTP/1.0"}), "GET / HTTP/1.1\r\nHost: \r\n\r\n"s);
        QCOMPARE(rewritten({"GET http://a/ HTTP/1.0"}), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"s);
    }

    void theConnectionFieldIsTheWritersOwn()
    {
        QCOMPARE(rewritten({"GET / HTTP/1.1", "Host: a"}, "close"),
                 "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"s);
        QCOMPARE(rewritten({"GET / HTTP/1.1", "Connection: x, upgrade", "Host: a",
                            "Upgrade: websocket, h2c"},
                           "upgrade"),
                 "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"s);
    }

    void runsStopAtRemovedAndChangedLines()
    {
        HeadParser parser(HeadParser::Kind::Request);
        MessageHead parsed;
        QVERIFY(parser.parse(head({"GET / HTTP/1.1", "Host: a", "A: 1", "B: 2", "C: 3", "D: 4"}),
                             parsed) == ParseStatus::Done);
        parsed.headers.remove("b");
        parsed.headers.setValue(parsed.headers.fields()[3], {"33", "3"});
        parsed.headers.add("E", "5");
        parsed.headers.add("F", "6");
        std::string out = "before ";
        writeRequestHead(parsed, {}, out);
        QCOMPARE(
            out,
            "before GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nC: 333\r\nD: 4\r\nE: 5\r\nF: 6\r\n\r\n"s);
    }

    void responsesKeepStatusReasonAndLines()
    {
        QCOMPARE(
            rewrittenAnswer(
                {"HTTP/1.0 404 Not here", "Set-Cookie: a", "Set-Cookie: b", "Content-Length: 1"}),
            "HTTP/1.1 404 Not here\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 1\r\n\r\n"s);
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 503", "Transfer-Encoding: chunked"}),
                 "HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n"s);
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 200 OK"}), "HTTP/1.1 200 OK\r\n\r\n"s);
    }

    void aLengthWithoutContentIsCopiedWhereItMeansSomething()
    {
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 200 OK", "Content-Length: 5"}, "HEAD"),
                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"s);
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 304 Same", "Content-Length: 5"}),
                 "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"s);
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 204 None", "Content-Length: 5"}),
                 "HTTP/1.1 204 None\r\n\r\n"s);
        QCOMPARE(rewrittenAnswer({"HTTP/1.1 204 None", "Transfer-Encoding: chunked"}),
                 "HTTP/1.1 204 None\r\n\r\n"s);
    }

    void aReplyOfOurOwnIsWritten()
    {
        MessageHead reply;
        reply.status = 429;
        reply.headers.add("Content-Type", "text/plain");
        reply.body = {BodyKind::Length, 12};
        std::string out;
        writeResponseHead(reply, "close", out);
        QCOMPARE(
            out,
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"s);
        QVERIFY(reasonPhrase(299) == "Unknown");
    }

    void chunksAreFramed()
    {
        std::string out;
        writeChunkHeader(0x1a2f, out);
        HeaderList trailers;
        writeLastChunk(trailers, out);
        trailers.add("X-Sum", "1");
        writeLastChunk(trailers, out);
        QCOMPARE(out, "1a2f\r\n0\r\n\r\n0\r\nX-Sum: 1\r\n\r\n"s);
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::H1WriterTest;
STEELYARD_TEST(H1WriterTest)
#include "h1_writer_test.moc"
