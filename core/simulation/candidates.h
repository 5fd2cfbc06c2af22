/// Who of a simulated pool may be picked, and the balancer over these: the rules of the runtime's
/// candidate set, without its threads. Thread: one.
#pragma once

#include "balancing/balancer.h"
#include "config/model.h"
#include "health/tracker.h"
#include "simulation/server_model.h"
#include "simulation/workload.h"

#include <deque>
#include <memory>
#include <vector>

namespace steelyard::simulation {

/// One server while the simulation runs.
struct Server
{
    /// As it is after the first round of probes, for which the engine waits too.
    Server(const config::Backend& as, const ServerBehaviour& behaves,
           const std::optional<config::HealthCheck>& check)
        : backend(as)
        , behaviour(behaves)
        , model(behaves.concurrency, behaves.sharing)
        , tracker(check ? check->rise : 1, check ? check->fall : 1,
                  check && isDown(0) ? HealthState::Unhealthy : HealthState::Healthy)
    {
    }

    /// The period that `nowUs` lies in, or null.
    [[nodiscard]] const Period* periodAt(double nowUs) const;
    [[nodiscard]] int weightAt(double nowUs) const;
    [[nodiscard]] bool isDown(double nowUs) const;

    /// Below max_requests?
    [[nodiscard]] bool hasRoom() const
    {
        return !backend.maxRequests || load.inFlight < static_cast<unsigned>(*backend.maxRequests);
    }

    const config::Backend& backend;
    const ServerBehaviour& behaviour;
    ServerModel model;
    health::HealthTracker tracker;
    balancing::Load load;
    std::uint64_t endGeneration = 0; ///< of the event that tells of the model's next end
};

/// A deque, because loads do not move.
using Servers = std::deque<Server>;

class Candidates
{
public:
    /// Anew, after a change of health or weight.
    void rebuild(Servers& servers, const config::Pool& pool, double nowUs);

    /// A server that is not among `tried` and has room, or -1; the caller's inputs but for `tried`.
    /// Those passed over are not added to `tried`.
    [[nodiscard]] int pick(const Servers& servers, balancing::PickInputs inputs,
                           const std::vector<std::uint32_t>& tried, std::uint64_t& cursor) const;

    /// May `server` be picked at all?
    [[nodiscard]] bool contains(std::uint32_t server) const;

private:
    std::vector<std::uint32_t> m_servers; ///< by candidate
    std::vector<int> m_candidates;        ///< by server; -1: none
    std::unique_ptr<balancing::Balancer> m_balancer;
};

} // namespace steelyard::simulation
