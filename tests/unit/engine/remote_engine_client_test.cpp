#include "engine/control_server.h"
#include "engine/remote_engine_client.h"
#include "fake_control_service.h"
#include "sample_snapshot.h"
#include "support/test_main.h"

#include <QLocalServer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace steelyard;
using namespace steelyard::engine;
using namespace std::chrono_literals;

class RemoteEngineClientTest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;
    int m_count = 0;

    [[nodiscard]] QString freshPath()
    {
        return m_directory.filePath(QStringLiteral("r%1.sock").arg(++m_count));
    }

    static EngineClient::Done into(QList<CommandResult>& results)
    {
        return [&results](const CommandResult& result) { results.append(result); };
    }

private Q_SLOTS:

    /// QtTest takes SIGPIPE for fatal where Qt's sockets have it ignored.
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }

    void commandsAreAnsweredAndSubscriptionsArrive()
    {
        test::FakeControlService service;
        service.publishEvent("first");
        service.publish(test::sampleSnapshot());
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RemoteEngineClient client(path);
        QList<stats::Event> events;
        connect(&client, &EngineClient::eventsArrived, this,
                [&](const QList<stats::Event>& arrived) { events += arrived; });
        QTRY_VERIFY(client.connected());
        QList<CommandResult> results;
        service.answer = {Outcome::Partly, QStringLiteral("half"), {}, {}};
        client.send({QStringLiteral("reload"), {}}, into(results));
        QVERIFY(results.isEmpty());
        QTRY_COMPARE(results.size(), 1);
        QCOMPARE(results[0].outcome, Outcome::Partly);
        QTRY_VERIFY(client.latest());
        QCOMPARE(client.latest()->pools.at(0).backends.size(), std::size_t{3});
        QTRY_COMPARE(events.size(), 1);
        QCOMPARE(events[0].text, std::string("first"));
    }

    void withoutAnEngineCommandsAreUnreachable()
    {
        RemoteEngineClient client(freshPath());
        QSignalSpy failed(&client, &RemoteEngineClient::connectionFailed);
        QList<CommandResult> results;
        client.send({QStringLiteral("status"), {}}, into(results));
        QVERIFY(results.isEmpty());
        QTRY_COMPARE(results.size(), 1);
        QCOMPARE(results[0].outcome, Outcome::Unreachable);
        QVERIFY(!results[0].text.isEmpty());
        QTRY_VERIFY(failed.count() >= 2); // goes on trying
        QVERIFY(!client.connected());
    }

    void itComesBackAfterALossAndMissesNoEvent()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        auto server = std::make_unique<ControlServer>(service);
        QVERIFY(server->listen(path));
        RemoteEngineClient client(path);
        QSignalSpy changed(&client, &EngineClient::connectedChanged);
        QStringList events;
        connect(&client, &EngineClient::eventsArrived, this,
                [&](const QList<stats::Event>& arrived) {
                    for (const stats::Event& event : arrived)
                        events << QString::fromStdString(event.text);
                });
        service.publishEvent("one");
        QTRY_COMPARE(events.size(), 1);
        server->close(); // as if the connection broke: the same engine serves again
        QTRY_VERIFY(!client.connected());
        service.publishEvent("two");
        QVERIFY(server->listen(path));
        QTRY_VERIFY(client.connected());
        QTRY_COMPARE(events, QStringList({QStringLiteral("one"), QStringLiteral("two")}));
        QCOMPARE(changed.count(), 3);
        // A new engine counts its events from 1 again.
        test::FakeControlService fresh;
        fresh.publishEvent("of the new one");
        server = nullptr;
        ControlServer next(fresh);
        QVERIFY(next.listen(path));
        QTRY_COMPARE(events.value(2), QStringLiteral("of the new one"));
    }

    void aCommandUnderWayFailsWhenTheConnectionIsLost()
    {
        test::FakeControlService service;
        service.hold = true;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RemoteEngineClient client(path);
        QTRY_VERIFY(client.connected());
        QList<CommandResult> results;
        client.send({QStringLiteral("save"), {}}, into(results));
        QTRY_COMPARE(service.held.size(), std::size_t{1});
        server.close();
        QTRY_COMPARE(results.size(), 1);
        QCOMPARE(results[0].outcome, Outcome::Unreachable);
        QVERIFY(results[0].text.contains(QStringLiteral("may have been carried out")));
    }

    void aCommandWithoutAnAnswerFailsInTime()
    {
        test::FakeControlService service;
        service.hold = true;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RemoteEngineClient client(path, {.timeout = 100ms});
        QTRY_VERIFY(client.connected());
        QList<CommandResult> results;
        client.send({QStringLiteral("save"), {}}, into(results));
        QTRY_COMPARE(results.size(), 1);
        QCOMPARE(results[0].outcome, Outcome::Unreachable);
        service.answerHeld(); // too late: ignored
        service.hold = false;
        client.send({QStringLiteral("status"), {}}, into(results));
        QTRY_COMPARE(results.size(), 2);
        QCOMPARE(results[1].outcome, Outcome::Done);
    }

    void anEngineOfAnotherProtocolIsRefusedWithWords()
    {
        const QString path = freshPath();
        QLocalServer server;
        QVERIFY(server.listen(path));
        connect(&server, &QLocalServer::newConnection, this, [&server] {
            server.nextPendingConnection()->write("{\"steelyard\":\"2\",\"version\":\"9.9\"}\n");
        });
        RemoteEngineClient client(path);
        QSignalSpy failed(&client, &RemoteEngineClient::connectionFailed);
        QTRY_VERIFY(failed.count() >= 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("speaks protocol 2")));
        QVERIFY(!client.connected());
    }

    void anEngineThatSendsGarbageOrNothingIsGivenUp()
    {
        const QString path = freshPath();
        QLocalServer server;
        QVERIFY(server.listen(path));
        bool garbage = true;
        connect(&server, &QLocalServer::newConnection, this, [&] {
            QLocalSocket* socket = server.nextPendingConnection();
            if (garbage)
                socket->write("\xff\xfe nonsense\n");
        });
        RemoteEngineClient client(path, {.timeout = 100ms});
        QSignalSpy failed(&client, &RemoteEngineClient::connectionFailed);
        QTRY_VERIFY(failed.count() >= 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("not JSON")));
        garbage = false;
        QTRY_VERIFY(failed.last()[0].toString().contains(QStringLiteral("does not answer")));
    }
};

STEELYARD_TEST(RemoteEngineClientTest)
#include "remote_engine_client_test.moc"
