/// The local protocol between an engine and its clients: one compact JSON object a line over a UNIX
/// stream socket.
///
///   both ways first:  {"steelyard":"1","version":"0.1.0"}     the engine's also has "instance": a
///   new word per start client -> engine: {"id":N,"command":NAME,"arguments":{}}  ->
///   {"id":N,"result":{outcome,text,hint,data}} client -> engine:
///   {"subscribe":["snapshots","events"],"since":SEQUENCE}, replaces an earlier subscription engine
///   -> client: {"snapshot":{...}}   the newest only; a slow client misses what lies between engine
///   -> client: {"event":{...}}      in order, from the ring of the last 1,000 both ways last:
///   {"error":"why the connection is closed"}
///
/// Unknown keys are skipped, so a newer side can add some; the version in "steelyard" changes when
/// it cannot. Thread: any; pure.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>

namespace steelyard::engine::protocol {

inline constexpr QLatin1String kVersion{"1"};
inline constexpr qsizetype kClientMessageLimit = 1024 * 1024; ///< bytes of a message to the engine
inline constexpr qsizetype kEngineMessageLimit =
    16 * 1024 * 1024; ///< bytes of a message to a client

/// `instance` empty: a client's hello.
[[nodiscard]] QJsonObject hello(const QString& instance = {});
/// Why this first message cannot be worked with, in words; empty when it can. `peer` is "client" or
/// "engine".
[[nodiscard]] QString helloProblem(const QJsonObject& message, QLatin1String peer);
[[nodiscard]] QJsonObject error(const QString& text);

/// One message as it goes over the socket.
[[nodiscard]] QByteArray frame(const QJsonObject& message);

/// Cuts a stream of bytes, arriving in any pieces, into messages. Holds at most `limit` bytes of an
/// unfinished message besides the piece given last.
class MessageReader
{
public:
    enum class Status
    {
        Message,
        NeedMore,
        Bad
    };

    explicit MessageReader(qsizetype limit)
        : m_limit(limit)
    {
    }

    void feed(const QByteArray& bytes);
    /// The next message; Bad is for good: problem() says what was wrong.
    [[nodiscard]] Status next(QJsonObject& message);

    [[nodiscard]] const QString& problem() const { return m_problem; }

    /// Bytes received and not yet handed out.
    [[nodiscard]] qsizetype pending() const { return m_buffer.size() - m_start; }

private:
    Status fail(const QString& problem);

    qsizetype m_limit;
    QByteArray m_buffer;
    qsizetype m_start = 0;   ///< first byte of the next message
    qsizetype m_scanned = 0; ///< bytes known to hold no line end
    QString m_problem;
};

} // namespace steelyard::engine::protocol
