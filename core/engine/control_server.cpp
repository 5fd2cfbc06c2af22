#include "engine/control_server.h"

#include "engine/wire.h"

#include <QRandomGenerator>
#include <QSocketNotifier>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::engine {

namespace {

int openSpare()
{
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

} // namespace

ControlServer::ControlServer(ControlService& service, const ControlConnection::Limits& limits,
                             QObject* parent)
    : QObject(parent)
    , m_service(service)
    , m_limits(limits)
    , m_instance(QString::number(QRandomGenerator::system()->generate64(), 16))
{
    connect(&service, &ControlService::snapshotPublished, this, &ControlServer::publish);
    connect(&service, &ControlService::eventPublished, this, [this] {
        for (ControlConnection* client : std::as_const(m_clients))
            client->sendEvents();
    });
}

ControlServer::~ControlServer()
{
    close();
}

Result<> ControlServer::listen(const QString& path, supervise::ServiceManager* manager,
                               bool accepting)
{
    Result<ControlSocket> claimed = Error{};
    if (manager != nullptr)
        claimed = ControlSocket::adopt(path, manager->take(supervise::kControlSocketName));
    if (!claimed)
        claimed = ControlSocket::claim(path);
    if (!claimed)
        return claimed.error();
    close();
    m_socket = std::move(claimed.value());
    if (manager != nullptr) {
        manager->forget(supervise::kControlSocketName);
        manager->keep(supervise::kControlSocketName, m_socket.descriptor());
    }
    m_path = path;
    m_spare = openSpare();
    m_notifier = std::make_unique<QSocketNotifier>(m_socket.descriptor(), QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &ControlServer::acceptWaiting);
    m_notifier->setEnabled(accepting);
    return {};
}

void ControlServer::beginAccepting()
{
    m_notifier->setEnabled(true);
}

void ControlServer::handOver()
{
    m_socket.abandon();
    close();
}

void ControlServer::close()
{
    m_notifier.reset();
    m_socket = ControlSocket();
    if (m_spare >= 0)
        ::close(m_spare);
    m_spare = -1;
    m_snapshotSent.clear();
    qDeleteAll(std::exchange(m_clients, {}));
}

void ControlServer::acceptWaiting()
{
    constexpr int kPerTurn = 16;
    if (m_spare < 0)
        m_spare = openSpare();
    for (int i = 0; i < kPerTurn; ++i) {
        const int fd = acceptOne();
        if (fd < 0)
            return;
        admit(fd);
    }
}

int ControlServer::acceptOne()
{
    const auto take = [this] {
        return ::accept4(m_socket.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    };
    int fd = take();
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE))
        return fd;
    if (m_spare >= 0) {
        ::close(m_spare);
        m_spare = -1;
        fd = take();
    }
    if (fd < 0) { // still waiting in the backlog: try again later instead of spinning
        m_notifier->setEnabled(false);
        QTimer::singleShot(std::chrono::milliseconds(200), m_notifier.get(),
                           [this] { m_notifier->setEnabled(true); });
    }
    return fd;
}

void ControlServer::admit(int fd)
{
    const PeerCredentials peer = peerCredentials(fd);
    if (peer.uid != ::getuid() && peer.uid != 0) {
        ::close(fd);
        Q_EMIT clientDropped(QStringLiteral("user %1 (pid %2) tried to control this engine")
                                 .arg(peer.uid)
                                 .arg(peer.pid));
        return;
    }
    auto* client = new ControlConnection(fd, m_service, m_instance, m_limits, this);
    connect(client, &ControlConnection::dropped, this, [this, pid = peer.pid](const QString& why) {
        Q_EMIT clientDropped(
            QStringLiteral("control client (pid %1) closed: %2").arg(pid).arg(why));
    });
    connect(client, &ControlConnection::closed, this, [this, client] {
        m_clients.remove(client);
        m_snapshotSent.remove(client);
        client->deleteLater();
    });
    connect(client, &ControlConnection::snapshotDue, this,
            [this, client] { sendSnapshotTo(client); });
    m_clients.insert(client);
    if (m_clients.size() > kMaxClients)
        client->refuse(QStringLiteral("%1 clients are connected already").arg(kMaxClients));
}

void ControlServer::publish()
{
    m_snapshotSent.clear();
    for (ControlConnection* client : QSet(m_clients))
        sendSnapshotTo(client);
}

void ControlServer::sendSnapshotTo(ControlConnection* client)
{
    if (!client->wantsSnapshot() || m_snapshotSent.contains(client))
        return;
    const auto snapshot = m_service.latest();
    if (!snapshot)
        return;
    if (snapshot != m_framedSnapshot) {
        m_framedSnapshot = snapshot;
        m_framed = snapshotFrame(*snapshot);
        if (m_framed.size() > protocol::kEngineMessageLimit)
            m_framed.clear();
    }
    if (m_framed.isEmpty())
        return;
    m_snapshotSent.insert(client);
    client->sendSnapshot(m_framed);
}

} // namespace steelyard::engine
