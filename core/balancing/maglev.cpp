/// `maglev` and `client-ip-hash`: the look-up table of "Maglev: A Fast and Reliable Software
/// Network Load Balancer" (NSDI 2016), section 3.4. The backends take turns, in each the next free
/// slot of a permutation of their own; one of half the largest weight takes every second turn. A
/// pick is one look-up. Thread: see balancer.h.
#include "balancing/hashing.h"

namespace steelyard::balancing {

namespace {

constexpr std::uint32_t kFewest = 65537;
constexpr std::size_t kFewestServe = 650;
constexpr std::uint32_t kSlotsEach = 100;
constexpr std::uint32_t kFree = ~0U;

bool isPrime(std::uint32_t number)
{
    for (std::uint32_t divisor = 2; static_cast<std::uint64_t>(divisor) * divisor <= number;
         ++divisor) {
        if (number % divisor == 0)
            return false;
    }
    return number > 1;
}

struct MaglevWalk
{
    explicit MaglevWalk(std::span<const Candidate> candidates)
        : table(maglevSlots(candidates))
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

std::vector<std::uint32_t> maglevTable(std::span<const MaglevSeed> seeds, std::uint32_t size)
{
    struct Turn
    {
        std::uint32_t next;    ///< slot
        std::uint64_t due = 0; ///< takes a turn in the round that reaches this, times its weight
    };

    std::vector<std::uint32_t> table(size, kFree);
    std::vector<Turn> turns;
    std::uint32_t heaviest = 1;
    for (const MaglevSeed& seed : seeds) {
        turns.push_back({seed.offset});
        heaviest = std::max(heaviest, seed.weight);
    }
    std::uint32_t filled = 0;
    for (std::uint64_t round = 1; filled < size && !seeds.empty(); ++round) {
        for (std::uint32_t i = 0; i < seeds.size() && filled < size; ++i) {
            Turn& turn = turns[i];
            if (round * seeds[i].weight < turn.due)
                continue;
            turn.due += heaviest;
            while (table[turn.next] != kFree) {
                turn.next += seeds[i].skip;
                if (turn.next >= size)
                    turn.next -= size;
            }
            table[turn.next] = i;
            ++filled;
        }
    }
    return table;
}

std::uint32_t maglevSize(std::size_t backends)
{
    if (backends <= kFewestServe)
        return kFewest;
    auto size = static_cast<std::uint32_t>(backends * kSlotsEach);
    while (!isPrime(size))
        ++size;
    return size;
}

std::vector<std::uint32_t> maglevSlots(std::span<const Candidate> candidates)
{
    if (candidates.empty())
        return {};
    const std::uint32_t size = maglevSize(candidates.size());
    const std::vector<std::uint32_t> order = indexesById(candidates);
    std::vector<MaglevSeed> seeds;
    for (const std::uint32_t i : order) {
        const std::uint64_t id = mixed(candidates[i].id);
        seeds.push_back({static_cast<std::uint32_t>(placeIn(id, size)),
                         static_cast<std::uint32_t>(placeIn(mixed(id + kGoldenStep), size - 1) + 1),
                         candidates[i].weight});
    }
    std::vector<std::uint32_t> slots = maglevTable(seeds, size);
    for (std::uint32_t& slot : slots)
        slot = order[slot];
    return slots;
}

std::unique_ptr<Balancer> makeMaglev(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<HashBalancer<MaglevWalk>>(options, std::move(candidates));
}

} // namespace steelyard::balancing
