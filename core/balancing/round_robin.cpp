/// `round-robin`: the smooth weighted schedule, computed once; a pick is one look-up at the pool's
/// shared cursor, so the order is exact whatever the number of workers. Thread: see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

std::vector<std::uint32_t> weightsOf(std::span<const Candidate> candidates)
{
    std::vector<std::uint32_t> weights;
    weights.reserve(candidates.size());
    for (const Candidate& candidate : candidates)
        weights.push_back(candidate.weight);
    return weights;
}

class RoundRobin final : public Balancer
{
public:
    RoundRobin(const BalancerOptions& options, Candidates from)
        : Balancer(options, std::move(from))
        , m_schedule(smoothWeightedSequence(boundedWeights(weightsOf(candidates()), kMaxPeriod)))
    {
    }

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        const std::size_t period = m_schedule.size();
        if (period == 0)
            return kNone;
        std::size_t slot = inputs.cursor % period;
        if (inputs.tried == nullptr)
            return static_cast<int>(m_schedule[slot]);
        for (std::size_t step = 0; step < period; ++step) {
            if (!inputs.tried->contains(m_schedule[slot]))
                return static_cast<int>(m_schedule[slot]);
            if (++slot == period)
                slot = 0;
        }
        return kNone;
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        const std::size_t period = m_schedule.size();
        out.rule = "in turn by the weighted schedule; the tried are passed over";
        std::vector<std::size_t> slots(candidates().size(), 0);
        for (const std::uint32_t index : m_schedule)
            ++slots[index];
        for (std::size_t i = 0; i < slots.size(); ++i) {
            out.candidates[i].score = static_cast<double>(slots[i]);
            out.candidates[i].text =
                std::to_string(slots[i]) + " of " + std::to_string(period) + " slots";
        }
        if (period > 0) {
            const std::size_t slot = inputs.cursor % period;
            out.candidates[m_schedule[slot]].drawn = true;
            out.draws.push_back("ticket " + std::to_string(inputs.cursor) + ": slot " +
                                std::to_string(slot) + " of " + std::to_string(period));
        }
    }

    [[nodiscard]] bool usesCursor() const override { return true; }

private:
    std::vector<std::uint32_t> m_schedule;
};

} // namespace

std::unique_ptr<Balancer> makeRoundRobin(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<RoundRobin>(options, std::move(candidates));
}

} // namespace steelyard::balancing
