/// Recording and making again, with the balancers that serve.
/// Thread: see explain.h.
#include "balancing/explain.h"

#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

bool fits(const Balancer& balancer, const Decision& decision)
{
    return balancer.options() == decision.options &&
           std::equal(balancer.candidates().begin(), balancer.candidates().end(),
                      decision.candidates.begin(), decision.candidates.end(),
                      [](const Candidate& a, const Decision::Seen& b) {
                          return a.id == b.id && a.weight == b.weight && a.limit == b.limit;
                      });
}

} // namespace

int pickRecorded(const Balancer& balancer, const PickInputs& inputs, Decision& out)
{
    const std::span<const Candidate> candidates = balancer.candidates();
    out.options = balancer.options();
    out.draw = inputs.draw;
    out.cursor = inputs.cursor;
    out.key = inputs.key;
    out.hasKey = inputs.hasKey;
    out.nowUs = inputs.nowUs;
    out.tried = inputs.tried == nullptr ? Tried() : *inputs.tried;
    out.candidates.clear();
    if (candidates.size() > Decision::kMostCandidates) {
        out.pick = balancer.pick(inputs);
        return out.pick;
    }
    thread_local std::vector<LoadSample> loads;
    loads.clear();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        loads.push_back(loadOf(candidates, i, inputs));
        out.candidates.push_back(
            {candidates[i].id, candidates[i].weight, candidates[i].limit, loads.back()});
    }
    PickInputs onSamples = inputs;
    onSamples.loads = loads.data();
    out.pick = balancer.pick(onSamples);
    return out.pick;
}

void Recomputer::prepare(const Decision& decision)
{
    if (!m_balancer || !fits(*m_balancer, decision)) {
        Candidates candidates;
        for (const Decision::Seen& seen : decision.candidates)
            candidates.push_back({seen.weight, nullptr, seen.id, seen.limit});
        m_balancer = makeBalancer(decision.options, std::move(candidates));
    }
    m_loads.clear();
    for (const Decision::Seen& seen : decision.candidates)
        m_loads.push_back(seen.load);
}

PickInputs Recomputer::inputsOf(const Decision& decision)
{
    prepare(decision);
    return {decision.draw,   decision.cursor, &decision.tried, decision.key,
            decision.hasKey, decision.nowUs,  m_loads.data()};
}

int Recomputer::recompute(const Decision& decision)
{
    const PickInputs inputs = inputsOf(decision);
    return m_balancer->pick(inputs);
}

Explanation Recomputer::explain(const Decision& decision)
{
    const PickInputs inputs = inputsOf(decision);
    Explanation out;
    out.candidates.resize(decision.candidates.size());
    m_balancer->explain(inputs, out);
    out.pick = m_balancer->pick(inputs);
    for (std::size_t i = 0; i < out.candidates.size(); ++i) {
        if (isTried(inputs, i))
            out.candidates[i].text += "; tried already";
    }
    return out;
}

int recompute(const Decision& decision)
{
    return Recomputer().recompute(decision);
}

Explanation explain(const Decision& decision)
{
    return Recomputer().explain(decision);
}

} // namespace steelyard::balancing
