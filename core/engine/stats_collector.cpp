#include "engine/stats_collector.h"

#include <algorithm>

#include <sys/resource.h>

namespace steelyard::engine {

namespace {

void addTotals(stats::Totals& totals, const stats::TrafficCounters& counters)
{
    totals.requests += counters.requests.value();
    totals.status2xx += counters.statusClass[2].value();
    totals.status3xx += counters.statusClass[3].value();
    totals.status4xx += counters.statusClass[4].value();
    totals.status5xx += counters.statusClass[5].value();
    totals.connectErrors += counters.connectErrors.value();
    totals.timeouts += counters.timeouts.value();
    totals.resets += counters.resets.value();
    totals.retries += counters.retries.value();
    totals.bytesIn += counters.bytesIn.value();
    totals.bytesOut += counters.bytesOut.value();
}

double mean(std::uint64_t sum, std::uint64_t count)
{
    return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

double secondsSince(TimePoint then, TimePoint now)
{
    return then == TimePoint{} ? 0.0 : std::chrono::duration<double>(now - then).count();
}

std::uint64_t processCpuMicros()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
               static_cast<std::uint64_t>(time.tv_usec);
    };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
}

} // namespace

void StatsCollector::fillBackend(stats::BackendRow& row, const runtime::BackendState& state,
                                 TimePoint now)
{
    row.pool = state.pool;
    row.name = state.name;
    row.admin = state.admin.load(std::memory_order_relaxed);
    row.health = state.health.load(std::memory_order_relaxed);
    row.inFlight = state.load.inFlight.load(std::memory_order_relaxed);
    m_counts.assign(stats::Histogram::kBuckets, 0);
    std::uint64_t sum = 0;
    std::uint64_t ownRequests = 0;
    std::uint64_t ownMicros = 0;
    for (const auto& counters : state.counters) {
        addTotals(row.totals, *counters);
        sum += counters->latency.addTo(m_counts);
        ownRequests += counters->own.requests.value();
        ownMicros += counters->own.micros.value();
    }
    Windows& windows = m_backends[&state];
    windows.seen = true;
    windows.requests.add(now, row.totals.requests);
    windows.errors.add(now, row.totals.errors());
    windows.latency.add(now, m_counts);
    windows.ownRequests.add(now, ownRequests);
    windows.ownMicros.add(now, ownMicros);
    row.requestsPerSecond = windows.requests.perSecond();
    row.errorsPerSecond = windows.errors.perSecond();
    row.latency = windows.latency.latency();
    row.ownMean = mean(windows.ownMicros.growth(), windows.ownRequests.growth());
    row.latencyBuckets = stats::latencyBuckets(m_counts, sum, stats::kServiceBounds);
}

std::vector<std::uint64_t> StatsCollector::latencyCounts(const runtime::BackendState* state) const
{
    const auto found = m_backends.find(state);
    return found == m_backends.end() ? std::vector<std::uint64_t>()
                                     : found->second.latency.counts();
}

void StatsCollector::fillPool(stats::PoolRow& row, const runtime::Pool& pool, const InfoMap& infos,
                              TimePoint now)
{
    row.name = pool.settings->name;
    row.algorithm = pool.settings->algorithm;
    row.failOpen = pool.settings->failOpen;
    row.selectable = static_cast<int>(pool.candidates.backends.size());
    row.allDown = (pool.candidates.backends.empty() || pool.candidates.failedOpen()) &&
                  !pool.backends.empty();

    row.onBackups = pool.candidates.tier == runtime::CandidateSet::Tier::Backup;
    row.sticky = pool.settings->stickiness.has_value();
    row.queued = pool.state->queue->waiting();
    // With slow starts, weights are scaled: what counts is each one's part of their sum.
    const auto candidates = pool.candidates.balancer->candidates();
    double weights = 0;
    std::vector<double> effective(pool.backends.size(), 0.0);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        effective[pool.candidates.backends[i]] = candidates[i].weight;
        weights += candidates[i].weight;
    }
    std::uint64_t growth = 0;
    std::uint64_t ownRequests = 0;
    std::uint64_t ownMicros = 0;
    std::vector<std::uint64_t> counts(stats::Histogram::kBuckets, 0);
    for (std::uint32_t i = 0; i < pool.backends.size(); ++i) {
        const runtime::Backend& backend = pool.backends[i];
        stats::BackendRow& out = row.backends.emplace_back();
        fillBackend(out, *backend.state, now);
        out.address = pool.settings->backends[i].address.text();
        out.weight = static_cast<int>(backend.weight);
        out.probed = pool.settings->healthCheck.has_value();
        out.excluded = pool.candidates.excluded[i];
        out.selectable = out.excluded.empty();
        if (weights > 0)
            out.configuredShare = effective[i] / weights;
        out.backup = backend.backup;
        out.maxRequests = static_cast<int>(backend.maxRequests);
        out.ejected = backend.state->ejected.load(std::memory_order_relaxed);
        out.slowStart = pool.candidates.slowStart(i);
        const auto found = infos.find({out.pool, out.name});
        if (found != infos.end()) {
            const BackendInfo& info = found->second;
            out.stateSeconds = secondsSince(info.since, now);
            out.reason = info.reason;
            out.pending = info.pending;
            out.needed = info.needed;
            if (info.probe) {
                out.probe = {true, info.probe->good, info.probe->text,
                             secondsSince(info.probedAt, now), info.probe->durationMs};
            }
            if (info.ejectedUntil) {
                out.ejectedSecondsLeft =
                    std::max(0.0, std::chrono::duration<double>(*info.ejectedUntil - now).count());
            }
            if (info.drainDeadline) {
                out.drainSecondsLeft =
                    std::max(0.0, std::chrono::duration<double>(*info.drainDeadline - now).count());
            }
        }
        const Windows& windows = m_backends[backend.state.get()];
        growth += windows.requests.growth();
        ownRequests += windows.ownRequests.growth();
        ownMicros += windows.ownMicros.growth();
        const auto& window = windows.latency.counts();
        for (std::size_t bucket = 0; bucket < window.size(); ++bucket)
            counts[bucket] += window[bucket];
        row.inFlight += out.inFlight;
        row.requestsPerSecond += out.requestsPerSecond;
        row.errorsPerSecond += out.errorsPerSecond;
    }
    row.latency = stats::latencyOf(counts);
    row.ownMean = mean(ownMicros, ownRequests);
    for (std::uint32_t i = 0; i < pool.backends.size() && growth > 0; ++i) {
        const auto own = m_backends[pool.backends[i].state.get()].requests.growth();
        row.backends[i].actualShare = static_cast<double>(own) / static_cast<double>(growth);
    }
}

void StatsCollector::fillEngine(stats::Snapshot& snapshot,
                                const std::vector<std::unique_ptr<Worker>>& workers, TimePoint now)
{
    m_counts.assign(stats::Histogram::kBuckets, 0);
    std::vector<std::uint64_t> own(stats::Histogram::kBuckets, 0);
    std::uint64_t sum = 0;
    std::uint64_t ownSum = 0;
    for (const auto& worker : workers) {
        addTotals(snapshot.totals, worker->counters());
        sum += worker->counters().latency.addTo(m_counts);
        ownSum += worker->counters().own.addTo(own);
    }
    m_engine.requests.add(now, snapshot.totals.requests);
    m_engine.errors.add(now, snapshot.totals.errors());
    m_engine.latency.add(now, m_counts);
    m_own.add(now, own);
    m_cpu.add(now, processCpuMicros());
    snapshot.requestsPerSecond = m_engine.requests.perSecond();
    snapshot.errorsPerSecond = m_engine.errors.perSecond();
    snapshot.latency = m_engine.latency.latency();
    snapshot.latencyBuckets = stats::latencyBuckets(m_counts, sum, stats::kServiceBounds);
    snapshot.own = m_own.latency();
    snapshot.ownBuckets = stats::latencyBuckets(own, ownSum, stats::kOwnBounds);
    snapshot.cpuShare = m_cpu.perSecond() / 1e6;
    for (const stats::ListenerRow& listener : snapshot.listeners)
        snapshot.connections += listener.connections;
}

void StatsCollector::fillListeners(stats::Snapshot& snapshot, const runtime::Snapshot& running,
                                   TimePoint now)
{
    for (auto& [counters, windows] : m_listeners)
        windows.seen = false;
    for (stats::ListenerRow& row : snapshot.listeners) {
        const auto found = std::find_if(
            running.listeners.begin(), running.listeners.end(),
            [&](const auto& listener) { return listener && listener->settings.name == row.name; });
        if (found == running.listeners.end())
            continue;
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        std::uint64_t ownRequests = 0;
        std::uint64_t ownMicros = 0;
        m_counts.assign(stats::Histogram::kBuckets, 0);
        for (const auto& counters : *(*found)->counters) {
            requests += counters->requests.value();
            errors += counters->errors.value();
            counters->latency.addTo(m_counts);
            ownRequests += counters->own.requests.value();
            ownMicros += counters->own.micros.value();
        }
        Windows& windows = m_listeners[(*found)->counters.get()];
        windows.seen = true;
        windows.requests.add(now, requests);
        windows.errors.add(now, errors);
        windows.latency.add(now, m_counts);
        windows.ownRequests.add(now, ownRequests);
        windows.ownMicros.add(now, ownMicros);
        row.requestsPerSecond = windows.requests.perSecond();
        row.errorsPerSecond = windows.errors.perSecond();
        row.latency = windows.latency.latency();
        row.ownMean = mean(windows.ownMicros.growth(), windows.ownRequests.growth());
    }
    std::erase_if(m_listeners, [](const auto& entry) { return !entry.second.seen; });
}

void StatsCollector::fillPinned(stats::Snapshot& frame, const runtime::Snapshot& running)
{
    if (!running.sessions)
        return;
    const auto counts = running.sessions->table.counts();
    for (std::size_t p = 0; p < running.pools.size(); ++p) {
        for (const auto& [tag, index] : running.pools[p]->byTag) {
            const auto found = counts.find(tag);
            if (found != counts.end())
                frame.pools[p].backends[index].pinned = static_cast<std::uint32_t>(found->second);
        }
    }
}

std::shared_ptr<const stats::Snapshot>
StatsCollector::collect(stats::Snapshot frame, TimePoint now,
                        const std::vector<std::unique_ptr<Worker>>& workers,
                        const runtime::Snapshot& running, const InfoMap& infos,
                        const std::vector<std::shared_ptr<runtime::BackendState>>& ghosts)
{
    for (auto& [state, windows] : m_backends)
        windows.seen = false;
    frame.sequence = ++m_sequence;
    frame.monotonicSeconds = std::chrono::duration<double>(now.time_since_epoch()).count();
    frame.wallMs = std::chrono::duration_cast<milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
    frame.workers = static_cast<int>(workers.size());
    for (const auto& pool : running.pools)
        fillPool(frame.pools.emplace_back(), *pool, infos, now);
    fillPinned(frame, running);
    for (const auto& state : ghosts) {
        const auto pool =
            std::find_if(frame.pools.begin(), frame.pools.end(),
                         [&](const stats::PoolRow& row) { return row.name == state->pool; });
        if (pool == frame.pools.end())
            continue;
        stats::BackendRow& row = pool->backends.emplace_back();
        fillBackend(row, *state, now);
        row.ghost = true;
        row.reason = "removed; finishing what is in flight";
    }
    std::erase_if(m_backends, [](const auto& entry) { return !entry.second.seen; });
    fillListeners(frame, running, now);
    fillEngine(frame, workers, now);
    return std::make_shared<const stats::Snapshot>(std::move(frame));
}

} // namespace steelyard::engine
