/// Health checks in virtual time: the tracker and the intervals of the health monitor.
/// Thread: one.
#include "simulation/simulation.h"

#include <algorithm>

namespace steelyard::simulation {

void Simulation::probe(std::uint32_t index)
{
    Server& server = m_servers[index];
    const Period* period = server.periodAt(m_now);
    const ServiceTime& time =
        period == nullptr ? server.behaviour.time : period->time.value_or(server.behaviour.time);
    const double timeout = static_cast<double>(microseconds(m_pool.healthCheck->timeout).count());
    const double took = server.isDown(m_now) ? kRefusedUs : time.draw(m_probes, 0);
    const bool good = !server.isDown(m_now) && took <= timeout;
    push(m_now + std::min(took, timeout), Kind::ProbeEnd, index, good ? 1 : 0);
}

void Simulation::probed(std::uint32_t index, bool good)
{
    Server& server = m_servers[index];
    if (server.tracker.record(good)) {
        m_candidates.rebuild(m_servers, m_pool, m_now);
        dispatchQueue();
    }
    const config::HealthCheck& check = *m_pool.healthCheck;
    const milliseconds interval =
        server.tracker.changing() ? std::min(check.fastInterval, check.interval) : check.interval;
    const double jitter = 1 + check.jitter * (2 * m_probes.unit() - 1);
    push(m_now + static_cast<double>(microseconds(interval).count()) * jitter, Kind::Probe, index);
}

} // namespace steelyard::simulation
