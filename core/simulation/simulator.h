/// A discrete-event simulation in virtual time of one pool: the balancers and the health tracker
/// that serve, in front of modelled servers. Same inputs and seed, same result, to the last digit;
/// every algorithm meets the same arrivals.
///
/// Modelled: weights, states, backups, max_requests with the pool's queue, fail-open, health checks
/// (a probe takes a draw of the service time, and fails beyond its timeout or while the server is
/// down), retries with their budget, stickiness. Not modelled: the network, connections, response
/// timeouts, outlier detection, slow start. Thread: one; it takes no real time but the CPU's.
#pragma once

#include "config/model.h"
#include "simulation/workload.h"

#include <cstdint>
#include <string>
#include <vector>

namespace steelyard::simulation {

/// Latencies in ms, from a request's arrival to its answer, failures included.
struct Latencies
{
    double mean = 0, p50 = 0, p95 = 0, p99 = 0, p999 = 0;
};

struct ServerOutcome
{
    std::string name;
    int weight = 0;
    std::uint64_t requests = 0; ///< whose last attempt it was
    std::uint64_t errors = 0;   ///< failed attempts, retried or not
    std::uint64_t slow = 0;     ///< answers beyond success_within
    std::uint32_t mostInFlight = 0;
    Latencies latencies;
};

struct Outcome
{
    Algorithm algorithm = Algorithm::PowerOfTwo;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0; ///< answered with a failure, or not at all
    std::uint64_t slow = 0;   ///< answered beyond success_within
    std::uint64_t retries = 0;
    std::uint64_t sessions = 0;
    std::uint64_t movedSessions = 0; ///< that changed their server at least once
    Latencies latencies;
    std::vector<ServerOutcome> servers;
    std::vector<std::uint32_t> order; ///< the server of every attempt, if `keepOrder`

    /// Share of the requests, 0-1.
    [[nodiscard]] double success() const
    {
        return requests == 0
                   ? 1
                   : 1 - static_cast<double>(errors + slow) / static_cast<double>(requests);
    }
};

/// `pool` with its algorithm replaced by what is asked for.
[[nodiscard]] Outcome simulate(const Workload& workload, const config::Pool& pool,
                               bool keepOrder = false);

} // namespace steelyard::simulation
