/// An engine in another process, over its local socket (protocol.h). Connects by itself, and again
/// after a loss: at first after 100 ms, then twice as long up to 2 s. Thread: the one that created
/// it. Owner: steelyardctl's main() or the console.
#pragma once

#include "engine/engine_client.h"
#include "engine/protocol.h"

#include <QHash>
#include <QLocalSocket>
#include <QTimer>

#include <chrono>

namespace steelyard::engine {

struct RemoteOptions
{
    bool snapshots = true; ///< subscribe
    bool events = true;    ///< subscribe, from the oldest that the engine still has
    std::chrono::milliseconds timeout{10000}; ///< of a command's answer and of a hello
};

class RemoteEngineClient final : public EngineClient
{
    Q_OBJECT

public:
    explicit RemoteEngineClient(QString path, const RemoteOptions& options = {},
                                QObject* parent = nullptr);
    ~RemoteEngineClient() override;

    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const override
    {
        return m_latest;
    }

    /// Unreachable when not connected, when the connection is lost before the answer, or without an
    /// answer in time.
    void send(const Command& command, Done done) override;

    [[nodiscard]] bool connected() const override { return m_greeted; }

    [[nodiscard]] const QString& path() const { return m_path; }

Q_SIGNALS:
    /// An attempt to connect has failed, or a connection was refused or lost; the next attempt
    /// follows by itself.
    void connectionFailed(const QString& why);

private:
    struct Waiting
    {
        Done done;
        std::chrono::steady_clock::time_point deadline;
    };

    void connectNow();
    void read();
    void handle(const QJsonObject& message);
    void welcome(const QJsonObject& hello);
    void lose(const QString& why);
    void finish(qint64 id, const CommandResult& result);
    void expire();
    [[nodiscard]] CommandResult unreachable(const QString& why) const;

    const QString m_path;
    const RemoteOptions m_options;
    QLocalSocket m_socket;
    protocol::MessageReader m_reader{protocol::kEngineMessageLimit};
    QTimer m_retry;
    QTimer m_timeout;                  ///< for the hello, then for the oldest command
    std::chrono::milliseconds m_pause; ///< before the next attempt
    bool m_greeted = false;
    bool m_attempting = false; ///< an attempt or a connection is there to be lost
    QString m_instance;        ///< of the engine that m_eventsSeen counts for
    quint64 m_eventsSeen = 0;
    qint64 m_nextId = 1;
    QHash<qint64, Waiting> m_waiting;
    std::shared_ptr<const stats::Snapshot> m_latest;
    QJsonObject m_snapshot;       ///< newest of what is being read
    QList<stats::Event> m_events; ///< likewise
};

} // namespace steelyard::engine
