/// `least-connections`: the backend with the fewest requests in flight for its weight, by looking
/// at all of them. The cost grows with the pool, and buys the exact minimum; scan-then-add may
/// overshoot by at most the number of workers. Thread: see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

class LeastConnections final : public Balancer
{
public:
    using Balancer::Balancer;

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        const std::span<const Candidate> all = candidates();
        Lowest<Pressure> lowest(inputs.draw);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!isTried(inputs, i))
                lowest.offer(i, Pressure::of(all, i, inputs));
        }
        return lowest.index();
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        out.rule = "the fewest in flight, with this request, over weight; equals by the draw";
        for (std::size_t i = 0; i < candidates().size(); ++i) {
            explainPressure(candidates(), i, inputs, out.candidates[i]);
            out.candidates[i].drawn = !isTried(inputs, i);
        }
    }
};

} // namespace

void explainPressure(std::span<const Candidate> candidates, std::size_t i, const PickInputs& inputs,
                     Explanation::Line& line)
{
    const Pressure pressure = Pressure::of(candidates, i, inputs);
    line.score = pressure.value();
    line.text = std::to_string(pressure.inFlight) + " / " + std::to_string(pressure.weight) +
                " = " + figure(line.score);
}

std::unique_ptr<Balancer> makeLeastConnections(const BalancerOptions& options,
                                               Candidates candidates)
{
    return std::make_unique<LeastConnections>(options, std::move(candidates));
}

} // namespace steelyard::balancing
