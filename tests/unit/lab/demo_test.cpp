#include "config/reader.h"
#include "lab/demo.h"
#include "lab/demo_backend.h"
#include "support/test_main.h"

#include <QTcpSocket>
#include <QTest>

#include <set>

using namespace steelyard;
using namespace steelyard::lab;

class DemoTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void startsFourServersOfTheShopAndTwoOfTheApi()
    {
        Demo demo;
        QVERIFY(demo.start(0).ok());
        int shop = 0;
        int api = 0;
        std::set<std::uint16_t> ports;
        for (const DemoServer& server : demo.backends()) {
            shop += server.pool() == QLatin1String("shop") ? 1 : 0;
            api += server.pool() == QLatin1String("api") ? 1 : 0;
            ports.insert(server.port());
            QTcpSocket socket;
            socket.connectToHost(QStringLiteral("127.0.0.1"), server.port());
            QVERIFY(socket.waitForConnected(5000));
        }
        QCOMPARE(shop, 4);
        QCOMPARE(api, 2);
        QCOMPARE(ports.size(), 6U);
    }

    void itsConfigurationIsValidWithoutAWarning()
    {
        Demo demo;
        QVERIFY(demo.configText().isEmpty());
        QVERIFY(demo.start(18080).ok());
        const auto read = config::readText(demo.configText().toStdString(), ".");
        for (const auto& diagnostic : read.diagnostics)
            qWarning("%s", diagnostic.text("demo").c_str());
        QVERIFY(read.config != nullptr);
        QVERIFY(read.diagnostics.empty());
        QCOMPARE(read.config->listeners.size(), 1U);
        QCOMPARE(read.config->listeners[0].binds.at(0).text(), std::string("127.0.0.1:18080"));
        QVERIFY(!read.config->accessLog);
        QVERIFY(read.config->admin.http);
        QCOMPARE(read.config->pools.size(), 2U);
        for (const auto& pool : read.config->pools) {
            QVERIFY(pool.healthCheck);
            QCOMPARE(pool.healthCheck->path, std::string("/health"));
            QVERIFY(pool.healthCheck->interval == seconds(1));
            for (const auto& backend : pool.backends) {
                const auto* server = demo.backend(QString::fromStdString(pool.name),
                                                  QString::fromStdString(backend.name));
                QVERIFY(server != nullptr);
                QCOMPARE(server->port(), backend.address.port);
            }
        }
    }

    void itsSummaryNamesEveryAddress()
    {
        Demo demo;
        QVERIFY(demo.start(0).ok());
        const auto summary = demo.summary(QStringLiteral("127.0.0.1:4711"));
        QVERIFY(summary.contains(QLatin1String("http://127.0.0.1:4711/")));
        for (const DemoServer& server : demo.backends())
            QVERIFY(summary.contains(server.address()));
    }

    void sendsLoadToAnAddressAndChangesItsRate()
    {
        Demo demo;
        QVERIFY(demo.start(0).ok());
        demo.setLoadRate(500);
        auto* server = demo.backend(QStringLiteral("shop"), QStringLiteral("shop-1"));
        demo.startLoad(server->address());
        QTRY_VERIFY_WITH_TIMEOUT(demo.loadCounts().ok >= 50, 20'000);
        QVERIFY(server->requests() >= 50);
        demo.setLoadRate(0);
        QTRY_COMPARE(demo.loadCounts().ok, demo.loadCounts().due);
        demo.setLoadRate(100'000);
        QCOMPARE(demo.loadRate(), LoadGenerator::kMaxRate);
    }

    void switchesOfAServerReachIt()
    {
        Demo demo;
        QVERIFY(demo.start(0).ok());
        demo.setLoadRate(200);
        auto* server = demo.backend(QStringLiteral("api"), QStringLiteral("api-1"));
        QVERIFY(server != nullptr);
        demo.startLoad(server->address());
        QTRY_VERIFY_WITH_TIMEOUT(demo.loadCounts().ok > 0, 20'000);
        server->setErrorShare(1.0);
        QTRY_VERIFY_WITH_TIMEOUT(demo.loadCounts().errors > 0, 20'000);
        server->setErrorShare(0);
        server->setRefusing(true);
        QTcpSocket socket;
        QTRY_VERIFY([&] {
            socket.abort();
            socket.connectToHost(QStringLiteral("127.0.0.1"), server->port());
            return !socket.waitForConnected(5000);
        }());
        server->setRefusing(false);
        const auto ok = demo.loadCounts().ok;
        QTRY_VERIFY_WITH_TIMEOUT(demo.loadCounts().ok > ok, 20'000);
        server->setLatency(150);
        QCOMPARE(server->conduct().latency, milliseconds(150));
        QVERIFY(demo.backend(QStringLiteral("api"), QStringLiteral("shop-1")) == nullptr);
    }

    void anAddressThatIsNoneStartsNothing()
    {
        Demo demo;
        demo.startLoad(QStringLiteral("127.0.0.1:1"));
        QVERIFY(demo.start(0).ok());
        for (const char* bad :
             {"", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "name:80"})
            demo.startLoad(QString::fromLatin1(bad));
        QCOMPARE(demo.loadCounts().due, 0U);
    }

    void mayBeDestroyedUnderLoadAndStartedAgain()
    {
        for (int i = 0; i < 3; ++i) {
            Demo demo;
            QVERIFY(demo.start(0).ok());
            demo.setLoadRate(2000);
            demo.startLoad(demo.backends().front().address());
            QTRY_VERIFY_WITH_TIMEOUT(demo.loadCounts().ok > 20, 20'000);
            QVERIFY(demo.start(0).ok());
            QCOMPARE(demo.loadCounts().due, 0U);
        }
    }
};

STEELYARD_TEST(DemoTest)
#include "demo_test.moc"
