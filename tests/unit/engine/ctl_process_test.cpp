/// steelyardctl and `steelyardd check` as a user runs them: exit codes, stdout, stderr.
#include "ctl/tables.h"
#include "engine/control_server.h"
#include "fake_control_service.h"
#include "sample_snapshot.h"
#include "support/test_main.h"

#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <signal.h>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

struct Run
{
    int exit = -1;
    QString out, err;

    [[nodiscard]] QJsonObject json() const
    {
        return QJsonDocument::fromJson(out.toUtf8()).object();
    }
};

} // namespace

class CtlProcessTest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;
    QString m_socket;

    /// Runs while this thread's loop serves the socket.
    static Run run(const QString& program, const QStringList& arguments)
    {
        QProcess process;
        process.start(program, arguments);
        QEventLoop loop;
        connect(&process, &QProcess::finished, &loop, &QEventLoop::quit);
        connect(&process, &QProcess::errorOccurred, &loop, &QEventLoop::quit);
        QTimer::singleShot(20000, &loop, &QEventLoop::quit);
        loop.exec();
        if (process.state() != QProcess::NotRunning)
            process.kill();
        process.waitForFinished();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

    Run ctl(const QString& line) const
    {
        return run(QStringLiteral(STEELYARDCTL_PATH),
                   QStringList{QStringLiteral("--socket"), m_socket} + line.split(u' '));
    }

    QString write(const char* name, const QByteArray& text) const
    {
        QFile file(m_directory.filePath(QLatin1String(name)));
        if (file.open(QIODevice::WriteOnly))
            file.write(text);
        return file.fileName();
    }

private Q_SLOTS:

    void initTestCase() { m_socket = m_directory.filePath(QStringLiteral("c.sock")); }

    void outcomesBecomeExitCodes()
    {
        test::FakeControlService service;
        ControlServer server(service);
        QVERIFY(server.listen(m_socket));

        service.answer = {Outcome::Done, QStringLiteral("shop/a drains"), {}, {}};
        Run result = ctl(QStringLiteral("drain shop/a --timeout 5s"));
        QCOMPARE(result.exit, 0);
        QCOMPARE(result.out, QStringLiteral("shop/a drains\n"));
        QCOMPARE(service.commands.back().arguments.value(QLatin1String("timeout_ms")).toInt(),
                 5000);

        service.answer = {Outcome::Nothing, QStringLiteral("shop/a drains already"), {}, {}};
        result = ctl(QStringLiteral("drain shop/a"));
        QCOMPARE(result.exit, 0);
        QCOMPARE(result.out, QStringLiteral("shop/a drains already\n"));

        service.answer = {Outcome::Refused,
                          QStringLiteral("it is the last one"),
                          QStringLiteral("use --force"),
                          {}};
        result = ctl(QStringLiteral("drain shop/a"));
        QCOMPARE(result.exit, 1);
        QVERIFY(result.out.isEmpty());
        QCOMPARE(result.err, QStringLiteral("steelyardctl: it is the last one\n  use --force\n"));
        result = ctl(QStringLiteral("--json drain shop/a"));
        QCOMPARE(result.exit, 1);
        QCOMPARE(result.json().value(QLatin1String("outcome")).toString(),
                 QStringLiteral("refused"));
    }

    void wrongUsageNeedsNoEngine()
    {
        const Run result = ctl(QStringLiteral("drain shop"));
        QCOMPARE(result.exit, 2);
        QCOMPARE(result.err,
                 QStringLiteral("steelyardctl: \"shop\" is not of the form POOL/SERVER\n"
                                "usage: steelyardctl drain POOL/SERVER [--timeout T] [--force]\n"));
        QCOMPARE(ctl(QStringLiteral("session")).exit, 2);
        QCOMPARE(ctl(QStringLiteral("--help")).exit, 0);
        QCOMPARE(ctl(QStringLiteral("--version")).out,
                 QStringLiteral("steelyardctl " STEELYARD_VERSION "\n"));
    }

    void withoutAnEngineTheSocketIsNamed()
    {
        const Run result = ctl(QStringLiteral("status"));
        QCOMPARE(result.exit, 3);
        QVERIFY2(result.err.contains(m_socket), qPrintable(result.err));
        QVERIFY(result.err.contains(QStringLiteral("steelyardd run FILE")));
    }

    void tablesAreAlignedAndFit()
    {
        test::FakeControlService service;
        service.publish(test::sampleSnapshot());
        ControlServer server(service);
        QVERIFY(server.listen(m_socket));
        const Run servers = ctl(QStringLiteral("servers"));
        QCOMPARE(servers.exit, 0);
        QCOMPARE(servers.out,
                 QStringLiteral("SERVER  ADDRESS         ADMIN         HEALTH     SINCE  WEIGHT  "
                                "SHARE  ACTIVE  REQ/S  ERR/S  LAST PROBE\n"
                                "shop/a  127.0.0.1:9001  ready         healthy      65s     100    "
                                " 0%       0    0.0    0.0  200 in 4 ms\n"
                                "shop/b  127.0.0.1:9001  ready         unhealthy    65s     100    "
                                " 0%       0    0.0    0.0  connection refused\n"
                                "shop/c  127.0.0.1:9001  draining 12s  healthy      65s     100    "
                                " 0%       0    0.0    0.0  200 in 4 ms\n"));
        QCOMPARE(ctl(QStringLiteral("servers shop/b")).out.count(u'\n'), 2);
        QCOMPARE(ctl(QStringLiteral("servers none")).exit, 1);
        const Run json = ctl(QStringLiteral("servers --json shop/b"));
        QCOMPARE(json.json().value(QLatin1String("servers")).toArray().size(), 1);
        QCOMPARE(json.json()
                     .value(QLatin1String("servers"))
                     .toArray()[0]
                     .toObject()
                     .value(QLatin1String("health"))
                     .toString(),
                 QStringLiteral("unhealthy"));
        const Run status = ctl(QStringLiteral("status"));
        QCOMPARE(status.exit, 0);
        for (const char* part : {"serving, up 61m", "web 127.0.0.1:8080, 12 of 100000 connections",
                                 "1234 requests/s", "p50 1.2 ms, p99 8.1 ms",
                                 "p50 20 us, p99 42 us", "not saved", "power-of-two", "1 of 3"}) {
            QVERIFY2(status.out.contains(QLatin1String(part)), part);
        }
        for (const QString& line : status.out.split(u'\n'))
            QVERIFY(line.size() <= 100);
        QCOMPARE(
            ctl(QStringLiteral("status --json")).json().value(QLatin1String("state")).toString(),
            QStringLiteral("serving"));
    }

    void controlCharactersFromAFileDoNotReachTheTerminal()
    {
        stats::Snapshot snapshot = test::sampleSnapshot();
        snapshot.pools[0].backends[0].probe.text = "\x1b[31mred\r\n";
        QVERIFY(!ctl::serversText(snapshot).contains(u'\x1b'));
        QVERIFY(!ctl::serversText(snapshot).contains(u'\r'));
    }

    void eventsAreListedAndFollowedUntilInterrupted()
    {
        test::FakeControlService service;
        service.publishEvent("one");
        service.publishEvent("two", stats::Level::Error);
        ControlServer server(service);
        QVERIFY(server.listen(m_socket));
        const Run listed = ctl(QStringLiteral("events"));
        QCOMPARE(listed.exit, 0);
        QCOMPARE(listed.out.count(u'\n'), 2);
        QVERIFY(listed.out.contains(QStringLiteral("error    shop/a        two")));

        QProcess follower;
        follower.start(QStringLiteral(STEELYARDCTL_PATH),
                       {QStringLiteral("--socket"), m_socket, QStringLiteral("--json"),
                        QStringLiteral("events"), QStringLiteral("--follow")});
        QByteArray out;
        connect(&follower, &QProcess::readyReadStandardOutput, this,
                [&] { out += follower.readAllStandardOutput(); });
        QTRY_COMPARE(out.count('\n'), 2);
        service.publishEvent("three");
        QTRY_COMPARE(out.count('\n'), 3);
        const QJsonObject last = QJsonDocument::fromJson(out.trimmed().split('\n').last()).object();
        QCOMPARE(last.value(QLatin1String("text")).toString(), QStringLiteral("three"));
        ::kill(static_cast<pid_t>(follower.processId()), SIGINT);
        QTRY_COMPARE(follower.state(), QProcess::NotRunning);
    }

    void checkTellsValidFromInvalid()
    {
        const QString good =
            write("good.yaml",
                  "version: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:8080\n    routes:\n"
                  "      - name: all\n        pool: shop\npools:\n  - name: shop\n    backends:\n"
                  "      - { name: a, address: 127.0.0.1:9001 }\n");
        Run result = run(QStringLiteral(STEELYARDD_PATH), {QStringLiteral("check"), good});
        QCOMPARE(result.exit, 0);
        QCOMPARE(result.out, good + QStringLiteral(": valid\n"));
        const QString bad = write("bad.yaml", "version: 1\nlisteners: 5\npoools: []\n");
        result = run(QStringLiteral(STEELYARDD_PATH), {QStringLiteral("check"), bad});
        QCOMPARE(result.exit, 1);
        QVERIFY(result.out.isEmpty());
        QVERIFY2(result.err.contains(bad + QStringLiteral(":2:")), qPrintable(result.err));
        QVERIFY(result.err.contains(QStringLiteral(": error: ")));
        QCOMPARE(run(QStringLiteral(STEELYARDD_PATH),
                     {QStringLiteral("check"), QStringLiteral("/none.yaml")})
                     .exit,
                 1);
    }

    void theDaemonsUsageErrorsAreExitTwo()
    {
        for (const char* line : {"", "run", "check", "check a b", "run --port 5 a", "demo --port x",
                                 "demo --port 70000", "dance", "export x", "simulate",
                                 "run --watch x", "run --socket"}) {
            const Run result = run(QStringLiteral(STEELYARDD_PATH),
                                   QString(QLatin1String(line)).split(u' ', Qt::SkipEmptyParts));
            QVERIFY2(result.exit == 2, line);
            QVERIFY2(result.err.contains(QStringLiteral("usage: ")), line);
        }
        QCOMPARE(run(QStringLiteral(STEELYARDD_PATH), {QStringLiteral("--version")}).out,
                 QStringLiteral("steelyardd " STEELYARD_VERSION "\n"));
    }
};

STEELYARD_TEST(CtlProcessTest)
#include "ctl_process_test.moc"
