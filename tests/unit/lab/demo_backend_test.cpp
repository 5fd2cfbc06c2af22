#include "lab/demo_backend.h"
#include "lab/lab_thread.h"
#include "support/test_main.h"

#include <QElapsedTimer>
#include <QTcpSocket>
#include <QTest>

#include <functional>
#include <memory>

using namespace steelyard;
using namespace steelyard::lab;

namespace {

constexpr int kPatience = 5000;

/// A demo backend on its thread, and a plain blocking client in front of it.
class Rig
{
public:
    explicit Rig(const Conduct& conduct = {})
    {
        m_thread.call([&] {
            m_backend = std::make_unique<DemoBackend>("srv", conduct, 1);
            m_listening = m_backend->listen().ok();
        });
    }

    ~Rig()
    {
        m_thread.call([this] { m_backend.reset(); });
    }

    [[nodiscard]] bool listening() const { return m_listening; }

    [[nodiscard]] quint16 port() const { return m_backend->port(); }

    [[nodiscard]] DemoBackend& backend() { return *m_backend; }

    void set(const Conduct& conduct)
    {
        m_thread.call([&] { m_backend->setConduct(conduct); });
    }

    [[nodiscard]] std::size_t connections()
    {
        std::size_t count = 0;
        m_thread.call([&] { count = m_backend->connections(); });
        return count;
    }

private:
    LabThread m_thread;
    std::unique_ptr<DemoBackend> m_backend;
    bool m_listening = false;
};

bool connectTo(QTcpSocket& socket, quint16 port)
{
    socket.connectToHost(QStringLiteral("127.0.0.1"), port);
    return socket.waitForConnected(kPatience);
}

/// Reads until `text` ends with what `whole` accepts, the peer ends, or patience does.
QByteArray readUntil(QTcpSocket& socket, const std::function<bool(const QByteArray&)>& whole)
{
    QByteArray text;
    while (!whole(text)) {
        if (socket.bytesAvailable() == 0 && !socket.waitForReadyRead(kPatience))
            break;
        text += socket.readAll();
    }
    return text;
}

/// One whole response with Content-Length.
bool isWhole(const QByteArray& text)
{
    const auto end = text.indexOf("\r\n\r\n");
    if (end < 0)
        return false;
    const auto at = text.indexOf("Content-Length: ");
    const auto size = text.mid(at + 16, text.indexOf("\r\n", at) - at - 16).toInt();
    return text.size() >= end + 4 + size;
}

QByteArray ask(QTcpSocket& socket, const QByteArray& request)
{
    socket.write(request);
    return readUntil(socket, isWhole);
}

QByteArray get(const QByteArray& path)
{
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

} // namespace

class DemoBackendTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void saysWhoItIsAndWhatItWasAsked()
    {
        Rig rig;
        QVERIFY(rig.listening());
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        const auto answer = ask(socket, get("/a?b=\"c"));
        QVERIFY2(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
        QVERIFY(answer.contains("\r\nX-Server: srv\r\n"));
        QVERIFY2(
            answer.endsWith("{\"server\":\"srv\",\"method\":\"GET\",\"path\":\"/a?b=\\u0022c\"}\n"),
            answer);
    }

    void keepsTheConnectionForManyRequestsAndCountsThem()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        for (int i = 0; i < 50; ++i)
            QVERIFY(ask(socket, get("/")).startsWith("HTTP/1.1 200"));
        QCOMPARE(rig.backend().requests(), 50U);
        QCOMPARE(rig.connections(), 1U);
    }

    void answersPipelinedRequestsInOrder()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        socket.write(get("/first") + get("/second") + get("/third"));
        const auto text =
            readUntil(socket, [](const QByteArray& t) { return t.contains("/third\"}\n"); });
        QVERIFY(text.indexOf("/first") >= 0);
        QVERIFY(text.indexOf("/first") < text.indexOf("/second"));
        QVERIFY(text.indexOf("/second") < text.indexOf("/third"));
    }

    void readsBodiesOfBothFramingsToTheirEnd()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        const QByteArray big(100'000, 'x');
        QVERIFY(ask(socket, "POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + big)
                    .contains("/l\"}"));
        QVERIFY(ask(socket, "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                            "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                    .contains("/c\"}"));
        QVERIFY(ask(socket, get("/after")).contains("/after\"}"));
    }

    void asksForTheBodyOfOneWhoWaits()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        socket.write(
            "PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        const auto go =
            readUntil(socket, [](const QByteArray& t) { return t.endsWith("\r\n\r\n"); });
        QCOMPARE(go, QByteArray("HTTP/1.1 100 Continue\r\n\r\n"));
        QVERIFY(ask(socket, "ok").startsWith("HTTP/1.1 200"));
    }

    void sendsNoBodyForHead()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        socket.write("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        const auto text = readUntil(socket, [&](const QByteArray&) {
            return socket.state() == QAbstractSocket::UnconnectedState &&
                   socket.bytesAvailable() == 0;
        });
        QVERIFY(text.startsWith("HTTP/1.1 200"));
        QVERIFY(text.endsWith("\r\n\r\n"));
        QTRY_COMPARE(rig.connections(), 0U);
    }

    void refusesWhatIsNoHttp()
    {
        Rig rig;
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        QVERIFY(ask(socket, "nonsense\r\n\r\n").startsWith("HTTP/1.1 400"));
        QTRY_COMPARE(rig.connections(), 0U);
    }

    void fillsTheBodyToItsSize()
    {
        Rig rig({.bodySize = 2048});
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        QVERIFY(ask(socket, get("/")).contains("\r\nContent-Length: 2048\r\n"));
    }

    void waitsItsLatencyBeforeItAnswers()
    {
        Rig rig({.latency = milliseconds(60)});
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        QElapsedTimer timer;
        timer.start();
        QVERIFY(ask(socket, get("/")).startsWith("HTTP/1.1 200"));
        QVERIFY2(timer.elapsed() >= 60, qPrintable(QString::number(timer.elapsed())));
    }

    void failsItsShareOfRequestsButNeverItsHealth()
    {
        Rig rig({.errorShare = 0.25});
        QTcpSocket socket;
        QVERIFY(connectTo(socket, rig.port()));
        quint64 failed = 0;
        for (int i = 0; i < 400; ++i)
            failed += ask(socket, get("/")).startsWith("HTTP/1.1 500") ? 1 : 0;
        QCOMPARE(rig.backend().errors(), failed);
        QVERIFY2(failed > 60 && failed < 140,
                 qPrintable(QString::number(failed))); // 100 +- 4.6 deviations
        rig.set({.errorShare = 1.0});
        QVERIFY(ask(socket, get("/")).startsWith("HTTP/1.1 500"));
        const auto health = ask(socket, get("/health"));
        QVERIFY(health.startsWith("HTTP/1.1 200"));
        QVERIFY(health.endsWith("\r\n\r\nok\n"));
    }

    void refusingResetsWhatIsOpenAndTurnsAwayWhatIsNew()
    {
        Rig rig;
        QTcpSocket open;
        QVERIFY(connectTo(open, rig.port()));
        QVERIFY(ask(open, get("/")).startsWith("HTTP/1.1 200"));
        const auto port = rig.port();

        rig.set({.refusing = true});
        QTRY_COMPARE(open.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(open.error(), QAbstractSocket::RemoteHostClosedError);
        QTcpSocket refused;
        QVERIFY(!connectTo(refused, port));
        QCOMPARE(refused.error(), QAbstractSocket::ConnectionRefusedError);

        rig.set({});
        QTcpSocket again;
        QVERIFY(connectTo(again, port));
        QVERIFY(ask(again, get("/")).startsWith("HTTP/1.1 200"));
        QCOMPARE(rig.port(), port);
    }

    void hangingTakesTheRequestAndSaysNothingUntilTheClientLeaves()
    {
        Rig rig({.hanging = true});
        {
            QTcpSocket socket;
            QVERIFY(connectTo(socket, rig.port()));
            socket.write(get("/health"));
            QTRY_COMPARE(rig.backend().requests(), 1U);
            QVERIFY(!socket.waitForReadyRead(100));
            QCOMPARE(rig.connections(), 1U);
        }
        QTRY_COMPARE(rig.connections(), 0U);
    }
};

STEELYARD_TEST(DemoBackendTest)
#include "demo_backend_test.moc"
