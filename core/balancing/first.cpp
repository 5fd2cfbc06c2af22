/// `first`: fills the backends in their order, each up to its limit, before the next gets anything,
/// so that few are busy and the rest can sleep (HAProxy's algorithm of that name). Weights say
/// nothing here, and a backend without a limit takes all. Scans, so the cost grows with the pool.
/// Thread: see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

class First final : public Balancer
{
public:
    using Balancer::Balancer;

    /// When all are full, the first untried: the caller's own check of the limit refuses it.
    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        int full = kNone;
        for (std::size_t i = 0; i < candidates().size(); ++i) {
            if (isTried(inputs, i))
                continue;
            if (hasRoom(i, inputs))
                return static_cast<int>(i);
            if (full == kNone)
                full = static_cast<int>(i);
        }
        return full;
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        out.rule = "the first in the pool's order that is below its limit";
        for (std::size_t i = 0; i < candidates().size(); ++i) {
            const std::uint32_t limit = candidates()[i].limit;
            const std::uint64_t inFlight = inFlightOf(candidates(), i, inputs);
            Explanation::Line& line = out.candidates[i];
            line.drawn = !isTried(inputs, i);
            line.score = static_cast<double>(inFlight);
            line.text = std::to_string(inFlight) + " in flight, " +
                        (limit == 0 ? "no limit" : "limit " + std::to_string(limit)) +
                        (hasRoom(i, inputs) ? "" : ": full");
        }
    }

private:
    [[nodiscard]] bool hasRoom(std::size_t i, const PickInputs& inputs) const
    {
        const std::uint32_t limit = candidates()[i].limit;
        return limit == 0 || inFlightOf(candidates(), i, inputs) < limit;
    }
};

} // namespace

std::unique_ptr<Balancer> makeFirst(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<First>(options, std::move(candidates));
}

} // namespace steelyard::balancing
