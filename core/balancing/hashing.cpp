/// Bounded load, and the explanation of the hashes.
/// Thread: see balancer.h.
#include "balancing/hashing.h"

#include <cmath>
#include <numeric>

namespace steelyard::balancing {

namespace {

constexpr std::uint64_t kUnit = 10'000; ///< the configuration's shares have four decimals

} // namespace

LoadBound::LoadBound(std::optional<double> bound, std::span<const Candidate> candidates) noexcept
{
    if (!bound)
        return;
    m_bound = static_cast<std::uint64_t>(std::llround(std::max(1.0, *bound) * kUnit));
    for (const Candidate& candidate : candidates)
        m_weights += candidate.weight;
}

std::uint64_t LoadBound::capacity(std::uint32_t weight, std::uint64_t total) const noexcept
{
    __extension__ using Wide = unsigned __int128;
    const Wide whole = static_cast<Wide>(m_bound) * (total + 1) * weight;
    const Wide parts = static_cast<Wide>(kUnit) * m_weights;
    return static_cast<std::uint64_t>((whole + parts - 1) / parts);
}

bool Admission::hasRoom(std::size_t i) noexcept
{
    const std::uint64_t inFlight = inFlightOf(m_candidates, i, m_inputs);
    return inFlight == 0 || inFlight < m_bound.capacity(m_candidates[i].weight, total());
}

std::uint64_t Admission::total() noexcept
{
    if (!m_total && m_inputs.loads == nullptr && m_inputs.together >= 0)
        m_total = static_cast<std::uint64_t>(m_inputs.together);
    if (!m_total) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < m_candidates.size(); ++i)
            sum += inFlightOf(m_candidates, i, m_inputs);
        m_total = sum;
    }
    return *m_total;
}

std::vector<std::uint32_t> indexesById(std::span<const Candidate> candidates)
{
    std::vector<std::uint32_t> order(candidates.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(candidates[a].id, a) < std::pair(candidates[b].id, b);
    });
    return order;
}

void explainHash(const LoadBound& bound, std::span<const Candidate> candidates,
                 const PickInputs& inputs, std::span<const std::size_t> order, Explanation& out)
{
    char place[32];
    std::snprintf(place, sizeof(place), "%016llx",
                  static_cast<unsigned long long>(placeOf(inputs)));
    out.rule = bound.on() ? "the first in the key's order that was not tried and has room"
                          : "the first in the key's order that was not tried";
    out.draws.push_back((inputs.hasKey ? "key " : "no key, so the draw ") + std::string(place));
    Admission admission(bound, candidates, inputs);
    for (Explanation::Line& line : out.candidates)
        line.text = "further down in the key's order";
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const std::size_t i = order[rank];
        Explanation::Line& line = out.candidates[i];
        line.drawn = true;
        line.score = static_cast<double>(rank + 1);
        line.text = "number " + std::to_string(rank + 1) + " in the key's order";
        if (bound.on()) {
            line.text += ", " + std::to_string(inFlightOf(candidates, i, inputs)) +
                         " in flight of " +
                         std::to_string(bound.capacity(candidates[i].weight, admission.total()));
        }
    }
}

} // namespace steelyard::balancing
