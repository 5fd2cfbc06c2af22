/// Drain by click, seen from the servers: what the console shows as done is done.

#include "clients.h"
#include "stage.h"
#include "support/test_main.h"

#include <QMessageBox>
#include <QPushButton>

using namespace steelyard;
using M = gui::ServersModel;

namespace {

constexpr milliseconds kSlow{
    800}; ///< the drained server's answers: some are under way at the click

} // namespace

class DrainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void openedFileServes();
    void drainByClickSendsNothingMoreAndFinishesWhatIsInFlight();
    void lastServerInServiceIsAskedAbout();
    void removedServerComesBackInTheStateThatItHad();
};

void DrainTest::openedFileServes()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const test::Clients clients(console.port(), 2);
    QTRY_VERIFY(clients.answers().size() >= 30);
    for (const char* name : {"a", "b", "c"})
        QVERIFY(servers.requests(QLatin1String(name)) >= 5);
    QTRY_VERIFY(QLocale().toDouble(console.cell(QStringLiteral("shop"), M::Requests)) > 0);
    QCOMPARE(clients.failures(), 0);
}

void DrainTest::drainByClickSendsNothingMoreAndFinishesWhatIsInFlight()
{
    test::Servers servers;
    servers.behave(QStringLiteral("a"), {.latency = kSlow});
    test::Console console;
    console.open(servers.write(servers.text()));
    test::Clients clients(console.port(), 6);
    console.select(QStringLiteral("shop/a"));
    // Only a's answers take that long, and these have a good while to go.
    QTRY_VERIFY(clients.waiting(kSlow / 10) > clients.waiting(kSlow / 2));

    console.clickTool("drain");
    QTRY_COMPARE(console.banner(), QStringLiteral("Drained shop/a."));
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(console.state(QStringLiteral("shop/a")).startsWith(QLatin1String("Draining, ")));
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));
    QVERIFY(console.tip(QStringLiteral("shop/a"), M::State).contains(QLatin1String("drained")));
    QVERIFY(
        console.tip(QStringLiteral("shop/a"), M::State).contains(QLatin1String("safe to stop")));

    const quint64 served = servers.requests(QStringLiteral("a"));
    QTRY_VERIFY(clients.sentSince(shown).size() >= 300);
    QCOMPARE(test::countOf(clients.sentSince(shown), QStringLiteral("a")), 0);
    QCOMPARE(servers.requests(QStringLiteral("a")), served);
    int finished = 0; // in flight at the click, and answered
    for (const test::Clients::Answer& answer : clients.answers()) {
        QCOMPARE(answer.status, 200);
        finished += answer.server == QLatin1String("a") && answer.received > shown ? 1 : 0;
    }
    QVERIFY(finished > 0);
    QCOMPARE(quint64(test::countOf(clients.answers(), QStringLiteral("a"))), served);

    console.clickTool("undo");
    QTRY_COMPARE(console.banner(), QStringLiteral("Undone: Drained shop/a."));
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Up"));
    QTRY_VERIFY(servers.requests(QStringLiteral("a")) > served);
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void DrainTest::lastServerInServiceIsAskedAbout()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const test::Clients clients(console.port(), 2);
    for (const char* id : {"shop/a", "shop/b"}) {
        console.select(QLatin1String(id));
        console.clickTool("drain");
        QTRY_COMPARE(console.state(QLatin1String(id)), QStringLiteral("Maintenance"));
    }
    console.select(QStringLiteral("shop/c"));
    console.clickTool("drain");
    QVERIFY(console.question() != nullptr);
    QVERIFY(console.question()->text().contains(QLatin1String("answered with 503")));
    QTest::keyClick(console.question(), Qt::Key_Escape);
    QTRY_VERIFY(console.question() == nullptr);
    const TimePoint cancelled = Clock::now();
    QTRY_VERIFY(test::countOf(clients.sentSince(cancelled), QStringLiteral("c")) >= 20);

    console.clickTool("drain");
    const TimePoint asked = Clock::now();
    QTest::mouseClick(console.question()->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_VERIFY(console.toldAt > asked);
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(clients.sentSince(shown).size() >= 20);
    for (const test::Clients::Answer& answer : clients.sentSince(shown)) {
        QCOMPARE(answer.status, 503);
        QCOMPARE(answer.server, QString());
    }
}

void DrainTest::removedServerComesBackInTheStateThatItHad()
{
    const test::Servers servers;
    test::Console console;
    const QString path = servers.write(servers.text());
    console.open(path);
    const QString id = QStringLiteral("shop/b");
    console.select(id);
    console.clickTool("maintenance");
    QTRY_COMPARE(console.state(id), QStringLiteral("Maintenance"));
    QTest::keyClick(console.window.focusWidget(), Qt::Key_Delete);
    QTRY_COMPARE(console.state(id), QString());
    const test::Clients clients(console.port(), 2);
    console.clickTool("undo");
    QTRY_COMPARE(console.state(id), QStringLiteral("Maintenance"));
    const TimePoint back = console.toldAt;
    QTRY_VERIFY(clients.sentSince(back).size() >= 30);
    QCOMPARE(servers.requests(QStringLiteral("b")), quint64(0));
    console.clickTool("undo");
    QTRY_COMPARE(console.state(id), QStringLiteral("Up"));
    // All is as the file says again: nothing is left to be saved.
    QVERIFY(!console.session.client()->latest()->unsavedChanges);
    QTRY_VERIFY(servers.requests(QStringLiteral("b")) > 0);
}

STEELYARD_TEST(DrainTest)
#include "drain_test.moc"
