#include "engine/protocol.h"

#include <QJsonDocument>

namespace steelyard::engine::protocol {

QJsonObject hello(const QString& instance)
{
    QJsonObject message{{QStringLiteral("steelyard"), QString(kVersion)},
                        {QStringLiteral("version"), QStringLiteral(STEELYARD_VERSION)}};
    if (!instance.isEmpty())
        message.insert(QStringLiteral("instance"), instance);
    return message;
}

QString helloProblem(const QJsonObject& message, QLatin1String peer)
{
    const QJsonValue version = message.value(QLatin1String("steelyard"));
    if (!version.isString())
        return QStringLiteral("the %1 did not say hello").arg(peer);
    if (version.toString() == kVersion)
        return {};
    return QStringLiteral(
               "the %1 speaks protocol %2, this side speaks %3; use programs of one release")
        .arg(peer, version.toString().left(16), kVersion);
}

QJsonObject error(const QString& text)
{
    return {{QStringLiteral("error"), text}};
}

QByteArray frame(const QJsonObject& message)
{
    return QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n';
}

void MessageReader::feed(const QByteArray& bytes)
{
    if (!m_problem.isEmpty())
        return;
    if (m_start > 0) {
        m_buffer.remove(0, m_start);
        m_scanned -= m_start;
        m_start = 0;
    }
    m_buffer.append(bytes);
}

MessageReader::Status MessageReader::next(QJsonObject& message)
{
    if (!m_problem.isEmpty())
        return Status::Bad;
    const qsizetype end = m_buffer.indexOf('\n', m_scanned);
    const qsizetype size = (end < 0 ? m_buffer.size() : end) - m_start;
    if (size > m_limit)
        return fail(QStringLiteral("a message is longer than %1 bytes").arg(m_limit));
    if (end < 0) {
        m_scanned = m_buffer.size();
        return Status::NeedMore;
    }
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(m_buffer.mid(m_start, size), &problem);
    if (problem.error != QJsonParseError::NoError) {
        return fail(QStringLiteral("a message is not JSON: %1").arg(problem.errorString()));
    }
    if (!document.isObject())
        return fail(QStringLiteral("a message is not a JSON object"));
    message = document.object();
    m_start = m_scanned = end + 1;
    if (m_start == m_buffer.size()) {
        m_buffer = QByteArray(); // lets a large message's memory go
        m_start = m_scanned = 0;
    }
    return Status::Message;
}

MessageReader::Status MessageReader::fail(const QString& problem)
{
    m_problem = problem;
    m_buffer = QByteArray();
    m_start = m_scanned = 0;
    return Status::Bad;
}

} // namespace steelyard::engine::protocol
