/// What becomes of a request: the choice of a server, the attempt, its end, a retry, the pool's
/// queue. Thread: one.
#include "simulation/simulation.h"

#include <algorithm>

namespace steelyard::simulation {

namespace {

constexpr double kFailedUs = 1000; ///< and a failure so late

} // namespace

/// Stickiness first, then the balancer.
int Simulation::choose(Request& request)
{
    if (m_pool.stickiness && request.session != kNoSession && request.tried.empty()) {
        const int pinned = m_sessions[request.session].server;
        if (pinned >= 0) {
            const Server& server = m_servers[static_cast<std::size_t>(pinned)];
            // Persistence beats weights, 0 too.
            if (server.tracker.state() == HealthState::Healthy &&
                server.backend.state == AdminState::Ready && server.hasRoom())
                return pinned;
        }
    }
    balancing::PickInputs inputs;
    inputs.draw = m_draws.next();
    inputs.key = request.key;
    inputs.hasKey = request.hasKey;
    inputs.nowUs = static_cast<std::uint64_t>(m_now);
    return m_candidates.pick(m_servers, inputs, request.tried, m_cursor);
}

void Simulation::dispatch(std::uint32_t id)
{
    Request& request = m_requests[id];
    const int server = choose(request);
    if (server >= 0) {
        attempt(id, static_cast<std::uint32_t>(server));
        return;
    }
    // All that may be picked are full: wait. Nobody may be picked, or all were tried: that was it.
    bool full = false;
    for (std::uint32_t i = 0; i < m_servers.size(); ++i)
        full = full || (m_candidates.contains(i) && !m_servers[i].hasRoom());
    if (!full || m_pool.timeouts.queue.count() == 0) {
        finish(id, false);
        return;
    }
    request.waiting = true;
    m_queue.push_back(id);
    push(m_now + static_cast<double>(microseconds(m_pool.timeouts.queue).count()),
         Kind::QueueTimeout, id, request.number);
}

void Simulation::attempt(std::uint32_t id, std::uint32_t to)
{
    Request& request = m_requests[id];
    Server& server = m_servers[to];
    request.server = to;
    request.tried.push_back(to);
    request.attemptUs = m_now;
    request.waiting = false;
    const std::uint32_t inFlight = ++server.load.inFlight;
    ServerOutcome& outcome = m_outcome.servers[to];
    outcome.mostInFlight = std::max(outcome.mostInFlight, inFlight);
    if (m_keepOrder)
        m_outcome.order.push_back(to);

    const Period* period = server.periodAt(m_now);
    request.refused = period != nullptr && period->down;
    const double failures = period == nullptr
                                ? server.behaviour.failures
                                : period->failures.value_or(server.behaviour.failures);
    // Drawn in any case, so that the services of all runs stay alike.
    const bool fails = m_services.unit() < failures;
    const ServiceTime& time =
        period == nullptr ? server.behaviour.time : period->time.value_or(server.behaviour.time);
    const double service = time.draw(m_services, request.recordedUs);
    if (request.refused || fails) {
        push(m_now + (request.refused ? kRefusedUs : kFailedUs), Kind::Failure, id);
        return;
    }
    server.model.start(id, service, m_now);
    rescheduleEnd(to);
}

void Simulation::rescheduleEnd(std::uint32_t index)
{
    Server& server = m_servers[index];
    ++server.endGeneration;
    if (const auto end = server.model.nextEnd())
        push(std::max(*end, m_now), Kind::End, index, server.endGeneration);
}

void Simulation::ended(std::uint32_t index)
{
    Server& server = m_servers[index];
    const std::uint32_t id = server.model.finish(m_now);
    rescheduleEnd(index);
    const Request& request = m_requests[id];
    server.load.recordLatency(static_cast<std::uint64_t>(m_now - request.attemptUs),
                              static_cast<std::uint64_t>(m_now));
    leave(request);
    finish(id, true);
    dispatchQueue();
}

void Simulation::failed(std::uint32_t id)
{
    Request& request = m_requests[id];
    m_servers[request.server].load.recordFailure(
        static_cast<std::uint64_t>(m_now - request.attemptUs), static_cast<std::uint64_t>(m_now));
    leave(request);
    ++m_outcome.servers[request.server].errors;
    const bool again = request.retriesLeft > 0 && (request.refused || m_budget.take(m_now));
    if (again) {
        --request.retriesLeft;
        ++m_outcome.retries;
        dispatch(id);
    } else {
        finish(id, false);
    }
    dispatchQueue();
}

void Simulation::leave(const Request& request)
{
    --m_servers[request.server].load.inFlight;
}

void Simulation::finish(std::uint32_t id, bool good)
{
    Request& request = m_requests[id];
    request.waiting = false;
    const double tookUs = m_now - request.arrivedUs;
    if (request.arrivedUs >= static_cast<double>(m_workload.warmUp.count())) {
        const bool slow = good && m_workload.successWithin &&
                          tookUs > static_cast<double>(m_workload.successWithin->count());
        ++m_outcome.requests;
        m_outcome.errors += good ? 0 : 1;
        m_outcome.slow += slow ? 1 : 0;
        m_latencies.add(tookUs);
        if (!request.tried.empty()) {
            ServerOutcome& server = m_outcome.servers[request.server];
            ++server.requests;
            server.slow += slow ? 1 : 0;
            m_serverLatencies[request.server].add(tookUs);
        }
    }
    if (good && request.session != kNoSession) {
        Session& session = m_sessions[request.session];
        session.moved = session.moved ||
                        (session.server >= 0 && session.server != static_cast<int>(request.server));
        session.server = static_cast<int>(request.server);
    }
    m_free.push_back(id);
    --m_open;
}

void Simulation::dispatchQueue()
{
    // First come, first served: the rest waits for whom the first one waits.
    while (!m_queue.empty()) {
        const std::uint32_t id = m_queue.front();
        const int server = choose(m_requests[id]);
        if (server < 0)
            return;
        m_queue.pop_front();
        attempt(id, static_cast<std::uint32_t>(server));
    }
}

} // namespace steelyard::simulation
