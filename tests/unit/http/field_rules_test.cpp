#include "http/field_rules.h"
#include "http/h1_parser.h"
#include "raw_cases.h"
#include "support/test_main.h"

#include <QTest>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

MessageHead parsed(std::initializer_list<std::string_view> fields,
                   std::string_view line = "GET / HTTP/1.1")
{
    std::string raw = std::string(line) + "\r\nHost: lab.example:81\r\n";
    for (const std::string_view field : fields)
        raw.append(field).append("\r\n");
    HeadParser parser(HeadParser::Kind::Request);
    MessageHead result;
    if (parser.parse(raw + "\r\n", result) != ParseStatus::Done)
        qWarning("refused: %s", parser.error().reason);
    return result;
}

/// The fields that are left, without Host.
std::string left(const MessageHead& head)
{
    std::string all;
    for (const Field& field : head.headers.fields())
        if (!field.removed && field.id != FieldId::Host)
            all.append(head.headers.name(field))
                .append(": ")
                .append(head.headers.value(field))
                .append("\n");
    return all;
}

Forwarding nothing()
{
    Forwarding forwarding;
    forwarding.xForwardedFor = forwarding.xForwardedProto = forwarding.via = false;
    forwarding.clientAddress = "192.0.2.7";
    forwarding.proto = "https";
    forwarding.requestId = "fresh-id";
    return forwarding;
}

std::string forwarded(std::initializer_list<std::string_view> fields, const Forwarding& forwarding)
{
    MessageHead head = parsed(fields);
    applyForwarding(head, forwarding);
    return left(head);
}

} // namespace

class FieldRulesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void hopByHopFieldsAndThoseNamedAreRemoved()
    {
        MessageHead head = parsed({"Connection: X-One, close ,,x-TWO", "x-one: 1", "Keep-Alive: 5",
                                   "A: b", "X-Two: 2", "Proxy-Connection: keep-alive",
                                   "TE: trailers", "Trailer: X", "Upgrade: h2c", "X-Two: 3"});
        QVERIFY(removeHopByHop(head));
        QCOMPARE(left(head), "A: b\n"s);
    }

    void aConnectionLineThatNamesConnectionHidesNothing()
    {
        MessageHead head =
            parsed({"Connection: connection", "Connection: X-Hop", "X-Hop: 1", "A: b"});
        QVERIFY(removeHopByHop(head));
        QCOMPARE(left(head), "A: b\n"s);
    }

    void theTrailerFieldStaysWhereTrailersGoOn()
    {
        MessageHead head =
            parsed({"Transfer-Encoding: chunked", "Trailer: X-Sum"}, "POST / HTTP/1.1");
        QVERIFY(removeHopByHop(head));
        QCOMPARE(left(head), "Trailer: X-Sum\n"s);
        QVERIFY(head.body.kind == BodyKind::Chunked);
    }

    void connectionMustNotNameWhatHasToSurvive()
    {
        for (const std::string_view name :
             {"Host", "content-length", "Transfer-Encoding", "X-Forwarded-For", "x-forwarded-port",
              "Forwarded", "Via", "Cookie", "AUTHORIZATION", "Cache-Control"}) {
            MessageHead head = parsed({"Connection: keep-alive, "s.append(name)});
            QVERIFY2(!removeHopByHop(head), name.data());
        }
    }

    void claimsOfStrangersAreReplaced()
    {
        Forwarding forwarding = nothing();
        const auto claims = {"X-Forwarded-For: 6.6.6.6"sv, "x-forwarded-proto: http"sv,
                             "X-Forwarded-Host: evil"sv,   "X-Forwarded-Port: 1"sv,
                             "Forwarded: for=6.6.6.6"sv,   "X-Request-Id: old"sv,
                             "X_Forwarded_For: 6.6.6.6"sv, "X-Forwarded: no-claim"sv};
        QCOMPARE(forwarded(claims, forwarding), "X-Forwarded: no-claim\n"s);
        forwarding.xForwardedFor = forwarding.xForwardedProto = forwarding.xForwardedHost =
            forwarding.xRequestId = true;
        QCOMPARE(forwarded(claims, forwarding),
                 "X-Forwarded: no-claim\nX-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https\n"
                 "X-Forwarded-Host: lab.example:81\nX-Request-Id: fresh-id\n"s);
    }

    void claimsOfTrustedProxiesAreKeptAndExtended()
    {
        Forwarding forwarding = nothing();
        forwarding.trusted = true;
        forwarding.xForwardedFor = forwarding.xForwardedProto = forwarding.xForwardedHost =
            forwarding.xRequestId = true;
        QCOMPARE(
            forwarded({"X-Forwarded-For: 10.0.0.1", "A: b", "X-Forwarded-For: 10.0.0.2",
                       "X-Forwarded-Proto: http", "X-Forwarded-Host: shop", "X-Request-Id: old"},
                      forwarding),
            "X-Forwarded-For: 10.0.0.1\nA: b\nX-Forwarded-For: 10.0.0.2, "
            "192.0.2.7\nX-Forwarded-Proto: http\n"
            "X-Forwarded-Host: shop\nX-Request-Id: old\n"s);
        QCOMPARE(forwarded({"X-Forwarded-For:"}, forwarding).substr(0, 28),
                 "X-Forwarded-For: 192.0.2.7\nX"s);
        forwarding = nothing();
        forwarding.trusted = true;
        QCOMPARE(forwarded({"X-Forwarded-For: 10.0.0.1", "Forwarded: for=a"}, forwarding),
                 "X-Forwarded-For: 10.0.0.1\nForwarded: for=a\n"s);
    }

    void forwardedQuotesWhatIsNoToken()
    {
        Forwarding forwarding = nothing();
        forwarding.forwarded = true;
        QCOMPARE(forwarded({"Forwarded: for=6.6.6.6"}, forwarding),
                 "Forwarded: for=192.0.2.7;proto=https;host=\"lab.example:81\"\n"s);
        forwarding.trusted = true;
        forwarding.clientAddress = "2001:db8::1";
        forwarding.proto = "http";
        QCOMPARE(forwarded({"Forwarded: for=a"}, forwarding),
                 "Forwarded: for=a, for=\"[2001:db8::1]\";proto=http;host=\"lab.example:81\"\n"s);
        MessageHead plain;
        plain.headers.add("Host", "lab");
        applyForwarding(plain, forwarding);
        QCOMPARE(left(plain), "Forwarded: for=\"[2001:db8::1]\";proto=http;host=lab\n"s);
        MessageHead hostless;
        applyForwarding(hostless, forwarding);
        QCOMPARE(left(hostless), "Forwarded: for=\"[2001:db8::1]\";proto=http\n"s);
    }

    void viaIsExtendedInOrder()
    {
        Forwarding forwarding = nothing();
        forwarding.via = true;
        QCOMPARE(forwarded({}, forwarding), "Via: 1.1 steelyard\n"s);
        QCOMPARE(forwarded({"Via: 1.0 fred", "Via: 1.1 joe"}, forwarding),
                 "Via: 1.0 fred\nVia: 1.1 joe, 1.1 steelyard\n"s);
        MessageHead old = parsed({}, "GET / HTTP/1.0");
        applyForwarding(old, forwarding);
        QCOMPARE(left(old), "Via: 1.0 steelyard\n"s);
    }

    void viaShowsALoopOnlyForOurName()
    {
        for (const std::string_view loop :
             {"1.1 steelyard", "1.0 fred, 1.1 Steelyard", "HTTP/1.1\tsteelyard:80 (x)",
              "1.1 a (x, y), 1.1 steelyard", "1.1 a (x \\) (z) y), 1.1 steelyard"})
            QVERIFY2(viaShowsLoop(parsed({"Via: "s.append(loop)}), "steelyard"), loop.data());
        for (const std::string_view none :
             {"1.1 fred", "1.1 steelyards", "steelyard 1.1", "1.1 a (1.1 steelyard)",
              "1.1 a (b, 1.1 steelyard)", "", "steelyard", ", ,", "1.1 a ((, 1.1 steelyard"})
            QVERIFY2(!viaShowsLoop(parsed({"Via: "s.append(none)}), "steelyard"), none.data());
        QVERIFY(viaShowsLoop(parsed({"Via: 1.1 a", "Via: 1.1 steelyard"}), "steelyard"));
        QVERIFY(!viaShowsLoop(parsed({"X-Via: 1.1 steelyard"}), "steelyard"));
        // Another engine of this program in front of this one.
        QVERIFY(!viaShowsLoop(parsed({"Via: 1.1 steelyard-1a2b"}), "steelyard-3c4d"));
    }

    void theHopCountOfOptionsIsLowered()
    {
        MessageHead head = parsed({"Max-Forwards: 10"}, "OPTIONS * HTTP/1.1");
        applyForwarding(head, nothing());
        QCOMPARE(left(head), "Max-Forwards: 9\n"s);
        QCOMPARE(head.maxForwards, 9);
        MessageHead get = parsed({"Max-Forwards: 10"});
        applyForwarding(get, nothing());
        QCOMPARE(left(get), "Max-Forwards: 10\n"s);
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::FieldRulesTest;
STEELYARD_TEST(FieldRulesTest)
#include "field_rules_test.moc"
