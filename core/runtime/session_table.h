/// Who is pinned where: the sessions seen of late, for the browser, the counts and "expire". The
/// cookie alone decides where a client goes; a session that is missing here (after a restart, or
/// one that was pushed out) is entered again when it is seen. What only the table knows are the
/// sessions that an operator expired.
///
/// Bounded: at `bound` the one unseen for longest is pushed out (of its shard, which one in 64 of
/// all sessions fall into). About 60 bytes a session. Sharded by the random id, a lock a shard,
/// taken only for requests of sticky pools. Thread: any.
#pragma once

#include "base/result.h"
#include "runtime/session_token.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace steelyard::runtime {

struct Session
{
    SessionId id;
    std::uint64_t backend = 0; ///< its tag
    EpochSeconds created = 0;  ///< when the client was pinned
    EpochSeconds seen = 0;     ///< its last request
    EpochSeconds expires = 0;  ///< when its present cookie is void
};

class SessionTable
{
public:
    static constexpr std::size_t kBound = 1'000'000;
    /// Single sessions that are expired and whose cookies still live; backends likewise.
    static constexpr std::size_t kMaxExpired = 65'536, kMaxExpiredBackends = 4'096;

    explicit SessionTable(std::size_t bound = kBound);
    SessionTable(const SessionTable&) = delete;
    SessionTable& operator=(const SessionTable&) = delete;
    ~SessionTable();

    // ---- workers, for each request of a sticky pool

    /// A request with this token came, or it was just issued or refreshed. `expires`: when the
    /// cookie is void. False: an operator expired it; pin the client anew.
    [[nodiscard]] bool see(const SessionToken& token, EpochSeconds now, EpochSeconds expires);
    /// The client was pinned elsewhere, by a new token.
    void forget(const SessionId& id);

    // ---- control

    /// The cookie stops counting; `until`: when it would be void anyway (its issue plus the pool's
    /// max, at the latest). Refused when kMaxExpired such cookies still live: expire the backend.
    [[nodiscard]] Result<> expire(const SessionId& id, EpochSeconds now, EpochSeconds until);
    /// All sessions of a backend pinned up to now, this second included, also those not in the
    /// table. Returns how many of the table these are. Refused beyond kMaxExpiredBackends.
    [[nodiscard]] Result<std::size_t> expireBackend(std::uint64_t backend, EpochSeconds now,
                                                    EpochSeconds until);
    /// The session whose id in hex begins so (at least one digit). NotFound; Refused: several do.
    [[nodiscard]] Result<Session> find(std::string_view idPrefix) const;

    [[nodiscard]] std::size_t size() const;
    /// Sessions by backend tag; those whose time ran out are in it until they are swept.
    [[nodiscard]] std::unordered_map<std::uint64_t, std::size_t> counts() const;
    /// The `limit` seen last whose cookie is not void, newest first, of one backend or of all.
    [[nodiscard]] std::vector<Session> list(std::size_t limit, EpochSeconds now,
                                            std::optional<std::uint64_t> backend = {}) const;
    /// Pushed out alive for want of room, since the start.
    [[nodiscard]] std::uint64_t pushedOut() const;

    /// Removes what ran out, from the next of the shards: call it four times a second. A shard of a
    /// full table takes below a millisecond.
    void sweepNext(EpochSeconds now);

private:
    struct Shard;
    [[nodiscard]] Shard& shardOf(const SessionId& id) const;

    std::vector<std::unique_ptr<Shard>> m_shards;
    std::size_t m_nextSweep = 0;
};

} // namespace steelyard::runtime
