/// `rendezvous-hash`: the candidate with the highest score for the key serves (Thaler and
/// Ravishankar 1998), weighted by -weight / ln(hash) (Schindelhauer and Schomaker 2005): when one
/// goes only its keys move, and a changed weight moves only what it must. Keys share a table of
/// slots whose winners are worked out beforehand, so a pick is one look-up. Thread: see balancer.h.
///
/// The highest score belongs to the shortest of exponential times, -ln(hash) / weight. Such times
/// need not be drawn for every candidate and slot: a candidate's times over all slots are one
/// Poisson process, whose points are made in ascending time, each in a slot drawn evenly. Only the
/// points before every slot has one are ever made, about ln(slots) for a slot, whatever the number
/// of candidates.
#include "balancing/hashing.h"

#include <cmath>
#include <limits>

namespace steelyard::balancing {

namespace {

constexpr unsigned kFewestBits = 16;
constexpr unsigned kMostBits = 20;
constexpr std::size_t kSlotsEach = 256;

/// One candidate's points, in ascending time. A point's low bits give the time since the one
/// before, its high bits the slot.
class Process
{
public:
    Process(std::uint64_t id, std::uint32_t index, std::uint32_t weight)
        : m_state(mixed(id))
        , m_weight(weight)
        , m_index(index)
    {
        advance();
    }

    [[nodiscard]] float time() const { return static_cast<float>(m_passed / m_weight); }

    [[nodiscard]] std::uint64_t slot(unsigned bits) const { return m_point >> (64 - bits); }

    [[nodiscard]] std::uint32_t index() const { return m_index; }

    void advance()
    {
        constexpr unsigned kTimeBits = 40;
        m_point = mixed(m_state += kGoldenStep);
        const std::uint64_t low = (m_point & ((1ULL << kTimeBits) - 1)) + 1;
        m_passed -= static_cast<double>(std::log(static_cast<float>(low) * 0x1.0p-40F));
    }

private:
    std::uint64_t m_state;
    std::uint64_t m_point = 0;
    double m_passed = 0; ///< at weight 1
    double m_weight;
    std::uint32_t m_index;
};

struct RendezvousWalk
{
    explicit RendezvousWalk(std::span<const Candidate> candidates)
        : table(rendezvousSlots(candidates))
    {
    }

    template <typename Visit>
    void operator()(std::uint64_t place, Visit&& visit) const
    {
        table.walk(place, visit);
    }

    SlotTable table;
};

} // namespace

std::vector<std::uint32_t> rendezvousSlots(std::span<const Candidate> candidates)
{
    if (candidates.empty())
        return {};
    unsigned bits = kFewestBits;
    while (bits < kMostBits && (1ULL << bits) < candidates.size() * kSlotsEach)
        ++bits;
    const std::size_t size = 1ULL << bits;

    std::vector<Process> processes;
    double weights = 0;
    for (const std::uint32_t i : indexesById(candidates)) {
        processes.emplace_back(candidates[i].id, i, candidates[i].weight);
        weights += candidates[i].weight;
    }

    struct Winner
    {
        float time = std::numeric_limits<float>::infinity();
        std::uint32_t index = 0;
    };

    std::vector<Winner> winners(size);
    std::size_t left = size;
    // Of the points before `until` there are `until * weights` in all: ln(size) a slot leave about
    // one slot without any.
    const double round = static_cast<double>(size) / weights;
    for (double until = round * std::log(static_cast<double>(size)); left > 0; until += round) {
        for (Process& process : processes) {
            for (; static_cast<double>(process.time()) < until; process.advance()) {
                Winner& winner = winners[process.slot(bits)];
                left -= std::isinf(winner.time) ? 1 : 0;
                if (process.time() < winner.time)
                    winner = {process.time(), process.index()};
            }
        }
    }
    std::vector<std::uint32_t> slots;
    slots.reserve(size);
    for (const Winner& winner : winners)
        slots.push_back(winner.index);
    return slots;
}

std::unique_ptr<Balancer> makeRendezvousHash(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<HashBalancer<RendezvousWalk>>(options, std::move(candidates));
}

} // namespace steelyard::balancing
