#include "runtime/session_table.h"

#include "runtime/session_shard.h"

#include <algorithm>

namespace steelyard::runtime {

namespace {

constexpr std::size_t kShards = 64;
/// Below it one shard, so that the bound and "unseen for longest" are exact.
constexpr std::size_t kOneShard = 4096;

} // namespace

SessionTable::SessionTable(std::size_t bound)
{
    bound = std::max<std::size_t>(bound, 1);
    const std::size_t shards = bound > kOneShard ? kShards : 1;
    for (std::size_t i = 0; i < shards; ++i)
        m_shards.push_back(std::make_unique<Shard>(bound / shards));
}

SessionTable::~SessionTable() = default;

SessionTable::Shard& SessionTable::shardOf(const SessionId& id) const
{
    return *m_shards[id.bytes[0] % m_shards.size()];
}

bool SessionTable::see(const SessionToken& token, EpochSeconds now, EpochSeconds expires)
{
    Shard& shard = shardOf(token.id);
    const std::lock_guard lock(shard.mutex);
    return shard.see(token, now, expires);
}

void SessionTable::forget(const SessionId& id)
{
    Shard& shard = shardOf(id);
    const std::lock_guard lock(shard.mutex);
    shard.remove(id);
}

Result<> SessionTable::expire(const SessionId& id, EpochSeconds now, EpochSeconds until)
{
    Shard& shard = shardOf(id);
    const std::lock_guard lock(shard.mutex);
    if (until > now && shard.expired.find(id) == shard.expired.end() &&
        shard.expired.size() >= kMaxExpired / m_shards.size()) {
        return Error{ErrorCode::Refused, "too many sessions are expired one by one",
                     "expire all sessions of the server instead"};
    }
    shard.remove(id);
    if (until > now)
        shard.expired[id] = until;
    return {};
}

Result<std::size_t> SessionTable::expireBackend(std::uint64_t backend, EpochSeconds now,
                                                EpochSeconds until)
{
    std::size_t removed = 0;
    for (const auto& shard : m_shards) {
        const std::lock_guard lock(shard->mutex);
        auto& expired = shard->expiredBackends;
        if (expired.size() >= kMaxExpiredBackends && expired.find(backend) == expired.end()) {
            return Error{ErrorCode::Refused, "the sessions of too many servers are expired",
                         "try again when their cookies have run out"};
        }
        expired[backend] = {now, until};
        removed += shard->removeBackend(backend);
    }
    return removed;
}

Result<Session> SessionTable::find(std::string_view idPrefix) const
{
    std::optional<Session> found;
    bool several = false;
    for (const auto& shard : m_shards) {
        const std::lock_guard lock(shard->mutex);
        shard->forEach([&](const Session& session) {
            if (!idPrefix.empty() && session.id.hex().starts_with(idPrefix)) {
                several = found.has_value();
                found = session;
            }
            return !several;
        });
        if (several) {
            return Error{ErrorCode::Refused, "several sessions begin with " + std::string(idPrefix),
                         "give more of the id"};
        }
    }
    if (!found)
        return Error{
            ErrorCode::NotFound, "no session begins with '" + std::string(idPrefix) + "'", {}};
    return *found;
}

std::size_t SessionTable::size() const
{
    std::size_t sum = 0;
    for (const auto& shard : m_shards) {
        const std::lock_guard lock(shard->mutex);
        sum += shard->size();
    }
    return sum;
}

std::unordered_map<std::uint64_t, std::size_t> SessionTable::counts() const
{
    std::unordered_map<std::uint64_t, std::size_t> sums;
    for (const auto& shard : m_shards) {
        const std::lock_guard lock(shard->mutex);
        for (const auto& [backend, count] : shard->counts)
            sums[backend] += count;
    }
    return sums;
}

std::vector<Session> SessionTable::list(std::size_t limit, EpochSeconds now,
                                        std::optional<std::uint64_t> backend) const
{
    std::vector<Session> all;
    for (const auto& shard : m_shards) {
        const std::size_t full = all.size() + limit;
        const std::lock_guard lock(shard->mutex);
        shard->forEach([&](const Session& session) {
            if (all.size() == full)
                return false;
            if (session.expires > now && (!backend || session.backend == *backend))
                all.push_back(session);
            return true;
        });
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Session& a, const Session& b) { return a.seen > b.seen; });
    all.resize(std::min(all.size(), limit));
    return all;
}

std::uint64_t SessionTable::pushedOut() const
{
    std::uint64_t sum = 0;
    for (const auto& shard : m_shards) {
        const std::lock_guard lock(shard->mutex);
        sum += shard->pushedOut;
    }
    return sum;
}

void SessionTable::sweepNext(EpochSeconds now)
{
    Shard& shard = *m_shards[m_nextSweep];
    m_nextSweep = (m_nextSweep + 1) % m_shards.size();
    const std::lock_guard lock(shard.mutex);
    shard.sweep(now);
}

} // namespace steelyard::runtime
