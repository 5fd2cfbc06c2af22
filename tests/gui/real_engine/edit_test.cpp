/// Weight, algorithm and health, seen from both sides: what the console changes changes the
/// traffic, and what the servers do is what the console shows.

#include "clients.h"
#include "pages/servers_page.h"
#include "stage.h"
#include "support/test_main.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QSpinBox>

using namespace steelyard;
using M = gui::ServersModel;

namespace {

constexpr std::size_t kMany = 400; ///< answers that shares are taken of

/// Each server in turn: no answer is by the same server as one of the two before it, and the third
/// before it was by the same.
bool inTurn(const std::vector<test::Clients::Answer>& answers)
{
    for (std::size_t i = 3; i < answers.size(); ++i) {
        if (answers[i].server != answers[i - 3].server ||
            answers[i].server == answers[i - 1].server ||
            answers[i].server == answers[i - 2].server)
            return false;
    }
    return true;
}

} // namespace

class EditTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void weightEditedInPlaceChangesTheShares();
    void algorithmBoxChangesTheAlgorithm();
    void refusingServerIsDownAndSaysWhy();
};

void EditTest::weightEditedInPlaceChangesTheShares()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const test::Clients clients(console.port(), 3);
    QTRY_VERIFY(clients.answers().size() >= kMany);
    QVERIFY(qAbs(test::shareOf(clients.answers(), QStringLiteral("a")) - 1 / 3.) < 0.03);

    const QString id = QStringLiteral("shop/a");
    console.doubleClick(id, M::Weight);
    auto* editor = console.window.findChild<QSpinBox*>(QStringLiteral("weightEditor"));
    QVERIFY(editor != nullptr);
    QTest::keyClicks(editor, QStringLiteral("200"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("Weight of shop/a is 200, was 100."));
    const TimePoint shown = console.toldAt;
    QTRY_COMPARE(console.cell(id, M::Weight), QStringLiteral("200"));
    QTRY_VERIFY(clients.sentSince(shown).size() >= kMany);
    const auto answers = clients.sentSince(shown);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("a")) - 0.5) < 0.03);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("b")) - 0.25) < 0.03);
    // And the console sees what the servers see.
    QTRY_VERIFY_WITH_TIMEOUT(qAbs(console.cell(id, M::Share).left(2).toInt() - 50) <= 2, 15000);

    const TimePoint before = Clock::now();
    console.clickTool("undo");
    QTRY_VERIFY(console.toldAt > before);
    const TimePoint undone = console.toldAt;
    QTRY_VERIFY(clients.sentSince(undone).size() >= kMany);
    QVERIFY(qAbs(test::shareOf(clients.sentSince(undone), QStringLiteral("a")) - 1 / 3.) < 0.03);
}

void EditTest::algorithmBoxChangesTheAlgorithm()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const test::Clients client(console.port(), 1);
    QTRY_VERIFY(client.answers().size() >= 90);
    QVERIFY(inTurn(client.answers()));

    QComboBox* box = console.window.serversPage()->algorithmBox();
    QCOMPARE(box->currentText(), QStringLiteral("round-robin"));
    QTest::mouseClick(box, Qt::LeftButton);
    QTRY_VERIFY(box->view()->isVisible());
    const QModelIndex random = box->model()->index(box->findText(QStringLiteral("random")), 0);
    // By key within the popup: a click there is told apart from the one that opened it by time.
    box->view()->setCurrentIndex(random);
    QTest::keyClick(box->view(), Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("shop now uses random."));
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(console.session.client()->latest()->pools[0].algorithm == Algorithm::Random);
    QTRY_VERIFY(client.sentSince(shown).size() >= 90);
    QVERIFY(!inTurn(client.sentSince(shown)));
    QCOMPARE(box->currentText(), QStringLiteral("random"));
}

void EditTest::refusingServerIsDownAndSaysWhy()
{
    test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text(
        QStringLiteral("127.0.0.1:0"),
        QStringLiteral("    health_check: { path: /health, interval: 200ms, fast_interval: 50ms, "
                       "fall: 2, rise: 2 }\n"))));
    test::Clients clients(console.port(), 3);
    const QString id = QStringLiteral("shop/b");
    QTRY_COMPARE(console.state(id), QStringLiteral("Up"));

    servers.behave(QStringLiteral("b"), {.refusing = true});
    QTRY_COMPARE(console.state(id), QStringLiteral("Down"));
    QVERIFY(console.cell(id, M::LastProbe).contains(QLatin1String("refused")));
    QVERIFY(console.tip(id, M::State).contains(QLatin1String("refused")));
    QCOMPARE(console.cell(QStringLiteral("shop"), M::Server), QStringLiteral("2 of 3 in service"));

    const quint64 before = servers.requests(QStringLiteral("b"));
    servers.behave(QStringLiteral("b"), {});
    QTRY_COMPARE(console.state(id), QStringLiteral("Up"));
    QTRY_VERIFY(test::countOf(clients.answers(), QStringLiteral("b")) > 0);
    QTRY_VERIFY(servers.requests(QStringLiteral("b")) > before + 10);
    clients.stop();
    QCOMPARE(clients.failures(), 0);
    for (const test::Clients::Answer& answer : clients.answers())
        QCOMPARE(answer.status, 200);
}

STEELYARD_TEST(EditTest)
#include "edit_test.moc"
