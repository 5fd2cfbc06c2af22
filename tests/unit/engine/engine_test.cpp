// The engine in this process, between real clients and real servers: what each command does, as a
// console or a script sees it.
#include "support/test_main.h"
#include "unit/engine/engine_bench.h"

#include <QDir>
#include <QJsonArray>

using namespace steelyard;
using namespace steelyard::engine;

class EngineTest : public EngineBench
{
    Q_OBJECT

private Q_SLOTS:

    void init() { setUp(); }

    void cleanup() { tearDown(); }

    void itServesAndTellsOfItself()
    {
        QVERIFY(!m_client->connected() && m_client->latest() == nullptr);
        start();
        QVERIFY(m_client->connected());
        QCOMPARE(served(4), QByteArray("abab"));
        const auto first = m_client->latest()->sequence;
        QTRY_COMPARE(m_client->latest()->totals.requests, std::uint64_t{4});
        QTRY_VERIFY(m_client->latest()->sequence >= first + 2);
        QVERIFY(m_client->latest()->state == stats::EngineState::Serving);
        QCOMPARE(m_client->latest()->workers, 2);
        stopAndWait();
        QVERIFY(!m_client->connected());
        QCOMPARE(run(QStringLiteral("status")).outcome, Outcome::Unreachable);
    }

    void aDrainLetsTheHeldOneFinishAndTakesNoNewOnes()
    {
        start();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        const CommandResult drained = onA(QStringLiteral("drain"));
        QCOMPARE(drained.outcome, Outcome::Done);
        QVERIFY(drained.text.contains(QStringLiteral("1 in flight")));
        QVERIFY(adminOf("a") == AdminState::Draining); // whoever reads after a command sees it
        QVERIFY(row("a")->drainSecondsLeft > 25);
        QCOMPARE(served(4), QByteArray("bbbb"));
        QCOMPARE(onA(QStringLiteral("drain")).outcome, Outcome::Nothing);
        m_a->release();
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->body(), QByteArray("a"));
        QTRY_VERIFY(adminOf("a") == AdminState::Maintenance);
        QVERIFY(row("a")->safeToStop());
        QTRY_VERIFY(told("safe to stop"));
        QCOMPARE(onA(QStringLiteral("ready")).outcome, Outcome::Done);
        QVERIFY(served(4).contains('a'));
    }

    void aDrainDeadlineCutsWhatIsLeft()
    {
        start();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        QCOMPARE(onA(QStringLiteral("drain"), {{QStringLiteral("timeout_ms"), 200}}).outcome,
                 Outcome::Done);
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->status(), 503);
        QTRY_VERIFY(adminOf("a") == AdminState::Maintenance);
        QTRY_VERIFY(told("drain deadline passed: closing 1 "));
    }

    void aDrainWrittenInTheFileHasItsDeadlineToo()
    {
        start(QStringLiteral("    drain: { timeout: 300ms }\n"));
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        QString text = textOf(QStringLiteral("    drain: { timeout: 300ms }\n"));
        text.replace(QStringLiteral("%1 }").arg(m_a->serverPort()),
                     QStringLiteral("%1, state: draining }").arg(m_a->serverPort()));
        writeFile(text);
        QCOMPARE(run(QStringLiteral("reload")).outcome, Outcome::Done);
        QVERIFY(adminOf("a") == AdminState::Draining);
        QVERIFY(row("a")->reason.find("configuration") != std::string::npos);
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->status(), 503);
        QTRY_VERIFY(adminOf("a") == AdminState::Maintenance);
    }

    void theLastServerInServiceIsNotTakenOutUnasked()
    {
        start();
        QCOMPARE(onA(QStringLiteral("maintenance")).outcome, Outcome::Done);
        const QJsonObject b{{QStringLiteral("server"), QStringLiteral("shop/b")}};
        for (const char* command : {"drain", "maintenance", "remove"}) {
            const CommandResult refused = run(QLatin1String(command), b);
            QCOMPARE(refused.outcome, Outcome::Refused);
            QVERIFY(refused.data.value(QStringLiteral("last_in_service")).toBool());
        }
        QJsonObject zero = b;
        zero.insert(QStringLiteral("weight"), 0);
        QCOMPARE(run(QStringLiteral("weight"), zero).outcome, Outcome::Refused);
        QCOMPARE(served(2), QByteArray("bb"));
        QJsonObject forced = b;
        forced.insert(QStringLiteral("force"), true);
        QCOMPARE(run(QStringLiteral("maintenance"), forced).outcome, Outcome::Done);
        Request request(port());
        QTRY_VERIFY(request.ended());
        QCOMPARE(request.status(), 503);
        QVERIFY(told("no server in service"));
    }

    void weightsAndAlgorithmsAreChanged()
    {
        start();
        QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), 0}}).outcome,
                 Outcome::Done);
        QCOMPARE(served(3), QByteArray("bbb"));
        QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), 0}}).outcome,
                 Outcome::Nothing);
        for (const QJsonValue& bad : {QJsonValue(257), QJsonValue(-1), QJsonValue(1.5),
                                      QJsonValue(QStringLiteral("7")), QJsonValue()}) {
            QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), bad}}).outcome,
                     Outcome::Refused);
        }
        QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), 200}}).outcome,
                 Outcome::Done);
        const QByteArray names = served(6); // a twice as often as b
        QCOMPARE(names.count('a'), 4);
        const auto algorithm = [&](const QString& pool, const QString& name) {
            return run(QStringLiteral("algorithm"),
                       {{QStringLiteral("pool"), pool}, {QStringLiteral("algorithm"), name}})
                .outcome;
        };
        QCOMPARE(algorithm(QStringLiteral("shop"), QStringLiteral("least-connections")),
                 Outcome::Done);
        QVERIFY(m_client->latest()->pools[0].algorithm == Algorithm::LeastConnections);
        QCOMPARE(algorithm(QStringLiteral("shop"), QStringLiteral("least-connections")),
                 Outcome::Nothing);
        QCOMPARE(algorithm(QStringLiteral("shop"), QStringLiteral("astrology")), Outcome::Refused);
        QCOMPARE(algorithm(QStringLiteral("shed"), QStringLiteral("random")), Outcome::Refused);
        QVERIFY(m_client->latest()->unsavedChanges);
    }

    void whatIsNotThereIsRefusedWithAHint()
    {
        start();
        for (const QString& name : {QStringLiteral("shop/z"), QStringLiteral("shed/a"),
                                    QStringLiteral("a"), QStringLiteral("/"), QString()}) {
            const CommandResult refused =
                run(QStringLiteral("drain"), {{QStringLiteral("server"), name}});
            QCOMPARE(refused.outcome, Outcome::Refused);
            QVERIFY(!refused.hint.isEmpty());
        }
        QCOMPARE(run(QStringLiteral("dance")).outcome, Outcome::Refused);
        QCOMPARE(onA(QStringLiteral("check-now")).outcome, Outcome::Refused); // not probed
    }

    void aServersKeysAreEditedWhileItServes()
    {
        start();
        Server elsewhere("x");
        const QString there = QStringLiteral("127.0.0.1:%1").arg(elsewhere.serverPort());
        const QString here = QString::fromStdString(row("a")->address);
        const auto edit = [&](QJsonObject keys) {
            keys.insert(QStringLiteral("server"), QStringLiteral("shop/a"));
            return run(QStringLiteral("edit"), keys);
        };
        CommandResult result =
            edit({{QStringLiteral("address"), there}, {QStringLiteral("max_requests"), 7}});
        QCOMPARE(result.outcome, Outcome::Done);
        QVERIFY(result.text.contains(QStringLiteral("at most 7 requests at once")));
        const QByteArray answers = served(6);
        QVERIFY(answers.contains('x') && !answers.contains('a'));
        QCOMPARE(row("a")->maxRequests, 7);
        QCOMPARE(edit({{QStringLiteral("address"), there}}).outcome, Outcome::Nothing);
        QCOMPARE(edit({{QStringLiteral("backup"), true}}).outcome, Outcome::Done);
        QVERIFY(!served(6).contains('x'));
        QCOMPARE(edit({{QStringLiteral("address"), QStringLiteral("nowhere")}}).outcome,
                 Outcome::Refused);
        QCOMPARE(edit({{QStringLiteral("weight"), 300}}).outcome, Outcome::Refused);
        QCOMPARE(edit({{QStringLiteral("max_requests"), -1}}).outcome, Outcome::Refused);
        QCOMPARE(edit({{QStringLiteral("backup"), 1}}).outcome, Outcome::Refused);
        QVERIFY(m_client->latest()->unsavedChanges);
        result = edit({{QStringLiteral("address"), here},
                       {QStringLiteral("max_requests"), 0},
                       {QStringLiteral("backup"), false}});
        QCOMPARE(result.outcome, Outcome::Done);
        QVERIFY(served(6).contains('a'));
        QVERIFY(!m_client->latest()->unsavedChanges); // as the file has it
    }

    void latencyIsToldByBuckets()
    {
        start();
        const QByteArray answers = served(8);
        const auto told = [this] { return onA(QStringLiteral("latency")).data; };
        const auto count = static_cast<int>(answers.count('a'));
        QTRY_COMPARE(told().value(QLatin1String("count")).toInt(), count);
        double sum = 0;
        double before = 0;
        for (const QJsonValue& each : told().value(QLatin1String("buckets")).toArray()) {
            const double micros = each.toArray().at(0).toDouble();
            QVERIFY(micros > before);
            before = micros;
            sum += each.toArray().at(1).toDouble();
        }
        QCOMPARE(sum, static_cast<double>(count));
        QCOMPARE(told().value(QLatin1String("window_seconds")).toInt(), 10);
    }

    void serversAreAddedAndRemovedAndLeaveAGhost()
    {
        start();
        Server extra("c");
        const auto add = [&](const QString& name, const QString& address) {
            return run(QStringLiteral("add"), {{QStringLiteral("pool"), QStringLiteral("shop")},
                                               {QStringLiteral("name"), name},
                                               {QStringLiteral("address"), address}})
                .outcome;
        };
        const QString address = QStringLiteral("127.0.0.1:%1").arg(extra.serverPort());
        QCOMPARE(add(QStringLiteral("c"), address), Outcome::Done);
        QVERIFY(served(3).contains('c'));
        QCOMPARE(add(QStringLiteral("c"), address), Outcome::Refused);
        QCOMPARE(add(QStringLiteral("d d"), address), Outcome::Refused);
        QCOMPARE(add(QStringLiteral("d"), QStringLiteral("127.0.0.1:0")), Outcome::Refused);

        // Removed with one in flight: a ghost until it is done, and no new work.
        std::unique_ptr<Request> held;
        for (int i = 0; i < 3 && extra.held() == 0; ++i) {
            held = std::make_unique<Request>(port(), "/hold");
            QTRY_VERIFY(m_a->held() + m_b->held() + extra.held() > 0);
            m_a->release();
            m_b->release();
        }
        QCOMPARE(extra.held(), qsizetype{1});
        const CommandResult removed =
            run(QStringLiteral("remove"), {{QStringLiteral("server"), QStringLiteral("shop/c")}});
        QCOMPARE(removed.outcome, Outcome::Done);
        QVERIFY(removed.text.contains(QStringLiteral("1 requests in flight finish")));
        QVERIFY(row("c") != nullptr && row("c")->ghost && row("c")->inFlight == 1);
        QVERIFY(!served(6).contains('c'));
        extra.release();
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->body(), QByteArray("c"));
        QTRY_VERIFY(row("c") == nullptr);
    }

    void aReloadKeepsWhatRunsAndABadFileChangesNothing()
    {
        start();
        const QString line = m_engine->readyLine();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), 7}}).outcome,
                 Outcome::Done);
        writeFile(QStringLiteral("version: 1\npools: [ nonsense ]\n"));
        const CommandResult refused = run(QStringLiteral("reload"));
        QCOMPARE(refused.outcome, Outcome::Refused);
        QVERIFY(!refused.data.value(QStringLiteral("diagnostics")).toArray().isEmpty());
        QCOMPARE(row("a")->weight, 7);

        const auto version = m_client->latest()->configVersion;
        QString text = textOf();
        text.replace(QStringLiteral("%1 }").arg(m_b->serverPort()),
                     QStringLiteral("%1, weight: 50 }").arg(m_b->serverPort()));
        writeFile(text);
        QCOMPARE(run(QStringLiteral("reload")).outcome, Outcome::Done);
        QCOMPARE(m_client->latest()->configVersion, version + 1);
        QCOMPARE(row("a")->weight, 7); // a click survives
        QCOMPARE(row("b")->weight, 50);
        QCOMPARE(QString::fromStdString(m_client->latest()->listeners[0].addresses[0]),
                 line.section(QLatin1Char('='), 1));
        m_a->release(); // what was under way did not notice
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->body(), QByteArray("a"));

        QCOMPARE(run(QStringLiteral("save")).outcome, Outcome::Done);
        QVERIFY(!m_client->latest()->unsavedChanges);
        QCOMPARE(run(QStringLiteral("save")).outcome, Outcome::Nothing);
        QFile file(path());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("weight: 7"));
    }

    void anAppliedTextRunsAtOnceAndIsInTheFileOnceSaved()
    {
        start();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), 7}}).outcome,
                 Outcome::Done);
        const auto saved = [this] {
            return run(QStringLiteral("config")).data.value(QStringLiteral("saved")).toString();
        };
        const auto apply = [this](const QString& text) {
            return run(QStringLiteral("apply"), {{QStringLiteral("text"), text}});
        };
        const QString running = saved();
        QVERIFY(running.contains(QStringLiteral("weight: 7")));
        const CommandResult refused = apply(QStringLiteral("version: 1\npools: [ nonsense ]\n"));
        QCOMPARE(refused.outcome, Outcome::Refused);
        QVERIFY(refused.text.contains(QStringLiteral("text:2:")));
        QCOMPARE(run(QStringLiteral("apply")).outcome, Outcome::Refused);
        QCOMPARE(saved(), running);

        QString text = running;
        text.replace(QStringLiteral("weight: 7"), QStringLiteral("weight: 9"));
        QCOMPARE(apply(text).outcome, Outcome::Done);
        QCOMPARE(row("a")->weight, 9);
        QCOMPARE(saved(), text);
        QVERIFY(m_client->latest()->unsavedChanges);
        QFile file(path());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray before = file.readAll();
        QVERIFY(!before.contains("weight: 9"));
        QCOMPARE(run(QStringLiteral("config")).data.value(QStringLiteral("text")).toString(),
                 QString::fromUtf8(before));
        QCOMPARE(apply(text).outcome, Outcome::Nothing);
        m_a->release(); // what was under way did not notice
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->body(), QByteArray("a"));

        writeFile(QString::fromUtf8(before) + QStringLiteral("# by another program\n"));
        const CommandResult changed = run(QStringLiteral("save"));
        QCOMPARE(changed.outcome, Outcome::Refused);
        QVERIFY(changed.data.value(QStringLiteral("changed")).toBool());
        QCOMPARE(run(QStringLiteral("save"), {{QStringLiteral("force"), true}}).outcome,
                 Outcome::Done);
        QVERIFY(!m_client->latest()->unsavedChanges);
        QFile written(path());
        QVERIFY(written.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(written.readAll()), text);

        QCOMPARE(apply(QString::fromUtf8(before)).outcome, Outcome::Done);
        QCOMPARE(row("a")->weight, 100);
        QCOMPARE(run(QStringLiteral("reload")).outcome, Outcome::Done); // back to the file
        QCOMPARE(row("a")->weight, 9);
        QVERIFY(!m_client->latest()->unsavedChanges);
    }

    void anAppliedTextThatCannotBeBoundChangesNothing()
    {
        start();
        QTcpServer taken;
        QVERIFY(taken.listen(QHostAddress::LocalHost));
        QString text = textOf();
        text.replace(QStringLiteral("listeners:\n"),
                     QStringLiteral("listeners:\n  - name: more\n    bind: 127.0.0.1:%1\n"
                                    "    routes: [ { name: all, pool: shop } ]\n")
                         .arg(taken.serverPort()));
        const CommandResult refused =
            run(QStringLiteral("apply"), {{QStringLiteral("text"), text}});
        QCOMPARE(refused.outcome, Outcome::Refused);
        QVERIFY(refused.text.contains(QString::number(taken.serverPort())));
        QVERIFY(!m_client->latest()->unsavedChanges);
        QCOMPARE(m_client->latest()->listeners.size(), std::size_t{1});
        QCOMPARE(served(2).size(), 2);
    }

    void aReloadRefusedForItsLogLeavesNoSocketBound()
    {
        start();
        quint16 free = 0;
        {
            QTcpServer probe;
            QVERIFY(probe.listen(QHostAddress::LocalHost));
            free = probe.serverPort();
        }
        QString text = textOf();
        text.replace(QStringLiteral("listeners:\n"),
                     QStringLiteral("access_log: { path: /nonexistent/dir/access.log }\n"
                                    "listeners:\n"
                                    "  - name: more\n    bind: 127.0.0.1:%1\n"
                                    "    routes: [ { name: all, pool: shop } ]\n")
                         .arg(free));
        writeFile(text);
        QCOMPARE(run(QStringLiteral("reload")).outcome, Outcome::Refused);
        QTcpServer probe;
        QVERIFY(probe.listen(QHostAddress::LocalHost, free));
        QCOMPARE(served(2).size(), 2);
    }

    void eventsComeInOrderAndNoneIsLost()
    {
        start();
        for (int i = 1; i <= 20; ++i) {
            QCOMPARE(onA(QStringLiteral("weight"), {{QStringLiteral("weight"), i}}).outcome,
                     Outcome::Done);
        }
        QTRY_VERIFY(told("weight 20, was 19"));
        for (qsizetype i = 1; i < m_events.size(); ++i)
            QCOMPARE(m_events[i].sequence, m_events[i - 1].sequence + 1);
        const QJsonArray all =
            run(QStringLiteral("events")).data.value(QStringLiteral("events")).toArray();
        QVERIFY(all.size() >= m_events.size());
    }
};

STEELYARD_TEST(EngineTest)

#include "engine_test.moc"
