/// The console on a steelyardd of another process: the same click, and what it shows when that
/// process dies and comes back.

#include "clients.h"
#include "daemon.h"
#include "stage.h"
#include "support/test_main.h"

using namespace steelyard;
using M = gui::ServersModel;

class AttachTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void drainByClickReachesTheOtherProcess();
    void killedEngineIsShownAsLostAndFoundAgain();
    void aCrashUnderASupervisorIsShownAndTheConsoleGoesOn();
};

void AttachTest::drainByClickReachesTheOtherProcess()
{
    const test::Servers servers;
    const QString socket = servers.path(QStringLiteral("engine.sock"));
    test::Daemon daemon(servers.write(servers.text()), socket);
    QTRY_VERIFY(daemon.ready());
    test::Console console;
    console.session.attach(socket);
    const QString id = QStringLiteral("shop/a");
    QTRY_COMPARE(console.state(id), QStringLiteral("Up"));
    QCOMPARE(console.headline(), QStringLiteral("Serving"));
    test::Clients clients(console.port(), 3);
    QTRY_VERIFY(servers.requests(QStringLiteral("a")) >= 20);

    console.select(id);
    console.clickTool("drain");
    QTRY_COMPARE(console.banner(), QStringLiteral("Drained shop/a."));
    const TimePoint shown = console.toldAt;
    QTRY_COMPARE(console.state(id), QStringLiteral("Maintenance"));
    const quint64 served = servers.requests(QStringLiteral("a"));
    QTRY_VERIFY(clients.sentSince(shown).size() >= 200);
    QCOMPARE(test::countOf(clients.sentSince(shown), QStringLiteral("a")), 0);
    QCOMPARE(servers.requests(QStringLiteral("a")), served);
    console.clickTool("undo");
    QTRY_VERIFY(servers.requests(QStringLiteral("a")) > served);
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void AttachTest::killedEngineIsShownAsLostAndFoundAgain()
{
    const test::Servers servers;
    const QString file = servers.write(servers.text());
    const QString socket = servers.path(QStringLiteral("engine.sock"));
    auto daemon = std::make_unique<test::Daemon>(file, socket);
    QTRY_VERIFY(daemon->ready());
    test::Console console;
    console.session.attach(socket);
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    QVERIFY(console.banner().isEmpty());

    daemon->kill();
    QTRY_VERIFY(console.banner().startsWith(QLatin1String("Not connected to the engine at ")));
    QTRY_COMPARE(console.headline(), QStringLiteral("No data"));
    console.select(QStringLiteral("shop/a"));
    const QAction* drain = console.window.actionRegistry().action(QStringLiteral("drain"));
    QVERIFY(!drain->isEnabled());
    QVERIFY(drain->statusTip().contains(QLatin1String("the engine cannot be reached")));

    daemon = std::make_unique<test::Daemon>(file, socket);
    QTRY_COMPARE_WITH_TIMEOUT(console.headline(), QStringLiteral("Serving"), 15000);
    QTRY_COMPARE(console.banner(), QString());
    console.select(QStringLiteral("shop/a"));
    console.clickTool("drain");
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));
}

void AttachTest::aCrashUnderASupervisorIsShownAndTheConsoleGoesOn()
{
    const test::Servers servers;
    const QString socket = servers.path(QStringLiteral("engine.sock"));
    test::Daemon daemon(servers.write(servers.text()), socket, {QStringLiteral("--supervise")});
    QTRY_VERIFY(daemon.ready());
    test::Console console;
    console.session.attach(socket);
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    QStringList told;
    connect(console.session.client(), &engine::EngineClient::eventsArrived, this,
            [&told](const QList<stats::Event>& events) {
                for (const stats::Event& event : events)
                    told << QString::fromStdString(event.text);
            });
    console.select(QStringLiteral("shop/a"));
    console.clickTool("drain");
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));

    ::kill(daemon.child(), SIGKILL);
    // Back sooner than a banner would be read: the error among the events tells what happened.
    QTRY_VERIFY(!told.filter(QStringLiteral("was killed by signal 9")).isEmpty());
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    QCOMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));
    console.select(QStringLiteral("shop/a"));
    console.clickTool("return");
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Up"));
    daemon.stop();
}

STEELYARD_TEST(AttachTest)
#include "attach_test.moc"
