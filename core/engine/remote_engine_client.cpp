#include "engine/remote_engine_client.h"

#include "engine/wire.h"

#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <utility>

namespace steelyard::engine {

using protocol::MessageReader;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{2000};
constexpr qsizetype kMaxWaiting = 1024;

} // namespace

RemoteEngineClient::RemoteEngineClient(QString path, const RemoteOptions& options, QObject* parent)
    : EngineClient(parent)
    , m_path(std::move(path))
    , m_options(options)
    , m_pause(kFirstPause)
{
    connect(&m_socket, &QLocalSocket::readyRead, this, &RemoteEngineClient::read);
    connect(&m_socket, &QLocalSocket::connected, this,
            [this] { m_socket.write(protocol::frame(protocol::hello())); });
    connect(&m_socket, &QLocalSocket::disconnected, this,
            [this] { lose(QStringLiteral("the engine closed the connection")); });
    connect(&m_socket, &QLocalSocket::errorOccurred, this,
            [this](QLocalSocket::LocalSocketError error) {
                if (error == QLocalSocket::PeerClosedError)
                    return; // disconnected() says it, after what was read
                lose(error == QLocalSocket::ServerNotFoundError
                         ? QStringLiteral("there is no such socket")
                     : error == QLocalSocket::ConnectionRefusedError
                         ? QStringLiteral("nobody serves it")
                     : error == QLocalSocket::SocketAccessError
                         ? QStringLiteral("permission denied")
                         : m_socket.errorString());
            });
    m_retry.setSingleShot(true);
    m_timeout.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &RemoteEngineClient::connectNow);
    connect(&m_timeout, &QTimer::timeout, this, &RemoteEngineClient::expire);
    m_retry.start(0); // the caller connects its slots first
}

RemoteEngineClient::~RemoteEngineClient()
{
    m_socket.disconnect(this);
}

void RemoteEngineClient::connectNow()
{
    m_attempting = true;
    m_reader = MessageReader(protocol::kEngineMessageLimit);
    m_timeout.start(m_options.timeout);
    // QLocalSocket looks for a relative name in the temporary directory.
    m_socket.connectToServer(QFileInfo(m_path).absoluteFilePath());
}

void RemoteEngineClient::read()
{
    m_reader.feed(m_socket.readAll());
    QJsonObject message;
    MessageReader::Status status = MessageReader::Status::NeedMore;
    while (m_attempting && (status = m_reader.next(message)) == MessageReader::Status::Message)
        handle(message);
    if (!m_snapshot.isEmpty()) {
        m_latest = std::make_shared<const stats::Snapshot>(
            snapshotFromJson(std::exchange(m_snapshot, {})));
        Q_EMIT snapshotArrived();
    }
    if (!m_events.isEmpty())
        Q_EMIT eventsArrived(std::exchange(m_events, {}));
    if (status == MessageReader::Status::Bad)
        lose(m_reader.problem());
}

void RemoteEngineClient::handle(const QJsonObject& message)
{
    if (message.contains(QLatin1String("error"))) {
        lose(QStringLiteral("refused: ") + message.value(QLatin1String("error")).toString());
    } else if (!m_greeted) {
        welcome(message);
    } else if (message.contains(QLatin1String("result"))) {
        finish(message.value(QLatin1String("id")).toInteger(-1),
               resultFromJson(message.value(QLatin1String("result")).toObject()));
    } else if (message.contains(QLatin1String("snapshot"))) {
        m_snapshot = message.value(QLatin1String("snapshot")).toObject();
    } else if (message.contains(QLatin1String("event"))) {
        m_events.append(eventFromJson(message.value(QLatin1String("event")).toObject()));
        m_eventsSeen = m_events.last().sequence;
    }
}

void RemoteEngineClient::welcome(const QJsonObject& hello)
{
    const QString problem = protocol::helloProblem(hello, QLatin1String("engine"));
    if (!problem.isEmpty()) {
        lose(problem);
        return;
    }
    const QString instance = hello.value(QLatin1String("instance")).toString();
    if (instance != m_instance)
        m_eventsSeen = 0;
    m_instance = instance;
    m_greeted = true;
    m_pause = kFirstPause;
    m_timeout.stop();
    QJsonArray topics;
    if (m_options.snapshots)
        topics.append(QStringLiteral("snapshots"));
    if (m_options.events)
        topics.append(QStringLiteral("events"));
    if (!topics.isEmpty()) {
        m_socket.write(
            protocol::frame({{QStringLiteral("subscribe"), topics},
                             {QStringLiteral("since"), static_cast<qint64>(m_eventsSeen)}}));
    }
    Q_EMIT connectedChanged(true);
}

void RemoteEngineClient::send(const Command& command, Done done)
{
    const auto later = [this, &done](CommandResult result) {
        QMetaObject::invokeMethod(
            this, [done = std::move(done), result = std::move(result)] { done(result); },
            Qt::QueuedConnection);
    };
    if (!m_greeted) {
        later(unreachable(QStringLiteral("no connection to an engine at %1").arg(m_path)));
        return;
    }
    if (m_waiting.size() >= kMaxWaiting) {
        later({Outcome::Refused,
               QStringLiteral("too many commands are under way"),
               QStringLiteral("try again later"),
               {}});
        return;
    }
    const qint64 id = m_nextId++;
    QJsonObject message = toJson(command);
    message.insert(QStringLiteral("id"), id);
    const QByteArray framed = protocol::frame(message);
    if (framed.size() > protocol::kClientMessageLimit) {
        later({Outcome::Refused,
               QStringLiteral("the command is longer than an engine accepts"),
               {},
               {}});
        return;
    }
    m_waiting.insert(id, {std::move(done), SteadyClock::now() + m_options.timeout});
    if (!m_timeout.isActive())
        m_timeout.start(m_options.timeout);
    m_socket.write(framed);
}

void RemoteEngineClient::finish(qint64 id, const CommandResult& result)
{
    const auto found = m_waiting.constFind(id);
    if (found == m_waiting.constEnd())
        return; // answered after its time
    const Done done = found->done;
    m_waiting.erase(found);
    if (m_waiting.isEmpty())
        m_timeout.stop();
    done(result);
}

void RemoteEngineClient::expire()
{
    if (!m_greeted) {
        lose(QStringLiteral("it does not answer"));
        return;
    }
    const auto now = SteadyClock::now();
    QList<qint64> late;
    auto next = now + m_options.timeout;
    for (auto it = m_waiting.cbegin(); it != m_waiting.cend(); ++it) {
        if (it->deadline <= now)
            late.append(it.key());
        else
            next = std::min(next, it->deadline);
    }
    // A millisecond more, so that the timer does not come just before the deadline again and again.
    m_timeout.start(std::chrono::ceil<milliseconds>(next - now) + milliseconds(1));
    std::sort(late.begin(), late.end());
    for (const qint64 id : late) {
        finish(id, unreachable(QStringLiteral(
                       "no answer from the engine in time; the command may still be carried out")));
    }
}

void RemoteEngineClient::lose(const QString& why)
{
    if (!std::exchange(m_attempting, false))
        return;
    const bool wasConnected = std::exchange(m_greeted, false);
    m_timeout.stop();
    m_socket.abort();
    m_retry.start(m_pause);
    m_pause = std::min(m_pause * 2, kLongestPause);
    const auto waiting = std::exchange(m_waiting, {});
    QList<qint64> ids = waiting.keys();
    std::sort(ids.begin(), ids.end());
    for (const qint64 id : std::as_const(ids)) {
        waiting[id].done(
            unreachable(QStringLiteral("%1; the command may have been carried out").arg(why)));
    }
    if (wasConnected)
        Q_EMIT connectedChanged(false);
    Q_EMIT connectionFailed(why);
}

CommandResult RemoteEngineClient::unreachable(const QString& why) const
{
    return {Outcome::Unreachable, why, QStringLiteral("start an engine: steelyardd run FILE"), {}};
}

} // namespace steelyard::engine
