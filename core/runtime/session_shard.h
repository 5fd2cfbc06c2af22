/// One shard of the SessionTable: a hash table by id whose entries are also a list by last use.
/// Entries lie in one vector and name each other by index: no allocation for a session once it has
/// grown. Thread: under its lock.
#pragma once

#include "runtime/session_table.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace steelyard::runtime {

struct SessionTable::Shard
{
    explicit Shard(std::size_t bound)
        : m_bound(bound)
    {
    }

    mutable std::mutex mutex;

    [[nodiscard]] bool see(const SessionToken& token, EpochSeconds now, EpochSeconds expires);
    bool remove(const SessionId& id); ///< was it there?
    std::size_t removeBackend(std::uint64_t backend);
    void sweep(EpochSeconds now);

    [[nodiscard]] std::size_t size() const noexcept { return m_size; }

    /// Calls f(session), newest use first, while it returns true.
    template <typename F>
    void forEach(F f) const
    {
        for (std::uint32_t at = m_newest; at != kNone; at = m_entries[at].older) {
            if (!f(m_entries[at].session))
                return;
        }
    }

    /// Cookies that stopped counting: until when; of a backend those issued up to `first`.
    std::map<SessionId, EpochSeconds> expired;
    std::map<std::uint64_t, std::pair<EpochSeconds, EpochSeconds>> expiredBackends;
    std::unordered_map<std::uint64_t, std::size_t> counts; ///< sessions by backend
    std::uint64_t pushedOut = 0;

private:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    struct Entry
    {
        Session session;
        std::uint32_t newer = kNone, older = kNone; ///< by last use
        std::uint32_t chain = kNone;                ///< the next of its bucket, or of the free ones
    };

    [[nodiscard]] std::size_t bucketOf(const SessionId& id) const noexcept;
    [[nodiscard]] std::uint32_t find(const SessionId& id) const noexcept;
    void insert(const SessionToken& token, EpochSeconds now, EpochSeconds expires);
    void removeAt(std::uint32_t at);
    void linkNewest(std::uint32_t at);
    void unlink(std::uint32_t at);
    void grow();

    std::size_t m_bound;
    std::size_t m_size = 0;
    std::vector<Entry> m_entries;
    std::vector<std::uint32_t> m_buckets; ///< a power of two, at least as many as entries
    std::uint32_t m_free = kNone, m_newest = kNone, m_oldest = kNone;
};

} // namespace steelyard::runtime
