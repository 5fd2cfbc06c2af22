/// Serves the local protocol (protocol.h) to steelyardctl and to attached consoles of the same
/// user. Thread: control. Owner: the control plane.
#pragma once

#include "base/result.h"
#include "engine/control_connection.h"
#include "engine/control_service.h"
#include "engine/control_socket.h"
#include "supervise/service_manager.h"

#include <QObject>
#include <QSet>
#include <QString>

#include <memory>

class QSocketNotifier;

namespace steelyard::engine {

class ControlServer final : public QObject
{
    Q_OBJECT

public:
    static constexpr int kMaxClients = 64;

    explicit ControlServer(ControlService& service, const ControlConnection::Limits& limits = {},
                           QObject* parent = nullptr);
    ~ControlServer() override;

    /// Serves at `path` (see ControlSocket::claim for the errors), by the socket that `manager` was
    /// handed if there is one. Not `accepting`: clients wait until beginAccepting().
    [[nodiscard]] Result<> listen(const QString& path, supervise::ServiceManager* manager = nullptr,
                                  bool accepting = true);
    void beginAccepting();
    /// Closes all clients and leaves the socket and its file to the engine that takes over.
    void handOver();
    /// Stops, closes all clients and removes the socket's file.
    void close();

    [[nodiscard]] const QString& path() const { return m_path; }

    [[nodiscard]] int clients() const { return static_cast<int>(m_clients.size()); }

Q_SIGNALS:
    /// A client was closed by us; a sentence for the event log.
    void clientDropped(const QString& why);

private:
    void acceptWaiting();
    [[nodiscard]] int acceptOne();
    void admit(int fd);
    void publish();
    void sendSnapshotTo(ControlConnection* client);

    ControlService& m_service;
    const ControlConnection::Limits m_limits;
    QString m_instance; ///< tells this start from the next, for clients that come back
    QString m_path;
    ControlSocket m_socket;
    std::unique_ptr<QSocketNotifier> m_notifier;
    int m_spare = -1; ///< given up when descriptors run out, so that the operator still gets in
    QSet<ControlConnection*> m_clients;
    QSet<ControlConnection*> m_snapshotSent; ///< have the framed one
    std::shared_ptr<const stats::Snapshot> m_framedSnapshot;
    QByteArray m_framed;
};

} // namespace steelyard::engine
