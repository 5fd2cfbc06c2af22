#include "engine/event_log.h"
#include "engine/runtime_edits.h"
#include "engine/runtime_state.h"
#include "engine/state_directory.h"
#include "support/test_main.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

namespace steelyard::engine {

class RuntimeStateTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatWasSavedIsLoaded()
    {
        const QTemporaryDir folder;
        const std::string path = runtimeStatePath(folder.path().toStdString(), "/etc/a.yaml");
        QVERIFY(path != runtimeStatePath(folder.path().toStdString(), "/etc/b.yaml"));
        QVERIFY(loadRuntimeState(path).ok() && !loadRuntimeState(path).value());
        RuntimeEdits edits;
        edits.setWeight("shop", "a", 0);
        edits.setState("shop", "b", AdminState::Draining);
        edits.setAlgorithm("shop", Algorithm::Random);
        config::Backend added{"ü", {"::1", 81}, 7, AdminState::Maintenance, 12, true};
        edits.addServer("shop", added);
        edits.removeServer("other", "x");
        RuntimeState state;
        state.savedAtMs = 1'700'000'000'123;
        state.edits = edits.toJson();
        state.base = "version: 1 # grüße\n";
        state.totals.requests = 1ULL << 52U;
        state.servers[{"shop", "a"}] = {HealthState::Unhealthy, "127.0.0.1:80", {}};
        state.servers[{"shop", "b"}].totals.bytesOut = 9;
        QVERIFY(saveRuntimeState(path, state).ok());

        struct stat info
        {
        };

        QCOMPARE(::stat(path.c_str(), &info), 0);
        QCOMPARE(int(info.st_mode & 0777U), 0600);
        const auto loaded = loadRuntimeState(path);
        QVERIFY(loaded.ok() && loaded.value());
        const RuntimeState& found = *loaded.value();
        QCOMPARE(qint64(found.savedAtMs), qint64(1'700'000'000'123));
        QCOMPARE(found.base, state.base);
        QVERIFY(found.totals == state.totals);
        const auto& a = found.servers.at({"shop", "a"});
        QVERIFY(a.health == HealthState::Unhealthy && a.address == "127.0.0.1:80");
        QVERIFY(found.servers.at({"shop", "b"}).totals.bytesOut == 9);
        RuntimeEdits again;
        again.assign(found.edits);
        QCOMPARE(again.toJson(), edits.toJson());

        config::Config config;
        config.pools.resize(1);
        config.pools[0].name = "shop";
        config.pools[0].backends = {{"a", {"127.0.0.1", 1}}, {"b", {"127.0.0.1", 2}}};
        const config::Config edited = again.apply(config);
        QCOMPARE(edited.pools[0].backends[0].weight, 0);
        QVERIFY(edited.pools[0].backends[1].state == AdminState::Draining);
        QVERIFY(edited.pools[0].backends[2] == added);
        QVERIFY(edited.pools[0].algorithm == Algorithm::Random);
    }

    void brokenFilesAreRefused()
    {
        const QTemporaryDir folder;
        const std::string path = runtimeStatePath(folder.path().toStdString(), "/etc/a.yaml");
        RuntimeState state;
        state.savedAtMs = 5;
        QVERIFY(saveRuntimeState(path, state).ok());
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll();
        file.close();
        for (qsizetype cut = 0; cut < whole.size(); ++cut) {
            QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
            file.write(whole.left(cut));
            file.close();
            QVERIFY(!loadRuntimeState(path).ok());
        }
        RuntimeEdits edits;
        edits.assign(
            {{QStringLiteral("servers"), 5}, {QStringLiteral("algorithms"), QStringLiteral("x")}});
        QVERIFY(edits.empty());
    }

    void filesAndDirectoriesOfOthersAreNotBelieved()
    {
        const QTemporaryDir folder;
        const std::string directory = folder.filePath(QStringLiteral("deep/state")).toStdString();
        QVERIFY(prepareStateDirectory(directory).ok());

        struct stat info
        {
        };

        QCOMPARE(::stat(directory.c_str(), &info), 0);
        QCOMPARE(int(info.st_mode & 0777U), 0700);
        const std::string path = runtimeStatePath(directory, "x");
        QVERIFY(saveRuntimeState(path, {}).ok());
        QCOMPARE(::chmod(path.c_str(), 0620), 0);
        QVERIFY(!loadRuntimeState(path).ok());
        QCOMPARE(::unlink(path.c_str()), 0);
        QCOMPARE(::symlink("/etc/passwd", path.c_str()), 0);
        QVERIFY(!loadRuntimeState(path).ok());
        QCOMPARE(::chmod(directory.c_str(), 0777), 0);
        QVERIFY(!prepareStateDirectory(directory).ok());
    }

    void anEventIsOneLineOfBoundedLength()
    {
        EventLog log;
        QCOMPARE(log.add(stats::Level::Info, "x", "a\nb\x1b[2J\x7f").text,
                 std::string("a\\x0ab\\x1b[2J\\x7f"));
        QCOMPARE(log.add(stats::Level::Info, "x", "grüße").text, std::string("grüße"));
        std::string text;
        while (text.size() < 5000)
            text += "ü";
        for (int i = 0; i < 2; ++i) {
            const std::string cut =
                log.add(stats::Level::Info, "x", std::string(std::size_t(i), 'a') + text).text;
            QVERIFY(cut.size() <= EventLog::kLongestText);
            QVERIFY(QString::fromStdString(cut).endsWith(QStringLiteral("ü...")));
        }
    }
};

STEELYARD_TEST(RuntimeStateTest)

} // namespace steelyard::engine

#include "runtime_state_test.moc"
