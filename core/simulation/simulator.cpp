/// The event loop, and the arrivals.
/// Thread: one.
#include "simulation/simulator.h"

#include "simulation/simulation.h"

#include <cmath>

namespace steelyard::simulation {

Simulation::Simulation(const Workload& workload, const config::Pool& pool, bool keepOrder)
    : m_workload(workload)
    , m_pool(pool)
    , m_budget(pool.retry.budget)
    , m_arrivals(source(1))
    , m_clients(source(2))
    , m_services(source(3))
    , m_draws(source(4))
    , m_probes(source(5))
    , m_sessions(static_cast<std::size_t>(workload.sessions))
    , m_keepOrder(keepOrder)
    , m_serverLatencies(pool.backends.size())
{
    m_outcome.algorithm = pool.algorithm;
    for (const config::Backend& backend : pool.backends) {
        const auto own = workload.servers.find(backend.name);
        m_servers.emplace_back(backend,
                               own == workload.servers.end() ? workload.everyServer : own->second,
                               pool.healthCheck);
        m_outcome.servers.push_back({backend.name, backend.weight, 0, 0, 0, 0, {}});
    }
    for (std::uint32_t i = 0; i < m_servers.size(); ++i) {
        if (pool.healthCheck)
            push(static_cast<double>(microseconds(pool.healthCheck->interval).count()) *
                     m_probes.unit(),
                 Kind::Probe, i);
        for (const Period& period : m_servers[i].behaviour.periods) {
            if (!period.weight)
                continue;
            push(static_cast<double>(period.from.count()), Kind::Weights);
            push(static_cast<double>(period.to.count()), Kind::Weights);
        }
    }
    m_candidates.rebuild(m_servers, m_pool, 0);
}

Outcome Simulation::run()
{
    scheduleArrival();
    while ((m_arriving || m_open > 0) && !m_events.empty()) {
        const Event event = m_events.top();
        m_events.pop();
        m_now = event.at;
        switch (event.kind) {
        case Kind::Arrival:
            arrive();
            break;
        case Kind::End:
            if (event.detail == m_servers[event.subject].endGeneration)
                ended(event.subject);
            break;
        case Kind::Failure:
            failed(event.subject);
            break;
        case Kind::Probe:
            probe(event.subject);
            break;
        case Kind::ProbeEnd:
            probed(event.subject, event.detail != 0);
            break;
        case Kind::Weights:
            m_candidates.rebuild(m_servers, m_pool, m_now);
            dispatchQueue();
            break;
        case Kind::QueueTimeout:
            if (m_requests[event.subject].waiting &&
                m_requests[event.subject].number == event.detail) {
                std::erase(m_queue, event.subject);
                finish(event.subject, false);
            }
            break;
        }
    }
    m_outcome.latencies = m_latencies.summary();
    for (std::size_t i = 0; i < m_servers.size(); ++i)
        m_outcome.servers[i].latencies = m_serverLatencies[i].summary();
    for (const Session& session : m_sessions) {
        m_outcome.sessions += session.server >= 0 ? 1 : 0;
        m_outcome.movedSessions += session.moved ? 1 : 0;
    }
    return std::move(m_outcome);
}

void Simulation::scheduleArrival()
{
    double at = 0;
    if (!m_workload.recorded.empty()) {
        m_arriving = m_arrived < m_workload.recorded.size();
        if (m_arriving)
            at = static_cast<double>(m_workload.recorded[m_arrived].atUs);
    } else {
        const double between = 1e6 / m_workload.rate;
        at = m_workload.poisson ? m_now - between * std::log(1 - m_arrivals.unit())
                                : static_cast<double>(m_arrived) * between;
        m_arriving = at < static_cast<double>(m_workload.duration.count());
    }
    if (m_arriving)
        push(at, Kind::Arrival);
}

void Simulation::identify(Request& request)
{
    if (!m_workload.recorded.empty()) {
        const RecordedRequest& recorded = m_workload.recorded[m_arrived];
        request.recordedUs = recorded.serviceUs;
        const auto [entry, isNew] = m_clientsByAddress.try_emplace(
            recorded.client, static_cast<std::uint32_t>(m_sessions.size()));
        if (isNew)
            m_sessions.emplace_back();
        request.session = entry->second;
        using Source = config::AffinityKey::Source;
        const Source by = m_pool.algorithm == Algorithm::ClientIpHash ? Source::ClientIp
                                                                      : m_pool.affinity.key.source;
        request.hasKey = by == Source::ClientIp || by == Source::Path;
        request.key =
            hashBytes(by == Source::Path ? recorded.target.substr(0, recorded.target.find('?'))
                                         : recorded.client);
    } else if (m_workload.sessions > 0) {
        request.session = m_clients.below(static_cast<std::uint32_t>(m_workload.sessions));
        request.hasKey = true;
        request.key = hashBytes("session-" + std::to_string(request.session));
    }
}

void Simulation::arrive()
{
    if (m_free.empty()) {
        m_free.push_back(static_cast<std::uint32_t>(m_requests.size()));
        m_requests.emplace_back();
    }
    const std::uint32_t id = m_free.back();
    m_free.pop_back();
    Request& request = m_requests[id];
    request = {};
    request.arrivedUs = m_now;
    request.number = m_arrived;
    request.retriesLeft = m_pool.retry.attempts;
    identify(request);
    ++m_arrived;
    ++m_open;
    m_budget.requestCame(m_now);
    scheduleArrival();
    dispatch(id);
}

Outcome simulate(const Workload& workload, const config::Pool& pool, bool keepOrder)
{
    return Simulation(workload, pool, keepOrder).run();
}

} // namespace steelyard::simulation
