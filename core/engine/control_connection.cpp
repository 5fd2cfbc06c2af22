#include "engine/control_connection.h"

#include "engine/wire.h"

#include <QJsonArray>
#include <QPointer>

#include <utility>

namespace steelyard::engine {

using protocol::MessageReader;

ControlConnection::ControlConnection(int fd, ControlService& service, const QString& instance,
                                     const Limits& limits, QObject* parent)
    : QObject(parent)
    , m_service(service)
    , m_limits(limits)
{
    connect(&m_socket, &QLocalSocket::readyRead, this, &ControlConnection::read);
    connect(&m_socket, &QLocalSocket::bytesWritten, this, &ControlConnection::written);
    connect(&m_socket, &QLocalSocket::disconnected, this, &ControlConnection::closed);
    connect(&m_deadline, &QTimer::timeout, this, [this] {
        drop(m_greeted ? QStringLiteral("did not read what it was sent")
                       : QStringLiteral("did not say hello"));
    });
    m_deadline.setSingleShot(true);
    m_socket.setReadBufferSize(64 * 1024);
    m_socket.setSocketDescriptor(fd);
    m_deadline.start(limits.hello);
    write(protocol::frame(protocol::hello(instance)));
}

ControlConnection::~ControlConnection()
{
    m_socket.flush();
    m_socket.disconnect(this); // its own end would be told to a half-destroyed object
}

bool ControlConnection::congested() const
{
    return m_closing || m_underWay >= m_limits.commands || waiting() > m_limits.output;
}

void ControlConnection::read()
{
    if (m_closing) {
        m_socket.readAll(); // what comes after a refusal is of no interest, but must not keep the
                            // close from going out
        return;
    }
    while (!congested()) {
        QJsonObject message;
        switch (m_reader.next(message)) {
        case MessageReader::Status::Message:
            handle(message);
            break;
        case MessageReader::Status::Bad:
            refuse(m_reader.problem());
            return;
        case MessageReader::Status::NeedMore:
            if (m_socket.bytesAvailable() == 0)
                return;
            m_reader.feed(m_socket.readAll());
        }
    }
}

void ControlConnection::handle(const QJsonObject& message)
{
    if (!m_greeted) {
        const QString problem = protocol::helloProblem(message, QLatin1String("client"));
        if (!problem.isEmpty()) {
            refuse(problem);
            return;
        }
        m_greeted = true;
        if (waiting() == 0)
            m_deadline.stop();
    } else if (message.contains(QLatin1String("command"))) {
        run(message);
    } else if (message.contains(QLatin1String("subscribe"))) {
        subscribe(message);
    } else {
        refuse(QStringLiteral("a message is neither a command nor a subscription"));
    }
}

void ControlConnection::run(const QJsonObject& message)
{
    const qint64 id = message.value(QLatin1String("id")).toInteger(-1);
    const auto command = commandFromJson(message);
    if (id < 0 || !command) {
        refuse(QStringLiteral(
            "a command needs an id (a number from 0), a name and arguments (an object)"));
        return;
    }
    ++m_underWay;
    m_service.execute(*command, [self = QPointer(this), id](const CommandResult& result) {
        if (!self)
            return;
        --self->m_underWay;
        self->write(protocol::frame(
            {{QStringLiteral("id"), id}, {QStringLiteral("result"), toJson(result)}}));
        QMetaObject::invokeMethod(self, &ControlConnection::read, Qt::QueuedConnection);
    });
}

void ControlConnection::subscribe(const QJsonObject& message)
{
    const QJsonValue topics = message.value(QLatin1String("subscribe"));
    const qint64 since = message.value(QLatin1String("since")).toInteger(0);
    if (!topics.isArray() || since < 0) {
        refuse(QStringLiteral("a subscription needs a list of topics and a sequence from 0"));
        return;
    }
    m_snapshots = topics.toArray().contains(QJsonValue(QStringLiteral("snapshots")));
    m_events = topics.toArray().contains(QJsonValue(QStringLiteral("events")));
    m_eventsSeen = static_cast<quint64>(since);
    sendEvents();
    if (wantsSnapshot())
        Q_EMIT snapshotDue();
}

bool ControlConnection::wantsSnapshot() const
{
    // Only into an empty buffer: a slow client gets the newest one when it has taken the last.
    return m_snapshots && !m_closing && waiting() == 0;
}

void ControlConnection::sendSnapshot(const QByteArray& framed)
{
    write(framed);
}

void ControlConnection::sendEvents()
{
    if (!m_events || m_closing || waiting() > m_limits.output)
        return;
    const QList<stats::Event> events = m_service.eventsSince(m_eventsSeen);
    for (const stats::Event& event : events) {
        if (waiting() > m_limits.output)
            return;
        m_eventsSeen = event.sequence;
        write(protocol::frame({{QStringLiteral("event"), toJson(event)}}));
    }
}

void ControlConnection::refuse(const QString& why)
{
    if (m_closing)
        return;
    write(protocol::frame(protocol::error(why)));
    m_closing = true;
    m_deadline.start(m_limits.stall);
    Q_EMIT dropped(why);
    m_socket.disconnectFromServer();
}

void ControlConnection::write(const QByteArray& framed)
{
    if (m_closing)
        return;
    m_socket.write(framed);
    if (m_greeted && !m_deadline.isActive())
        m_deadline.start(m_limits.stall);
}

void ControlConnection::written()
{
    if (m_closing)
        return;
    const bool empty = waiting() == 0;
    if (m_greeted) {
        if (empty)
            m_deadline.stop();
        else
            m_deadline.start(m_limits.stall);
    }
    sendEvents();
    if (wantsSnapshot())
        Q_EMIT snapshotDue();
    read();
}

void ControlConnection::drop(const QString& why)
{
    if (!std::exchange(m_closing, true))
        Q_EMIT dropped(why);
    m_socket.abort();
}

} // namespace steelyard::engine
