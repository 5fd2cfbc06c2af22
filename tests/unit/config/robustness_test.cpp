/// Any bytes at all: the reader answers with a configuration or with an error, never with a crash,
/// and in bounded time.
#include "base/random.h"
#include "config/reader.h"
#include "config/writer.h"
#include "support/test_main.h"
#include "texts.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

namespace steelyard::config::test {

namespace {

/// A configuration, or an error with a place inside the text and a message in one line.
bool answers(const std::string& text)
{
    const ReadResult read = readText(text, "/etc");
    if ((read.config != nullptr) == hasErrors(read.diagnostics))
        return false;
    const int lines =
        static_cast<int>(std::count_if(text.begin(), text.end(),
                                       [](char c) { return c == '\n' || c == '\r'; })) +
        1;
    const bool wideBreaks =
        text.find("\xC2\x85") != std::string::npos || text.find("\xE2\x80") != std::string::npos;
    for (const Diagnostic& d : read.diagnostics) {
        if (d.message.empty() || d.message.find('\n') != std::string::npos)
            return false;
        if (d.line < 0 || d.column < 0 || (d.line > lines && !wideBreaks))
            return false;
    }
    return true;
}

std::string repeated(std::string_view part, std::size_t bytes)
{
    std::string out;
    out.reserve(bytes + part.size());
    while (out.size() < bytes)
        out += part;
    return out;
}

} // namespace

class RobustnessTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aFileCutAnywhereIsAnswered()
    {
        for (const char* name : {"minimal", "shop", "all-keys"}) {
            const std::string text = example(name);
            QVERIFY(text.size() > 100);
            for (std::size_t size = 0; size < text.size(); ++size) {
                QVERIFY2(answers(text.substr(0, size)),
                         (std::string(name) + " cut at " + std::to_string(size)).c_str());
            }
        }
    }

    void aFileWithRandomBytesChangedIsAnswered()
    {
        RandomSource random(4711);
        const std::string texts[] = {example("minimal"), example("shop"), example("all-keys")};
        static constexpr std::string_view kSpice =
            "{}[],:#&*!|>'\"%@`-? \n\r\t\\~\x00\xFF\xC3\xE2\x80\x85";
        for (int i = 0; i < 4000; ++i) {
            std::string text = texts[i % 3];
            for (std::uint32_t change = random.below(4) + 1; change > 0; --change) {
                const std::uint32_t at = random.below(static_cast<std::uint32_t>(text.size()));
                switch (random.below(4)) {
                case 0:
                    text[at] = static_cast<char>(random.below(256));
                    break;
                case 1:
                    text[at] = kSpice[random.below(kSpice.size())];
                    break;
                case 2:
                    text.erase(at, random.below(20) + 1);
                    break;
                default:
                    text.insert(at, 1, kSpice[random.below(kSpice.size())]);
                }
                if (text.empty())
                    text = " ";
            }
            QVERIFY2(answers(text), ("round " + std::to_string(i) + "\n" + text).c_str());
        }
    }

    void randomBytesAreAnswered()
    {
        RandomSource random(815);
        for (int i = 0; i < 2000; ++i) {
            std::string text(random.below(200), '\0');
            for (char& c : text)
                c = static_cast<char>(random.below(i % 2 == 0 ? 256 : 128));
            QVERIFY2(answers(text), ("round " + std::to_string(i)).c_str());
        }
    }

    void anEditOfADamagedFileIsAValidFileOrAnError()
    {
        RandomSource random(77);
        const std::string whole = example("shop");
        for (int i = 0; i < 400; ++i) {
            std::string text = whole;
            text.erase(random.below(static_cast<std::uint32_t>(text.size())), random.below(30) + 1);
            for (const auto& result :
                 {withWeight(text, "pages", "pages-2", 9), withoutServer(text, "api", "api-2"),
                  withServer(text, "api", {"new", {"a", 1}, 100, AdminState::Ready})}) {
                if (result)
                    QVERIFY2(readText(result.value(), {}).config, result.value().c_str());
                else
                    QVERIFY(!result.error().detail.empty());
            }
        }
    }

    void aFileOfTenMegabytesIsRefusedAtOnce()
    {
        const std::string text = repeated("# a comment\n", 10'000'000);
        const ReadResult read = readText(text, {});
        QVERIFY(!read.config);
        QCOMPARE(read.diagnostics.size(), std::size_t(1));
        QVERIFY(read.diagnostics[0].message.find("8 MiB") != std::string::npos);
    }

    void largeTextsOfEveryShapeAreAnsweredInSeconds_data()
    {
        QTest::addColumn<QByteArray>("text");
        constexpr std::size_t kBytes = 300'000;
        const auto row = [&](const char* name, const std::string& text) {
            QTest::newRow(name) << QByteArray::fromStdString(text);
        };
        row("open brackets", repeated("[", kBytes));
        row("open braces", repeated("{", kBytes));
        row("braces with keys", repeated("{a: ", kBytes));
        row("dashes", repeated("- ", kBytes));
        row("question marks", repeated("? ", kBytes));
        row("lines of items", repeated("- x\n", kBytes));
        row(
            "unknown keys", "version: 1\n" + [&] {
                std::string out;
                for (int i = 0; out.size() < kBytes; ++i)
                    out += "key" + std::to_string(i) + ": 1\n";
                return out;
            }());
        row("one quoted text", "version: \"" + repeated("a\\n", kBytes) + "\"");
        row("one plain text", "version: " + repeated("a ", kBytes));
        row("block text", "version: |\n" + repeated("  line\n", kBytes));
        row("quotes", repeated("\"", kBytes));
        row("colons", repeated(":", kBytes));
        row("anchors", repeated("&a ", kBytes));
        row("comments", repeated("#\n", kBytes));
        row("blank lines", repeated("\n", kBytes));
        row("indentation", "a:\n" + std::string(kBytes, ' ') + "b: 1\n");
        row("trusted proxies",
            inTop("trusted_proxies: [" + repeated(" 10.0.0.0/8,", kBytes) + " ]"));
        row("expressions", inMatch("query: {" + [&] {
                std::string out;
                for (int i = 0; out.size() < kBytes; ++i) {
                    out += " q" + std::to_string(i) + ": { regex: \"(a{1,900}){1,900}\" },";
                    if (i % 64 == 63)
                        out += " } } }\n      - { name: r" + std::to_string(i) +
                               ", pool: shop, match: { query: {";
                }
                return out;
            }() + " }"));
        row("routes without a pool", withRoutes([&] {
                std::string out;
                for (int i = 0; out.size() < kBytes; ++i)
                    out += "\n      - { name: r" + std::to_string(i) + ", pool: x }";
                return out;
            }()));
    }

    void largeTextsOfEveryShapeAreAnsweredInSeconds()
    {
        QFETCH(QByteArray, text);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(answers(text.toStdString()));
        QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
    }

    void aThousandErrorsAreShownAndTheRestCounted()
    {
        const std::string text = inTop("trusted_proxies:\n" + repeated("  - x\n", 6 * 1500));
        const ReadResult read = readText(text, {});
        QCOMPARE(read.diagnostics.size(), std::size_t(1001));
        QCOMPARE(read.diagnostics.back().message, std::string("500 more findings are not shown"));
        QVERIFY(read.diagnostics.back().severity == Severity::Error);
    }

    void thousandsOfServersAreRead()
    {
        std::string backends = "\n";
        for (int i = 0; i < 10'000; ++i)
            backends += "      - { name: s" + std::to_string(i) + ", address: 10.0.0.1:80 }\n";
        const ReadResult read = readText(withBackends(backends), {});
        QVERIFY2(read.config, allOf(read).c_str());
        QCOMPARE(read.config->pools[0].backends.size(), std::size_t(10'000));
    }
};

STEELYARD_TEST(RobustnessTest)

} // namespace steelyard::config::test

#include "robustness_test.moc"
