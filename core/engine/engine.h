/// The engine as one object: the only service that a program sees. Starts its threads (control,
/// workers), stops them, and hands out clients. Thread: main. Owner: main() or the console's
/// window.
#pragma once

#include "base/result.h"
#include "config/diagnostics.h"
#include "engine/engine_client.h"
#include "supervise/service_manager.h"

#include <QObject>
#include <QSet>
#include <QString>
#include <QStringList>

#include <memory>

namespace steelyard::engine {

class ControlThread;
struct LoadedConfig;

struct EngineOptions
{
    QString socketPath; ///< empty: as the configuration says; "none": no socket
    bool serveSocket = true;
    bool keepState = false; ///< runtime state in state_dir, over a restart; needs a path
    /// What started this process, if that gives sockets or wants words; outlives the engine.
    supervise::ServiceManager* manager = nullptr;
    bool hasLastGood = false;  ///< the manager keeps a good configuration already
    bool runsLastGood = false; ///< the text is that one, and the file says something else
};

class Engine : public QObject
{
    Q_OBJECT

public:
    explicit Engine(QObject* parent = nullptr);
    ~Engine() override; ///< stops at once when still running

    /// Reads, binds and starts. On failure nothing is left running. `path` may be empty when `text`
    /// is given; then there is no file to reload or to save to.
    [[nodiscard]] Result<> start(const QString& path, const QString& text = {},
                                 const EngineOptions& options = {});

    /// Could start() bind the listeners now? Looks and lets go; ports in `leaving`, of an engine
    /// that would stop first, count as free. Errors: InvalidInput (see diagnostics()), Io (a bind).
    [[nodiscard]] Result<> checkBinds(const QString& path, const QString& text,
                                      const QSet<quint16>& leaving);

    /// Diagnostics of the last start() or checkBinds().
    [[nodiscard]] const config::Diagnostics& diagnostics() const { return m_diagnostics; }

    /// Stops accepting, lets what is in flight finish up to `deadlineMs`, then emits stopped(). A
    /// second call stops at once.
    void stop(int deadlineMs = 30000);
    /// The same, while another engine has the listening sockets already: no client meets a close.
    void handOver(int deadlineMs = 30000);
    [[nodiscard]] bool running() const;

    /// A client in this process. Owned by the caller, may outlive a stop and start.
    [[nodiscard]] std::unique_ptr<EngineClient> makeClient();

    /// "web=127.0.0.1:8080 ..." as bound.
    [[nodiscard]] QString readyLine() const;

    /// The control socket; empty: none is served.
    [[nodiscard]] QString socketPath() const { return m_socketPath; }

    /// For its clients: the newest snapshot (null before the first), and one command whose `done`
    /// runs on the main thread unless `context` is gone by then.
    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const;
    void execute(const Command& command, QObject* context, EngineClient::Done done);

Q_SIGNALS:
    /// All listeners accept and the first round of probes is done (or 3 s have passed).
    void ready();
    void stopped();
    void runningChanged(bool running);
    void snapshotArrived();
    void eventsArrived(const QList<steelyard::stats::Event>& events);

private:
    [[nodiscard]] Result<> load(const QString& path, const QString& text, LoadedConfig& loaded);
    void ended();

    config::Diagnostics m_diagnostics;
    std::unique_ptr<ControlThread> m_control;
    QString m_readyLine, m_socketPath;
};

} // namespace steelyard::engine
