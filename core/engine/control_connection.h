/// One client of the local socket. Its memory is bounded both ways: commands are read only while
/// few are under way and the client takes its answers; snapshots and events are not queued but
/// fetched when there is room. Thread: control. Owner: ControlServer.
#pragma once

#include "engine/control_service.h"
#include "engine/protocol.h"

#include <QLocalSocket>
#include <QObject>
#include <QTimer>

#include <chrono>

namespace steelyard::engine {

class ControlConnection final : public QObject
{
    Q_OBJECT

public:
    struct Limits
    {
        std::chrono::milliseconds hello{5000};  ///< from accept to the client's hello
        std::chrono::milliseconds stall{10000}; ///< without a byte taken of what waits
        qsizetype output = 1024 * 1024;         ///< bytes waiting above which nothing more is read
        int commands = 32;                      ///< under way at a time
    };

    /// Takes the connected descriptor.
    ControlConnection(int fd, ControlService& service, const QString& instance,
                      const Limits& limits, QObject* parent);
    ~ControlConnection() override;

    void sendSnapshot(const QByteArray& framed);
    [[nodiscard]] bool wantsSnapshot() const;
    void sendEvents();

    /// Bytes written for the client that it has not taken yet.
    [[nodiscard]] qint64 waiting() const { return m_socket.bytesToWrite(); }

    /// Tells why and closes once that is sent.
    void refuse(const QString& why);

Q_SIGNALS:
    void closed();
    /// Closed by us; `why` is a sentence about the client.
    void dropped(const QString& why);
    /// Output has been taken and a snapshot is due: call sendSnapshot().
    void snapshotDue();

private:
    void read();
    void handle(const QJsonObject& message);
    void run(const QJsonObject& message);
    void subscribe(const QJsonObject& message);
    void write(const QByteArray& framed);
    void written();
    void drop(const QString& why);
    [[nodiscard]] bool congested() const;

    ControlService& m_service;
    const Limits m_limits;
    QLocalSocket m_socket;
    protocol::MessageReader m_reader{protocol::kClientMessageLimit};
    QTimer m_deadline; ///< first for the hello, then for output that is not taken
    int m_underWay = 0;
    quint64 m_eventsSeen = 0;
    bool m_greeted = false;
    bool m_closing = false;
    bool m_snapshots = false, m_events = false; ///< subscribed
};

} // namespace steelyard::engine
