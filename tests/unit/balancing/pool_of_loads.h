/// Candidates with in-flight counts of their own, for the balancers' tests.
#pragma once

#include "balancing/balancer.h"
#include "base/hash.h"

#include <memory>
#include <string>
#include <vector>

namespace steelyard::balancing {

class PoolOfLoads
{
public:
    explicit PoolOfLoads(const std::vector<std::uint32_t>& weights)
        : m_loads(new Load[weights.size()])
    {
        for (std::size_t i = 0; i < weights.size(); ++i)
            m_candidates.push_back(
                {weights[i], &m_loads[i], hashBytes("server-" + std::to_string(i))});
    }

    [[nodiscard]] const std::vector<Candidate>& candidates() const { return m_candidates; }

    [[nodiscard]] std::size_t size() const { return m_candidates.size(); }

    [[nodiscard]] std::vector<Candidate>& candidates() { return m_candidates; }

    [[nodiscard]] Load& load(std::size_t i) { return m_loads[i]; }

    [[nodiscard]] std::atomic<std::uint32_t>& inFlight(std::size_t i)
    {
        return m_loads[i].inFlight;
    }

private:
    std::unique_ptr<Load[]> m_loads;
    std::vector<Candidate> m_candidates;
};

} // namespace steelyard::balancing
