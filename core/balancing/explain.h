/// A choice written down with all that it depended on, and made again from that: "why this
/// server?". Thread: any; a Recomputer is for one thread.
#pragma once

#include "balancing/balancer.h"

namespace steelyard::balancing {

/// Plain values, bounded.
struct Decision
{
    /// Choices among more candidates are not recorded.
    static constexpr std::size_t kMostCandidates = 1024;

    struct Seen
    {
        std::uint64_t id = 0;
        std::uint32_t weight = 0;
        std::uint32_t limit = 0;
        LoadSample load;
    };

    BalancerOptions options;
    std::vector<Seen> candidates;
    std::uint64_t draw = 0, cursor = 0, key = 0, nowUs = 0;
    bool hasKey = false;
    Tried tried; ///< before this choice
    int pick = Balancer::kNone;
};

/// Picks, and writes the choice down. The loads are read once, and the choice is made on what was
/// read: other workers change them meanwhile. `out` is reused without allocating once it is large
/// enough; with more than kMostCandidates it has none, and the pick is an ordinary one.
[[nodiscard]] int pickRecorded(const Balancer& balancer, const PickInputs& inputs, Decision& out);

/// Makes recorded choices again. Keeps the last balancer, because tables are expensive and the
/// choices of one pool mostly come in a row.
class Recomputer
{
public:
    /// The index that Decision::pick has, always.
    [[nodiscard]] int recompute(const Decision& decision);
    /// With the scores and draws.
    [[nodiscard]] Explanation explain(const Decision& decision);

private:
    void prepare(const Decision& decision);
    [[nodiscard]] PickInputs inputsOf(const Decision& decision);

    std::unique_ptr<Balancer> m_balancer;
    std::vector<LoadSample> m_loads;
};

[[nodiscard]] int recompute(const Decision& decision);
[[nodiscard]] Explanation explain(const Decision& decision);

} // namespace steelyard::balancing
