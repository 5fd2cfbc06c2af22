#include "runtime/decision.h"

namespace steelyard::runtime {

void recompute(const Decision& decision, balancing::Recomputer& recomputer, Recomputed& into)
{
    ++into.decisions;
    std::size_t attempt = 0;
    for (const Choice& choice : decision.choices) {
        int backend = choice.backend;
        // Choices among very many candidates are noted, their inputs are not.
        if (choice.kind == Choice::Kind::Balanced && !choice.decision.candidates.empty()) {
            const int candidate = recomputer.recompute(choice.decision);
            ++into.choices;
            if (candidate == choice.decision.pick)
                ++into.same;
            backend =
                candidate == balancing::Balancer::kNone
                    ? candidate
                    : static_cast<int>(
                          decision.pool->candidates.backends[static_cast<std::size_t>(candidate)]);
        }
        if (backend == balancing::Balancer::kNone || *choice.refused != '\0')
            continue; // nobody was asked
        ++into.leases;
        if (attempt < decision.served.size() &&
            decision.pool->backends[static_cast<std::size_t>(backend)].state->name ==
                decision.served[attempt])
            ++into.served;
        ++attempt;
    }
}

} // namespace steelyard::runtime
