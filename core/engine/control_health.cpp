// What the control plane probes, what it makes of the results, and when that makes it ready.
#include "engine/control_plane.h"

namespace steelyard::engine {

namespace {

constexpr seconds kReadyAfter{3}; ///< ready whatever the first probes do

} // namespace

void ControlPlane::setHealthTargets()
{
    std::vector<health::Target> targets;
    for (const config::Pool& pool : m_effective.pools) {
        if (!pool.healthCheck)
            continue;
        for (const config::Backend& backend : pool.backends) {
            health::Target target;
            target.key = {pool.name, backend.name};
            target.addresses = m_resolver.addressesOf(backend.address);
            target.unresolved = m_resolver.failureOf(backend.address.host);
            target.authority = backend.address.text();
            target.check = *pool.healthCheck;
            // Known from before a restart: the compiler took it over.
            if (!m_ready && !m_health->tracker(target.key)) {
                const auto info = m_infos.find({pool.name, backend.name});
                if (info != m_infos.end())
                    target.initial = info->second.state->health.load(std::memory_order_relaxed);
            }
            targets.push_back(std::move(target));
        }
    }
    m_health->setTargets(std::move(targets));
}

void ControlPlane::probed(const health::TargetKey& key, const health::ProbeResult& result,
                          const health::HealthTracker& tracker)
{
    const auto found = m_infos.find({key.pool, key.server});
    if (found == m_infos.end())
        return;
    BackendInfo& info = found->second;
    info.probe = result;
    info.probedAt = Clock::now();
    info.pending = tracker.pending();
    info.needed = tracker.needed();
    returnByProbe(key, result);
}

void ControlPlane::healthChanged(const health::TargetKey& key, HealthState, HealthState now,
                                 const std::string& cause)
{
    const auto found = m_infos.find({key.pool, key.server});
    if (found == m_infos.end())
        return;
    BackendInfo& info = found->second;
    info.since = Clock::now();
    info.reason = cause;
    info.state->health.store(now, std::memory_order_relaxed);
    const auto level = now == HealthState::Unhealthy ? stats::Level::Error : stats::Level::Info;
    const char* word = now == HealthState::Healthy     ? "up: "
                       : now == HealthState::Unhealthy ? "down: "
                                                       : "checking: ";
    event(level, key.pool + '/' + key.server, word + cause);
    m_stateDirty = true;
    publish();
    checkReady();
}

void ControlPlane::checkReady()
{
    if (m_ready || m_stopping)
        return;
    const bool knowsAll = m_health->firstRoundDone() && !m_resolver.awaitsFirst();
    if (!knowsAll && Clock::now() - m_started < kReadyAfter)
        return;
    m_ready = true;
    beginAccepting();
    awaitGoodConfiguration();
    event(stats::Level::Info, "engine", "serving " + readyLine());
    // Only once the workers have what the first probes found.
    publish([this] { Q_EMIT becameReady(); });
}

} // namespace steelyard::engine
