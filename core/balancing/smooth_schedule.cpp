/// The smooth weighted round-robin sequence (nginx, "smooth weighted round-robin balancing", 2012):
/// every slot each backend's credit grows by its weight, the largest credit (the first of equals)
/// is served and pays the sum of weights.
///
/// Backends of equal weight are served in turn among themselves: the one served fewest times leads,
/// and of those the one with the lowest index. So one credit per distinct weight is enough, and a
/// slot costs the number of distinct weights (at most 256) instead of the number of backends, with
/// the same sequence. Thread: any; pure.
#include "balancing/algorithms.h"

#include <map>
#include <numeric>

namespace steelyard::balancing {

namespace {

/// The backends of one weight, and the credit of the one that leads them.
struct Group
{
    std::int64_t weight = 0;
    std::int64_t credit = 0;            ///< of members[next]
    std::vector<std::uint32_t> members; ///< ascending
    std::size_t next = 0;
};

std::vector<Group> groupByWeight(std::span<const std::uint32_t> weights)
{
    std::map<std::uint32_t, Group> byWeight;
    for (std::uint32_t i = 0; i < weights.size(); ++i) {
        if (weights[i] == 0)
            continue;
        Group& group = byWeight[weights[i]];
        group.weight = weights[i];
        group.members.push_back(i);
    }
    std::vector<Group> groups;
    groups.reserve(byWeight.size());
    for (auto& [weight, group] : byWeight)
        groups.push_back(std::move(group));
    return groups;
}

} // namespace

std::vector<std::uint32_t> boundedWeights(std::span<const std::uint32_t> weights,
                                          std::uint64_t limit)
{
    std::uint32_t divisor = 0;
    for (const std::uint32_t weight : weights)
        divisor = std::gcd(divisor, weight);
    std::vector<std::uint32_t> bounded(weights.begin(), weights.end());
    if (divisor == 0)
        return bounded;
    std::uint64_t sum = 0;
    for (std::uint32_t& weight : bounded)
        sum += weight /= divisor;
    if (sum <= limit)
        return bounded;
    for (std::uint32_t& weight : bounded) {
        if (weight == 0)
            continue;
        const double scaled =
            static_cast<double>(weight) * static_cast<double>(limit) / static_cast<double>(sum);
        weight = std::max(1U, static_cast<std::uint32_t>(scaled + 0.5));
    }
    return bounded;
}

std::vector<std::uint32_t> smoothWeightedSequence(std::span<const std::uint32_t> weights)
{
    const std::vector<std::uint32_t> reduced = boundedWeights(weights, ~std::uint64_t{0});
    const std::int64_t period = std::accumulate(reduced.begin(), reduced.end(), std::int64_t{0});
    std::vector<Group> groups = groupByWeight(reduced);
    std::vector<std::uint32_t> sequence;
    sequence.reserve(static_cast<std::size_t>(period));
    for (std::int64_t slot = 0; slot < period; ++slot) {
        Group* best = &groups.front();
        for (Group& group : groups) {
            group.credit += group.weight;
            if (group.credit > best->credit ||
                (group.credit == best->credit &&
                 group.members[group.next] < best->members[best->next])) {
                best = &group;
            }
        }
        sequence.push_back(best->members[best->next]);
        // The rest of the group keeps its credit; when all have been served, all have paid once.
        if (++best->next == best->members.size()) {
            best->next = 0;
            best->credit -= period;
        }
    }
    return sequence;
}

} // namespace steelyard::balancing
