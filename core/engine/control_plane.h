/// The engine's control thread: compiles configurations into snapshots and hands them to the
/// workers, runs probes and drains, applies commands, aggregates statistics, serves the local
/// socket and the admin HTTP port. Thread: control (created there), except latest(). Owner:
/// ControlThread in engine.cpp.
#pragma once

#include "config/reader.h"
#include "engine/admin_http.h"
#include "engine/backend_info.h"
#include "engine/control_server.h"
#include "engine/control_service.h"
#include "engine/engine.h"
#include "engine/event_log.h"
#include "engine/listeners.h"
#include "engine/resolver.h"
#include "engine/runtime_edits.h"
#include "engine/runtime_state.h"
#include "engine/stats_collector.h"
#include "health/monitor.h"
#include "health/outlier_detector.h"
#include "net/mailbox.h"
#include "runtime/compiler.h"

#include <QTimer>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace steelyard::engine {

/// A configuration as it was read, with where it came from.
struct LoadedConfig
{
    std::shared_ptr<const config::Config> config;
    std::string text;
    std::string path; ///< empty: not from a file
};

class ControlPlane final : public ControlService
{
    Q_OBJECT

public:
    explicit ControlPlane(net::Mailbox& mailbox);
    ~ControlPlane() override;

    /// Binds and starts everything; on failure nothing is left. Errors: Io (bind, log file),
    /// Refused (socket taken).
    [[nodiscard]] Result<> begin(LoadedConfig loaded, const EngineOptions& options);
    /// Stops accepting; stopped() comes when nothing is in flight any more, or at the deadline.
    void stop(milliseconds deadline);

    /// The same while another engine serves the sockets.
    void handOver(milliseconds deadline);

    [[nodiscard]] std::string readyLine() const { return m_listeners.readyLine(); }

    // ControlService
    void execute(const Command& command, EngineClient::Done done) override;
    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const override;

    [[nodiscard]] QList<stats::Event> eventsSince(quint64 since) const override
    {
        return m_events.since(since);
    }

    [[nodiscard]] bool isReady() const override { return m_ready && !m_stopping; }

Q_SIGNALS:
    void becameReady();
    void stopped();

private:
    /// One server that a command is about.
    struct ServerRef
    {
        const config::Pool* pool = nullptr;
        const config::Backend* server = nullptr;
        BackendInfo* info = nullptr;
        std::string name; ///< "POOL/SERVER"
    };

    using Done = EngineClient::Done;

    // control_plane.cpp
    void startWorkers(int count);
    [[nodiscard]] Result<> openAccessLog(const config::Config& config);
    void publish(std::function<void()> installed = {});
    void applyEdits(std::function<void()> installed = {});
    void adoptBackends();
    void tellUnresolved();
    void setHealthTargets();
    void probed(const health::TargetKey& key, const health::ProbeResult& result,
                const health::HealthTracker& tracker);
    void healthChanged(const health::TargetKey& key, HealthState before, HealthState now,
                       const std::string& cause);
    void watchPools();
    void checkReady();
    void tickStats();
    void tickDrains();
    using QObject::event; // not hidden by:
    void event(stats::Level level, std::string source, std::string text);
    void warnAboutLimits(const config::Config& config);
    void finishStopping();

    // state_keeping.cpp
    void restoreState();
    void adoptEdits(const RuntimeState& state);
    [[nodiscard]] std::map<runtime::Compiler::Key, runtime::Compiler::Restored>
    restoredHealth() const;
    void restoreCounters();
    void beginAccepting();
    void keepState();
    void tickState();
    void beginHeartbeat();
    void beat();
    void awaitGoodConfiguration();
    void depositConfiguration();

    // outlier_watch.cpp
    void setOutlierDetectors();
    void judgeOutliers();
    [[nodiscard]] bool carryOut(const std::string& pool, const health::OutlierEvent& event);
    void returnByProbe(const health::TargetKey& key, const health::ProbeResult& result);
    void scheduleSlowStart();

    // session_commands.cpp
    [[nodiscard]] Result<> prepareSessions(const config::Config& config);
    [[nodiscard]] runtime::EpochSeconds sessionNow() const;
    [[nodiscard]] bool keepsPins(const runtime::BackendState& state) const;
    void cutPinned(const ServerRef& server);
    void listSessions(const QJsonObject& arguments, const Done& done);
    void expireSessions(const QJsonObject& arguments, const Done& done);

    // insight_commands.cpp
    void explainRoute(const QJsonObject& arguments, const Done& done);
    void gatherDecisions(std::function<void(Worker::Decisions)> ready);
    void explain(const QJsonObject& arguments, const Done& done);

    // config_commands.cpp
    enum class Source
    {
        File,
        Operator
    };
    void reload(const Done& done);
    void apply(const QJsonObject& arguments, const Done& done);
    void take(const config::ReadResult& read, std::string text, Source source, const Done& done);
    void save(const QJsonObject& arguments, const Done& done);
    void tellConfig(const Done& done);
    [[nodiscard]] Result<LoadedConfig> withEdits() const;
    [[nodiscard]] std::string directory() const; ///< what the configuration's paths are relative to

    [[nodiscard]] bool hasUnsaved() const
    {
        return !m_edits.empty() || m_loaded.text != m_fileText;
    }

    // pool_commands.cpp
    void addPool(const QJsonObject& arguments, const Done& done);
    void removePool(const QJsonObject& arguments, const Done& done);

    // server_commands.cpp
    void edit(const QJsonObject& arguments, const Done& done);
    void tellLatency(const QJsonObject& arguments, const Done& done);
    /// Takes `max_requests` (0: no limit) and `backup` where they are given; says what is wrong.
    [[nodiscard]] static QString readLimits(const QJsonObject& arguments, config::Backend& server);

    // commands.cpp
    void drain(const QJsonObject& arguments, const Done& done);
    void ready(const QJsonObject& arguments, const Done& done);
    void maintenance(const QJsonObject& arguments, const Done& done);
    void weight(const QJsonObject& arguments, const Done& done);
    void algorithm(const QJsonObject& arguments, const Done& done);
    void add(const QJsonObject& arguments, const Done& done);
    void remove(const QJsonObject& arguments, const Done& done);
    void checkNow(const QJsonObject& arguments, const Done& done);
    void tellProbe(const QJsonObject& arguments, const Done& done);
    [[nodiscard]] bool find(const QJsonObject& arguments, ServerRef& found, const Done& done);
    [[nodiscard]] bool refuseLast(const ServerRef& server, const QJsonObject& arguments,
                                  const char* verb, const Done& done);
    void changeState(const ServerRef& server, AdminState state, const std::string& reason,
                     const QString& text, const Done& done);

    net::Mailbox& m_mailbox;
    EventLog m_events;
    Resolver m_resolver;
    std::unique_ptr<runtime::Compiler> m_compiler;
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::shared_ptr<stats::AccessLog> m_accessLog;
    Listeners m_listeners;
    RuntimeEdits m_edits;
    LoadedConfig m_loaded;
    std::string m_fileText;     ///< what the file said when it was read or written last
    config::Config m_effective; ///< the loaded configuration with the edits
    runtime::SnapshotPtr m_snapshot;
    StatsCollector::InfoMap m_infos;
    StatsCollector m_collector;
    std::unique_ptr<health::HealthMonitor> m_health;
    std::map<std::string, bool> m_poolDown; ///< for telling each outage once
    std::unique_ptr<ControlServer> m_server;
    std::unique_ptr<AdminHttp> m_adminHttp;
    std::map<std::string, health::OutlierDetector> m_outliers; ///< by pool
    std::shared_ptr<runtime::Sessions> m_sessions;             ///< null until a pool is sticky
    supervise::ServiceManager* m_manager = nullptr;
    std::optional<RuntimeState> m_restored; ///< from before, until its counters are taken
    std::string m_statePath;
    std::uint64_t m_keptRequests = 0; ///< in the state's file
    /// Workers that have not answered since the last heartbeat.
    std::shared_ptr<std::atomic<int>> m_awaited = std::make_shared<std::atomic<int>>(0);
    QTimer m_heartbeat, m_goodTimer;
    QTimer m_statsTimer, m_drainTimer, m_slowStartTimer;
    TimePoint m_started{};
    TimePoint m_stopDeadline{};
    std::uint64_t m_configVersion = 0;
    bool m_ready = false;
    bool m_stopping = false;
    bool m_accepts = false;    ///< the listeners are on the workers
    bool m_handedOver = false; ///< another engine has sockets and state now
    bool m_keepsState = false, m_stateDirty = false, m_stateFailed = false;
    int m_stateTicks = 0; ///< modulo 4
    bool m_hasLastGood = false;

    mutable std::mutex
        m_latestMutex; ///< not on the data path: readers are the console and this thread
    std::shared_ptr<const stats::Snapshot> m_latest;
};

} // namespace steelyard::engine
