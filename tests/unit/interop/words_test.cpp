/// Whatever a text contains, it stays one word of the same meaning: checked by readers of the two
/// formats written from their manuals.
#include "exports.h"
#include "interop/haproxy_words.h"
#include "interop/nginx_words.h"
#include "support/test_main.h"
#include "unit/config/random_config.h"

#include <optional>

namespace steelyard::interop::test {

namespace {

using Words = std::vector<std::string>;

/// HAProxy's configuration manual 2.2: one line to its words; absent where a quote is open.
std::optional<Words> haproxyWords(std::string_view line)
{
    Words out;
    bool inWord = false;
    const auto put = [&](char c) {
        if (!inWord)
            out.emplace_back();
        inWord = true;
        out.back() += c;
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\n')
            return std::nullopt; // the line is over
        if (c == '\'') {
            if (!inWord)
                out.emplace_back();
            inWord = true;
            const std::size_t end = line.find('\'', i + 1);
            if (end == std::string_view::npos ||
                line.substr(i, end - i).find('\n') != std::string_view::npos)
                return std::nullopt;
            out.back() += line.substr(i + 1, end - i - 1);
            i = end;
        } else if (c == '\\' && i + 1 < line.size()) {
            if (line[i + 1] == 'x' && i + 3 < line.size()) {
                put(static_cast<char>(std::stoi(std::string(line.substr(i + 2, 2)), nullptr, 16)));
                i += 3;
            } else {
                put(line[++i]);
            }
        } else if (c == ' ' || c == '\t') {
            inWord = false;
        } else if (c == '#') {
            break;
        } else if (c == '"' || c == '$') {
            return std::nullopt; // weak quotes and variables: never used
        } else {
            put(c);
        }
    }
    return out;
}

/// ngx_conf_read_token: a text to its words, one of which must be ";" at the end of a directive.
std::optional<Words> nginxWords(std::string_view text)
{
    Words out;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            ++i;
            continue;
        }
        if (c == ';' || c == '{' || c == '}') {
            out.emplace_back(1, c);
            ++i;
            continue;
        }
        if (c == '#')
            return std::nullopt;
        const bool quotes = c == '"';
        if (c == '\'')
            return std::nullopt;
        std::string word;
        bool closed = !quotes;
        for (i += quotes ? 1 : 0; i < text.size(); ++i) {
            const char d = text[i];
            if (quotes && d == '"') {
                closed = true;
                ++i;
                break;
            }
            if (!quotes && (d == ' ' || d == ';' || d == '{' || d == '\n' || d == '\t'))
                break;
            if (d == '\\' && i + 1 < text.size()) {
                const char e = text[++i];
                if (e == '"' || e == '\'' || e == '\\')
                    word += e;
                else if (e == 'n' || e == 'r' || e == 't')
                    word += e == 'n' ? '\n' : e == 'r' ? '\r' : '\t';
                else
                    word.append(1, '\\').append(1, e);
                continue;
            }
            word += d;
        }
        if (!closed)
            return std::nullopt;
        out.push_back(word);
    }
    return out;
}

std::string anyText(config::test::RandomConfig& random)
{
    static constexpr std::string_view kSpecial = "'\"\\$%#;{}() \t\n\r~!-x0a";
    std::string out = random.pick(0, 1) == 0 ? random.text() : std::string();
    for (int i = random.pick(0, 12); i > 0; --i)
        out += kSpecial[static_cast<std::size_t>(random.pick(0, kSpecial.size() - 1))];
    return out;
}

} // namespace

class WordsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void anyTextIsOneWordOfHaproxy()
    {
        config::test::RandomConfig random(1);
        for (int i = 0; i < 20'000; ++i) {
            const std::string text = anyText(random);
            const std::string line = "before " + haproxy::quoted(text) + " after";
            const auto words = haproxyWords(line);
            QVERIFY2(words && *words == (Words{"before", text, "after"}), line.c_str());
        }
    }

    void anyArgumentOfASampleIsReadTwice()
    {
        config::test::RandomConfig random(2);
        for (int i = 0; i < 20'000; ++i) {
            std::string text = anyText(random);
            std::erase_if(text, [](char c) { return c == '\n'; }); // none in a name
            const auto words = haproxyWords(haproxy::quoted(haproxy::argument(text)));
            QVERIFY(words && words->size() == 1);
            const auto again = haproxyWords(words->front());
            QVERIFY2(again && *again == Words{text}, text.c_str());
        }
    }

    void formatsOfHaproxyHaveNoVariableOfTheText()
    {
        QCOMPARE(haproxy::plainFormat("100%"), std::string("100%%"));
        QCOMPARE(haproxy::plainFormat("%[src]"), std::string("%%[src]"));
        QCOMPARE(haproxy::plainFormat(""), std::string("%o"));
    }

    void anyTextIsOneWordOfNginx()
    {
        config::test::RandomConfig random(3);
        for (int i = 0; i < 20'000; ++i) {
            const std::string text = anyText(random);
            const std::string line = "before " + nginx::quoted(text) + " after;";
            const auto words = nginxWords(line);
            QVERIFY2(words && *words == (Words{"before", text, "after", ";"}), line.c_str());
        }
    }

    void textsOfNginxHaveNoVariable()
    {
        QCOMPARE(nginx::plain("a$host"), std::string("a${sy_dollar}host"));
        QCOMPARE(nginx::braced("$sy_x"), std::string("${sy_x}"));
    }

    void literalsAreNoExpressions()
    {
        QCOMPARE(nginx::literal("/a.b+(c)\n"), std::string("/a\\.b\\+\\(c\\)\\x0A"));
        QCOMPARE(nginx::encodedLiteral("a b&"), std::string("a(?:\\+|%(?i:20))b(?:\\&|%(?i:26))"));
        QCOMPARE(nginx::expression("^a b"), std::string("\"~^a b\""));
    }

    void groupsLoseTheirNames()
    {
        QCOMPARE(nginx::unnamed("/(?P<host>a)(?<b>c)(?i:d)"), std::string("/(a)(c)(?i:d)"));
        QCOMPARE(nginx::unnamed("[](?P<x>]\\(?P<x>"), std::string("[](?P<x>]\\(?P<x>"));
        QCOMPARE(nginx::unnamed("[^](?<x>](?<x>y)"), std::string("[^](?<x>](y)"));
        QCOMPARE(nginx::unnamed("\\Q(?<x>\\E(?<x>y)"), std::string("\\Q(?<x>\\E(y)"));
        QCOMPARE(nginx::unnamed("\\Q(?<x>"), std::string("\\Q(?<x>"));
    }

    void timesFitTheTargets()
    {
        QCOMPARE(haproxy::timeText(milliseconds{1500}), std::string("1500ms"));
        QCOMPARE(haproxy::timeText(milliseconds{366LL * 24 * 3600 * 1000}), std::string("576h"));
        QCOMPARE(nginx::secondsText(milliseconds{1}), std::string("1s"));
        QCOMPARE(nginx::secondsText(milliseconds{1001}), std::string("2s"));
    }
};

STEELYARD_TEST(WordsTest)

} // namespace steelyard::interop::test

#include "words_test.moc"
