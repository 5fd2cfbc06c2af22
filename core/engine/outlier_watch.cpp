// The control plane's passive health: feeds the pools' outlier detectors and carries out what they
// find; and the steps of slow starts.
#include "engine/control_plane.h"

#include <algorithm>

namespace steelyard::engine {

void ControlPlane::setOutlierDetectors()
{
    std::erase_if(m_outliers, [&](const auto& entry) {
        const config::Pool* pool = m_effective.pool(entry.first);
        return pool == nullptr || !pool->outlierDetection;
    });
    // The compiler has put back the ejected of a pool that is not judged any more.
    for (auto& [key, info] : m_infos) {
        if (m_outliers.count(key.first) == 0)
            info.ejectedUntil.reset();
    }
    for (const config::Pool& pool : m_effective.pools) {
        if (!pool.outlierDetection)
            continue;
        const auto [found, isNew] = m_outliers.try_emplace(pool.name, *pool.outlierDetection);
        if (!isNew)
            found->second.configure(*pool.outlierDetection);
    }
    for (const auto& pool : m_snapshot->pools) {
        const auto& settings = pool->settings->outlierDetection;
        for (const runtime::Backend& backend : pool->backends) {
            backend.state->outcomes.setThreshold(
                settings ? static_cast<std::uint32_t>(settings->consecutiveErrors) : 0);
        }
    }
}

void ControlPlane::judgeOutliers()
{
    const TimePoint now = Clock::now();
    bool changed = false;
    std::vector<health::OutlierDetector::Sample> samples;
    for (const auto& pool : m_snapshot->pools) {
        const auto found = m_outliers.find(pool->settings->name);
        if (found == m_outliers.end())
            continue;
        samples.clear();
        for (const runtime::Backend& backend : pool->backends) {
            runtime::BackendState& state = *backend.state;
            const bool serves =
                state.takesNewWork() && backend.weight > 0 &&
                state.health.load(std::memory_order_relaxed) == HealthState::Healthy;
            samples.push_back(
                {state.name, state.outcomes.totals(), state.outcomes.takeRun(), serves});
        }
        for (const health::OutlierEvent& each : found->second.update(now, samples))
            changed = carryOut(pool->settings->name, each) || changed;
    }
    if (changed)
        publish();
}

/// True when the candidates change by it.
bool ControlPlane::carryOut(const std::string& pool, const health::OutlierEvent& event)
{
    using Kind = health::OutlierEvent::Kind;
    const auto found = m_infos.find({pool, event.backend});
    if (found == m_infos.end())
        return false;
    BackendInfo& info = found->second;
    const std::string name = pool + '/' + event.backend;
    const std::string seconds =
        std::to_string(std::chrono::duration<double>(event.duration).count());
    const std::string time = seconds.substr(0, seconds.find('.') + 2) + " s";
    switch (event.kind) {
    case Kind::Ejected:
        info.state->ejected.store(true, std::memory_order_relaxed);
        info.ejectedUntil = Clock::now() + event.duration;
        info.since = Clock::now();
        info.reason = "ejected: " + event.cause;
        this->event(stats::Level::Warning, name, "ejected for " + time + ": " + event.cause);
        return true;
    case Kind::Returned:
        info.state->ejected.store(false, std::memory_order_relaxed);
        info.ejectedUntil.reset();
        info.state->outcomes.clearRun();
        info.since = Clock::now();
        info.reason = "returned: " + event.cause;
        this->event(stats::Level::Info, name, "returned: " + event.cause);
        return true;
    case Kind::WouldEject:
        this->event(stats::Level::Warning, name,
                    "would be ejected for " + time + " (mode observe): " + event.cause);
        return false;
    case Kind::Spared:
        this->event(stats::Level::Warning, name, event.cause);
        return false;
    }
    return false;
}

void ControlPlane::returnByProbe(const health::TargetKey& key, const health::ProbeResult& result)
{
    const auto found = m_outliers.find(key.pool);
    if (!result.good || found == m_outliers.end())
        return;
    const TimePoint now = Clock::now();
    const auto started = now - std::chrono::duration_cast<Duration>(
                                   std::chrono::duration<double, std::milli>(result.durationMs));
    const auto returned = found->second.probeSucceeded(key.server, started, now);
    if (returned && carryOut(key.pool, *returned))
        publish();
}

void ControlPlane::scheduleSlowStart()
{
    std::optional<TimePoint> next;
    for (const auto& pool : m_snapshot->pools) {
        const auto& step = pool->candidates.nextStep;
        if (step && (!next || *step < *next))
            next = step;
    }
    if (!next) {
        m_slowStartTimer.stop();
        return;
    }
    const auto left = std::chrono::ceil<milliseconds>(*next - Clock::now());
    m_slowStartTimer.start(std::max(milliseconds(1), left));
}

} // namespace steelyard::engine
