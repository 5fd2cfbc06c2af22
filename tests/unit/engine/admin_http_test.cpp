#include "engine/admin_http.h"
#include "fake_control_service.h"
#include "sample_snapshot.h"
#include "support/test_main.h"

#include <QTcpSocket>
#include <QTest>

using namespace steelyard;
using namespace steelyard::engine;
using namespace std::chrono_literals;

namespace {

/// Sends `bytes` and collects everything until the server ends the connection.
struct Talk
{
    explicit Talk(const AdminHttp& server, const QByteArray& bytes = {})
    {
        QObject::connect(&socket, &QTcpSocket::readyRead, &socket,
                         [this] { reply += socket.readAll(); });
        socket.connectToHost(QStringLiteral("127.0.0.1"), server.address().port);
        socket.write(bytes);
    }

    [[nodiscard]] bool closed() const
    {
        return socket.state() == QAbstractSocket::UnconnectedState;
    }

    [[nodiscard]] int status() const { return reply.mid(9, 3).toInt(); }

    [[nodiscard]] QByteArray body() const { return reply.mid(reply.indexOf("\r\n\r\n") + 4); }

    QTcpSocket socket;
    QByteArray reply;
};

QByteArray request(const QByteArray& target, const QByteArray& host = "127.0.0.1",
                   const QByteArray& method = "GET")
{
    return method + ' ' + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

} // namespace

class AdminHttpTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void requestsAreAnswered_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        const auto row = [](const char* name, const QByteArray& bytes, int status) {
            QTest::newRow(name) << bytes << status;
        };
        row("health", request("/healthz"), 200);
        row("query", request("/healthz?x=1"), 200);
        row("unknown path", request("/"), 404);
        row("below a path", request("/metrics/x"), 404);
        row("HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n", 200);
        row("HTTP/1.1 without Host", "GET /healthz HTTP/1.1\r\n\r\n", 400);
        row("localhost", request("/healthz", "LocalHost:9900"), 200);
        row("IPv6 literal", request("/healthz", "[::1]:9900"), 200);
        row("another IP literal", request("/healthz", "10.1.2.3"), 200);
        row("a name of somebody else", request("/healthz", "evil.example"), 421);
        row("a name that begins like ours", request("/healthz", "127.0.0.1.evil.example:9900"),
            421);
        row("localhost of somebody else", request("/metrics", "localhost.evil.example"), 421);
        row("POST", request("/metrics", "127.0.0.1", "POST"), 405);
        row("DELETE", request("/healthz", "127.0.0.1", "DELETE"), 405);
        row("for a page of a site",
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n", 403);
        row("for a page without one", "GET /healthz HTTP/1.1\r\nHost: localhost\r\norigin:\r\n\r\n",
            403);
        row("body", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd",
            413);
        row("empty body", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
            200);
        row("chunked body",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\n",
            413);
        row("long line", "GET /" + QByteArray(5000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
            414);
        row("long head",
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + QByteArray(9000, 'x') + "\r\n\r\n", 431);
        row("endless head", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + QByteArray(300000, 'x'),
            431);
        row("garbage", "\x16\x03\x01\x02\r\n\r\n", 400);
    }

    void requestsAreAnswered()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        test::FakeControlService service;
        AdminHttp server(service);
        QVERIFY(server.listen({"127.0.0.1", 0}));
        Talk talk(server, bytes);
        QTRY_VERIFY(talk.closed());
        QCOMPARE(talk.status(), status);
        QVERIFY(talk.reply.contains("\r\nConnection: close\r\n"));
    }

    void theBindAddressMayBeAName()
    {
        test::FakeControlService service;
        AdminHttp server(service);
        QVERIFY(server.listen({"localhost", 0}));
        QVERIFY(server.reply("GET", "/healthz", "localhost").startsWith("HTTP/1.1 200"));
        AdminHttp other(service);
        QCOMPARE(other.listen({"name.example", 0}).error().code, ErrorCode::InvalidInput);
        const auto taken = other.listen({"127.0.0.1", server.address().port});
        QCOMPARE(taken.error().code, ErrorCode::Io);
        QVERIFY(QString::fromStdString(taken.error().detail)
                    .startsWith(QStringLiteral("cannot bind 127.0.0.1:")));
    }

    void readinessFollowsTheService()
    {
        test::FakeControlService service;
        service.ready = false;
        const AdminHttp server(service);
        QVERIFY(server.reply("GET", "/readyz", "[::1]").contains("\r\n\r\nstarting\n"));
        stats::Snapshot snapshot = test::sampleSnapshot();
        snapshot.state = stats::EngineState::Draining;
        service.publish(snapshot);
        const QByteArray draining = server.reply("GET", "/readyz", "[::1]");
        QVERIFY(draining.startsWith("HTTP/1.1 503 "));
        QVERIFY(draining.endsWith("\r\n\r\ndraining\n"));
        service.ready = true;
        QVERIFY(server.reply("GET", "/readyz", "[::1]").startsWith("HTTP/1.1 200 "));
    }

    void metricsAreThoseOfTheNewestSnapshotAndHeadHasNoBody()
    {
        test::FakeControlService service;
        service.publish(test::sampleSnapshot());
        AdminHttp server(service);
        QVERIFY(server.listen({"127.0.0.1", 0}));
        Talk get(server, request("/metrics"));
        Talk head(server, request("/metrics", "127.0.0.1", "HEAD"));
        QTRY_VERIFY(get.closed() && head.closed());
        QCOMPARE(get.status(), 200);
        QVERIFY(get.reply.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
        QVERIFY(get.body().contains("shop"));
        QVERIFY(get.reply.contains("Content-Length: " + QByteArray::number(get.body().size()) +
                                   "\r\n"));
        QCOMPARE(head.status(), 200);
        QVERIFY(head.reply.contains("Content-Length: " + QByteArray::number(get.body().size()) +
                                    "\r\n"));
        QVERIFY(head.body().isEmpty());
    }

    void aHeadInPiecesIsUnderstoodAndASlowOneIsCutOff()
    {
        test::FakeControlService service;
        AdminHttp server(service, 300ms);
        QVERIFY(server.listen({"127.0.0.1", 0}));
        Talk pieces(server);
        QTRY_COMPARE(pieces.socket.state(), QAbstractSocket::ConnectedState);
        for (const char byte : request("/healthz")) {
            pieces.socket.write(&byte, 1);
            pieces.socket.flush();
        }
        QTRY_VERIFY(pieces.closed());
        QCOMPARE(pieces.body(), QByteArray("ok\n"));
        Talk slow(server, "GET /healthz HT");
        QTRY_VERIFY(slow.closed());
        QVERIFY(slow.reply.isEmpty());
    }

    void noMoreThanSixtyFourConnectionsAreHeld()
    {
        test::FakeControlService service;
        AdminHttp server(service);
        QVERIFY(server.listen({"127.0.0.1", 0}));
        std::vector<std::unique_ptr<Talk>> held;
        for (int i = 0; i < AdminHttp::kMaxConnections; ++i) {
            held.push_back(std::make_unique<Talk>(server));
            QTRY_COMPARE(held.back()->socket.state(), QAbstractSocket::ConnectedState);
        }
        Talk extra(server, request("/healthz"));
        QTRY_VERIFY(extra.closed());
        QVERIFY(extra.reply.isEmpty());
        held.clear();
        QTRY_COMPARE(server.connections(), 0);
        Talk again(server, request("/healthz"));
        QTRY_VERIFY(again.closed());
        QCOMPARE(again.status(), 200);
    }
};

STEELYARD_TEST(AdminHttpTest)
#include "admin_http_test.moc"
