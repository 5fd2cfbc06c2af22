/// Adds the workers' counters up and makes the Snapshot: rates and percentiles over the last 10 s.
/// Thread: control.
#pragma once

#include "engine/backend_info.h"
#include "engine/worker.h"
#include "runtime/snapshot.h"
#include "stats/rates.h"
#include "stats/snapshot.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace steelyard::engine {

class StatsCollector
{
public:
    using InfoMap = std::map<std::pair<std::string, std::string>, BackendInfo>;

    /// `frame` has what only the control plane knows (state, listeners, paths); the rest is filled
    /// in.
    [[nodiscard]] std::shared_ptr<const stats::Snapshot>
    collect(stats::Snapshot frame, TimePoint now,
            const std::vector<std::unique_ptr<Worker>>& workers, const runtime::Snapshot& running,
            const InfoMap& infos,
            const std::vector<std::shared_ptr<runtime::BackendState>>& ghosts);

    /// The counters were given new beginnings: rates start anew.
    void startAgain()
    {
        m_backends.clear();
        m_engine = {};
    }

    /// Counts of the answers' times in the last 10 s, as filled by Histogram::addTo; empty when
    /// nothing is known of it.
    [[nodiscard]] std::vector<std::uint64_t>
    latencyCounts(const runtime::BackendState* state) const;

private:
    /// Windows over one set of counters.
    struct Windows
    {
        stats::RateWindow requests, errors;
        stats::LatencyWindow latency;
        stats::RateWindow ownRequests, ownMicros;
        bool seen = false;
    };

    void fillBackend(stats::BackendRow& row, const runtime::BackendState& state, TimePoint now);
    void fillPool(stats::PoolRow& row, const runtime::Pool& pool, const InfoMap& infos,
                  TimePoint now);
    void fillListeners(stats::Snapshot& snapshot, const runtime::Snapshot& running, TimePoint now);
    static void fillPinned(stats::Snapshot& frame, const runtime::Snapshot& running);
    void fillEngine(stats::Snapshot& snapshot, const std::vector<std::unique_ptr<Worker>>& workers,
                    TimePoint now);

    std::map<const runtime::BackendState*, Windows> m_backends;
    std::map<const runtime::ListenerCounters*, Windows> m_listeners;
    Windows m_engine;
    stats::LatencyWindow m_own;
    stats::RateWindow m_cpu;
    std::vector<std::uint64_t> m_counts; ///< scratch
    std::uint64_t m_sequence = 0;
};

} // namespace steelyard::engine
