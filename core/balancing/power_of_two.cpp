/// `power-of-two`: two distinct uniform draws, the one under less pressure serves (Mitzenmacher
/// 2001, "The power of two choices in randomized load balancing"). Small pools are scanned whole.
/// Thread: see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

class PowerOfTwo final : public Balancer
{
public:
    using Balancer::Balancer;

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        return lowestOfFew<Pressure>(candidates(), inputs);
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        out.rule = "of those looked at the fewest in flight, with this request, over weight";
        explainFew(candidates().size(), inputs, out);
        for (std::size_t i = 0; i < candidates().size(); ++i)
            explainPressure(candidates(), i, inputs, out.candidates[i]);
    }
};

} // namespace

std::pair<std::size_t, std::size_t> twoOf(std::size_t count, std::uint64_t draw,
                                          const Tried* triedOnes) noexcept
{
    const SortedTried tried(triedOnes, count);
    const std::uint64_t left = count - tried.size();
    const std::uint64_t first = ((draw & 0xffffffffU) * left) >> 32U;
    std::uint64_t second = ((draw >> 32U) * (left - 1)) >> 32U;
    if (second >= first)
        ++second;
    return {tried.untried(first), tried.untried(second)};
}

void explainFew(std::size_t count, const PickInputs& inputs, Explanation& out)
{
    if (count > kScanWhole) {
        const auto [a, b] = twoOf(count, inputs.draw, inputs.tried);
        out.candidates[a].drawn = out.candidates[b].drawn = true;
        out.draws.push_back("two of " + std::to_string(count) + ": " + std::to_string(a) + " and " +
                            std::to_string(b));
        return;
    }
    for (std::size_t i = 0; i < count; ++i)
        out.candidates[i].drawn = !isTried(inputs, i);
    out.draws.push_back("all, because there are no more than " + std::to_string(kScanWhole));
}

std::unique_ptr<Balancer> makePowerOfTwo(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<PowerOfTwo>(options, std::move(candidates));
}

} // namespace steelyard::balancing
