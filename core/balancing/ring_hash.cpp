/// `ring-hash`: every backend has points on a ring of 2^64, in proportion to its weight; a key goes
/// to the next point (Karger et al. 1997; libketama). How many points a backend has depends on its
/// own weight alone, so that a change elsewhere does not move its keys: 16 for each unit of weight,
/// 1,600 at the weight of 100. Only rings above 2^19 points are thinned. A pick is a binary search.
/// Thread: see balancer.h.
#include "balancing/hashing.h"

namespace steelyard::balancing {

namespace {

constexpr std::uint64_t kPointsPerWeight = 16;
constexpr std::uint64_t kMostPoints = 1U << 19U;

struct Point
{
    std::uint64_t place;
    std::uint32_t index;
};

struct RingWalk
{
    explicit RingWalk(std::span<const Candidate> candidates)
    {
        std::uint64_t points = 0;
        for (const Candidate& candidate : candidates)
            points += candidate.weight * kPointsPerWeight;
        // Thinned by powers of two: every second point stays where it was.
        unsigned thinned = 0;
        while ((points >> thinned) > kMostPoints)
            ++thinned;
        std::vector<Point> ring;
        for (const std::uint32_t i : indexesById(candidates)) {
            std::uint64_t state = mixed(candidates[i].id);
            const std::uint64_t own = (candidates[i].weight * kPointsPerWeight) >> thinned;
            for (std::uint64_t k = 0; k < std::max<std::uint64_t>(1, own); ++k)
                ring.push_back({mixed(state += kGoldenStep), i});
        }
        std::stable_sort(ring.begin(), ring.end(),
                         [](const Point& a, const Point& b) { return a.place < b.place; });
        for (const Point& point : ring) {
            m_places.push_back(point.place);
            m_owners.push_back(point.index);
        }
    }

    template <typename Visit>
    void operator()(std::uint64_t place, Visit&& visit) const
    {
        constexpr std::size_t kSteps = 1024;
        auto at = static_cast<std::size_t>(
            std::lower_bound(m_places.begin(), m_places.end(), place) - m_places.begin());
        for (std::size_t step = std::min(kSteps, m_owners.size()); step > 0; --step, ++at) {
            if (at == m_owners.size())
                at = 0;
            if (visit(static_cast<std::size_t>(m_owners[at])))
                return;
        }
    }

private:
    std::vector<std::uint64_t> m_places; ///< ascending
    std::vector<std::uint32_t> m_owners; ///< of each place
};

} // namespace

std::unique_ptr<Balancer> makeRingHash(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<HashBalancer<RingWalk>>(options, std::move(candidates));
}

} // namespace steelyard::balancing
