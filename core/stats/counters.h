/// What workers count, each into its own copy: one writer, relaxed, no lock prefix; control adds
/// the copies up. Thread: one writing worker; any reader.
#pragma once

#include "stats/histogram.h"

#include <atomic>
#include <cstdint>

namespace steelyard::stats {

class Counter
{
public:
    void add(std::uint64_t amount = 1) noexcept
    {
        m_value.store(m_value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t value() const noexcept
    {
        return m_value.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> m_value{0};
};

/// Counters that a backend and the whole engine have in common; statusClass[n] counts nxx
/// responses, [0] the others.
struct TrafficCounters
{
    Counter requests;
    Counter statusClass[6];
    Counter connectErrors, timeouts, resets, retries;
    Counter bytesIn, bytesOut;
    Histogram latency; ///< µs
};

/// What the engine itself added to requests, for their mean.
struct OwnTime
{
    Counter requests, micros;

    void add(std::uint64_t took) noexcept
    {
        requests.add();
        micros.add(took);
    }
};

/// One backend on one worker; here `requests` are attempts, and latency runs from the lease to the
/// response's end.
struct alignas(64) BackendCounters : TrafficCounters
{
    OwnTime own; ///< of the requests that it was the last to be asked
};

/// One listener on one worker: what its clients got. `errors` are 5xx, whoever made them.
struct alignas(64) ListenerCounters
{
    Counter requests, errors;
    Histogram latency; ///< µs, the whole exchange
    OwnTime own;       ///< of those that a server was asked
};

/// One worker; latency is the whole exchange, `own` what the engine itself added to it.
struct alignas(64) WorkerCounters : TrafficCounters
{
    Histogram own;
    Counter clientAborts; ///< exchanges that the client gave up
    Counter replies[64];  ///< replies of our own, by proxy::Cause
};

} // namespace steelyard::stats
