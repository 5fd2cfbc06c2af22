/// The comparison of lines: whole, in order, and as short as can be.

#include "models/line_diff.h"
#include "support/test_main.h"

#include <QStringList>
#include <QTest>

#include <algorithm>
#include <random>

using namespace steelyard::gui;
using Kind = DiffLine::Kind;

class LineDiffTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void knownTexts();
    void everyEditIsWholeAndShortest();
    void tooManyEditsAreStillWhole();
    void onlyChangesWithTheirSurroundings();

private:
    static void verifyWhole(const QStringList& a, const QStringList& b,
                            const QList<DiffLine>& lines);
    static int changesIn(const QList<DiffLine>& lines);
};

void LineDiffTest::knownTexts()
{
    const QList<DiffLine> lines = lineDiff(QStringLiteral("a\nb\nc\n"), QStringLiteral("a\nx\nc"));
    const QList<DiffLine> expected{{Kind::Same, 1, 1, QStringLiteral("a")},
                                   {Kind::Removed, 2, 0, QStringLiteral("b")},
                                   {Kind::Added, 0, 2, QStringLiteral("x")},
                                   {Kind::Same, 3, 3, QStringLiteral("c")}};
    QCOMPARE(lines, expected);
    QVERIFY(lineDiff({}, {}).isEmpty());
    QCOMPARE(changesIn(lineDiff({}, QStringLiteral("a\nb\n"))), 2);
    QCOMPARE(changesIn(lineDiff(QStringLiteral("a\nb\n"), {})), 2);
}

int LineDiffTest::changesIn(const QList<DiffLine>& lines)
{
    return static_cast<int>(std::count_if(
        lines.begin(), lines.end(), [](const DiffLine& line) { return line.kind != Kind::Same; }));
}

void LineDiffTest::verifyWhole(const QStringList& a, const QStringList& b,
                               const QList<DiffLine>& lines)
{
    QStringList before;
    QStringList after;
    for (const DiffLine& line : lines) {
        if (line.kind != Kind::Added) {
            before << line.text;
            QCOMPARE(line.before, static_cast<int>(before.size()));
        }
        if (line.kind != Kind::Removed) {
            after << line.text;
            QCOMPARE(line.after, static_cast<int>(after.size()));
        }
    }
    QCOMPARE(before, a);
    QCOMPARE(after, b);
}

void LineDiffTest::everyEditIsWholeAndShortest()
{
    std::mt19937 random(7);
    const auto draw = [&random] {
        QStringList lines;
        const unsigned count = random() % 13;
        for (unsigned i = 0; i < count; ++i)
            lines << QString(QChar(u'a' + static_cast<char16_t>(random() % 3)));
        return lines;
    };
    for (int round = 0; round < 3000; ++round) {
        const QStringList a = draw();
        const QStringList b = draw();
        // The longest common subsequence, by the table in every textbook.
        QList<QList<int>> longest(a.size() + 1, QList<int>(b.size() + 1, 0));
        for (qsizetype i = 1; i <= a.size(); ++i) {
            for (qsizetype j = 1; j <= b.size(); ++j) {
                longest[i][j] = a.at(i - 1) == b.at(j - 1)
                                    ? longest[i - 1][j - 1] + 1
                                    : std::max(longest[i - 1][j], longest[i][j - 1]);
            }
        }
        const QList<DiffLine> lines = lineDiff(a.join(u'\n') + u'\n', b.join(u'\n') + u'\n');
        // An empty text and one of one empty line look alike here.
        verifyWhole(a.isEmpty() ? QStringList{QString()} : a,
                    b.isEmpty() ? QStringList{QString()} : b, lines);
        if (!a.isEmpty() && !b.isEmpty())
            QCOMPARE(changesIn(lines),
                     static_cast<int>(a.size() + b.size()) - 2 * longest[a.size()][b.size()]);
    }
}

void LineDiffTest::tooManyEditsAreStillWhole()
{
    QStringList a;
    QStringList b;
    for (int i = 0; i < 3000; ++i) {
        a << QStringLiteral("a%1").arg(i);
        b << (i % 3 == 0 ? a.last() : QStringLiteral("b%1").arg(i));
    }
    const QList<DiffLine> lines = lineDiff(a.join(u'\n'), b.join(u'\n'), 100);
    verifyWhole(a, b, lines);
    QVERIFY(lines.first().kind == Kind::Same);
    QVERIFY(changesIn(lines) > 4000);
}

void LineDiffTest::onlyChangesWithTheirSurroundings()
{
    QStringList a;
    for (int i = 0; i < 40; ++i)
        a << QString::number(i);
    QStringList b = a;
    b[20] = QStringLiteral("x");
    const QList<DiffLine> shown = changesOnly(lineDiff(a.join(u'\n'), b.join(u'\n')), 2);
    // A gap, two lines, the change, two lines.
    QCOMPARE(static_cast<int>(shown.size()), 1 + 2 + 2 + 2);
    QCOMPARE(shown.at(0), DiffLine{});
    QCOMPARE(shown.at(1).text, QStringLiteral("18"));
    QCOMPARE(shown.last().text, QStringLiteral("22"));
    QVERIFY(changesOnly(lineDiff(a.join(u'\n'), a.join(u'\n'))).isEmpty());
}

STEELYARD_TEST(LineDiffTest)
#include "line_diff_test.moc"
