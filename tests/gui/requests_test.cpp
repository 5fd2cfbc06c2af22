/// The Requests page: the model under overlapping lists, the story in words, the picture, and what
/// the page asks of the engine and when.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_decisions.h"
#include "fake_session.h"
#include "models/decision_story.h"
#include "models/requests_model.h"
#include "pages/requests_page.h"
#include "support/test_main.h"
#include "widgets/decision_picture.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class RequestsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listsOverlapAndStayInOrderAndBounded();
    void storyTellsEverythingInWords();
    void pictureIsAsHighAsItsStoryAndDrawsIt();
    void pageAsksOnlyWhileItIsSeenAndNotPaused();
    void selectingOneExplainsItAndTheListStandsStill();
    void filterFindsByServer();
    void goneDecisionIsTold();

private:
    [[nodiscard]] static int asked(const test::FakeSession& session);
    static RequestRow row(int number, qint64 wallMs);
};

RequestRow RequestsTest::row(int number, qint64 wallMs)
{
    RequestRow out;
    out.id = QString::number(number);
    out.wallMs = wallMs;
    return out;
}

int RequestsTest::asked(const test::FakeSession& session)
{
    int count = 0;
    auto* engine = static_cast<test::FakeEngineClient*>(session.client());
    for (const engine::Command& command : engine->received)
        count += command.name == QLatin1String("explain") ? 1 : 0;
    return count;
}

void RequestsTest::listsOverlapAndStayInOrderAndBounded()
{
    RequestsModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.add({row(3, 300), row(1, 100)});
    model.add({row(4, 400), row(3, 300), row(2, 200)}); // 2 was slow, and is told of late
    QStringList ids;
    for (int i = 0; i < model.rowCount(); ++i)
        ids << model.index(i, 0).data(RequestsModel::IdRole).toString();
    QCOMPARE(ids, (QStringList{QStringLiteral("4"), QStringLiteral("3"), QStringLiteral("2"),
                               QStringLiteral("1")}));
    QList<RequestRow> many;
    for (int i = 0; i < 3 * RequestsModel::kMaximum; ++i)
        many.append(row(1000 + i, 1000 + i));
    model.add(many);
    QCOMPARE(model.rowCount(), RequestsModel::kMaximum);
    QCOMPARE(model.index(0, 0).data(RequestsModel::IdRole).toString(),
             QString::number(1000 + 3 * RequestsModel::kMaximum - 1));
}

void RequestsTest::storyTellsEverythingInWords()
{
    const QString text = storyText(decisionStory(test::fakeDecision(3, 0)));
    for (const char* part :
         {"GET shop.lab/item/3 from 127.0.0.1", "Answered with 200 in 5.3 ms",
          "Listener web, route everything", "Pool shop by least-connections",
          "Rule: of those looked at the fewest in flight", "Drawn: all, because",
          "a: weight 100, in flight 1", "; chosen", "a: weight 100, in flight 1, 2 with this one",
          "tried before", "c could not be chosen: draining", "Waited 800 µs",
          "Attempt at a: connect_failed, no answer, given up after 500 µs",
          "Attempt at b: ok, connected in 300 µs, first byte after 2.8 ms, the rest in 600 µs"})
        QVERIFY2(text.contains(QString::fromUtf8(part)),
                 qPrintable(QString::fromUtf8(part) + u'\n' + text));
    QVERIFY(storyText(decisionStory(test::fakeDecision(1, 0)))
                .contains(QLatin1String("on a kept connection")));
}

void RequestsTest::pictureIsAsHighAsItsStoryAndDrawsIt()
{
    for (const char* name : {"light", "dark", "high-contrast"}) {
        applyTheme(*qApp, *themeFrom(QLatin1String(name)));
        DecisionPicture picture;
        picture.say(QStringLiteral("Nothing yet"));
        const int sentence = picture.heightForWidth(700);
        picture.show(decisionStory(test::fakeDecision(1, 0)));
        const int once = picture.heightForWidth(700);
        picture.show(decisionStory(test::fakeDecision(3, 0)));
        const int twice = picture.heightForWidth(700);
        QVERIFY(sentence < once && once < twice);
        QVERIFY(picture.heightForWidth(450) > twice); // words wrap
        QCOMPARE(picture.accessibleDescription(), picture.text());
        picture.resize(700, twice);
        QImage image(picture.size(), QImage::Format_RGB32);
        picture.render(&image);
        int bars = 0; // of the candidates' scores and the time line
        int below = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor color = image.pixelColor(x, y);
                bars += color == theme().series[0] ? 1 : 0;
                below += y > twice - 8 && color != theme().surface ? 1 : 0;
            }
        }
        QVERIFY2(bars > 500, name);
        QCOMPARE(below, 0); // nothing is cut at the end
    }
    applyTheme(*qApp, ThemeName::Light);
}

void RequestsTest::pageAsksOnlyWhileItIsSeenAndNotPaused()
{
    test::FakeSession session;
    MainWindow window(session);
    window.resize(1366, 768);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.requestsPage()->poll();
    QCOMPARE(asked(session), 0);
    window.showPage(QStringLiteral("requests"));
    QCOMPARE(asked(session), 1);
    QTRY_VERIFY(window.requestsPage()->table()->model()->rowCount() > 0);
    QTRY_VERIFY(asked(session) >= 2);  // by its own clock
    QCoreApplication::processEvents(); // the answer
    window.actionRegistry().action(QStringLiteral("pause"))->trigger();
    const int before = asked(session);
    session.engine().advance(4);
    window.requestsPage()->poll();
    QCOMPARE(asked(session), before);
    window.actionRegistry().action(QStringLiteral("pause"))->trigger();
    QCOMPARE(asked(session), before + 1);
    window.showPage(QStringLiteral("servers"));
    window.requestsPage()->poll();
    QCOMPARE(asked(session), before + 1);
}

void RequestsTest::selectingOneExplainsItAndTheListStandsStill()
{
    test::FakeSession session;
    MainWindow window(session);
    window.resize(1366, 768);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    session.engine().advance(60);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.showPage(QStringLiteral("requests"));
    QTableView* table = window.requestsPage()->table();
    QTRY_COMPARE(table->model()->rowCount(), 61);
    const QModelIndex second = table->model()->index(1, 0);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(second).center());
    DecisionPicture* picture = window.requestsPage()->picture();
    QTRY_VERIFY(picture->text().contains(QLatin1String("/item/59 ")));
    const int y = table->visualRect(table->currentIndex()).y();
    session.engine().advance(5);
    window.requestsPage()->poll();
    QTRY_COMPARE(table->model()->rowCount(), 66);
    QCOMPARE(table->visualRect(table->currentIndex()).y(), y);
    auto* copy = window.findChild<QPushButton*>(QStringLiteral("requests-copy"));
    QTest::mouseClick(copy, Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text(), picture->text());
    QTest::mouseClick(window.findChild<QPushButton*>(QStringLiteral("requests-newest")),
                      Qt::LeftButton);
    QCOMPARE(table->verticalScrollBar()->value(), 0);
    QVERIFY(!copy->isEnabled());
}

void RequestsTest::filterFindsByServer()
{
    test::FakeSession session;
    MainWindow window(session);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    session.engine().advance(11);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.showPage(QStringLiteral("requests"));
    QAbstractItemModel* rows = window.requestsPage()->table()->model();
    QTRY_COMPARE(rows->rowCount(), 12);
    window.actionRegistry().action(QStringLiteral("filter"))->trigger();
    auto* filter = window.findChild<QLineEdit*>(QStringLiteral("requests-filter"));
    QVERIFY(filter->hasFocus());
    QTest::keyClicks(filter, QStringLiteral("a, b"));
    QCOMPARE(rows->rowCount(), 4);
    QTest::keyClicks(filter, QStringLiteral(" and more"));
    QCOMPARE(rows->rowCount(), 0);
}

void RequestsTest::goneDecisionIsTold()
{
    test::FakeSession session;
    MainWindow window(session);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.showPage(QStringLiteral("requests"));
    QTableView* table = window.requestsPage()->table();
    QTRY_VERIFY(table->model()->rowCount() > 0);
    session.engine().forgetDecisions();
    table->selectRow(0);
    DecisionPicture* picture = window.requestsPage()->picture();
    QTRY_VERIFY(picture->accessibleDescription().contains(QLatin1String("is recorded")));
    QVERIFY(picture->text().isEmpty());
}

STEELYARD_TEST(RequestsTest)
#include "requests_test.moc"
