#include "ctl/arguments.h"
#include "support/test_main.h"

#include <QJsonDocument>
#include <QTest>

using namespace steelyard::ctl;

class CtlArgumentsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void goodLinesBecomeCommands_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("arguments");
        const auto row = [](const char* line, const char* name, const char* arguments = "{}") {
            QTest::newRow(line) << QString(QLatin1String(line)) << QString(QLatin1String(name))
                                << QByteArray(arguments);
        };
        row("status", "status");
        row("--socket /run/x --json status", "status");
        row("status --json --socket=/run/x", "status");
        row("servers", "servers");
        row("servers shop", "servers");
        row("servers shop/a", "servers");
        row("drain shop/a", "drain", R"({"server":"shop/a"})");
        row("drain shop/a --timeout 30s", "drain", R"({"server":"shop/a","timeout_ms":30000})");
        row("drain --timeout=2m --force shop/a", "drain",
            R"({"force":true,"server":"shop/a","timeout_ms":120000})");
        row("drain shop/a --timeout 0", "drain", R"({"server":"shop/a","timeout_ms":0})");
        row("ready shop/a", "ready", R"({"server":"shop/a"})");
        row("maintenance shop/a --force", "maintenance", R"({"force":true,"server":"shop/a"})");
        row("weight shop/a 0", "weight", R"({"server":"shop/a","weight":0})");
        row("weight shop/a 256", "weight", R"({"server":"shop/a","weight":256})");
        row("algorithm shop round-robin", "algorithm",
            R"({"algorithm":"round-robin","pool":"shop"})");
        row("add shop d=127.0.0.1:9004", "add",
            R"({"address":"127.0.0.1:9004","name":"d","pool":"shop"})");
        row("add shop d=[::1]:80 --weight 5", "add",
            R"({"address":"[::1]:80","name":"d","pool":"shop","weight":5})");
        row("add shop d=[::1]:80 --state maintenance", "add",
            R"({"address":"[::1]:80","name":"d","pool":"shop","state":"maintenance"})");
        row("add shop d=x:80 --max-requests 8 --backup yes", "add",
            R"({"address":"x:80","backup":true,"max_requests":8,"name":"d","pool":"shop"})");
        row("edit shop/a --address [::1]:9 --weight 0 --force", "edit",
            R"({"address":"[::1]:9","force":true,"server":"shop/a","weight":0})");
        row("edit shop/a --max-requests 0 --backup no", "edit",
            R"({"backup":false,"max_requests":0,"server":"shop/a"})");
        row("latency shop/a", "latency", R"({"server":"shop/a"})");
        row("add-pool api --algorithm random", "add-pool",
            R"({"algorithm":"random","pool":"api"})");
        row("remove-pool api", "remove-pool", R"({"pool":"api"})");
        row("remove shop/a --force", "remove", R"({"force":true,"server":"shop/a"})");
        row("check-now", "check-now");
        row("check-now shop/a", "check-now", R"({"server":"shop/a"})");
        row("events --follow", "events");
        row("reload", "reload");
        row("-- save", "save");
        row("save --force", "save", R"({"force":true})");
        row("config", "config");
    }

    void goodLinesBecomeCommands()
    {
        QFETCH(QString, line);
        QFETCH(QString, name);
        QFETCH(QByteArray, arguments);
        const auto parsed = parseArguments(line.split(u' '));
        QVERIFY2(parsed, parsed ? "" : parsed.error().detail.c_str());
        QCOMPARE(parsed.value().command.name, name);
        QCOMPARE(QJsonDocument(parsed.value().command.arguments).toJson(QJsonDocument::Compact),
                 arguments);
        QCOMPARE(parsed.value().json, line.contains(QStringLiteral("--json")));
        QCOMPARE(parsed.value().follow, line.contains(QStringLiteral("--follow")));
        QCOMPARE(parsed.value().socket,
                 line.contains(QStringLiteral("--socket")) ? QStringLiteral("/run/x") : QString());
    }

    void wrongLinesSayExactlyWhatIsWrong_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("problem");
        QTest::addColumn<QString>("usage");
        const auto row = [](const char* line, const char* problem, const char* usage) {
            QTest::newRow(line) << QString(QLatin1String(line)) << QString(QLatin1String(problem))
                                << QStringLiteral("steelyardctl ") + QLatin1String(usage);
        };
        const char* const any = "[--socket PATH] [--json] COMMAND ...; --help lists them";
        row("--json", "a command is missing", any);
        row("drian shop/a", "there is no command \"drian\"; did you mean \"drain\"?", any);
        const char* const route = "route METHOD URL [-H 'NAME: VALUE']... [--client IP] "
                                  "[--listener NAME]";
        const char* const explain = "explain [ID] [--record all|sampled] [--verify]";
        row("route GET shop.lab",
            "\"shop.lab\" is neither a URL such as http://shop.lab/cart nor a path such as /cart",
            route);
        row("route G@T /", "\"G@T\" is not a method such as GET", route);
        row("route GET / -H x", "\"x\" is not a header such as 'x-beta: 1'", route);
        row("route GET / --client nobody", "\"nobody\" is not an IP address", route);
        row("explain x", "\"x\" is not a decision's number, as \"explain\" shows them", explain);
        row("explain --record some", "--record takes all or sampled", explain);
        row("status --verify", "status takes no --verify", "status");
        row("expire x",
            "\"x\" is neither a session (24 hexadecimal digits, as \"sessions\" shows them) nor "
            "POOL/SERVER",
            "expire SESSION|POOL/SERVER");
        row("status now", "\"now\" is one word too many", "status");
        row("status --colour", "there is no option \"--colour\"", "status");
        row("status --jsn", "there is no option \"--jsn\"; did you mean \"--json\"?", "status");
        row("status --socket", "--socket needs a value", "status");
        row("status --socket=", "--socket needs a path", "status");
        row("status --force", "status takes no --force", "status");
        row("reload --follow", "reload takes no --follow", "reload");
        row("servers a/b/c", "\"a/b/c\" is neither POOL nor POOL/SERVER",
            "servers [POOL|POOL/SERVER]");
        row("apply", "apply needs FILE", "apply FILE");
        row("apply /no/such.yaml", "cannot read \"/no/such.yaml\": No such file or directory",
            "apply FILE");
        const char* const drain = "drain POOL/SERVER [--timeout T] [--force]";
        row("drain", "drain needs POOL/SERVER", drain);
        row("drain shop", "\"shop\" is not of the form POOL/SERVER", drain);
        row("drain shop/", "\"shop/\" is not of the form POOL/SERVER", drain);
        row("drain /a", "\"/a\" is not of the form POOL/SERVER", drain);
        row("drain shop/a b", "\"b\" is one word too many", drain);
        row("drain shop/a --timeout", "--timeout needs a value", drain);
        row("drain shop/a --timeout 30",
            "\"30\" is not a duration such as 500ms, 30s or 2m (0 = no deadline)", drain);
        row("drain shop/a --timeout -1s",
            "\"-1s\" is not a duration such as 500ms, 30s or 2m (0 = no deadline)", drain);
        row("drain shop/a --weight 3", "drain takes no --weight", drain);
        row("ready", "ready needs POOL/SERVER", "ready POOL/SERVER");
        row("ready shop/a --timeout 1s", "ready takes no --timeout", "ready POOL/SERVER");
        row("maintenance x", "\"x\" is not of the form POOL/SERVER",
            "maintenance POOL/SERVER [--force]");
        row("weight shop/a", "weight needs N", "weight POOL/SERVER N [--force]");
        row("weight shop/a 257", "\"257\" is not a weight: a whole number from 0 to 256",
            "weight POOL/SERVER N [--force]");
        row("weight shop/a -1", "\"-1\" is not a weight: a whole number from 0 to 256",
            "weight POOL/SERVER N [--force]");
        row("weight shop/a 1.5", "\"1.5\" is not a weight: a whole number from 0 to 256",
            "weight POOL/SERVER N [--force]");
        row("algorithm shop", "algorithm needs NAME", "algorithm POOL NAME");
        row("algorithm shop/a random", "\"shop/a\" is not a pool's name", "algorithm POOL NAME");
        row("algorithm shop radnom",
            "there is no algorithm \"radnom\"; there are round-robin, least-connections, "
            "power-of-two, random, peak-ewma, ring-hash, maglev, rendezvous-hash, client-ip-hash, "
            "first, prequal; did you mean \"random\"?",
            "algorithm POOL NAME");
        const char* const add = "add POOL NAME=ADDRESS [--weight N] [--state S] "
                                "[--max-requests N] [--backup yes|no]";
        row("add shop", "add needs NAME=ADDRESS", add);
        row("add shop d", "\"d\" is not of the form NAME=ADDRESS", add);
        row("add shop =x:1", "\"\" is not a server's name: letters, digits and ._-, at most 64",
            add);
        row("add shop d=x", "\"x\" is not an address: HOST:PORT with a port from 1 to 65535", add);
        row("add shop d=x:0", "\"x:0\" is not an address: HOST:PORT with a port from 1 to 65535",
            add);
        row("add shop d=x:1 --weight many",
            "\"many\" is not a weight: a whole number from 0 to 256", add);
        row("add shop d=x:1 --state away",
            "\"away\" is not a state: ready, draining or maintenance", add);
        const char* const edit = "edit POOL/SERVER [--force] [--address A] [--weight N] "
                                 "[--max-requests N] [--backup yes|no]";
        row("edit shop/a --backup maybe", "--backup takes yes or no", edit);
        row("edit shop/a --max-requests -1",
            "\"-1\" is not a number of requests: 0 (no limit) to 1000000", edit);
        row("edit shop/a --address nowhere",
            "\"nowhere\" is not an address: HOST:PORT with a port from 1 to 65535", edit);
        row("edit shop/a --state ready", "edit takes no --state", edit);
        row("remove shop/a --backup no", "remove takes no --backup",
            "remove POOL/SERVER [--force]");
        row("remove-pool", "remove-pool needs POOL", "remove-pool POOL");
        row("add shop d=x:1 --algorithm first", "add takes no --algorithm", add);
        row("remove", "remove needs POOL/SERVER", "remove POOL/SERVER [--force]");
        row("check-now shop", "\"shop\" is not of the form POOL/SERVER", "check-now [POOL/SERVER]");
        row("events now", "\"now\" is one word too many", "events [--follow]");
        row("save x", "\"x\" is one word too many", "save [--force]");
    }

    void wrongLinesSayExactlyWhatIsWrong()
    {
        QFETCH(QString, line);
        QFETCH(QString, problem);
        QFETCH(QString, usage);
        const auto parsed = parseArguments(line.split(u' '));
        QVERIFY(!parsed);
        QCOMPARE(QString::fromStdString(parsed.error().detail), problem);
        QCOMPARE(QString::fromStdString(parsed.error().hint), usage);
    }

    void helpWinsOverACommandAndListsOnlyWhatThereIs()
    {
        QCOMPARE(parseArguments({QStringLiteral("drain"), QStringLiteral("--help")}).value().kind,
                 Invocation::Kind::Help);
        QCOMPARE(parseArguments({QStringLiteral("--version")}).value().kind,
                 Invocation::Kind::Version);
        QVERIFY(helpText().contains(QStringLiteral("drain POOL/SERVER [--timeout T] [--force]")));
        QVERIFY(helpText().contains(QStringLiteral("\n  sessions")));
        QVERIFY(helpText().contains(QStringLiteral("\n  explain")));
        for (const QString& line : helpText().split(u'\n'))
            QVERIFY2(line.size() <= 100, qPrintable(line));
    }
};

STEELYARD_TEST(CtlArgumentsTest)
#include "ctl_arguments_test.moc"
