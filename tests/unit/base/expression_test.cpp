#include "base/expression.h"
#include "base/random.h"
#include "support/test_main.h"

#include <QTest>

#include <chrono>
#include <string>

using steelyard::Expression;
using steelyard::ExpressionList;
using steelyard::RandomSource;

namespace {

bool matches(std::string_view expression, std::string_view text)
{
    const auto compiled = Expression::compile(expression);
    return compiled.ok() && compiled.value().matches(text);
}

QByteArray prefix(std::string_view expression)
{
    return QByteArray::fromStdString(Expression::compile(expression).value().commonPrefix());
}

} // namespace

class ExpressionTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theWholeTextMustMatch()
    {
        QVERIFY(matches("a|bc", "a"));
        QVERIFY(matches("a|bc", "bc"));
        QVERIFY(matches("^a$", "a"));
        QVERIFY(matches("", ""));
        QVERIFY(!matches("a|bc", "ab"));
        QVERIFY(!matches("a|bc", "xbc"));
        QVERIFY(!matches("a", "a\n"));
        QVERIFY(!matches("a.b", "a\nb"));
    }

    void textsAreOctets()
    {
        QVERIFY(matches("a.b", "a\xff"
                               "b"));
        QVERIFY(matches("a.b", std::string_view("a\0b", 3)));
        QVERIFY(matches("caf\xc3\xa9", "caf\xc3\xa9"));
        QVERIFY(!matches("a.b", "a\xc3\xa9"
                                "b")); // two octets
    }

    void whatIsWrongIsTold()
    {
        for (const char* wrong : {"(", "a**", "[z-a]", "\\1", "(?=a)", "a{2000}"}) {
            const auto compiled = Expression::compile(wrong);
            QVERIFY2(!compiled.ok(), wrong);
            QVERIFY2(!compiled.error().detail.empty(), wrong);
        }
        // Small to write, huge to run: refused by its size.
        QVERIFY(!Expression::compile("((a{100}){100}){100}").ok());
    }

    void noExpressionTakesLongOnAHostileText()
    {
        const std::string text(20000, 'a');
        const auto start = std::chrono::steady_clock::now();
        QVERIFY(!matches("(a*)*b", text));
        QVERIFY(!matches("(a|aa)+(a|b)*c", text));
        QVERIFY(!matches("(.*)(.*)(.*)(.*)x", text));
        QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    }

    void whatAllMatchesBeginWithIsKnown()
    {
        QCOMPARE(prefix("/api/v[0-9]+"), QByteArray("/api/v"));
        QCOMPARE(prefix("/api"), QByteArray("/api"));
        QCOMPARE(prefix("^/api/.*"), QByteArray("/api/"));
        QCOMPARE(prefix("/api/.+"), QByteArray("/api/"));
        QCOMPARE(prefix("/api/.*|/api0"), QByteArray("/api"));
        QCOMPARE(prefix("/api/(users|units)/x"), QByteArray("/api/u"));
        QCOMPARE(prefix("/(a|b)"), QByteArray("/"));
        QCOMPARE(prefix("(?i)/API"), QByteArray("/"));
        for (const char* open : {".*", "/?a", "(/a)?b", ".*/api/x", ""})
            QCOMPARE(prefix(open), QByteArray());
    }

    void aListAnswersAsItsExpressionsDo()
    {
        RandomSource random(41);
        const auto randomPiece = [&random] {
            static constexpr const char* kPieces[] = {"a",       "b",       "/",     "[ab]",
                                                      "(a|b/)*", "a{2,3}",  "b?",    ".",
                                                      ".*",      "(a|ab)+", "(?i)A", "[^/]+"};
            return std::string(kPieces[random.below(12)]);
        };
        int hits = 0;
        for (int round = 0; round < 60; ++round) {
            std::vector<std::string> texts;
            for (int i = 0; i < 1 + round * 3; ++i) {
                std::string text;
                for (std::uint32_t n = 1 + random.below(4); n > 0; --n)
                    text += randomPiece();
                texts.push_back(random.below(40) == 0 ? "(" : text);
            }
            const ExpressionList list(texts);
            for (int i = 0; i < 20; ++i) {
                std::string subject;
                for (std::uint32_t n = random.below(7); n > 0; --n)
                    subject += "ab/"[random.below(3)];
                std::vector<int> expected;
                for (std::size_t t = 0; t < texts.size(); ++t) {
                    if (matches(texts[t], subject))
                        expected.push_back(static_cast<int>(t));
                }
                std::vector<int> all;
                std::vector<int> found{99};
                for (std::size_t block = 0; block < list.blocks(); ++block) {
                    list.match(block, subject, found);
                    all.insert(all.end(), found.begin(), found.end());
                }
                QCOMPARE(all, expected);
                hits += static_cast<int>(expected.size());
            }
        }
        QVERIFY(hits > 1000);
    }

    // Together they need far more states than the automaton of a list may have.
    void aListTooLargeForOneAutomatonAnswersStill()
    {
        std::vector<std::string> texts;
        for (int i = 0; i < 40; ++i)
            texts.push_back(".*[a" + std::string(1, static_cast<char>('b' + i % 20)) + "].{" +
                            std::to_string(60 + i) + "}z?");
        const ExpressionList list(texts);
        RandomSource random(42);
        for (int i = 0; i < 5; ++i) {
            std::string subject;
            for (int n = 0; n < 3000; ++n)
                subject += static_cast<char>('a' + random.below(22));
            std::vector<int> expected;
            for (std::size_t t = 0; t < texts.size(); ++t) {
                if (matches(texts[t], subject))
                    expected.push_back(static_cast<int>(t));
            }
            std::vector<int> found;
            list.match(0, subject, found);
            QCOMPARE(found, expected);
        }
    }
};

STEELYARD_TEST(ExpressionTest)
#include "expression_test.moc"
