/// What the algorithms' files share: their constructors for makeBalancer(), and the small pieces
/// that more than one uses. Thread: see balancer.h.
#pragma once

#include "balancing/balancer.h"
#include "base/hash.h"

#include <algorithm>
#include <array>
#include <utility>

namespace steelyard::balancing {

using Candidates = std::vector<Candidate>;
[[nodiscard]] std::unique_ptr<Balancer> makeRoundRobin(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeLeastConnections(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makePowerOfTwo(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeRandom(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makePeakEwma(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeRingHash(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeMaglev(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeRendezvousHash(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makeFirst(const BalancerOptions&, Candidates);
[[nodiscard]] std::unique_ptr<Balancer> makePrequal(const BalancerOptions&, Candidates);

/// The longest schedule that round-robin keeps: 1 MiB. Pools whose reduced weights sum to more get
/// proportional smaller ones. Weights up to 256 are therefore exact for 1,024 backends, equal
/// weights for any number.
inline constexpr std::uint64_t kMaxPeriod = 262144;

/// Weights for a schedule of at most max(limit, n) slots: divided by their greatest common divisor,
/// and if the sum is still above `limit`, scaled down, each rounded to the nearest but at least 1
/// so that nobody starves (the sum may then exceed `limit` by at most n). Zero weights stay zero.
[[nodiscard]] std::vector<std::uint32_t> boundedWeights(std::span<const std::uint32_t> weights,
                                                        std::uint64_t limit);

/// The load to judge candidate `i` by: the recorded one, else the live one.
[[nodiscard]] inline LoadSample loadOf(std::span<const Candidate> candidates, std::size_t i,
                                       const PickInputs& inputs) noexcept
{
    if (inputs.loads != nullptr)
        return inputs.loads[i];
    return candidates[i].load == nullptr ? LoadSample{} : candidates[i].load->sample();
}

[[nodiscard]] inline std::uint64_t inFlightOf(std::span<const Candidate> candidates, std::size_t i,
                                              const PickInputs& inputs) noexcept
{
    if (inputs.loads != nullptr)
        return inputs.loads[i].inFlight;
    const Load* load = candidates[i].load;
    return load == nullptr ? 0 : load->inFlight.load(std::memory_order_relaxed);
}

[[nodiscard]] inline bool isTried(const PickInputs& inputs, std::size_t i) noexcept
{
    return inputs.tried != nullptr && inputs.tried->contains(static_cast<std::uint32_t>(i));
}

/// In flight, counting the request that is about to be added, over weight: compared as cross
/// products, so exactly.
struct Pressure
{
    std::uint64_t inFlight = 0; ///< with the new one
    std::uint64_t weight = 1;

    [[nodiscard]] static Pressure of(std::span<const Candidate> candidates, std::size_t i,
                                     const PickInputs& inputs) noexcept
    {
        return {inFlightOf(candidates, i, inputs) + 1, candidates[i].weight};
    }

    [[nodiscard]] bool below(const Pressure& other) const noexcept
    {
        return inFlight * other.weight < other.inFlight * weight;
    }

    [[nodiscard]] bool equals(const Pressure& other) const noexcept
    {
        return inFlight * other.weight == other.inFlight * weight;
    }

    [[nodiscard]] double value() const noexcept
    {
        return static_cast<double>(inFlight) / static_cast<double>(weight);
    }
};

/// Keeps the lowest of a sequence of scores; equals share evenly by `draw`. Score has below() and
/// equals().
template <typename Score>
class Lowest
{
public:
    explicit Lowest(std::uint64_t draw) noexcept
        : m_chance(draw)
    {
    }

    void offer(std::size_t index, const Score& score) noexcept
    {
        if (m_index == Balancer::kNone || score.below(m_score)) {
            m_index = static_cast<int>(index);
            m_score = score;
            m_equals = 1;
        } else if (score.equals(m_score)) {
            // Reservoir sampling: the k-th of equals takes the place with probability 1/k, so each
            // keeps 1/k, and the scores are read once only (a second pass would see others).
            // Knuth's MMIX generator spreads the draw.
            ++m_equals;
            m_chance = m_chance * 6364136223846793005ULL + 1442695040888963407ULL;
            if (((m_chance >> 32U) * m_equals) >> 32U == 0)
                m_index = static_cast<int>(index);
        }
    }

    [[nodiscard]] int index() const noexcept { return m_index; }

private:
    Score m_score;
    std::uint64_t m_chance;
    std::uint64_t m_equals = 0;
    int m_index = Balancer::kNone;
};

/// Pools up to this size are scanned whole by those that draw: it costs no more and chooses better.
inline constexpr std::size_t kScanWhole = 16;

/// The tried indexes below `count` in ascending order, each once: lets a draw skip them instead of
/// being repeated.
class SortedTried
{
public:
    SortedTried(const Tried* tried, std::size_t count) noexcept
    {
        if (tried == nullptr)
            return;
        for (const std::uint32_t index : tried->indexes()) {
            if (index < count && m_size < m_indexes.size())
                m_indexes[m_size++] = index;
        }
        std::sort(m_indexes.begin(), m_indexes.begin() + m_size);
        m_size = static_cast<std::size_t>(
            std::unique(m_indexes.begin(), m_indexes.begin() + m_size) - m_indexes.begin());
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_size; }

    /// The candidate of that rank among those not tried.
    [[nodiscard]] std::size_t untried(std::uint64_t rank) const noexcept
    {
        for (const std::uint32_t index : *this) {
            if (index > rank)
                break;
            ++rank;
        }
        return rank;
    }

    [[nodiscard]] const std::uint32_t* begin() const noexcept { return m_indexes.data(); }

    [[nodiscard]] const std::uint32_t* end() const noexcept { return m_indexes.data() + m_size; }

private:
    std::array<std::uint32_t, 8> m_indexes{};
    std::size_t m_size = 0;
};

/// Two distinct untried indexes below `count`, uniform by `draw`. `count` > kScanWhole, so that two
/// are always left.
[[nodiscard]] std::pair<std::size_t, std::size_t> twoOf(std::size_t count, std::uint64_t draw,
                                                        const Tried* tried) noexcept;

/// The lowest Score of all untried candidates where they are few, else of two drawn ones. Score has
/// of(candidates, index, inputs) too.
template <typename Score>
[[nodiscard]] int lowestOfFew(std::span<const Candidate> candidates,
                              const PickInputs& inputs) noexcept
{
    Lowest<Score> lowest(inputs.draw);
    if (candidates.size() > kScanWhole) {
        const auto [a, b] = twoOf(candidates.size(), inputs.draw, inputs.tried);
        const bool takeSecond =
            Score::of(candidates, b, inputs).below(Score::of(candidates, a, inputs));
        return static_cast<int>(takeSecond ? b : a);
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (!isTried(inputs, i))
            lowest.offer(i, Score::of(candidates, i, inputs));
    }
    return lowest.index();
}

/// For explain(): a number as short as it says enough; which were drawn by lowestOfFew().
[[nodiscard]] std::string figure(double value);
[[nodiscard]] std::string latencyFigure(float us); ///< "2.5 ms"; of 0 (LoadSample): "unmeasured"
void explainFew(std::size_t count, const PickInputs& inputs, Explanation& out);
void explainPressure(std::span<const Candidate> candidates, std::size_t i, const PickInputs& inputs,
                     Explanation::Line& line);

} // namespace steelyard::balancing
