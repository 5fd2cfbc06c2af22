#include "http/h1_parser.h"
#include "raw_cases.h"
#include "support/test_main.h"

#include <QTest>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

/// A request whose only peculiarity is one field line.
std::string withField(std::string_view line)
{
    return head({"GET /x HTTP/1.1", "Host: lab.example", line});
}

std::string withLine(std::string_view requestLine)
{
    return head({requestLine, "Host: lab.example"});
}

std::string withHost(std::string_view value)
{
    return head({"GET /x HTTP/1.1", "Host: "s.append(value)});
}

std::string posting(std::string_view framing)
{
    return head({"POST /x HTTP/1.1", "Host: lab.example", framing});
}

std::string answering(std::string_view statusLine)
{
    return head({statusLine, "Content-Length: 3"});
}

std::string answerField(std::string_view line)
{
    return head({"HTTP/1.1 200 OK", line});
}

void addRequestLineCases(std::vector<RawCase>& all)
{
    const auto add = [&all](std::string_view line, int status) {
        all.push_back({"line " + std::string(line.substr(0, 60)), withLine(line), status});
    };
    add("GET / HTTP/1.1", 0);
    add("GET /a/../b//c;p=1?q=%20&x=/?y HTTP/1.1", 0);
    add("OPTIONS * HTTP/1.1", 0);
    add("M-SEARCH /x HTTP/1.1", 0);
    add("GET / HTTP/1.0", 0);
    add("GET / HTTP/1.7", 0);
    add("GET http://lab.example/a?b HTTP/1.1", 0);
    add("GET HTTPS://LAB.example HTTP/1.1", 0);
    add("OPTIONS http://lab.example HTTP/1.1", 0);
    add("get / HTTP/1.1", 0); // methods are case-sensitive: an extension method
    add("GET  / HTTP/1.1", 400);
    add("GET /  HTTP/1.1", 400);
    add("GET / HTTP/1.1 ", 400);
    add(" GET / HTTP/1.1", 400);
    add("GET\t/ HTTP/1.1", 400);
    add("GET /\tHTTP/1.1", 400);
    add("GET /a b HTTP/1.1", 400);
    add("GET /", 400);
    add("GET", 400);
    add("GET / ", 400);
    add("GET / http/1.1", 400);
    add("GET / HTTP/1.1x", 400);
    add("GET / HTTP/11", 400);
    add("GET / HTTP/1.", 400);
    add("GET / HTTP/1.10", 400);
    add("GET / HTTP/a.1", 400);
    add("GET / HTTPS/1.1", 400);
    add("GET / HTTP/2.0", 505);
    add("GET / HTTP/0.9", 505);
    add("PRI * HTTP/2.0", 505);
    add("G(T / HTTP/1.1", 400);
    add("G\xc3\x84T / HTTP/1.1", 400);
    add(std::string(32, 'M') + " / HTTP/1.1", 0);
    add(std::string(33, 'M') + " / HTTP/1.1", 501);
    add("GET /a#b HTTP/1.1", 400);
    add("GET /\xc3\xa4 HTTP/1.1", 400);
    add("GET /a\x7f HTTP/1.1", 400);
    add("GET /a\rb HTTP/1.1", 400);
    add("GET /a\0b HTTP/1.1"sv, 400);
    add("GET * HTTP/1.1", 400);
    add("OPTIONS ** HTTP/1.1", 400);
    add("GET a/b HTTP/1.1", 400);
    add("GET lab.example:80 HTTP/1.1", 400);
    add("GET ftp://lab.example/ HTTP/1.1", 400);
    add("GET http:/lab.example/ HTTP/1.1", 400);
    add("GET http:///a HTTP/1.1", 400);
    add("GET http://?a HTTP/1.1", 400);
    add("GET http:///a HTTP/1.1", 400);
    add("GET http://other.example/ HTTP/1.1", 400);
    add("GET http://lab.example:80/ HTTP/1.1", 400);
    add("GET http://joe@lab.example/ HTTP/1.1", 400);
    add("GET http://lab.example:99999/ HTTP/1.1", 400);
    add("CONNECT lab.example:443 HTTP/1.1", 405);
    add("CONNECT / HTTP/1.1", 405);
    add("TRACE / HTTP/1.1", 405);
}

void addHostCases(std::vector<RawCase>& all)
{
    const auto add = [&all](std::string_view value, int status) {
        all.push_back({"host " + std::string(value), withHost(value), status});
    };
    for (const std::string_view good :
         {"a", "lab.example:8080", "LAB.Example", "10.0.0.1:80", "a_b.example", "x%2dy",
          "lab.example:", "a:0", "a:65535", "[::1]", "[::1]:8080", "[2001:db8::7]", "[v1.fe80:a]",
          "a,b=c", ":", ":80"})
        add(good, 0);
    for (const std::string_view bad :
         {"",       "a b",     "a/b",       "a?b",   "a#b",      "joe@a",    "a:65536",
          "a:-1",   "a:8x",    "a:1:2",     "::1",   "[::1",     "::1]",     "[]",
          "[::1]x", "[::1]:x", "[1.2.3.4]", "[::g]", "[::1::2]", "[v.a]",    "[v1.]",
          "a%2",    "a%zz",    "a\\b",      "a\"",   "<a>",      "\xc3\xa4", "a\tb"})
        add(bad, 400);
    all.push_back({"no host", head({"GET / HTTP/1.1"}), 400});
    all.push_back({"no host in 1.0", head({"GET / HTTP/1.0"}), 0});
    all.push_back({"bad host in 1.0", head({"GET / HTTP/1.0", "Host: a b"}), 400});
    all.push_back({"two hosts", head({"GET / HTTP/1.1", "Host: a", "Host: a"}), 400});
    all.push_back({"two hosts in 1.0", head({"GET / HTTP/1.0", "Host: a", "hOST: b"}), 400});
    all.push_back({"absolute without host", head({"GET http://a/ HTTP/1.1"}), 400});
    all.push_back({"absolute without host in 1.0", head({"GET http://a/ HTTP/1.0"}), 0});
}

void addFieldCases(std::vector<RawCase>& all)
{
    const auto add = [&all](std::string_view line, int status) {
        all.push_back({"field " + std::string(line.substr(0, 60)), withField(line), status});
    };
    add("A: b", 0);
    add("A:b", 0);
    add("A:", 0);
    add("A: \t ", 0);
    add("A:\t b \t", 0);
    add("!#$%&'*+-.^_`|~09azAZ: token", 0);
    add("A: tab\tinside and \xe9 \x80 \xff", 0);
    add("My_Own_Field: x", 0);
    add("A: a longer value, with every printable mark !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 0);
    add("A : b", 400);
    add("A\t: b", 400);
    add(" A: b", 400);
    add("\tA: b", 400);
    add(": b", 400);
    add("A", 400);
    add("A b: c", 400);
    add("A(b): c", 400);
    add("A\x01: c", 400);
    add("\xe9: c", 400);
    add("A\0b: c"sv, 400);
    add("A: b\0c"sv, 400);
    add("A: b\rc", 400);
    add("A: b\r", 400);
    add("A\r: b", 400);
    add("\rA: b", 400);
    add("A: b\nC: d", 400);
    add("A: b\n", 400);
    add("A: b\r\n c", 400);
    add("A: b\r\n\tc", 400);
    add("A: b\r\n ", 400);
    for (int c = 1; c < 32; ++c) {
        if (c == '\t' || c == '\n')
            continue;
        // At the start, in the middle and near the end: the value is checked eight octets at a
        // time.
        for (const std::size_t at : {0U, 7U, 8U, 13U, 20U, 23U}) {
            std::string value(24, 'v');
            value[at] = static_cast<char>(c);
            all.push_back({"control " + std::to_string(c) + " at " + std::to_string(at),
                           withField("A: " + value), 400});
        }
    }
    all.push_back({"DEL in value", withField("A: 0123456\x7f"), 400});
    all.push_back(
        {"line before the first field", head({"GET / HTTP/1.1", " X: y", "Host: a"}), 400});
    all.push_back({"LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400});
    all.push_back({"LF for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400});
    all.push_back({"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400});
    all.push_back({"one empty line before", "\r\n" + withLine("GET / HTTP/1.1"), 0});
    all.push_back({"two empty lines before", "\r\n\r\n" + withLine("GET / HTTP/1.1"), 400});
    all.push_back({"LF before", "\n" + withLine("GET / HTTP/1.1"), 400});
    all.push_back({"CR before", "\r" + withLine("GET / HTTP/1.1"), 400});
}

void addFramingCases(std::vector<RawCase>& all)
{
    const auto add = [&all](std::string_view lines, int status) {
        all.push_back({"framing " + std::string(lines.substr(0, 60)), posting(lines), status});
    };
    add("Content-Length: 0", 0);
    add("Content-Length: 0012", 0);
    add("content-LENGTH:\t12 ", 0);
    add("Content-Length: 9223372036854775807", 0);
    add("Transfer-Encoding: chunked", 0);
    add("transfer-encoding: CHUNKED", 0);
    for (const std::string_view bad : {"", "+1", "-1", "0x1", "1e1", "1 1", "1,1", "1, 1", "1,",
                                       ",1", "1.0", "9223372036854775808", "18446744073709551616",
                                       "99999999999999999999999999999", "\xc2\xb2", "1;"})
        add("Content-Length: "s.append(bad), 400);
    add("Content-Length: 1\r\nContent-Length: 1", 400);
    add("Content-Length: 1\r\nContent-Length: 2", 400);
    add("Content-Length: 1\r\nTransfer-Encoding: chunked", 400);
    add("Transfer-Encoding: chunked\r\nContent-Length: 1", 400);
    add("Content_Length: 1", 400);
    add("Transfer_encoding: chunked", 400);
    add("Transfer-Encoding: gzip, chunked", 501);
    add("Transfer-Encoding: deflate ,gzip,\tchunked", 501);
    for (const std::string_view bad :
         {"", "identity", "gzip", "chunked, gzip", "chunked, chunked", "chunked,", ",chunked",
          "gzip,,chunked", "chunked;q=1", "\"chunked\"", "chunked chunked", "xchunked",
          "chunked\x0b", "cow, chunked", "identity, chunked", "gzip;q=1, chunked"})
        add("Transfer-Encoding: "s.append(bad), 400);
    add("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400);
    add("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 400);
    all.push_back({"coding in 1.0", head({"POST / HTTP/1.0", "Transfer-Encoding: chunked"}), 400});
    all.push_back({"length in 1.0", head({"POST / HTTP/1.0", "Content-Length: 1"}), 0});
}

void addSemanticCases(std::vector<RawCase>& all)
{
    const auto add = [&all](std::string_view line, int status) {
        all.push_back({"semantic " + std::string(line), withField(line), status});
    };
    add("Expect: 100-continue", 0);
    add("Expect: 100-Continue\r\nExpect: 100-continue", 0);
    add("Expect: 200-ok", 417);
    add("Expect: x 100-continue", 417);
    add("Expect:", 417);
    add("Max-Forwards: x", 0); // defined for OPTIONS and TRACE only
    all.push_back({"expectation in 1.0", head({"GET / HTTP/1.0", "Expect: tea"}), 0});
    for (const auto& [value, status] :
         {std::pair{"0", 0}, {"7", 0}, {"99999999999", 0}, {"", 400}, {"-1", 400}, {"1,2", 400}})
        all.push_back({"hops "s + value,
                       head({"OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: "s + value}), status});
    all.push_back({"hops twice",
                   head({"OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: 1", "Max-Forwards: 1"}),
                   400});
}

} // namespace

std::string head(std::initializer_list<std::string_view> lines)
{
    std::string all;
    for (const std::string_view line : lines)
        all.append(line).append("\r\n");
    return all.append("\r\n");
}

std::vector<RawCase> requestCases()
{
    std::vector<RawCase> all;
    addRequestLineCases(all);
    addHostCases(all);
    addFieldCases(all);
    addFramingCases(all);
    addSemanticCases(all);
    return all;
}

std::vector<RawCase> responseCases()
{
    std::vector<RawCase> all;
    for (const std::string_view good :
         {"HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200",
          "HTTP/1.5 404 Not here", "HTTP/1.1 299 \t\xe9", "HTTP/1.1 599 Own", "HTTP/1.1 999 Own"})
        all.push_back({"status " + std::string(good), answering(good), 0, "GET"});
    for (const std::string_view bad : {"HTTP/1.1  200 OK",
                                       "HTTP/1.1 20 OK",
                                       "HTTP/1.1 2000 OK",
                                       "HTTP/1.1 200OK",
                                       "HTTP/1.1 2x0 OK",
                                       "HTTP/1.1 099 OK",
                                       "HTTP/1.1",
                                       "HTTP/1.1 ",
                                       "HTTP/2.0 200 OK",
                                       "HTTP/1 200 OK",
                                       "http/1.1 200 OK",
                                       "SIP/2.0 200 OK",
                                       "200 OK",
                                       "junk",
                                       "HTTP/1.1\t200 OK",
                                       "HTTP/1.1 200\tOK",
                                       "HTTP/1.1 -20 OK",
                                       "HTTP/1.1 200 O\rK",
                                       "HTTP/1.1 200 O\x01K",
                                       "",
                                       " "})
        all.push_back({"status " + std::string(bad), answering(bad), 400, "GET"});
    for (const std::string_view good :
         {"A: b", "Set-Cookie: a=1\r\nSet-Cookie: b=2", "Transfer-Encoding: chunked",
          "Content-Length: 3", "Host: a b", "Expect: tea", "Connection: x-own"})
        all.push_back({"answer " + std::string(good), answerField(good), 0, "GET"});
    for (const std::string_view bad : {"A : b",
                                       "A",
                                       ": b",
                                       " A: b",
                                       "A: b\r\n c",
                                       "A: b\nC: d",
                                       "A: b\rc",
                                       "A(: b",
                                       "Content-Length: x",
                                       "Content-Length:",
                                       "Content-Length: 3, 3",
                                       "Content-Length: 3\r\nContent-Length: 3",
                                       "Content-Length: 3\r\nTransfer-Encoding: chunked",
                                       "Transfer-Encoding: chunked\r\nContent-Length: 3",
                                       "Transfer-Encoding: gzip",
                                       "Transfer-Encoding: chunked, gzip",
                                       "Transfer-Encoding: gzip, chunked",
                                       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                       "Content-Length: 9223372036854775808",
                                       "Content_Length: 3"})
        all.push_back({"answer " + std::string(bad), answerField(bad), 400, "GET"});
    all.push_back(
        {"coding in 1.0", head({"HTTP/1.0 200 OK", "Transfer-Encoding: chunked"}), 400, "GET"});
    all.push_back({"204 with a length", head({"HTTP/1.1 204 No", "Content-Length: x"}), 0, "GET"});
    all.push_back(
        {"204 with a coding", head({"HTTP/1.1 204 No", "Transfer-Encoding: gzip"}), 0, "GET"});
    all.push_back(
        {"304 with a bad length", head({"HTTP/1.1 304 No", "Content-Length: x"}), 400, "GET"});
    all.push_back(
        {"bad length after HEAD", head({"HTTP/1.1 200 OK", "Content-Length: x"}), 400, "HEAD"});
    all.push_back({"empty line before", "\r\n" + answering("HTTP/1.1 200 OK"), 400, "GET"});
    return all;
}

class RawCasesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void requestsAreTakenOrRefusedByTheRules_data() { fill(requestCases()); }

    void requestsAreTakenOrRefusedByTheRules() { check(HeadParser::Kind::Request); }

    void responsesAreTakenOrRefusedByTheRules_data() { fill(responseCases()); }

    void responsesAreTakenOrRefusedByTheRules() { check(HeadParser::Kind::Response); }

private:
    static void fill(const std::vector<RawCase>& cases)
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("status");
        for (const RawCase& row : cases)
            QTest::newRow(row.name.c_str()) << QByteArray::fromStdString(row.raw)
                                            << QByteArray::fromStdString(row.method) << row.status;
    }

    static void check(HeadParser::Kind kind)
    {
        QFETCH(QByteArray, raw);
        QFETCH(QByteArray, method);
        QFETCH(int, status);
        HeadParser parser(kind);
        MessageHead parsed;
        const std::string_view input(raw.constData(), static_cast<std::size_t>(raw.size()));
        const ParseStatus result = parser.parse(
            input, parsed,
            std::string_view(method.constData(), static_cast<std::size_t>(method.size())));
        if (status == 0) {
            QVERIFY2(result == ParseStatus::Done, parser.error().reason);
            QCOMPARE(parser.consumed(), input.size());
        } else {
            QVERIFY(result == ParseStatus::Bad);
            if (kind == HeadParser::Kind::Request)
                QCOMPARE(parser.error().status, status);
            QVERIFY(std::string_view(parser.error().reason).size() > 4);
        }
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::RawCasesTest;
STEELYARD_TEST(RawCasesTest)
#include "raw_cases_test.moc"
