// The control plane's life: start, publish, drains, statistics, stop. Commands are in commands.cpp,
// health in control_health.cpp.
#include "engine/control_plane.h"

#include "config/values.h"

#include <QThread>

#include <algorithm>
#include <random>

#include <sys/resource.h>

namespace steelyard::engine {

namespace {

constexpr milliseconds kStatsPeriod{250};
constexpr milliseconds kDrainPeriod{50};
constexpr int kOwnDescriptors = 100; ///< logs, sockets, event loops: not for connections

/// Until when those pinned to a draining server are let in: a little less than its deadline, so
/// that what they have in flight then is over by it and not cut.
TimePoint pinsUntil(const BackendInfo& info)
{
    constexpr Duration kMost = std::chrono::seconds(1);
    return *info.drainDeadline - std::min(kMost, (*info.drainDeadline - info.since) / 4);
}

} // namespace

ControlPlane::ControlPlane(net::Mailbox& mailbox)
    : m_mailbox(mailbox)
    , m_resolver(
          mailbox,
          [this](const std::string& text, bool failed) {
              event(failed ? stats::Level::Warning : stats::Level::Info, "resolver", text);
          },
          [this] {
              applyEdits();
              checkReady();
          })
{
    connect(&m_statsTimer, &QTimer::timeout, this, &ControlPlane::tickStats);
    connect(&m_drainTimer, &QTimer::timeout, this, &ControlPlane::tickDrains);
    m_slowStartTimer.setSingleShot(true);
    m_slowStartTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_slowStartTimer, &QTimer::timeout, this, [this] { publish(); });
}

ControlPlane::~ControlPlane()
{
    m_health.reset();
    m_workers.clear(); // joins; their last words to the mailbox are not delivered any more
}

// ---- start

Result<> ControlPlane::begin(LoadedConfig loaded, const EngineOptions& options)
{
    m_loaded = std::move(loaded);
    m_fileText = m_loaded.text;
    const config::Config& config = *m_loaded.config;
    m_effective = config;
    m_started = Clock::now();
    m_manager = options.manager;
    m_hasLastGood = options.hasLastGood;
    m_keepsState = options.keepState && !m_loaded.path.empty();
    const bool takesOver = m_manager != nullptr && m_manager->takesOver();
    event(stats::Level::Info, "engine", "starting");
    if (m_manager != nullptr && m_manager->startsAgain())
        event(stats::Level::Error, "engine",
              m_manager->reason() + "; this one was started instead");
    if (options.runsLastGood) {
        event(stats::Level::Error, "config",
              "running the last good configuration, not what " + m_loaded.path +
                  " says now; mend the file and reload");
    }
    restoreState();
    m_effective = m_edits.apply(config);
    // Sockets that were handed over hold clients already; they wait until there is an answer.
    const bool acceptWhenReady = m_manager != nullptr && !m_manager->inherited().empty();
    m_listeners.setManager(m_manager);

    if (auto opened = openAccessLog(config); !opened)
        return opened;
    if (auto prepared = prepareSessions(config); !prepared)
        return prepared;
    if (auto bound = m_listeners.prepare(config); !bound)
        return bound;
    if (options.serveSocket && options.socketPath != QStringLiteral("none")) {
        m_server = std::make_unique<ControlServer>(*this);
        QString path = options.socketPath;
        if (path.isEmpty() && config.admin.socket != "auto")
            path = QString::fromStdString(config.admin.socket);
        if (path.isEmpty())
            path = defaultSocketPath();
        if (auto listening = m_server->listen(path, m_manager, !takesOver); !listening)
            return listening;
        connect(m_server.get(), &ControlServer::clientDropped, this, [this](const QString& why) {
            event(stats::Level::Warning, "engine", why.toStdString());
        });
    }
    if (config.admin.http) {
        m_adminHttp = std::make_unique<AdminHttp>(*this);
        if (auto listening = m_adminHttp->listen(*config.admin.http, m_manager, !takesOver);
            !listening) {
            Error error = listening.error();
            error.detail = "admin.http: " + error.detail;
            return error;
        }
        event(stats::Level::Info, "engine",
              "metrics at http://" + m_adminHttp->address().text() + "/metrics");
    }

    startWorkers(config.workers > 0 ? config.workers : std::max(1, QThread::idealThreadCount()));
    m_health = std::make_unique<health::HealthMonitor>(
        std::random_device{}(),
        [this](const auto& key, const auto& result, const auto& tracker) {
            probed(key, result, tracker);
        },
        [this](const auto& key, HealthState before, HealthState now, const std::string& cause) {
            healthChanged(key, before, now, cause);
        });
    warnAboutLimits(config);
    ++m_configVersion;
    const auto known = restoredHealth();
    m_compiler->restore(known);
    publish();
    for (const auto& [key, server] : known) {
        if (const auto found = m_infos.find(key); found != m_infos.end())
            found->second.reason = "as before the restart";
    }
    if (!acceptWhenReady)
        beginAccepting();
    setHealthTargets();
    setOutlierDetectors();
    tickStats();
    m_statsTimer.start(kStatsPeriod);
    m_drainTimer.start(kDrainPeriod);
    beginHeartbeat();
    return {};
}

Result<> ControlPlane::openAccessLog(const config::Config& config)
{
    m_accessLog.reset();
    if (!config.accessLog)
        return {};
    const int workers =
        config.workers > 0 ? config.workers : std::max(1, QThread::idealThreadCount());
    auto report = [this](const std::string& text) {
        m_mailbox.post([this, text] { event(stats::Level::Warning, "access log", text); });
    };
    auto opened = stats::AccessLog::open(config.accessLog->path, workers, report);
    if (!opened)
        return opened.error();
    m_accessLog = std::move(opened.value());
    return {};
}

void ControlPlane::startWorkers(int count)
{
    // A name of this very engine: two engines in a row are no loop (RFC 9110 7.6.3).
    const QString pseudonym =
        QStringLiteral("steelyard-%1").arg(std::random_device{}(), 8, 16, QLatin1Char('0'));
    m_compiler = std::make_unique<runtime::Compiler>(
        count, pseudonym.toStdString(),
        [this](const config::Address& address) { return m_resolver.addressesOf(address); },
        // Called by workers, which do not outlive m_workers.
        [this](int worker, const runtime::RequestQueue* queue) {
            m_workers[static_cast<std::size_t>(worker)]->pokeQueue(queue);
        });
    m_compiler->setSessions(m_sessions);
    m_workers.reserve(static_cast<std::size_t>(count)); // workers look into it
    for (int i = 0; i < count; ++i) {
        m_workers.push_back(
            std::make_unique<Worker>(i, [this] { m_mailbox.post([this] { judgeOutliers(); }); }));
        m_workers.back()->start();
    }
}

void ControlPlane::warnAboutLimits(const config::Config& config)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    std::uint64_t wanted = kOwnDescriptors;
    for (const config::Listener& listener : config.listeners) {
        wanted += 2U * static_cast<std::uint64_t>(
                           listener.maxConnections); // a client's and its backend's
    }
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
        event(stats::Level::Warning, "engine",
              "max_connections needs up to " + std::to_string(wanted) +
                  " descriptors, the limit is " + std::to_string(limit.rlim_cur) +
                  "; raise it (ulimit -n, LimitNOFILE=) or lower max_connections");
    }
}

// ---- publishing

void ControlPlane::publish(std::function<void()> installed)
{
    m_resolver.configure(m_effective);
    m_snapshot = m_compiler->compile(m_effective);
    adoptBackends();
    tellUnresolved();
    watchPools();
    scheduleSlowStart();
    // Called back on control when the last worker has it: from then on no request follows the old
    // one.
    auto left = std::make_shared<std::atomic<std::size_t>>(m_workers.size());
    auto whenAll = std::make_shared<std::function<void()>>(std::move(installed));
    for (const auto& worker : m_workers) {
        worker->install(m_snapshot, m_accessLog, [this, left, whenAll] {
            if (left->fetch_sub(1, std::memory_order_acq_rel) != 1 || !*whenAll)
                return;
            m_mailbox.post([whenAll] { (*whenAll)(); });
        });
    }
}

void ControlPlane::applyEdits(std::function<void()> installed)
{
    if (!m_compiler)
        return; // a name was resolved before the start was complete
    m_effective = m_edits.apply(*m_loaded.config);
    publish(std::move(installed));
    setHealthTargets();
    setOutlierDetectors();
    tickStats(); // who reads after a command sees what it did
    keepState();
}

void ControlPlane::adoptBackends()
{
    const TimePoint now = Clock::now();
    for (const auto& pool : m_snapshot->pools) {
        for (const runtime::Backend& backend : pool->backends) {
            BackendInfo& info = m_infos[{backend.state->pool, backend.state->name}];
            const AdminState admin = backend.state->admin.load();
            const bool isNew = info.state != backend.state;
            if (!isNew && info.admin == admin)
                continue;
            // New, or changed by the file: commands set info.admin themselves.
            if (isNew) {
                info = {};
                info.state = backend.state;
            } else {
                info.reason = std::string(toString(admin)) + " by the configuration";
            }
            info.admin = admin;
            info.since = now;
            info.drainDeadline.reset();
            info.cutting = false;
            if (admin == AdminState::Draining && pool->settings->drainTimeout.count() > 0)
                info.drainDeadline = now + pool->settings->drainTimeout;
        }
    }
}

/// Where no probe tells the cause.
void ControlPlane::tellUnresolved()
{
    for (const auto& pool : m_snapshot->pools) {
        for (std::size_t i = 0; i < pool->backends.size(); ++i) {
            const runtime::Backend& backend = pool->backends[i];
            BackendInfo& info = m_infos[{backend.state->pool, backend.state->name}];
            const bool unresolved = backend.address.size == 0;
            if (!unresolved && !info.unresolved)
                continue;
            const std::string& host = pool->settings->backends[i].address.host;
            const std::string why = unresolved ? m_resolver.failureOf(host) : std::string();
            if (!pool->settings->healthCheck) {
                info.reason = !unresolved   ? "name resolved"
                              : why.empty() ? "name not resolved yet"
                                            : "name not resolved: " + why;
            }
            if (info.unresolved != unresolved)
                info.since = Clock::now();
            info.unresolved = unresolved;
        }
    }
}

void ControlPlane::watchPools()
{
    std::map<std::string, bool> down;
    for (const auto& pool : m_snapshot->pools) {
        const std::string& name = pool->settings->name;
        const bool named = !m_resolver.awaitsFirst();
        const bool checking = std::any_of(
            pool->backends.begin(), pool->backends.end(), [named](const runtime::Backend& each) {
                return each.state->health.load() == HealthState::Checking ||
                       (!named && each.address.size == 0);
            });
        const bool nobody =
            (pool->candidates.backends.empty() && !checking) || pool->candidates.failedOpen();
        const bool before = m_poolDown[name];
        down[name] = nobody && !pool->backends.empty();
        if (down[name] && !before) {
            event(stats::Level::Error, name,
                  pool->candidates.failedOpen()
                      ? "no healthy server; fail-open: all ready ones get traffic"
                      : "no server in service; requests are answered with 503");
        } else if (!down[name] && before) {
            event(stats::Level::Info, name, "back in service");
        }
    }
    m_poolDown = std::move(down);
}

// ---- periodic

void ControlPlane::tickStats()
{
    checkReady();
    judgeOutliers();
    if (m_sessions)
        m_sessions->table.sweepNext(sessionNow());
    stats::Snapshot frame;
    frame.state = m_stopping ? stats::EngineState::Draining
                  : m_ready  ? stats::EngineState::Serving
                             : stats::EngineState::Starting;
    frame.configVersion = m_configVersion;
    frame.configPath = m_loaded.path;
    frame.unsavedChanges = hasUnsaved();
    const TimePoint now = Clock::now();
    frame.uptimeSeconds = std::chrono::duration<double>(now - m_started).count();
    frame.listeners = m_listeners.rows();
    auto snapshot = m_collector.collect(std::move(frame), now, m_workers, *m_snapshot, m_infos,
                                        m_compiler->ghosts());
    {
        const std::lock_guard lock(m_latestMutex);
        m_latest = std::move(snapshot);
    }
    Q_EMIT snapshotPublished();
    tickState();
}

void ControlPlane::tickDrains()
{
    const TimePoint now = Clock::now();
    bool changed = false;
    for (auto it = m_infos.begin(); it != m_infos.end();) {
        auto& [key, info] = *it;
        const std::string name = key.first + '/' + key.second;
        const std::uint32_t inFlight = info.state->load.inFlight.load(std::memory_order_relaxed);
        const bool present = m_compiler->present(key.first, key.second);
        const bool leaving =
            !present || info.state->admin.load(std::memory_order_relaxed) == AdminState::Draining;
        const bool admitsPins = !leaving || !info.drainDeadline || now < pinsUntil(info);
        info.state->admitsPins.store(admitsPins, std::memory_order_relaxed);
        const bool awaitsPins = present && admitsPins && keepsPins(*info.state);
        if (leaving && inFlight == 0 && !awaitsPins) {
            if (!present) {
                it = m_infos.erase(it);
                continue;
            }
            m_edits.setState(key.first, key.second, AdminState::Maintenance);
            info.admin = AdminState::Maintenance;
            info.drainDeadline.reset();
            info.cutting = false;
            info.since = now;
            info.reason = "drained";
            event(stats::Level::Info, name, "drained: nothing is in flight, safe to stop");
            changed = true;
        } else if (leaving && info.drainDeadline && now >= *info.drainDeadline && !info.cutting) {
            info.cutting = true;
            event(stats::Level::Warning, name,
                  "drain deadline passed: closing " + std::to_string(inFlight) +
                      " requests in flight");
            for (const auto& worker : m_workers)
                worker->cut(info.state, proxy::Cause::DrainDeadline);
        }
        ++it;
    }
    if (changed)
        applyEdits();
    if (m_stopping)
        finishStopping();
}

std::shared_ptr<const stats::Snapshot> ControlPlane::latest() const
{
    const std::lock_guard lock(m_latestMutex);
    return m_latest;
}

void ControlPlane::event(stats::Level level, std::string source, std::string text)
{
    Q_EMIT eventPublished(m_events.add(level, std::move(source), std::move(text)));
}

// ---- stop

void ControlPlane::stop(milliseconds deadline)
{
    if (!m_stopping) {
        m_stopping = true;
        event(stats::Level::Info, "engine",
              "stopping: no new connections, finishing what is in flight");
        for (const auto& worker : m_workers)
            worker->drain(m_handedOver);
        m_listeners.close();
        m_stopDeadline = Clock::now() + deadline;
    } else {
        m_stopDeadline = Clock::now();
    }
    tickStats();
    finishStopping();
}

void ControlPlane::finishStopping()
{
    const bool waits = m_listeners.connections() > 0 && Clock::now() < m_stopDeadline;
    if (waits || !m_drainTimer.isActive()) // not active: told already
        return;
    m_drainTimer.stop();
    m_statsTimer.stop();
    Q_EMIT stopped();
}

} // namespace steelyard::engine
