/// The targets' own checkers take the export of any configuration.
#include "config/values.h"
#include "exports.h"
#include "support/test_main.h"
#include "unit/config/random_config.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

namespace steelyard::interop::test {

class CheckerTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void haproxyTakesRandomConfigurations() { takesRandomOnes("haproxy"); }

    void nginxTakesRandomConfigurations() { takesRandomOnes("nginx"); }

    void haproxyTakesManyRoutesAndLongTexts() { take("haproxy", large()); }

    void nginxTakesManyRoutesAndLongTexts() { take("nginx", large()); }

private:
    static QString programOf(const char* name)
    {
        const QString found = QStandardPaths::findExecutable(QLatin1String(name));
        return found.isEmpty() ? QStandardPaths::findExecutable(QLatin1String(name),
                                                                {QStringLiteral("/usr/sbin")})
                               : found;
    }

    /// 1,000 routes, one with 40 conditions, with texts as long as texts may be.
    static config::Config large()
    {
        config::Config config;
        config.pools.resize(1);
        config.pools[0].name = "p";
        config.pools[0].backends = {{"a", {"127.0.0.1", 1}}};
        config::Listener listener;
        listener.name = std::string(64, 'l');
        listener.binds = {{"127.0.0.1", 8080}};
        for (int i = 0; i < 1000; ++i) {
            config::Route route;
            route.name = std::string(60, 'r') + std::to_string(i);
            route.match.path = {config::PathMatch::Kind::Exact, '/' + std::to_string(i)};
            route.action = std::string("p");
            listener.routes.push_back(route);
        }
        config::Route& route = listener.routes[1];
        for (int i = 0; i < 40; ++i)
            route.match.headers.push_back(
                {"x-" + std::to_string(i), config::FieldMatch::Kind::Exact, "1"});
        route.match.query = {{"q", config::FieldMatch::Kind::Exact, std::string(5000, '$')}};
        route.requestHeaders.set = {{"x-long", std::string(1900, '"')},
                                    {"x-longer", std::string(9000, '$')}};
        route.responseHeaders.set = {{"x-long", std::string(1900, '\\')},
                                     {"x-longer", std::string(9000, '%')}};
        listener.routes[2].action = config::FixedReply{200, std::string(11'000, '$'), "text/plain"};
        config.listeners.push_back(listener);
        return config;
    }

    static void takesRandomOnes(const char* target)
    {
        config::test::RandomConfig random(11);
        for (int i = 0; i < 40 && !QTest::currentTestFailed(); ++i) {
            config::Config config = random.next();
            for (config::Pool& pool : config.pools) {
                for (config::Backend& backend : pool.backends) {
                    if (!config::isIpLiteral(backend.address.host)) // the checkers look names up
                        backend.address.host = "localhost";
                }
            }
            take(target, config);
        }
    }

    static void take(const char* target, config::Config config)
    {
        const QString program = programOf(target);
        if (program.isEmpty())
            QSKIP("not installed");
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("it.cfg"));
        if (config.accessLog) // it is opened
            config.accessLog->path = folder.filePath(QStringLiteral("a b$c.log")).toStdString();
        Export made = findExportTarget(target)->write(config);
        const bool nginx = std::string_view(target) == "nginx";
        if (nginx) {
            const std::size_t http = made.text.find("\nhttp {\n");
            QVERIFY(http != std::string::npos);
            std::string paths;
            for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
                paths += std::string(kind) + "_temp_path " + folder.path().toStdString() + '/' +
                         kind + ";\n";
            made.text.insert(http + 8, paths);
        }
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(made.text.data(), static_cast<qint64>(made.text.size()));
        out.close();
        QStringList arguments{QStringLiteral("-c"), QStringLiteral("-f"), file};
        if (nginx) {
            arguments =
                QStringList{QStringLiteral("-t"),
                            QStringLiteral("-q"),
                            QStringLiteral("-c"),
                            file,
                            QStringLiteral("-e"),
                            QStringLiteral("stderr"),
                            QStringLiteral("-g"),
                            QStringLiteral("pid %1;").arg(folder.filePath(QStringLiteral("pid")))};
        }
        QProcess checker;
        checker.setProcessChannelMode(QProcess::MergedChannels);
        checker.start(program, arguments);
        QVERIFY(checker.waitForFinished(60'000));
        QVERIFY2(checker.exitStatus() == QProcess::NormalExit && checker.exitCode() == 0,
                 (checker.readAll().toStdString().substr(0, 2000) + made.text).c_str());
    }
};

STEELYARD_TEST(CheckerTest)

} // namespace steelyard::interop::test

#include "checker_test.moc"
