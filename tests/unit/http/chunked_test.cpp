#include "http/chunked.h"
#include "support/test_main.h"

#include <QTest>

#include <algorithm>
#include <memory>
#include <random>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

using Step = ChunkedDecoder::Step;

struct Decoded
{
    Step end = Step::NeedMore;
    std::string data;
    std::string rest; ///< unread bytes after the end
    std::string trailers;
    std::string reason;
    int status = 0;

    bool operator==(const Decoded&) const = default;
};

/// Decodes `raw`, which arrives in pieces that end at `cuts`; every piece lies in memory of just
/// its size.
Decoded decode(std::string_view raw, std::vector<std::size_t> cuts = {})
{
    ChunkedDecoder decoder;
    Decoded result;
    cuts.push_back(raw.size());
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
        const auto exact = std::make_unique<char[]>(to - from);
        std::copy(raw.begin() + static_cast<std::ptrdiff_t>(from),
                  raw.begin() + static_cast<std::ptrdiff_t>(to), exact.get());
        std::string_view input(exact.get(), to - from);
        std::string_view data;
        while ((result.end = decoder.step(input, data)) == Step::Data)
            result.data.append(data);
        from = to;
        if (result.end == Step::NeedMore)
            continue;
        if (result.end == Step::End)
            result.rest = std::string(input).append(raw.substr(to));
        break;
    }
    if (result.end == Step::Bad) {
        result.reason = decoder.error().reason;
        result.status = decoder.error().status;
    }
    for (const Field& field : decoder.trailers().fields())
        result.trailers.append(decoder.trailers().name(field))
            .append("=")
            .append(decoder.trailers().value(field))
            .append("\n");
    return result;
}

const std::vector<std::string>& goodBodies()
{
    static const std::vector<std::string> all = {
        "0\r\n\r\n",
        "000\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        "000000000000000a\r\n0123456789\r\n0\r\n\r\n",
        "A\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
        "3;a\r\nabc\r\n0;last\r\n\r\n",
        "3;a=b;c=\"d e\\\";\\\\\";f\r\nabc\r\n0\r\n\r\n",
        "3 ;\ta =\tb ; c = \"\" ;d\r\nabc\r\n0\r\n\r\n",
        "0\r\nX-Sum: 1\r\nx-other:\t2 \r\n\r\n",
    };
    return all;
}

const std::vector<std::string>& badBodies()
{
    static const std::vector<std::string> all = {
        "\r\n",
        ";a\r\n",
        " 3\r\nabc\r\n",
        "+3\r\nabc\r\n",
        "-1\r\n",
        "0x3\r\nabc\r\n",
        "g\r\n",
        "3 \r\nabc\r\n",
        "3\t\r\nabc\r\n",
        "3 3\r\nabc\r\n",
        "3,\r\nabc\r\n",
        "3\nabc\r\n",
        "3\rabc\r\n",
        "3\r\r\nabc\r\n",
        "3;a\nabc\r\n",
        "3;a\r;b\r\nabc\r\n",
        "3\r\nabcd\r\n",
        "3\r\nabc\n",
        "3\r\nabc\rx",
        "3\r\nabc0\r\n\r\n",
        "8000000000000000\r\n",
        "ffffffffffffffff\r\n",
        "00000000000000003\r\n",
        "fffffffffffffffff\r\n",
        "3;\r\nabc\r\n",
        "3;;a\r\nabc\r\n",
        "3;=b\r\nabc\r\n",
        "3;a=\r\nabc\r\n",
        "3;a =\r\nabc\r\n",
        "3;a \r\nabc\r\n",
        "3;a=b \r\nabc\r\n",
        "3;a b\r\nabc\r\n",
        "3;a=b c\r\nabc\r\n",
        "3;a=b=c\r\nabc\r\n",
        "3;a(\r\nabc\r\n",
        "3;a=\"b\r\nabc\r\n",
        "3;a=\"b\"c\r\nabc\r\n",
        "3;a=\"\\\r\n\"\r\nabc\r\n",
        "3;a=\x01\r\nabc\r\n",
        "3;a=\"\x01\"\r\nabc\r\n",
        "3;a=\"\x7f\"\r\nabc\r\n",
        "3;a=\"\\\x1b\"\r\nabc\r\n",
        "3;\xe9\r\nabc\r\n",
        "3\0\r\nabc\r\n"s,
        "0\r\nX: y\n\r\n",
        "0\r\n\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\n X: y\r\n\r\n",
        "0\r\nX: y\r\n z\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX: a\rb\r\n\r\n",
        "0\r\n\rX: a\r\n\r\n",
        "0\r\nContent-Length: 3\r\n\r\n",
        "0\r\ntransfer-ENCODING: chunked\r\n\r\n",
        "0\r\nHost: a\r\n\r\n",
        "0\r\nContent_Length: 3\r\n\r\n",
    };
    return all;
}

} // namespace

class ChunkedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void bodiesAreDecodedAndTheRestIsLeft()
    {
        for (const std::string& body : goodBodies()) {
            const Decoded result = decode(body + "GET /next");
            QVERIFY2(result.end == Step::End, body.c_str());
            QVERIFY2(result.rest == "GET /next", body.c_str());
        }
        QCOMPARE(decode(goodBodies()[3]).data, "abc"s);
        QCOMPARE(decode(goodBodies()[5]).data, "\r\n\r\n\r\n\r\n\r\n"s);
        QCOMPARE(decode(goodBodies()[9]).trailers, "X-Sum=1\nx-other=2\n"s);
    }

    void malformedBodiesAreRefused()
    {
        for (const std::string& body : badBodies()) {
            const Decoded result = decode(body);
            QVERIFY2(result.end == Step::Bad, body.c_str());
            QCOMPARE(result.status, 400);
            QVERIFY(!result.reason.empty());
        }
    }

    void aBodyCutAnywhereGivesTheSameResult()
    {
        for (const std::vector<std::string>& bodies : {goodBodies(), badBodies()}) {
            for (const std::string& body : bodies) {
                const Decoded whole = decode(body);
                std::vector<std::size_t> everywhere;
                for (std::size_t cut = 0; cut <= body.size(); ++cut) {
                    QVERIFY2(decode(body, {cut}) == whole, body.c_str());
                    everywhere.push_back(cut);
                }
                QVERIFY2(decode(body, everywhere) == whole, body.c_str());
            }
        }
    }

    void anUnfinishedBodyIsNeverComplete()
    {
        for (const std::string& body : goodBodies())
            for (std::size_t size = 0; size < body.size(); ++size)
                QVERIFY2(decode(std::string_view(body).substr(0, size)).end == Step::NeedMore,
                         body.c_str());
    }

    void theLargestSizeIsReadAsANumber()
    {
        QVERIFY(decode("7fffffffffffffff\r\nabc").end == Step::NeedMore);
        QCOMPARE(decode("7fffffffffffffff\r\nabc").data, "abc"s);
    }

    void extensionsAreBoundedOverTheWholeBody()
    {
        const auto chunk = [](std::size_t extension) {
            return "1;" + std::string(extension - 2, 'e') + "\r\na\r\n";
        };
        QVERIFY(decode(chunk(4096) + "0\r\n\r\n").end == Step::End);
        QVERIFY(decode(chunk(4097) + "0\r\n\r\n").end == Step::Bad);
        std::string many;
        for (int i = 0; i < 41; ++i)
            many += chunk(100);
        QVERIFY(decode(many).end == Step::Bad);
    }

    void trailersAreBounded()
    {
        const auto lines = [](int count) {
            std::string body = "0\r\n";
            for (int i = 0; i < count; ++i)
                body += "A: b\r\n";
            return body + "\r\n";
        };
        QVERIFY(decode(lines(100)).end == Step::End);
        QCOMPARE(decode(lines(101)).status, 431);
        const auto bytes = [](std::size_t size) {
            return "0\r\nA: " + std::string(size - 7, 'v') + "\r\n\r\n";
        };
        QVERIFY(decode(bytes(65536)).end == Step::End);
        QCOMPARE(decode(bytes(65537)).status, 431);
        QCOMPARE(decode("0\r\nA: " + std::string(70000, 'v')).status, 431);
        QVERIFY(decode(bytes(65537), {100, 200, 65000}) == decode(bytes(65537)));
    }

    void trailersThatMustNotBeMergedAreDropped()
    {
        const Decoded result = decode(
            "0\r\nAuthorization: x\r\nX-Keep: 1\r\nSet-Cookie: a=b\r\nX-Forwarded-For: 6.6.6.6\r\n"
            "X-Forwarded-Port: 1\r\nContent-Type: a/b\r\nConnection: close\r\nETag: \"x\"\r\n\r\n");
        QVERIFY(result.end == Step::End);
        QCOMPARE(result.trailers, "X-Keep=1\nETag=\"x\"\n"s);
    }

    void aDecoderIsReusedAfterReset()
    {
        ChunkedDecoder decoder;
        std::string_view data;
        std::string_view bad = "zz";
        QVERIFY(decoder.step(bad, data) == Step::Bad);
        QVERIFY(decoder.step(bad, data) == Step::Bad);
        decoder.reset();
        std::string_view good = "0\r\nA: b\r\n\r\nx";
        QVERIFY(decoder.step(good, data) == Step::End);
        QVERIFY(decoder.step(good, data) == Step::End);
        QVERIFY(good == "x");
        decoder.reset();
        QVERIFY(decoder.trailers().fields().empty());
    }

    void randomMutationsNeverReadOutOfBounds()
    {
        std::mt19937 random(7);
        constexpr std::string_view kSharp = "\r\n;=\"\\ \t0fF:";
        for (int round = 0; round < 20000; ++round) {
            std::string body = goodBodies()[random() % goodBodies().size()];
            for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
                const std::size_t at = random() % body.size();
                if (random() % 2 == 0)
                    body[at] = kSharp[random() % kSharp.size()];
                else
                    body.insert(at, 1, static_cast<char>(random()));
            }
            QVERIFY2(decode(body, {random() % body.size()}) == decode(body), body.c_str());
        }
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::ChunkedTest;
STEELYARD_TEST(ChunkedTest)
#include "chunked_test.moc"
