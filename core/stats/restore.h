/// Counters that go on where those of the process before ended. Thread: see restore().
#pragma once

#include "stats/counters.h"
#include "stats/snapshot.h"

namespace steelyard::stats {

/// Adds `totals`. Only while the counters' own writer does not count yet. The latency histograms
/// are not among them: they begin anew.
inline void restore(TrafficCounters& counters, const Totals& totals) noexcept
{
    counters.requests.add(totals.requests);
    counters.statusClass[2].add(totals.status2xx);
    counters.statusClass[3].add(totals.status3xx);
    counters.statusClass[4].add(totals.status4xx);
    counters.statusClass[5].add(totals.status5xx);
    counters.connectErrors.add(totals.connectErrors);
    counters.timeouts.add(totals.timeouts);
    counters.resets.add(totals.resets);
    counters.retries.add(totals.retries);
    counters.bytesIn.add(totals.bytesIn);
    counters.bytesOut.add(totals.bytesOut);
}

} // namespace steelyard::stats
