/// `random`: weighted, by binary search in the running sums of the weights. A tried backend's
/// stretch is skipped, so one draw always suffices and the others keep their proportions. Thread:
/// see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

class Random final : public Balancer
{
public:
    Random(const BalancerOptions& options, Candidates from)
        : Balancer(options, std::move(from))
    {
        m_ends.reserve(candidates().size());
        std::uint64_t sum = 0;
        for (const Candidate& candidate : candidates())
            m_ends.push_back(sum += candidate.weight);
    }

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        if (m_ends.empty())
            return kNone;
        const SortedTried tried(inputs.tried, m_ends.size());
        std::uint64_t left = m_ends.back();
        for (const std::uint32_t index : tried)
            left -= m_ends[index] - startOf(index);
        if (left == 0)
            return kNone;
        std::uint64_t at = placeIn(inputs.draw, left);
        for (const std::uint32_t index : tried) {
            if (startOf(index) > at)
                break;
            at += m_ends[index] - startOf(index);
        }
        return static_cast<int>(std::upper_bound(m_ends.begin(), m_ends.end(), at) -
                                m_ends.begin());
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        out.rule = "drawn, each as likely as its weight";
        std::uint64_t left = 0;
        for (std::size_t i = 0; i < m_ends.size(); ++i)
            left += isTried(inputs, i) ? 0 : candidates()[i].weight;
        for (std::size_t i = 0; i < m_ends.size(); ++i) {
            Explanation::Line& line = out.candidates[i];
            line.drawn = !isTried(inputs, i);
            line.score =
                line.drawn ? static_cast<double>(candidates()[i].weight) / static_cast<double>(left)
                           : 0;
            line.text = "chance " + figure(line.score * 100) + " %";
        }
        if (left > 0)
            out.draws.push_back("place " + std::to_string(placeIn(inputs.draw, left)) + " of " +
                                std::to_string(left));
    }

private:
    [[nodiscard]] std::uint64_t startOf(std::uint32_t index) const noexcept
    {
        return index == 0 ? 0 : m_ends[index - 1];
    }

    std::vector<std::uint64_t> m_ends; ///< sum of the weights up to and with each candidate
};

} // namespace

std::unique_ptr<Balancer> makeRandom(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<Random>(options, std::move(candidates));
}

} // namespace steelyard::balancing
