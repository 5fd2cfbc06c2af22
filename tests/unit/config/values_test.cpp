#include "base/expression.h"
#include "config/http_words.h"
#include "config/suggestion.h"
#include "config/values.h"
#include "support/test_main.h"

#include <QTest>

#include <algorithm>
#include <array>

namespace steelyard::config::test {

using namespace std::chrono_literals;

class ValuesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void readsAndWritesDurations()
    {
        const std::pair<const char*, milliseconds> table[] = {
            {"0", 0ms}, {"1ms", 1ms}, {"1500ms", 1500ms}, {"2s", 2s},   {"5m", 5min},
            {"8h", 8h}, {"90s", 90s}, {"1001ms", 1001ms}, {"48h", 48h}, {"8784h", 8784h}};
        for (const auto& [text, duration] : table) {
            QVERIFY2(parseDuration(text).ok() && parseDuration(text).value() == duration, text);
            QCOMPARE(durationText(duration), std::string(text));
        }
        QVERIFY(parseDuration("120s").value() == 2min);
        QVERIFY(parseDuration("0s").value() == 0ms);
        for (const char* bad : {"", "s", "1", "-1s", "+1s", "1 s", "1S", "1us", "1.5s", "1m30s",
                                "8785h", "9999999999999999999s", "0x1s"}) {
            QVERIFY2(!parseDuration(bad), bad);
            QVERIFY2(!parseDuration(bad).error().hint.empty(), bad);
        }
    }

    void readsAndWritesShares()
    {
        const std::pair<const char*, double> table[] = {{"0%", 0},        {"5%", 0.05},
                                                        {"12.5%", 0.125}, {"0.01%", 0.0001},
                                                        {"100%", 1},      {"33.33%", 0.3333}};
        for (const auto& [text, share] : table) {
            QVERIFY2(parseShare(text).ok() && parseShare(text).value() == share, text);
            QCOMPARE(shareText(share), std::string(text));
        }
        QVERIFY(parseShare("5.10%").value() == 0.051);
        for (const char* bad : {"", "%", "5", "-5%", "5 %", ".5%", "5.%", "5.123%", "1001%",
                                "99999999999999999999%", "1e2%"}) {
            QVERIFY2(!parseShare(bad), bad);
        }
    }

    void readsAndWritesNumbers()
    {
        const std::pair<const char*, double> table[] = {
            {"0", 0}, {"3", 3}, {"1.5", 1.5}, {"0.01", 0.01}, {"1000000.99", 1000000.99}};
        for (const auto& [text, number] : table) {
            QVERIFY2(parseNumber(text).ok() && parseNumber(text).value() == number, text);
            QCOMPARE(numberText(number), std::string(text));
        }
        for (const char* bad : {"", ".", "1.", ".5", "-1", "+1", "1.234", "1e3", "10000001", "1 ",
                                "99999999999999999999"}) {
            QVERIFY2(!parseNumber(bad), bad);
            QVERIFY2(!parseNumber(bad).error().hint.empty(), bad);
        }
    }

    void readsAndWritesAffinityKeys()
    {
        for (const char* text :
             {"client-ip", "path", "header:x-user", "cookie:Uid", "query:käse", "query:a:b"}) {
            QVERIFY2(parseAffinityKey(text).ok(), text);
            QCOMPARE(affinityKeyText(parseAffinityKey(text).value()), std::string(text));
        }
        QCOMPARE(parseAffinityKey("header:X-User").value().name, std::string("x-user"));
        for (const char* bad : {"", "ip", "client-ip:", "path:x", "header", "header:", "header:a b",
                                "cookie:a=b", "query:", "query:a&b", "Cookie:x", "query:a\n"}) {
            QVERIFY2(!parseAffinityKey(bad), bad);
            QVERIFY2(!parseAffinityKey(bad).error().hint.empty(), bad);
        }
    }

    void knowsWhatAHostFieldMaySay()
    {
        for (const char* good :
             {"a", "a.b.c", "a:80", "10.0.0.1", "10.0.0.1:80", "[::1]", "[::1]:80"})
            QVERIFY2(isHostField(good), good);
        for (const char* bad :
             {"", "::1", "a b", "a/b", "a:", "a:x", "[::1", "[a]", "[]", "a:65536", "u@a", "a\n"})
            QVERIFY2(!isHostField(bad), bad);
    }

    void refusesWhatIsNoExpression()
    {
        for (const char* good :
             {"/item/[0-9]+", "(?i)dark|light", "(a*)*b", "(?P<x>a)", "käse", "a{1000}"})
            QVERIFY2(Expression::compile(good), good);
        const std::pair<const char*, const char*> bad[] = {
            {"(", "RE2's syntax"},        {"[a", "RE2's syntax"},
            {"*", "RE2's syntax"},        {"(?=a)", "no lookaround"},
            {"(?<!a)b", "no lookaround"}, {"(a)\\1", "RE2's syntax"},
            {"a{2000}", "smaller"},       {"(((a{100}){100}){100})", "smaller"},
            {"[b-a]ä\n", "RE2's syntax"}, {"(ä\n", "RE2's syntax"}};
        for (const auto& [text, hint] : bad) {
            const auto checked = Expression::compile(text);
            QVERIFY2(!checked, text);
            const Error& error = checked.error();
            QVERIFY2(error.hint.find(hint) != std::string::npos,
                     (error.detail + "; " + error.hint).c_str());
            QVERIFY2(!error.detail.empty() &&
                         std::all_of(error.detail.begin(), error.detail.end(),
                                     [](char c) { return c >= 0x20 && c < 0x7F; }),
                     error.detail.c_str());
        }
        QVERIFY(Expression::compile(std::string(Expression::kMostBytes, 'a')));
        QVERIFY(!Expression::compile(std::string(Expression::kMostBytes + 1, 'a')));
    }

    void readsAndWritesAddresses()
    {
        for (const char* text : {"127.0.0.1:80", "[::1]:0", "[fe80::1]:65535", "lab:1",
                                 "lab-c.internal:80", "a_b.c.:9", "1a:1"}) {
            QVERIFY2(parseAddress(text).ok(), text);
            QCOMPARE(parseAddress(text).value().text(), std::string(text));
        }
        QCOMPARE(parseAddress("[::1]:80").value().host, std::string("::1"));
        const std::string label(64, 'a');
        for (const std::string& bad : {std::string(),
                                       std::string(":"),
                                       std::string("a"),
                                       std::string("a:"),
                                       std::string("a:x"),
                                       std::string("a:-1"),
                                       std::string("a:65536"),
                                       std::string("a: 1"),
                                       std::string("::1:80"),
                                       std::string("[::1]"),
                                       std::string("[127.0.0.1]:80"),
                                       std::string("[::1]80"),
                                       std::string("-a:1"),
                                       std::string("a-:1"),
                                       std::string("a..b:1"),
                                       std::string("1.2.3:1"),
                                       std::string("1.2.3.4.5:1"),
                                       std::string("a b:1"),
                                       label + ":1",
                                       std::string("a\0b:1", 5),
                                       std::string("127.0.0.1\0:1", 12)}) {
            QVERIFY2(!parseAddress(bad), bad.c_str());
        }
    }

    void readsMasksAndWritesRanges()
    {
        QCOMPARE(cidrText(parseCidr("10.0.0.0/8").value()), std::string("10.0.0.0/8"));
        QCOMPARE(cidrText(parseCidr("10.0.0.1").value()), std::string("10.0.0.1/32"));
        QCOMPARE(cidrText(parseCidr("::1").value()), std::string("::1/128"));
        QCOMPARE(cidrText(masked(parseCidr("10.255.255.255/9").value())),
                 std::string("10.128.0.0/9"));
        QCOMPARE(cidrText(masked(parseCidr("ffff::ffff/0").value())), std::string("::/0"));
        for (const char* bad : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                                "10.0.0/8", "lab/8", "10.0.0.0/8/8"}) {
            QVERIFY2(!parseCidr(bad), bad);
        }
    }

    void readsStatusRanges()
    {
        QVERIFY((parseStatusRange("200").value() == std::pair{200, 200}));
        QVERIFY((parseStatusRange("200-399").value() == std::pair{200, 399}));
        for (const char* bad :
             {"", "-", "99", "600", "200-", "-200", "399-200", "2xx", "200-600", "200 - 300"})
            QVERIFY2(!parseStatusRange(bad), bad);
    }

    void suggestsTheNearestWord()
    {
        const std::array<std::string_view, 4> words{"weight", "state", "max_connections", "name"};
        QCOMPARE(nearest("weigth", words), std::string_view("weight"));
        QCOMPARE(nearest("Max-Connection", words), std::string_view("max_connections"));
        QCOMPARE(nearest("stat", words), std::string_view("state"));
        QCOMPARE(nearest("zebra", words), std::string_view());
        QCOMPARE(nearest("x", words), std::string_view());
        QCOMPARE(suggest("zebra", words, "use one of"),
                 std::string("use one of weight, state, max_connections, name"));
    }
};

STEELYARD_TEST(ValuesTest)

} // namespace steelyard::config::test

#include "values_test.moc"
