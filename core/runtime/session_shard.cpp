#include "runtime/session_shard.h"

#include <algorithm>
#include <cstring>

namespace steelyard::runtime {

std::size_t SessionTable::Shard::bucketOf(const SessionId& id) const noexcept
{
    // Ids are random and vouched for by the MAC: their bits are the hash. The first byte has chosen
    // the shard.
    std::uint64_t bits = 0;
    std::memcpy(&bits, id.bytes.data() + 4, sizeof bits);
    return bits & (m_buckets.size() - 1);
}

std::uint32_t SessionTable::Shard::find(const SessionId& id) const noexcept
{
    if (m_buckets.empty())
        return kNone;
    std::uint32_t at = m_buckets[bucketOf(id)];
    while (at != kNone && m_entries[at].session.id != id)
        at = m_entries[at].chain;
    return at;
}

bool SessionTable::Shard::see(const SessionToken& token, EpochSeconds now, EpochSeconds expires)
{
    if (!expiredBackends.empty()) {
        const auto found = expiredBackends.find(token.backend);
        if (found != expiredBackends.end() && token.issued <= found->second.first)
            return false;
    }
    if (!expired.empty() && expired.find(token.id) != expired.end())
        return false;
    const std::uint32_t at = find(token.id);
    if (at == kNone) {
        insert(token, now, expires);
        return true;
    }
    // Requests of several workers may come a little out of order.
    Session& session = m_entries[at].session;
    session.seen = std::max(session.seen, now);
    session.expires = std::max(session.expires, expires);
    if (at != m_newest) {
        unlink(at);
        linkNewest(at);
    }
    return true;
}

void SessionTable::Shard::insert(const SessionToken& token, EpochSeconds now, EpochSeconds expires)
{
    if (m_size == m_bound) {
        if (m_entries[m_oldest].session.expires > now)
            ++pushedOut;
        removeAt(m_oldest);
    }
    if (m_free == kNone)
        grow();
    const std::uint32_t at = m_free;
    Entry& entry = m_entries[at];
    m_free = entry.chain;
    entry.session = {token.id, token.backend, token.issued, now, expires};
    std::uint32_t& bucket = m_buckets[bucketOf(token.id)];
    entry.chain = bucket;
    bucket = at;
    linkNewest(at);
    ++counts[token.backend];
    ++m_size;
}

bool SessionTable::Shard::remove(const SessionId& id)
{
    const std::uint32_t at = find(id);
    if (at == kNone)
        return false;
    removeAt(at);
    return true;
}

std::size_t SessionTable::Shard::removeBackend(std::uint64_t backend)
{
    const std::size_t before = m_size;
    for (std::uint32_t at = m_newest; at != kNone;) {
        const std::uint32_t next = m_entries[at].older;
        if (m_entries[at].session.backend == backend)
            removeAt(at);
        at = next;
    }
    return before - m_size;
}

void SessionTable::Shard::sweep(EpochSeconds now)
{
    for (std::uint32_t at = m_newest; at != kNone;) {
        const std::uint32_t next = m_entries[at].older;
        if (m_entries[at].session.expires <= now)
            removeAt(at);
        at = next;
    }
    std::erase_if(expired, [now](const auto& entry) { return entry.second <= now; });
    std::erase_if(expiredBackends, [now](const auto& entry) { return entry.second.second <= now; });
}

void SessionTable::Shard::removeAt(std::uint32_t at)
{
    Entry& entry = m_entries[at];
    std::uint32_t* link = &m_buckets[bucketOf(entry.session.id)];
    while (*link != at)
        link = &m_entries[*link].chain;
    *link = entry.chain;
    unlink(at);
    const auto count = counts.find(entry.session.backend);
    if (--count->second == 0)
        counts.erase(count);
    entry.chain = m_free;
    m_free = at;
    --m_size;
}

void SessionTable::Shard::linkNewest(std::uint32_t at)
{
    Entry& entry = m_entries[at];
    entry.newer = kNone;
    entry.older = m_newest;
    (m_newest == kNone ? m_oldest : m_entries[m_newest].newer) = at;
    m_newest = at;
}

void SessionTable::Shard::unlink(std::uint32_t at)
{
    const Entry& entry = m_entries[at];
    (entry.newer == kNone ? m_newest : m_entries[entry.newer].older) = entry.older;
    (entry.older == kNone ? m_oldest : m_entries[entry.older].newer) = entry.newer;
}

/// Doubles what there is room for, up to the bound. No entry is free when it is called.
void SessionTable::Shard::grow()
{
    const std::size_t before = m_entries.size();
    const std::size_t after = std::min(m_bound, std::max<std::size_t>(16, 2 * before));
    m_entries.resize(after);
    for (std::size_t at = after; at-- > before;) {
        m_entries[at].chain = m_free;
        m_free = static_cast<std::uint32_t>(at);
    }
    std::size_t buckets = std::max<std::size_t>(16, m_buckets.size());
    while (buckets < after)
        buckets *= 2;
    m_buckets.assign(buckets, kNone);
    for (std::uint32_t at = m_newest; at != kNone; at = m_entries[at].older) {
        std::uint32_t& bucket = m_buckets[bucketOf(m_entries[at].session.id)];
        m_entries[at].chain = bucket;
        bucket = at;
    }
}

} // namespace steelyard::runtime
