#include "simulation/candidates.h"

#include "base/hash.h"

namespace steelyard::simulation {

const Period* Server::periodAt(double nowUs) const
{
    for (const Period& period : behaviour.periods) {
        if (nowUs >= static_cast<double>(period.from.count()) &&
            nowUs < static_cast<double>(period.to.count()))
            return &period;
    }
    return nullptr;
}

int Server::weightAt(double nowUs) const
{
    const Period* period = periodAt(nowUs);
    return period == nullptr ? backend.weight : period->weight.value_or(backend.weight);
}

bool Server::isDown(double nowUs) const
{
    const Period* period = periodAt(nowUs);
    return period != nullptr && period->down;
}

void Candidates::rebuild(Servers& servers, const config::Pool& pool, double nowUs)
{
    std::vector<balancing::Candidate> chosen;
    m_servers.clear();
    const auto collect = [&](bool backup, bool whateverHealth) {
        if (!m_servers.empty())
            return;
        for (std::uint32_t i = 0; i < servers.size(); ++i) {
            const Server& server = servers[i];
            const int weight = server.weightAt(nowUs);
            const bool healthy = server.tracker.state() == HealthState::Healthy;
            if (weight == 0 || server.backend.state != AdminState::Ready ||
                server.backend.backup != backup || !(healthy || whateverHealth))
                continue;
            m_servers.push_back(i);
            chosen.push_back({static_cast<std::uint32_t>(weight), &server.load,
                              hashBytes(server.backend.name),
                              static_cast<std::uint32_t>(server.backend.maxRequests.value_or(0))});
        }
    };
    collect(false, false);
    collect(true, false);
    if (pool.failOpen) {
        collect(false, true);
        collect(true, true);
    }
    m_candidates.assign(servers.size(), -1);
    for (std::size_t i = 0; i < m_servers.size(); ++i)
        m_candidates[m_servers[i]] = static_cast<int>(i);
    m_balancer =
        balancing::makeBalancer({pool.algorithm, pool.affinity.boundedLoad}, std::move(chosen));
}

int Candidates::pick(const Servers& servers, balancing::PickInputs inputs,
                     const std::vector<std::uint32_t>& triedServers, std::uint64_t& cursor) const
{
    balancing::Tried tried;
    for (const std::uint32_t server : triedServers) {
        if (m_candidates[server] >= 0)
            tried.add(static_cast<std::uint32_t>(m_candidates[server]));
    }
    inputs.tried = &tried;
    for (;;) {
        inputs.cursor = m_balancer->usesCursor() ? cursor++ : 0;
        const int candidate = m_balancer->pick(inputs);
        if (candidate == balancing::Balancer::kNone)
            return -1;
        const std::uint32_t server = m_servers[static_cast<std::size_t>(candidate)];
        if (servers[server].hasRoom())
            return static_cast<int>(server);
        if (tried.size() == balancing::Tried::kMax)
            return -1;
        tried.add(static_cast<std::uint32_t>(candidate));
    }
}

bool Candidates::contains(std::uint32_t server) const
{
    return m_candidates[server] >= 0;
}

} // namespace steelyard::simulation
