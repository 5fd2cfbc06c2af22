/// An engine in this process between real clients and real servers a and b, and what tests ask it.
/// Thread: main.
#pragma once

#include "engine/engine.h"

#include <QFile>
#include <QPointer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace steelyard::engine {

/// Answers every request with its name; "/hold" only when released.
class Server final : public QTcpServer
{
public:
    explicit Server(QByteArray name)
        : m_name(std::move(name))
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("no server");
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket* socket = nextPendingConnection()) {
                connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
                connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            }
        });
    }

    void release()
    {
        for (const QPointer<QTcpSocket>& socket : std::exchange(m_held, {})) {
            if (socket)
                answer(socket);
        }
    }

    [[nodiscard]] qsizetype held() const { return m_held.size(); }

    int requests = 0;

private:
    void read(QTcpSocket* socket)
    {
        const QByteArray request = socket->readAll();
        if (!request.contains("\r\n\r\n"))
            return;
        ++requests;
        if (request.startsWith("GET /hold")) {
            m_held.append(socket);
        } else {
            answer(socket);
        }
    }

    void answer(QTcpSocket* socket) const
    {
        socket->write("HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(m_name.size()) +
                      "\r\n\r\n" + m_name);
    }

    QByteArray m_name;
    QList<QPointer<QTcpSocket>> m_held;
};

/// One request on a connection of its own.
class Request final : public QTcpSocket
{
public:
    explicit Request(quint16 port, const QByteArray& target = "/")
    {
        connect(this, &QTcpSocket::readyRead, this, [this] { got += readAll(); });
        connectToHost(QHostAddress::LocalHost, port);
        write("GET " + target + " HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n");
    }

    [[nodiscard]] bool ended() const { return state() == UnconnectedState; }

    [[nodiscard]] int status() const { return got.mid(9, 3).toInt(); }

    [[nodiscard]] QByteArray body() const { return got.mid(got.indexOf("\r\n\r\n") + 4); }

    QByteArray got;
};

class EngineBench : public QObject
{
protected:
    void setUp()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_a = std::make_unique<Server>("a");
        m_b = std::make_unique<Server>("b");
        m_engine = std::make_unique<Engine>();
        m_client = m_engine->makeClient();
        m_events.clear();
        connect(m_client.get(), &EngineClient::eventsArrived, this,
                [this](const QList<stats::Event>& events) { m_events += events; });
    }

    void tearDown()
    {
        m_client.reset();
        m_engine.reset();
        m_a.reset();
        m_b.reset();
        m_shown.reset();
    }

    std::unique_ptr<Server> m_a, m_b;
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<QTemporaryDir> m_directory;
    QList<stats::Event> m_events;

    [[nodiscard]] QString textOf(const QString& inPool = {}) const
    {
        return QStringLiteral("version: 1\nworkers: 2\n"
                              "listeners:\n"
                              "  - name: web\n    bind: 127.0.0.1:0\n"
                              "    routes: [ { name: all, pool: shop } ]\n"
                              "pools:\n"
                              "  - name: shop\n"
                              "    algorithm: round-robin\n"
                              "%3"
                              "    backends:\n"
                              "      - { name: a, address: 127.0.0.1:%1 }\n"
                              "      - { name: b, address: 127.0.0.1:%2 }\n")
            .arg(m_a->serverPort())
            .arg(m_b->serverPort())
            .arg(inPool);
    }

    [[nodiscard]] QString path() const { return m_directory->filePath(QStringLiteral("lab.yaml")); }

    void writeFile(const QString& text) const
    {
        QFile file(path());
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(text.toUtf8());
    }

    void start(const QString& inPool = {})
    {
        writeFile(textOf(inPool));
        QSignalSpy ready(m_engine.get(), &Engine::ready);
        const auto started = m_engine->start(path(), {}, {QString(), false});
        QVERIFY2(started.ok(), started.ok() ? "" : started.error().detail.c_str());
        QTRY_COMPARE(ready.count(), 1);
    }

    [[nodiscard]] quint16 port() const
    {
        return m_engine->readyLine().section(QLatin1Char(':'), -1).toUShort();
    }

    CommandResult run(const QString& name, const QJsonObject& arguments = {})
    {
        std::optional<CommandResult> result;
        m_client->send({name, arguments}, [&](const CommandResult& given) { result = given; });
        (void)QTest::qWaitFor([&] { return result.has_value(); }, 10000);
        return result.value_or(CommandResult{Outcome::Unreachable, QStringLiteral("late"), {}, {}});
    }

    CommandResult onA(const QString& name, QJsonObject arguments = {})
    {
        arguments.insert(QStringLiteral("server"), QStringLiteral("shop/a"));
        return run(name, arguments);
    }

    /// Who answers the next requests, in order.
    QByteArray served(int requests)
    {
        QByteArray names;
        for (int i = 0; i < requests; ++i) {
            Request request(port());
            (void)QTest::qWaitFor([&] { return request.ended(); }, 10000);
            names += request.body();
        }
        return names;
    }

    /// A request held at server a.
    std::unique_ptr<Request> holdAtA()
    {
        for (int i = 0; i < 2; ++i) {
            auto request = std::make_unique<Request>(port(), "/hold");
            (void)QTest::qWaitFor([&] { return m_a->held() + m_b->held() > 0; }, 10000);
            if (m_a->held() > 0)
                return request;
            m_b->release();
            (void)QTest::qWaitFor([&] { return request->ended(); }, 10000);
        }
        return nullptr;
    }

    [[nodiscard]] const stats::BackendRow* row(const std::string& name) const
    {
        const auto snapshot = m_client->latest();
        if (!snapshot)
            return nullptr;
        m_shown = snapshot;
        for (const stats::BackendRow& each : snapshot->pools[0].backends) {
            if (each.name == name)
                return &each;
        }
        return nullptr;
    }

    [[nodiscard]] AdminState adminOf(const std::string& name) const
    {
        const stats::BackendRow* found = row(name);
        return found != nullptr ? found->admin : AdminState::Ready;
    }

    [[nodiscard]] bool told(const std::string& text) const
    {
        for (const stats::Event& each : m_events) {
            if (each.text.find(text) != std::string::npos)
                return true;
        }
        return false;
    }

    void stopAndWait(int deadline = 10000)
    {
        QSignalSpy stopped(m_engine.get(), &Engine::stopped);
        m_engine->stop(deadline);
        QTRY_COMPARE_WITH_TIMEOUT(stopped.count(), 1, 15000);
        QVERIFY(!m_engine->running());
    }

    mutable std::shared_ptr<const stats::Snapshot> m_shown; ///< keeps row()'s answer
};

} // namespace steelyard::engine
