#include "runtime/candidates.h"

#include "base/hash.h"
#include "runtime/decision.h"
#include "runtime/slow_start.h"
#include "runtime/snapshot.h"

#include <algorithm>
#include <cstring>

namespace steelyard::runtime {

namespace {

using balancing::Balancer;

/// Why the backend cannot be picked whatever its health; "" when it can.
const char* hindrance(const Backend& backend)
{
    switch (backend.state->admin.load(std::memory_order_relaxed)) {
    case AdminState::Draining:
        return "draining";
    case AdminState::Maintenance:
        return "in maintenance";
    case AdminState::Ready:
        break;
    }
    if (backend.weight == 0)
        return "its weight is 0";
    return backend.address.size == 0 ? "its name is not resolved" : "";
}

/// Why its health or its traffic rules it out; "" when they do not.
const char* ailment(const BackendState& state)
{
    switch (state.health.load(std::memory_order_relaxed)) {
    case HealthState::Checking:
        return "not checked yet";
    case HealthState::Unhealthy:
        return "down";
    case HealthState::Healthy:
        break;
    }
    return state.ejected.load(std::memory_order_relaxed) ? "ejected" : "";
}

/// Moves the beginning of a backend's service, from which its slow start counts.
void noteService(BackendState& state, bool serves, TimePoint now)
{
    if (serves && !state.serves)
        state.servesSince = now;
    state.serves = serves;
}

class Builder
{
public:
    Builder(Pool& pool, TimePoint now)
        : m_pool(pool)
        , m_now(now)
    {
        m_set.excluded.assign(pool.backends.size(), "");
        m_set.slowStartParts.assign(pool.backends.size(), kSlowStartParts);
        for (std::size_t i = 0; i < pool.backends.size(); ++i) {
            const Backend& backend = pool.backends[i];
            const char* why = hindrance(backend);
            if (*why == '\0')
                why = ailment(*backend.state);
            m_set.excluded[i] = why;
            noteService(*backend.state, *why == '\0', now);
        }
    }

    /// Empty when `before` is equal in everything.
    std::optional<CandidateSet> build(const Pool* before)
    {
        collect([](const Backend& backend, const char* why) {
            return *why == '\0' && !backend.backup;
        });
        if (m_set.backends.empty()) {
            m_set.tier = CandidateSet::Tier::Backup;
            collect([](const Backend&, const char* why) { return *why == '\0'; });
        }
        if (m_set.backends.empty() && m_pool.settings->failOpen) {
            m_set.tier = CandidateSet::Tier::FailedOpen;
            collect(
                [](const Backend& backend, const char*) { return *hindrance(backend) == '\0'; });
        }
        if (m_set.backends.empty())
            m_set.tier = CandidateSet::Tier::Primary;
        for (std::size_t i = 0; i < m_set.excluded.size(); ++i) {
            if (*m_set.excluded[i] == '\0')
                m_set.excluded[i] = "a backup";
        }
        for (const std::uint32_t index : m_set.backends)
            m_set.excluded[index] = "";
        std::vector<balancing::Candidate> made = candidates();
        if (before != nullptr && sameAs(*before))
            return std::nullopt;
        m_set.balancer = balancing::makeBalancer(
            {m_pool.settings->algorithm, m_pool.settings->affinity.boundedLoad}, std::move(made));
        return std::move(m_set);
    }

private:
    [[nodiscard]] bool sameAs(const Pool& before) const
    {
        const CandidateSet& set = before.candidates;
        const auto alike = [](const Backend& a, const Backend& b) {
            return a.state == b.state && a.endpoint == b.endpoint && a.weight == b.weight &&
                   a.maxRequests == b.maxRequests && a.tag == b.tag && a.backup == b.backup;
        };
        return set.tier == m_set.tier && set.backends == m_set.backends &&
               set.slowStartParts == m_set.slowStartParts && set.nextStep == m_set.nextStep &&
               std::equal(set.excluded.begin(), set.excluded.end(), m_set.excluded.begin(),
                          m_set.excluded.end(),
                          [](const char* a, const char* b) { return std::strcmp(a, b) == 0; }) &&
               std::equal(before.backends.begin(), before.backends.end(), m_pool.backends.begin(),
                          m_pool.backends.end(), alike) &&
               *before.settings == *m_pool.settings;
    }

    template <typename Chosen>
    void collect(Chosen chosen)
    {
        for (std::uint32_t i = 0; i < m_pool.backends.size(); ++i) {
            if (chosen(m_pool.backends[i], m_set.excluded[i]))
                m_set.backends.push_back(i);
        }
    }

    std::vector<balancing::Candidate> candidates()
    {
        std::vector<balancing::Candidate> made;
        std::vector<std::uint32_t> parts;
        bool growing = false;
        for (const std::uint32_t index : m_set.backends) {
            const Backend& backend = m_pool.backends[index];
            parts.push_back(partsOf(*backend.state));
            m_set.slowStartParts[index] = parts.back();
            growing = growing || parts.back() != kSlowStartParts;
            made.push_back({backend.weight, &backend.state->load, hashBytes(backend.state->name),
                            backend.maxRequests});
        }
        for (std::size_t i = 0; growing && i < made.size(); ++i)
            made[i].weight = slowStartWeight(made[i].weight, parts[i]);
        return made;
    }

    std::uint32_t partsOf(const BackendState& state)
    {
        const auto& slowStart = m_pool.settings->slowStart;
        if (!slowStart || !state.serves)
            return kSlowStartParts;
        const Duration since = m_now - state.servesSince;
        if (const auto next = nextSlowStartStep(*slowStart, since)) {
            const TimePoint at = state.servesSince + *next;
            if (!m_set.nextStep || at < *m_set.nextStep)
                m_set.nextStep = at;
        }
        return slowStartParts(*slowStart, since);
    }

    Pool& m_pool;
    TimePoint m_now;
    CandidateSet m_set;
};

} // namespace

double CandidateSet::slowStart(std::size_t backend) const noexcept
{
    return static_cast<double>(slowStartParts[backend]) / kSlowStartParts;
}

bool buildCandidates(Pool& pool, TimePoint now, const Pool* before)
{
    auto set = Builder(pool, now).build(before);
    if (!set)
        return false;
    pool.candidates = std::move(*set);
    return true;
}

// ---- the pick

std::int64_t PoolState::inFlight() const noexcept
{
    std::int64_t sum = 0;
    for (const WorkerLoad& each : workers)
        sum += each.inFlight.load(std::memory_order_relaxed);
    return sum;
}

Lease Pool::lease(int worker, std::uint32_t backend) const
{
    const Backend& chosen = backends[backend];
    WorkerLoad& load = state->workers[static_cast<std::size_t>(worker)];
    return chosen.maxRequests == 0 ? Lease(chosen.state, load)
                                   : Lease::tryAcquire(chosen.state, chosen.maxRequests, load);
}

Lease Pool::take(int worker, std::uint32_t backend, const char*& refused) const
{
    // It may have been drained since the set was built.
    if (!backends[backend].state->takesNewWork()) {
        refused = "not ready";
        return {};
    }
    Lease taken = lease(worker, backend);
    refused = taken.state() == nullptr ? "at its limit" : "";
    return taken;
}

Picked Pool::pick(int worker, balancing::PickInputs inputs, balancing::Tried& tried,
                  std::vector<Choice>* record) const
{
    Picked picked;
    balancing::Tried walk = tried; // and those that refuse: they may be asked again later
    inputs.tried = &walk;
    if (candidates.balancer->usesTogether())
        inputs.together = state->inFlight();
    while (walk.size() < balancing::Tried::kMax) {
        if (candidates.balancer->usesCursor())
            inputs.cursor = state->cursor.fetch_add(1, std::memory_order_relaxed);
        Choice* choice = record == nullptr ? nullptr : &record->emplace_back();
        const int candidate = choice == nullptr ? candidates.balancer->pick(inputs)
                                                : balancing::pickRecorded(*candidates.balancer,
                                                                          inputs, choice->decision);
        if (candidate == Balancer::kNone)
            break;
        const auto index = static_cast<std::uint32_t>(candidate);
        walk.add(index);
        const std::uint32_t backend = candidates.backends[index];
        const char* refused = "";
        picked.lease = take(worker, backend, refused);
        if (choice != nullptr) {
            choice->backend = static_cast<int>(backend);
            choice->refused = refused;
        }
        if (picked.lease.state() != nullptr) {
            tried.add(index);
            picked.backend = static_cast<int>(backend);
            return picked;
        }
        picked.full = picked.full || backends[backend].state->takesNewWork();
    }
    if (picked.full && walk.size() == balancing::Tried::kMax)
        pickFree(worker, inputs.draw, tried, picked, record);
    return picked;
}

void Pool::pickFree(int worker, std::uint64_t draw, balancing::Tried& tried, Picked& picked,
                    std::vector<Choice>* record) const
{
    const auto count = static_cast<std::uint32_t>(candidates.backends.size());
    const auto start = static_cast<std::uint32_t>(draw % count);
    for (std::uint32_t step = 0; step < count; ++step) {
        const std::uint32_t index = (start + step) % count;
        if (tried.contains(index))
            continue;
        const std::uint32_t backend = candidates.backends[index];
        const char* refused = "";
        picked.lease = take(worker, backend, refused);
        if (picked.lease.state() == nullptr)
            continue;
        tried.add(index);
        picked.backend = static_cast<int>(backend);
        if (record != nullptr) {
            Choice& choice = record->emplace_back();
            choice.kind = Choice::Kind::FirstFree;
            choice.backend = picked.backend;
        }
        return;
    }
}

} // namespace steelyard::runtime
