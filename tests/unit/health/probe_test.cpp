#include "health/probe.h"
#include "scripted_server.h"
#include "support/test_main.h"

#include <QTest>

#include <mutex>
#include <optional>

#include <sys/socket.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::health;

namespace {

/// One probe on a loop thread of its own; the test's thread goes on serving meanwhile.
class OneProbe
{
public:
    OneProbe(const net::SocketAddress& address, const config::HealthCheck& check)
    {
        m_loop.run([&] {
            m_probe = std::make_unique<Probe>(
                address, "backend.lab:80", check, [this](const ProbeResult& result) {
                    const std::lock_guard lock(m_mutex);
                    m_result = result;
                    ++m_times;
                    m_probe.reset(); // destroying it in its own call must work
                });
        });
    }

    ~OneProbe()
    {
        m_loop.run([this] { m_probe.reset(); });
    }

    [[nodiscard]] bool done()
    {
        const std::lock_guard lock(m_mutex);
        return m_times > 0;
    }

    [[nodiscard]] ProbeResult result()
    {
        const std::lock_guard lock(m_mutex);
        return m_result;
    }

    [[nodiscard]] int times()
    {
        const std::lock_guard lock(m_mutex);
        return m_times;
    }

private:
    LoopThread m_loop;
    std::unique_ptr<Probe> m_probe;
    std::mutex m_mutex;
    ProbeResult m_result;
    int m_times = 0;
};

config::HealthCheck tcpCheck()
{
    config::HealthCheck check;
    check.type = config::HealthCheck::Type::Tcp;
    return check;
}

} // namespace

class ProbeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aGoodResponseIsGood()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) {
            return QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        };
        config::HealthCheck check;
        check.method = "GET";
        check.path = "/health?deep=1";
        check.headers = {{"X-Lab", "7"}};
        check.expectBody = "ok";
        OneProbe probe(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        const ProbeResult result = probe.result();
        QVERIFY2(result.good, result.text.c_str());
        QVERIFY2(QString::fromStdString(result.text)
                     .contains(QRegularExpression(QStringLiteral("^200 in [0-9.]+ ms$"))),
                 result.text.c_str());
        QCOMPARE(result.status, 200);
        QCOMPARE(result.layer, "check");
        QCOMPARE(server.requests.size(), 1);
        QCOMPARE(
            server.requests[0],
            QByteArray("GET /health?deep=1 HTTP/1.1\r\nHost: backend.lab:80\r\n"
                       "User-Agent: steelyard-probe\r\nX-Lab: 7\r\nConnection: close\r\n\r\n"));
        const QString transcript = QString::fromStdString(result.transcript);
        QVERIFY(transcript.startsWith(
            QLatin1String("> GET /health?deep=1 HTTP/1.1\n> Host: backend.lab:80\n")));
        QVERIFY(transcript.contains(QLatin1String("< HTTP/1.1 200 OK\n")));
    }

    void theChecksHostAndHeadersReplaceTheUsualOnes()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) { return QByteArray("HTTP/1.1 204 None\r\n\r\n"); };
        config::HealthCheck check;
        check.host = "shop.lab";
        check.headers = {{"user-agent", "me"}};
        OneProbe probe(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(probe.result().good);
        QVERIFY(server.requests[0].contains("\r\nHost: shop.lab\r\n"));
        QVERIFY(server.requests[0].contains("\r\nuser-agent: me\r\n"));
        QVERIFY(!server.requests[0].contains("steelyard-probe"));
    }

    void anUnexpectedStatusIsBadAndSaysWhich()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) { return QByteArray("HTTP/1.1 500 Oops\r\n\r\n"); };
        OneProbe probe(server.address(), {});
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(!probe.result().good);
        QCOMPARE(probe.result().text, std::string("status 500, expected 200-399"));
        QCOMPARE(probe.result().status, 500);
        QCOMPARE(probe.result().layer, "check");
    }

    void aRefusedConnectionIsBad()
    {
        net::SocketAddress address;
        {
            const ScriptedServer server;
            address = server.address();
        }
        for (const config::HealthCheck& check : {config::HealthCheck{}, tcpCheck()}) {
            OneProbe probe(address, check);
            QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
            QVERIFY(!probe.result().good);
            QCOMPARE(probe.result().text, std::string("connection refused"));
            QCOMPARE(probe.result().layer, "connect");
            QVERIFY(probe.result().transcript.empty());
        }
    }

    void silenceEndsAtTheDeadlineNotBefore()
    {
        ScriptedServer server;
        config::HealthCheck check;
        check.timeout = milliseconds(150);
        OneProbe probe(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(!probe.result().good);
        QCOMPARE(probe.result().text, std::string("timeout after 150 ms"));
        QCOMPARE(probe.result().layer, "receive");
        QVERIFY2(probe.result().durationMs >= 150,
                 qPrintable(QString::number(probe.result().durationMs)));
        QVERIFY(!probe.result().transcript.empty());
        QCOMPARE(probe.times(), 1);
    }

    void aConnectionIsEnoughForTcp()
    {
        ScriptedServer server;
        OneProbe probe(server.address(), tcpCheck());
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(probe.result().good);
        QVERIFY(probe.result().text.rfind("connected in ", 0) == 0);
        QCOMPARE(probe.result().layer, "connect");
        QVERIFY(probe.result().transcript.empty());
        QVERIFY(server.requests.isEmpty());
    }

    void theChecksOwnPortIsUsed()
    {
        ScriptedServer server;
        config::HealthCheck check = tcpCheck();
        check.port = server.port();
        OneProbe probe(net::SocketAddress::fromNumeric("127.0.0.1", 1), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY2(probe.result().good, probe.result().text.c_str());
    }

    void aResetWithinTheResponseIsBad()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) { return QByteArray("HTTP/1.1 200 OK\r\nContent-"); };
        OneProbe probe(server.address(), {});
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(!probe.result().good);
        QCOMPARE(probe.result().text, std::string("connection closed within the response's head"));
        QCOMPARE(probe.result().status, 0);
        QCOMPARE(probe.result().layer, "receive");
    }

    void theTranscriptIsBoundedAndPrintable()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) {
            return "HTTP/1.0 200 OK\r\n\r\n" + QByteArray(100000, '\x01');
        };
        config::HealthCheck check;
        check.expectBody = "never";
        OneProbe probe(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QCOMPARE(probe.result().text, std::string("body does not contain \"never\""));
        const std::string transcript = probe.result().transcript;
        const std::size_t received = transcript.size() - transcript.find("< ");
        QVERIFY(received <= 2048 && received > 2000);
        QVERIFY(transcript.find('\x01') == std::string::npos);
        QVERIFY(transcript.ends_with("...\n"));
    }

    void aLongRequestLeavesRoomForTheResponse()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray&) { return QByteArray("HTTP/1.1 200 OK\r\n\r\n"); };
        config::HealthCheck check;
        check.headers = {{"X-Long", std::string(3000, 'x')}};
        OneProbe probe(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 5000);
        QVERIFY(probe.result().good);
        const std::string transcript = probe.result().transcript;
        QVERIFY(transcript.find("xxx\n...\n< HTTP/1.1 200 OK\n") != std::string::npos);
        QVERIFY(transcript.size() < 2048 + 100);
    }

    void statusHeaderAndBodyAreAllLookedAt()
    {
        ScriptedServer server;
        server.answer = [](const QByteArray& request) {
            return request.startsWith("HEAD ")
                       ? QByteArray("HTTP/1.1 204 None\r\nX-State: up\r\n\r\n")
                       : QByteArray("HTTP/1.1 204 None\r\nX-State: down\r\n\r\n");
        };
        config::HealthCheck check;
        check.method = "HEAD";
        check.expectStatus = {{200, 200}, {204, 204}};
        check.expectHeaders = {{"x-state", "up"}};
        OneProbe good(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(good.done(), 5000);
        QVERIFY2(good.result().good, good.result().text.c_str());
        check.method = "OPTIONS";
        OneProbe bad(server.address(), check);
        QTRY_VERIFY_WITH_TIMEOUT(bad.done(), 5000);
        QCOMPARE(bad.result().text, std::string("header x-state is \"down\", expected \"up\""));
        QCOMPARE(bad.result().layer, "check");
        QCOMPARE(bad.result().status, 204);
        QVERIFY(bad.result().transcript.find("< X-State: down\n") != std::string::npos);
    }

    void aServerThatDoesNotReadStopsTheProbeAtSending()
    {
        // A listener that accepts nothing: the connection comes about in the kernel, and takes what
        // its buffers hold and no more.
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int small = 4096;
        QVERIFY(::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
        net::SocketAddress address = net::SocketAddress::fromNumeric("127.0.0.1", 0);
        QVERIFY(::bind(listener, reinterpret_cast<const sockaddr*>(&address.storage),
                       address.size) == 0);
        QVERIFY(::listen(listener, 8) == 0);
        QVERIFY(::getsockname(listener, reinterpret_cast<sockaddr*>(&address.storage),
                              &address.size) == 0);
        config::HealthCheck check;
        check.headers = {{"X-Long", std::string(32 * 1024 * 1024, 'x')}};
        check.timeout = milliseconds(300);
        OneProbe probe(address, check);
        QTRY_VERIFY_WITH_TIMEOUT(probe.done(), 10000);
        ::close(listener);
        QCOMPARE(probe.result().layer, "send");
        QCOMPARE(probe.result().text, std::string("timeout after 300 ms"));
        QVERIFY(probe.result().transcript.size() <= 2048);
    }

    void destroyingACheckCancelsIt()
    {
        ScriptedServer server;
        LoopThread loop;
        std::atomic<int> told{0};
        std::unique_ptr<Probe> probe;
        loop.run([&] {
            probe = std::make_unique<Probe>(server.address(), "x", config::HealthCheck{},
                                            [&](const ProbeResult&) { ++told; });
        });
        QTRY_COMPARE_WITH_TIMEOUT(server.requests.size(), 1, 5000);
        loop.run([&] { probe.reset(); });
        // A whole probe later on the same loop, the first one has still told nothing.
        std::atomic<int> other{0};
        loop.run([&] {
            config::HealthCheck check;
            check.timeout = milliseconds(100);
            probe = std::make_unique<Probe>(server.address(), "x", check,
                                            [&](const ProbeResult&) { ++other; });
        });
        QTRY_COMPARE_WITH_TIMEOUT(other.load(), 1, 5000);
        QCOMPARE(told.load(), 0);
        loop.run([&] { probe.reset(); });
    }

    void durationsAreReadable()
    {
        QCOMPARE(millisecondsText(0.04), std::string("0.0 ms"));
        QCOMPARE(millisecondsText(0.44), std::string("0.4 ms"));
        QCOMPARE(millisecondsText(0.96), std::string("1 ms"));
        QCOMPARE(millisecondsText(123.6), std::string("124 ms"));
    }
};

STEELYARD_TEST(ProbeTest)
#include "probe_test.moc"
