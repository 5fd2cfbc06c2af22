/// What must hold whatever the bytes: pieces give the same result as the whole, garbage cannot read
/// out of bounds (run under AddressSanitizer), what was written can be read back, and a head that
/// trickles in costs linear time.
#include "http/h1_parser.h"
#include "http/h1_writer.h"
#include "raw_cases.h"
#include "support/test_main.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

/// Everything a caller can see of a parse.
struct Outcome
{
    ParseStatus status = ParseStatus::NeedMore;
    std::size_t consumed = 0;
    int errorStatus = 0;
    std::string reason;
    std::string dump;

    bool operator==(const Outcome&) const = default;
};

std::string dump(const MessageHead& head)
{
    std::string text;
    text.append(head.method())
        .append("|")
        .append(head.target())
        .append("|")
        .append(head.reason())
        .append("|");
    text.append(std::to_string(head.status))
        .append("|")
        .append(std::to_string(static_cast<int>(head.body.kind)));
    text.append("|")
        .append(std::to_string(head.body.length))
        .append("|")
        .append(std::to_string(head.maxForwards));
    for (const bool flag : {head.keepAlive, head.expectContinue, head.upgradeWebSocket,
                            head.version == Version::Http10})
        text.append(flag ? "y" : "n");
    for (const Field& field : head.headers.fields())
        if (!field.removed)
            text.append("\n")
                .append(head.headers.name(field))
                .append(": ")
                .append(head.headers.value(field));
    return text;
}

/// What must survive being written and read again: all but the version, the reason and the fields
/// of the connection.
std::string essence(const MessageHead& head)
{
    std::string text;
    text.append(head.method())
        .append("|")
        .append(head.target())
        .append("|")
        .append(std::to_string(head.status));
    text.append("|")
        .append(std::to_string(static_cast<int>(head.body.kind)))
        .append(std::to_string(head.body.length));
    const bool lengthCopied = head.body.kind == BodyKind::None;
    for (const Field& field : head.headers.fields()) {
        switch (field.id) {
        case FieldId::Connection:
        case FieldId::KeepAlive:
        case FieldId::ProxyConnection:
        case FieldId::TransferEncoding:
        case FieldId::Upgrade:
            continue;
        case FieldId::ContentLength:
            if (!lengthCopied)
                continue;
            break;
        default:
            break;
        }
        if (!field.removed)
            text.append("\n")
                .append(head.headers.name(field))
                .append(": ")
                .append(head.headers.value(field));
    }
    return text;
}

/// Feeds the prefixes of `raw` that `ends` name, then all of it. Each prefix lies in memory of just
/// its size, so that a read past it is an error.
Outcome feed(HeadParser::Kind kind, const RawCase& row, const std::vector<std::size_t>& ends)
{
    HeadParser parser(kind);
    MessageHead parsed;
    Outcome outcome;
    std::vector<std::size_t> all = ends;
    all.push_back(row.raw.size());
    for (const std::size_t end : all) {
        const auto exact = std::make_unique<char[]>(end);
        std::copy_n(row.raw.data(), end, exact.get());
        outcome.status = parser.parse(std::string_view(exact.get(), end), parsed, row.method);
        if (outcome.status != ParseStatus::NeedMore)
            break;
    }
    if (outcome.status == ParseStatus::Bad) {
        outcome.errorStatus = parser.error().status;
        outcome.reason = parser.error().reason;
    }
    if (outcome.status == ParseStatus::Done) {
        outcome.consumed = parser.consumed();
        outcome.dump = dump(parsed);
    }
    return outcome;
}

std::vector<std::size_t> upTo(std::size_t size)
{
    std::vector<std::size_t> ends;
    for (std::size_t end = 0; end < size; ++end)
        ends.push_back(end);
    return ends;
}

/// Limits whose refusals differ only in where the bytes were cut, when that goes wrong.
std::vector<RawCase> limitCases()
{
    return {{"long request line",
             "GET /" + std::string(17000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
            {"endless request line", "GET /" + std::string(17000, 'a'), 414},
            {"long bad request line", "GET /\x01" + std::string(17000, 'a') + "\n", 414}};
}

QByteArray bytes(const std::string& text)
{
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

class ParserPiecesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aHeadCutAnywhereGivesTheSameResult()
    {
        for (const HeadParser::Kind kind :
             {HeadParser::Kind::Request, HeadParser::Kind::Response}) {
            for (const RawCase& row :
                 kind == HeadParser::Kind::Request ? requestCases() : responseCases()) {
                const Outcome whole = feed(kind, row, {});
                for (std::size_t cut = 0; cut <= row.raw.size(); ++cut)
                    QVERIFY2(feed(kind, row, {cut}) == whole, row.name.c_str());
                QVERIFY2(feed(kind, row, upTo(row.raw.size())) == whole, row.name.c_str());
            }
        }
    }

    void limitsGiveTheSameResultInPieces()
    {
        for (const RawCase& row : limitCases()) {
            const Outcome whole = feed(HeadParser::Kind::Request, row, {});
            QCOMPARE(whole.errorStatus, row.status);
            for (const std::size_t cut : {1U, 16383U, 16384U, 16385U, 16386U, 16390U, 17000U})
                QVERIFY2(feed(HeadParser::Kind::Request, row, {cut}) == whole, row.name.c_str());
        }
    }

    void bytesAfterTheHeadDoNotMatter()
    {
        for (RawCase row : requestCases()) {
            const Outcome alone = feed(HeadParser::Kind::Request, row, {});
            if (alone.status != ParseStatus::Done)
                continue;
            row.raw.append("\n\0\r more of anything\r\n\r\n");
            QVERIFY2(feed(HeadParser::Kind::Request, row, {}) == alone, row.name.c_str());
        }
    }

    void randomMutationsAreRefusedOrReadBackTheSame()
    {
        std::mt19937 random(20240607);
        const auto below = [&random](std::size_t bound) {
            return static_cast<std::size_t>(random() % bound);
        };
        constexpr std::string_view kSharp = "\r\n\0\t :;,\x7f\xff%[]@#\"/0"sv;
        for (const HeadParser::Kind kind :
             {HeadParser::Kind::Request, HeadParser::Kind::Response}) {
            const bool request = kind == HeadParser::Kind::Request;
            const std::vector<RawCase> seeds = request ? requestCases() : responseCases();
            std::vector<RawCase> good;
            std::ranges::copy_if(seeds, std::back_inserter(good),
                                 [](const RawCase& row) { return row.status == 0; });
            int accepted = 0;
            for (int round = 0; round < 20000; ++round) {
                RawCase row =
                    round % 4 == 0 ? seeds[below(seeds.size())] : good[below(good.size())];
                for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
                    const std::size_t at = below(row.raw.size());
                    const char c =
                        below(4) == 0 ? static_cast<char>(random()) : kSharp[below(kSharp.size())];
                    switch (below(4)) {
                    case 0:
                        row.raw[at] = c;
                        break;
                    case 1:
                        row.raw.insert(at, 1, c);
                        break;
                    case 2:
                        row.raw.erase(at, 1 + below(3));
                        break;
                    default:
                        row.raw.insert(at, seeds[below(seeds.size())].raw.substr(0, below(40)));
                        break;
                    }
                    if (row.raw.empty())
                        row.raw = "x";
                }
                const Outcome whole = feed(kind, row, {});
                QVERIFY2(feed(kind, row, {below(row.raw.size())}) == whole,
                         bytes(row.raw).toHex().constData());
                if (whole.status != ParseStatus::Done)
                    continue;
                ++accepted;
                QVERIFY2(isStableWhenWritten(kind, row), bytes(row.raw).toHex().constData());
            }
            QVERIFY(accepted > 500);
        }
    }

    void whatIsWrittenReadsBackTheSame()
    {
        for (const HeadParser::Kind kind :
             {HeadParser::Kind::Request, HeadParser::Kind::Response}) {
            for (const RawCase& row :
                 kind == HeadParser::Kind::Request ? requestCases() : responseCases())
                if (row.status == 0)
                    QVERIFY2(isStableWhenWritten(kind, row), row.name.c_str());
        }
    }

    void aHeadThatTricklesInCostsLinearTime()
    {
        // 60 KiB in 90 lines, byte by byte. Looking again at old bytes would take 60 K x 30 K
        // steps: seconds.
        std::string raw = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (int i = 0; i < 90; ++i)
            raw += "X-Field-" + std::to_string(i) + ": " + std::string(660, 'v') + "\r\n";
        raw += "\r\n";
        HeadParser parser(HeadParser::Kind::Request);
        MessageHead parsed;
        QElapsedTimer timer;
        timer.start();
        for (std::size_t size = 1; size < raw.size(); ++size)
            QVERIFY(parser.parse(std::string_view(raw.data(), size), parsed) ==
                    ParseStatus::NeedMore);
        QVERIFY(parser.parse(raw, parsed) == ParseStatus::Done);
        QVERIFY2(timer.elapsed() < 1000, "byte-wise feeding is not linear");
        QCOMPARE(parsed.headers.fields().size(), std::size_t{91});
    }

private:
    /// Parses, writes, parses again: the same message, and the second writing is the same text.
    static bool isStableWhenWritten(HeadParser::Kind kind, const RawCase& row)
    {
        std::string text = row.raw;
        std::string meaning;
        for (int pass = 0; pass < 2; ++pass) {
            HeadParser parser(kind);
            MessageHead parsed;
            if (parser.parse(text, parsed, row.method) != ParseStatus::Done)
                return false;
            if (kind == HeadParser::Kind::Request && parsed.host().empty())
                return parsed.version == Version::Http10;
            if (pass > 0 && (parser.consumed() != text.size() || essence(parsed) != meaning))
                return false;
            meaning = essence(parsed);
            std::string written;
            if (kind == HeadParser::Kind::Request)
                writeRequestHead(parsed, parsed.upgradeWebSocket ? "upgrade" : "", written);
            else
                writeResponseHead(parsed, parsed.status == 101 ? "upgrade" : "", written);
            if (pass > 0 && written != text)
                return false;
            text = written;
        }
        return true;
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::ParserPiecesTest;
STEELYARD_TEST(ParserPiecesTest)
#include "parser_pieces_test.moc"
