/// A small engine behind EngineClient, for the console's tests: two pools, six servers, commands
/// that change state, and traffic that moves deterministically with a seed. Time passes only by
/// advance(). Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QList>
#include <QTimer>

#include <random>

namespace steelyard::test {

class FakeEngineClient : public engine::EngineClient
{
    Q_OBJECT

public:
    explicit FakeEngineClient(unsigned seed = 1, QObject* parent = nullptr);

    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const override
    {
        return m_latest;
    }

    /// Answers from the event loop, as the real ones do.
    void send(const engine::Command& command, Done done) override;

    [[nodiscard]] bool connected() const override { return m_connected; }

    /// A quarter of a second passes, `steps` times.
    void advance(int steps = 1);

    /// Lets time pass by itself.
    void runLive() { m_live.start(250); }

    void setConnected(bool connected);
    void setHealth(const QString& server, HealthState health, const std::string& reason);
    void addEvent(stats::Level level, const std::string& source, const std::string& text);
    /// A pool and servers more, or fewer: the structure of the next snapshot.
    void addPool(const std::string& name, int servers);
    void removePool(const std::string& name);

    /// As if the engine's ring had turned.
    void forgetDecisions() { m_decisions.clear(); }

    [[nodiscard]] stats::BackendRow* server(const QString& id);

    [[nodiscard]] stats::Snapshot& state() { return m_state; }

    QList<engine::Command> received;
    bool silent = false; ///< advance() publishes nothing
    QString refusal;     ///< why `apply` is refused; empty: it is not
    QString applied;     ///< runs in place of the configuration of state(); empty: nothing
    QString fileText;    ///< of the file; null: what runs

private:
    [[nodiscard]] engine::CommandResult execute(const engine::Command& command);
    [[nodiscard]] engine::CommandResult setAdmin(const engine::Command& command, AdminState admin);
    [[nodiscard]] engine::CommandResult addServer(const engine::Command& command);
    [[nodiscard]] engine::CommandResult editServer(const engine::Command& command);
    [[nodiscard]] engine::CommandResult tellLatency(const engine::Command& command);
    [[nodiscard]] engine::CommandResult removeServer(const engine::Command& command);
    [[nodiscard]] engine::CommandResult setAlgorithm(const engine::Command& command);
    [[nodiscard]] engine::CommandResult explain(const engine::Command& command) const;
    [[nodiscard]] bool isLast(const stats::BackendRow& row) const;
    void move();
    void moveServer(stats::BackendRow& row, double requests);
    void settle();
    void publish();
    double noise();

    stats::Snapshot m_state;
    std::shared_ptr<const stats::Snapshot> m_latest;
    std::mt19937 m_random;
    QTimer m_live;
    double m_time = 0;
    quint64 m_events = 0;
    QList<QJsonObject> m_decisions; ///< newest first; one for each step of time
    quint64 m_decided = 0;
    bool m_connected = true;
};

} // namespace steelyard::test
