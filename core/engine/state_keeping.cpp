// The control plane's part in what outlives the engine: the runtime state's file, and the words and
// sockets between it and what started it (supervise/service_manager.h).
#include "config/reader.h"
#include "engine/control_plane.h"
#include "engine/state_directory.h"

#include <sys/mman.h>
#include <unistd.h>

namespace steelyard::engine {

namespace {

/// Health and counters of an engine that ended longer ago say little about now.
constexpr std::int64_t kFreshMs = 60'000;
constexpr milliseconds kHeartbeatPeriod{1000};
constexpr milliseconds kGoodAfter{30000}; ///< a configuration that ran so long is a good one

std::int64_t wallMs()
{
    return std::chrono::duration_cast<milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace

/// Before the first compile: the edits, and, of an engine that ended just now, what it knew.
void ControlPlane::restoreState()
{
    if (!m_keepsState)
        return;
    const std::string directory = stateDirectory(*m_loaded.config);
    if (auto prepared = prepareStateDirectory(directory); !prepared) {
        m_keepsState = false;
        event(stats::Level::Warning, "engine",
              "runtime changes will not survive a restart: " + prepared.error().detail);
        return;
    }
    m_statePath = runtimeStatePath(directory, m_loaded.path);
    auto loaded = loadRuntimeState(m_statePath);
    if (!loaded) {
        event(stats::Level::Warning, "engine",
              "nothing restored from before: " + loaded.error().detail);
        return;
    }
    if (!loaded.value())
        return;
    RuntimeState state = std::move(*loaded.value());
    adoptEdits(state);
    const std::int64_t age = wallMs() - state.savedAtMs;
    if (age < 0 || age > kFreshMs)
        return;
    m_restored = std::move(state);
}

/// An edit yields where the file's very key changed since.
void ControlPlane::adoptEdits(const RuntimeState& state)
{
    m_edits.assign(state.edits);
    if (m_edits.empty() || state.base == m_loaded.text)
        return;
    const std::size_t slash = m_loaded.path.rfind('/');
    const auto before = config::readText(
        state.base, slash == std::string::npos ? "." : m_loaded.path.substr(0, slash));
    if (before.config)
        m_edits.yieldTo(*before.config, *m_loaded.config);
    else
        m_edits.clear();
}

std::map<runtime::Compiler::Key, runtime::Compiler::Restored> ControlPlane::restoredHealth() const
{
    std::map<runtime::Compiler::Key, runtime::Compiler::Restored> known;
    if (m_restored) {
        for (const auto& [key, server] : m_restored->servers)
            known[key] = {server.health, server.address};
    }
    return known;
}

/// Before any connection is accepted: workers do not count yet.
void ControlPlane::restoreCounters()
{
    if (!m_restored)
        return;
    m_workers.front()->restoreCounters(m_restored->totals);
    for (const auto& [key, server] : m_restored->servers) {
        if (const auto found = m_infos.find(key); found != m_infos.end())
            stats::restore(*found->second.state->counters.front(), server.totals);
    }
    m_restored.reset();
    m_collector.startAgain();
}

/// Serves from here on, and owns the state's file. Where another engine had both until now, with
/// what it has written since.
void ControlPlane::beginAccepting()
{
    if (std::exchange(m_accepts, true))
        return;
    if (m_manager != nullptr && m_manager->takesOver() && m_keepsState) {
        auto newer = loadRuntimeState(m_statePath);
        if (newer.ok() && newer.value()) {
            adoptEdits(*newer.value());
            m_restored = std::move(*newer.value());
        }
    }
    restoreCounters();
    if (m_manager != nullptr)
        m_manager->dropInherited();
    if (m_manager != nullptr && m_manager->takesOver())
        applyEdits();
    m_listeners.commit(*m_compiler, m_workers);
    if (m_server)
        m_server->beginAccepting();
    if (m_adminHttp)
        m_adminHttp->beginAccepting();
}

/// Writes the state's file; for counters alone only once a second.
void ControlPlane::keepState()
{
    if (!m_keepsState || !m_accepts || m_handedOver)
        return;
    const auto snapshot = latest();
    if (!snapshot)
        return;
    RuntimeState state;
    state.savedAtMs = wallMs();
    if (!m_edits.empty()) {
        state.edits = m_edits.toJson();
        state.base = m_loaded.text;
    }
    state.totals = snapshot->totals;
    for (const stats::PoolRow& pool : snapshot->pools) {
        for (const stats::BackendRow& row : pool.backends) {
            if (!row.ghost)
                state.servers[{pool.name, row.name}] = {row.health, row.address, row.totals};
        }
    }
    m_keptRequests = snapshot->totals.requests;
    m_stateDirty = false;
    const auto saved = saveRuntimeState(m_statePath, state);
    if (!saved && !m_stateFailed) {
        event(stats::Level::Warning, "engine",
              "runtime changes would not survive a restart now: " + saved.error().detail);
    }
    if (saved && m_stateFailed)
        event(stats::Level::Info, "engine", "runtime changes are kept again");
    m_stateFailed = !saved;
}

void ControlPlane::tickState()
{
    const bool counted = latest() && latest()->totals.requests != m_keptRequests;
    m_stateTicks = (m_stateTicks + 1) % 4; // counters once a second
    if (m_stateDirty || (m_stateTicks == 0 && (counted || m_stateFailed)))
        keepState();
}

// ---- what started this engine

void ControlPlane::beginHeartbeat()
{
    if (m_manager == nullptr || !m_manager->present())
        return;
    connect(&m_heartbeat, &QTimer::timeout, this, &ControlPlane::beat);
    m_heartbeat.start(kHeartbeatPeriod);
    beat();
    m_goodTimer.setSingleShot(true);
    connect(&m_goodTimer, &QTimer::timeout, this, &ControlPlane::depositConfiguration);
}

/// Only when every worker has answered since the last one: a thread that hangs is a sign of life
/// less.
void ControlPlane::beat()
{
    if (m_awaited->load(std::memory_order_acquire) > 0)
        return;
    m_manager->tell("WATCHDOG=1");
    m_awaited->store(static_cast<int>(m_workers.size()), std::memory_order_release);
    for (const auto& worker : m_workers)
        worker->ping([awaited = m_awaited] { awaited->fetch_sub(1, std::memory_order_acq_rel); });
}

/// A new configuration runs: it becomes the last good one when it has run for a while, or at once
/// where there is none.
void ControlPlane::awaitGoodConfiguration()
{
    if (m_manager == nullptr || !m_manager->present())
        return;
    if (m_hasLastGood)
        m_goodTimer.start(kGoodAfter);
    else
        depositConfiguration();
}

void ControlPlane::depositConfiguration()
{
    m_hasLastGood = true;
    const supervise::Descriptor file(::memfd_create("steelyard.yaml", MFD_CLOEXEC));
    if (!file.valid() || ::write(file.get(), m_loaded.text.data(), m_loaded.text.size()) !=
                             static_cast<ssize_t>(m_loaded.text.size()))
        return;
    m_manager->forget(supervise::kLastGoodName);
    m_manager->keep(supervise::kLastGoodName, file.get());
}

void ControlPlane::handOver(milliseconds deadline)
{
    m_handedOver = true;
    if (m_server)
        m_server->handOver();
    if (m_adminHttp)
        m_adminHttp->handOver();
    stop(deadline);
}

} // namespace steelyard::engine
