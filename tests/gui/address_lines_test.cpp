/// Servers pasted in whatever form: each line is read, or says what is wrong with it.

#include "models/address_lines.h"
#include "models/expected_shares.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class AddressLinesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goodLines_data();
    void goodLines();
    void badLines_data();
    void badLines();
    void namesAreGivenAroundThoseThatAreTaken();
    void remarksTellWhatIsLeftOut();
    void sharesToCome();
};

void AddressLinesTest::goodLines_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("server"); // name address weight limit backup
    const auto row = [](const char* line, const char* server) {
        QTest::newRow(line) << QString::fromUtf8(line) << QString(QLatin1String(server));
    };
    row("127.0.0.1:9001", "a 127.0.0.1:9001 100 0 0");
    row("  127.0.0.1:9001 ,  # the old one", "a 127.0.0.1:9001 100 0 0");
    row("[::1]:9001", "a [::1]:9001 100 0 0");
    row("web-1.shop.lab:80", "a web-1.shop.lab:80 100 0 0");
    row("- 10.0.0.1:80", "a 10.0.0.1:80 100 0 0");
    row("• 10.0.0.1:80", "a 10.0.0.1:80 100 0 0");
    row("10.0.0.1 8080", "a 10.0.0.1:8080 100 0 0");
    row("web-1 10.0.0.1 8080", "web-1 10.0.0.1:8080 100 0 0");
    row("web-1 10.0.0.1:8080", "web-1 10.0.0.1:8080 100 0 0");
    row("10.0.0.1:8080 web-1", "web-1 10.0.0.1:8080 100 0 0");
    row("web-1=10.0.0.1:8080", "web-1 10.0.0.1:8080 100 0 0");
    row("web-1: 10.0.0.1:8080", "web-1 10.0.0.1:8080 100 0 0");
    row("web-1,10.0.0.1:8080,weight=7", "web-1 10.0.0.1:8080 7 0 0");
    row("http://10.0.0.1:8080/health?x=1", "a 10.0.0.1:8080 100 0 0");
    row("http://web.lab", "a web.lab:80 100 0 0");
    row("tcp://[::1]:5", "a [::1]:5 100 0 0");
    row("server 10.0.0.1:8080 weight=5 max_conns=20 backup;", "a 10.0.0.1:8080 5 20 1");
    row("server web-1 10.0.0.1:8080 check weight 5 maxconn 20 backup",
        "web-1 10.0.0.1:8080 5 20 1");
    row("- { name: web-1, address: \"10.0.0.1:8080\", weight: 5, backup: true }",
        "web-1 10.0.0.1:8080 5 0 1");
}

void AddressLinesTest::goodLines()
{
    QFETCH(QString, line);
    QFETCH(QString, server);
    const QList<AddressLine> read = readAddressLines(line, QStringLiteral("shop"), {});
    QCOMPARE(read.size(), 1);
    QCOMPARE(read[0].problem, QString());
    const ServerDraft& draft = read[0].server;
    QCOMPARE(draft.pool, QStringLiteral("shop"));
    QCOMPARE(QStringLiteral("%1 %2 %3 %4 %5")
                 .arg(draft.name, draft.address)
                 .arg(draft.weight)
                 .arg(draft.maxRequests)
                 .arg(draft.backup),
             server);
}

void AddressLinesTest::badLines_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char* line, const char* problem) {
        QTest::newRow(line) << QString(QLatin1String(line)) << QString(QLatin1String(problem));
    };
    row("10.0.0.1", "A port is missing, such as :9001.");
    row("10.0.0.1:99999", "The port must be a number from 1 to 65535.");
    row("::1:9001", "An IPv6 address stands in brackets, such as [::1]:9001.");
    row("300.1.1.1:80", "This is neither an IP address nor a host name.");
    row("https://10.0.0.1/",
        "TLS towards servers is not there yet; give the port that speaks plain HTTP.");
    row("ftp://10.0.0.1/", "ftp:// is not spoken here; HTTP is.");
    row("10.0.0.1:80 weight=300", "weight must be a whole number from 0 to 256.");
    row("10.0.0.1:80 weight=much", "weight must be a whole number from 0 to 256.");
    row("one two 10.0.0.1:80", "Not understood: two");
    row("-web 10.0.0.1:80",
        "Letters, digits, dots, dashes and underscores; a letter or digit first.");
    row("taken 10.0.0.1:80", "The pool has a server of this name already.");
}

void AddressLinesTest::badLines()
{
    QFETCH(QString, line);
    QFETCH(QString, problem);
    const QList<AddressLine> read =
        readAddressLines(line, QStringLiteral("shop"), {QStringLiteral("taken")});
    QCOMPARE(read.size(), 1);
    QCOMPARE(read[0].problem, problem);
}

void AddressLinesTest::namesAreGivenAroundThoseThatAreTaken()
{
    const QList<AddressLine> read =
        readAddressLines(QStringLiteral("1.1.1.1:1\n\n# none\nc 1.1.1.2:1\n1.1.1.3:1\nc 1.1.1.4:1"),
                         QStringLiteral("shop"), {QStringLiteral("a")});
    QCOMPARE(read.size(), 4);
    QCOMPARE(read[0].number, 1);
    QCOMPARE(read[0].server.name, QStringLiteral("b"));
    QCOMPARE(read[1].number, 4);
    QCOMPARE(read[2].server.name, QStringLiteral("d"));
    QCOMPARE(read[3].problem, QStringLiteral("The pool has a server of this name already."));
    QStringList taken;
    for (int i = 0; i < 26; ++i)
        taken << freeServerName(taken);
    QCOMPARE(taken.last(), QStringLiteral("z"));
    QCOMPARE(freeServerName(taken), QStringLiteral("server-27"));
}

void AddressLinesTest::remarksTellWhatIsLeftOut()
{
    const QList<AddressLine> read = readAddressLines(
        QStringLiteral("server 1.1.1.1:1 max_fails=3 fail_timeout=10s;\n1.1.1.1:1"), {}, {});
    QCOMPARE(read[0].note, QStringLiteral("left out: max_fails, fail_timeout"));
    QCOMPARE(read[1].note, QStringLiteral("the address of line 1 too"));
    QCOMPARE(read[1].problem, QString());
}

void AddressLinesTest::sharesToCome()
{
    stats::PoolRow pool;
    pool.algorithm = Algorithm::RoundRobin;
    for (const char* name : {"a", "b", "c"}) {
        stats::BackendRow row;
        row.pool = "shop";
        row.name = name;
        row.selectable = true;
        pool.backends.push_back(row);
    }
    pool.backends[2].selectable = false; // out of service
    const ExpectedShares weighed = sharesWithWeight(pool, "a", 50);
    QCOMPARE(weighed.shares.value(QStringLiteral("shop/a")), 50.0 / 150);
    QCOMPARE(weighed.shares.value(QStringLiteral("shop/b")), 100.0 / 150);
    QCOMPARE(weighed.shares.value(QStringLiteral("shop/c")), 0.0);
    QCOMPARE(weighed.list(pool), QStringLiteral("a 33 %, b 67 %, c 0 %"));
    QCOMPARE(weighed.list(pool, 1), QStringLiteral("a 33 %, …"));
    const ExpectedShares nothing = sharesWithWeight(pool, "b", 0);
    QCOMPARE(nothing.shares.value(QStringLiteral("shop/a")), 1.0);
    pool.backends[0].weight = 0;
    const ExpectedShares first = sharesUnder(pool, Algorithm::First);
    QCOMPARE(first.shares.value(QStringLiteral("shop/a")), 0.0);
    QCOMPARE(first.shares.value(QStringLiteral("shop/b")), 1.0);
    QVERIFY(sharesUnder(pool, Algorithm::PeakEwma).words.contains(QLatin1String("slower")));
}

STEELYARD_TEST(AddressLinesTest)
#include "address_lines_test.moc"
