/// What the hash algorithms share: whom a key may go to (bounded load, already tried), a table of
/// slots, and the functions that fill such tables. Thread: see balancer.h.
#pragma once

#include "balancing/algorithms.h"

namespace steelyard::balancing {

/// Where a request goes: its key; without one the draw, which spreads by weight.
[[nodiscard]] inline std::uint64_t placeOf(const PickInputs& inputs) noexcept
{
    return inputs.hasKey ? inputs.key : inputs.draw;
}

/// Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): nobody gets a
/// request while it has its capacity, ceil(c (total + 1) share), in flight; total is what all
/// have in flight (see PickInputs::together), share a weight's part of all weights. In whole
/// numbers, so exact.
class LoadBound
{
public:
    LoadBound(std::optional<double> bound, std::span<const Candidate> candidates) noexcept;

    [[nodiscard]] bool on() const noexcept { return m_bound != 0; }

    [[nodiscard]] std::uint64_t capacity(std::uint32_t weight, std::uint64_t total) const noexcept;

private:
    std::uint64_t m_bound = 0; ///< in 1/10,000; 0: none
    std::uint64_t m_weights = 0;
};

/// For one pick: may the request go there? What all have in flight, which the bound needs, is given
/// with the inputs, or summed once, and not at all while those asked for are idle.
class Admission
{
public:
    Admission(const LoadBound& bound, std::span<const Candidate> candidates,
              const PickInputs& inputs) noexcept
        : m_bound(bound)
        , m_candidates(candidates)
        , m_inputs(inputs)
    {
    }

    [[nodiscard]] bool untried(std::size_t i) const noexcept { return !isTried(m_inputs, i); }

    [[nodiscard]] bool hasRoom(std::size_t i) noexcept;

    [[nodiscard]] std::uint64_t total() noexcept;

private:
    const LoadBound& m_bound;
    std::span<const Candidate> m_candidates;
    const PickInputs& m_inputs;
    std::optional<std::uint64_t> m_total;
};

/// A balancer that asks candidates in an order which only the key decides, and takes the first that
/// was not tried and has room. `Walk` gives the order: walk(place, visit) calls visit(index) until
/// it returns true; it may give up early, and the rest is then asked in a row.
template <typename Walk>
class HashBalancer final : public Balancer
{
public:
    HashBalancer(const BalancerOptions& options, Candidates from)
        : Balancer(options, std::move(from))
        , m_walk(candidates())
        , m_bound(options.boundedLoad, candidates())
    {
    }

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        if (candidates().empty())
            return kNone;
        const std::uint64_t place = placeOf(inputs);
        Admission admission(m_bound, candidates(), inputs);
        if (m_bound.on()) {
            const int chosen = firstOf(
                place, [&](std::size_t i) { return admission.untried(i) && admission.hasRoom(i); });
            // All with room were tried: somebody has to serve.
            if (chosen != kNone)
                return chosen;
        }
        return firstOf(place, [&](std::size_t i) { return admission.untried(i); });
    }

    void explain(const PickInputs& inputs, Explanation& out) const override;

    [[nodiscard]] bool usesTogether() const override { return m_bound.on(); }

private:
    template <typename Accept>
    [[nodiscard]] int firstOf(std::uint64_t place, Accept&& accept) const
    {
        int chosen = kNone;
        const auto visit = [&](std::size_t i) {
            if (accept(i))
                chosen = static_cast<int>(i);
            return chosen != kNone;
        };
        m_walk(place, visit);
        const std::size_t count = candidates().size();
        std::size_t i = placeIn(place, count);
        for (std::size_t left = count; left > 0 && chosen == kNone; --left) {
            visit(i);
            i = i + 1 == count ? 0 : i + 1;
        }
        return chosen;
    }

    Walk m_walk;
    LoadBound m_bound;
};

void explainHash(const LoadBound& bound, std::span<const Candidate> candidates,
                 const PickInputs& inputs, std::span<const std::size_t> order, Explanation& out);

template <typename Walk>
void HashBalancer<Walk>::explain(const PickInputs& inputs, Explanation& out) const
{
    constexpr std::size_t kShown = 16;
    std::vector<std::size_t> order;
    if (!candidates().empty()) {
        m_walk(placeOf(inputs), [&](std::size_t i) {
            if (std::find(order.begin(), order.end(), i) == order.end())
                order.push_back(i);
            return order.size() == std::min(kShown, candidates().size());
        });
    }
    explainHash(m_bound, candidates(), inputs, order, out);
}

/// Slots that belong to candidates. The key's slot comes first; where that one may not serve,
/// further slots follow from the key by hashing again, so that the keys of one that is gone or full
/// spread over all others by weight.
class SlotTable
{
public:
    explicit SlotTable(std::vector<std::uint32_t> slots)
        : m_slots(std::move(slots))
    {
    }

    template <typename Visit>
    void walk(std::uint64_t place, Visit&& visit) const
    {
        constexpr int kSteps = 64;
        for (int step = 0; step < kSteps; ++step) {
            if (visit(static_cast<std::size_t>(m_slots[placeIn(place, m_slots.size())])))
                return;
            place = mixed(place + kGoldenStep);
        }
    }

    [[nodiscard]] const std::vector<std::uint32_t>& slots() const { return m_slots; }

private:
    std::vector<std::uint32_t> m_slots;
};

/// The candidates' indexes by ascending id: tables are filled in this order, so that the order in
/// the pool does not matter.
[[nodiscard]] std::vector<std::uint32_t> indexesById(std::span<const Candidate> candidates);

/// A backend's permutation of the slots (Maglev, NSDI 2016, section 3.4): offset, offset + skip,
/// offset + 2 skip, ... modulo the size.
struct MaglevSeed
{
    std::uint32_t offset = 0; ///< below the size
    std::uint32_t skip = 1;   ///< 1 to size - 1
    std::uint32_t weight = 1; ///< takes this many turns for every `largest weight` rounds
};

/// `size` must be prime, and above the number of seeds if each is to have a slot.
[[nodiscard]] std::vector<std::uint32_t> maglevTable(std::span<const MaglevSeed> seeds,
                                                     std::uint32_t size);

/// 65,537; for more than 650 backends the next prime that gives each at least 100 slots.
[[nodiscard]] std::uint32_t maglevSize(std::size_t backends);
[[nodiscard]] std::vector<std::uint32_t> maglevSlots(std::span<const Candidate> candidates);

/// For each of a power of two of slots the candidate with the highest weighted rendezvous score.
[[nodiscard]] std::vector<std::uint32_t> rendezvousSlots(std::span<const Candidate> candidates);

} // namespace steelyard::balancing
