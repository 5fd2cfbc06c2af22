#include "support/test_main.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ran
{
    int code = -1;
    QByteArray out, err;
};

Ran run(const QStringList& words)
{
    QProcess process;
    process.start(QStringLiteral(STEELYARDD_PATH), words);
    if (!process.waitForFinished(60'000))
        process.kill();
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

const QString kSlowServer =
    QStringLiteral(STEELYARD_RESOURCES "/examples/simulations/slow-server.yaml");

} // namespace

/// `steelyardd simulate`, as a process.
class SimulateCommandTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void comparesAlgorithmsInATable()
    {
        const Ran ran =
            run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--algorithm"),
                 QStringLiteral("round-robin"), QStringLiteral("--algorithm=peak-ewma")});
        QCOMPARE(ran.code, 0);
        QVERIFY(ran.err.isEmpty());
        const QList<QByteArray> lines = ran.out.split('\n');
        QVERIFY(lines[0].startsWith("ALGORITHM"));
        QVERIFY(lines[1].startsWith("round-robin"));
        QVERIFY(lines[2].startsWith("peak-ewma"));
        QVERIFY(ran.out.contains("peak-ewma / s11"));
    }

    void jsonAndCsvTellTheSameFigures()
    {
        const Ran json = run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--json")});
        const QJsonArray runs =
            QJsonDocument::fromJson(json.out).object().value(QLatin1String("runs")).toArray();
        QCOMPARE(runs.size(), 1);
        const QJsonObject only = runs[0].toObject();
        QCOMPARE(only.value(QLatin1String("algorithm")).toString(), QStringLiteral("peak-ewma"));
        const QJsonArray servers = only.value(QLatin1String("servers")).toArray();
        QCOMPARE(servers.size(), 11);
        qint64 sum = 0;
        for (const QJsonValue& server : servers)
            sum += server.toObject().value(QLatin1String("requests")).toInteger();
        QCOMPARE(sum, only.value(QLatin1String("requests")).toInteger());

        const Ran csv = run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--csv")});
        const QList<QByteArray> lines = csv.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 13);
        for (const QByteArray& line : lines)
            QCOMPARE(line.count(','), lines[0].count(','));
        QCOMPARE(lines[1].split(',')[3].toLongLong(), sum);
    }

    void theRateCanBeAskedFor()
    {
        const Ran ran = run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--rate"),
                             QStringLiteral("10"), QStringLiteral("--csv")});
        const double requests = ran.out.split('\n')[1].split(',')[3].toDouble();
        QVERIFY(requests > 500 && requests < 700);
    }

    void mistakesAreNamed()
    {
        QCOMPARE(run({QStringLiteral("simulate")}).code, 2);
        const Ran algorithm = run({QStringLiteral("simulate"), kSlowServer,
                                   QStringLiteral("--algorithm"), QStringLiteral("best")});
        QCOMPARE(algorithm.code, 2);
        QVERIFY(algorithm.err.contains("no algorithm \"best\""));
        QCOMPARE(run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--rate=0")}).code,
                 2);
        QCOMPARE(run({QStringLiteral("check"), kSlowServer, QStringLiteral("--json")}).code, 2);
        QCOMPARE(run({QStringLiteral("simulate"), QStringLiteral("/nowhere.yaml")}).code, 1);

        const Ran rate =
            run({QStringLiteral("simulate"), kSlowServer, QStringLiteral("--rate=9000000")});
        QCOMPARE(rate.code, 1);
        QVERIFY(rate.err.contains("50,000,000"));

        const QTemporaryDir directory;
        const auto file = [&](const char* text) {
            QFile out(directory.filePath(QStringLiteral("w.yaml")));
            if (!out.open(QIODevice::WriteOnly) || out.write(text) < 0)
                qFatal("cannot write");
            return out.fileName();
        };
        const Ran gone =
            run({QStringLiteral("simulate"), file("version: 1\nconfiguration: gone.yaml\n")});
        QCOMPARE(gone.code, 1);
        QVERIFY(gone.err.contains("gone.yaml"));
        const QByteArray eleven = "version: 1\nconfiguration: " STEELYARD_RESOURCES
                                  "/examples/simulations/eleven-servers.yaml\n";
        const Ran pool =
            run({QStringLiteral("simulate"), file((eleven + "pool: twelve\n").constData())});
        QCOMPARE(pool.code, 1);
        QVERIFY(pool.err.contains("no pool 'twelve'") && pool.err.contains("eleven"));
        QFile log(directory.filePath(QStringLiteral("access.log")));
        QVERIFY(log.open(QIODevice::WriteOnly));
        for (const char* name : {"eleven", "other"}) {
            log.write(
                "{\"time\":\"2026-05-01T12:00:01.500Z\",\"client\":\"10.0.0.2\",\"status\":200,"
                "\"attempts\":[{\"server\":\"a\"}],\"phases_us\":{\"total\":5000},\"pool\":\"" +
                QByteArray(name) + "\"}\n");
        }
        log.close();
        const QByteArray replay = eleven + "access_log: access.log\n";
        const Ran replayed =
            run({QStringLiteral("simulate"), file(replay.constData()), QStringLiteral("--csv")});
        QCOMPARE(replayed.code, 0);
        QVERIFY(replayed.out.contains("peak-ewma,*,,1,100,")); // not the other pool's
        const Ran rated =
            run({QStringLiteral("simulate"), file(replay.constData()), QStringLiteral("--rate=5")});
        QCOMPARE(rated.code, 1);
        QVERIFY(rated.err.contains("access log"));
        QVERIFY(QFile::resize(log.fileName(), 0));
        QVERIFY(run({QStringLiteral("simulate"), file(replay.constData())})
                    .err.contains("no served request"));
        const Ran server = run({QStringLiteral("simulate"),
                                file((eleven + "servers: [ { name: s99 } ]\n").constData())});
        QCOMPARE(server.code, 1);
        QVERIFY(server.err.contains("no server 's99'"));
    }
};

STEELYARD_TEST(SimulateCommandTest)
#include "command_test.moc"
