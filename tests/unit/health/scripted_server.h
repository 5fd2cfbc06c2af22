/// A backend that answers as told, and a thread with an EventDispatcher to run probes on.
#pragma once

#include "net/event_dispatcher.h"
#include "net/mailbox.h"
#include "net/transport.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>

#include <atomic>
#include <functional>
#include <future>
#include <memory>

namespace steelyard::health {

/// Runs on the test's main thread. `answer` decides what is sent when a request head is complete:
/// null = never answer.
class ScriptedServer
{
public:
    std::function<QByteArray(const QByteArray& request)> answer;
    QList<QByteArray> requests;
    int connections = 0;

    ScriptedServer()
    {
        listening = m_server.listen(QHostAddress::LocalHost, 0);
        QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] {
            while (QTcpSocket* socket = m_server.nextPendingConnection()) {
                ++connections;
                auto got = std::make_shared<QByteArray>();
                QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket, got] {
                    *got += socket->readAll();
                    if (!got->contains("\r\n\r\n"))
                        return;
                    requests << *got;
                    got->clear();
                    if (!answer)
                        return;
                    socket->write(answer(requests.last()));
                    socket->disconnectFromHost();
                });
                QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            }
        });
    }

    [[nodiscard]] net::SocketAddress address() const
    {
        return net::SocketAddress::fromNumeric("127.0.0.1", m_server.serverPort());
    }

    [[nodiscard]] quint16 port() const { return m_server.serverPort(); }

    void close() { m_server.close(); }

    bool listening = false;

private:
    QTcpServer m_server;
};

/// A thread whose loop is an EventDispatcher; run() executes a call there and waits for it. By a
/// mailbox and a promise, which TSan sees through, not by a queued call of Qt's.
class LoopThread final : private QThread
{
public:
    LoopThread()
    {
        setEventDispatcher(new net::EventDispatcher);
        start();
    }

    ~LoopThread() override
    {
        run([this] { quit(); });
        wait();
        (void)m_ended.load(std::memory_order_acquire); // orders the two for TSan
    }

    void run(const std::function<void()>& call)
    {
        const auto done = std::make_shared<std::promise<void>>();
        m_mailbox.post([call, done] {
            call();
            done->set_value();
        });
        done->get_future().wait();
    }

private:
    void run() override
    {
        m_mailbox.open();
        exec();
        m_mailbox.close();
        m_ended.store(true, std::memory_order_release);
    }

    net::Mailbox m_mailbox;
    std::atomic<bool> m_ended{false};
};

} // namespace steelyard::health
