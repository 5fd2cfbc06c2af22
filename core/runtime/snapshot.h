/// The configuration compiled for the workers: immutable, versioned, handed to every worker whole.
/// An exchange takes the pointer once and keeps it to its end, so that a reload or a drain never
/// changes a request midway. Parts that a change does not touch are shared with the snapshot
/// before. Thread: built by control, read by workers.
#pragma once

#include "balancing/balancer.h"
#include "config/model.h"
#include "net/address_set.h"
#include "net/transport.h"
#include "routing/router.h"
#include "runtime/backend_state.h"
#include "runtime/candidates.h"
#include "runtime/request_queue.h"
#include "runtime/session_table.h"
#include "stats/counters.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace steelyard::runtime {

/// One backend as configured now.
struct Backend
{
    std::shared_ptr<BackendState> state;
    net::SocketAddress address; ///< the first one; size 0: the name is not resolved (yet)
    /// Identity of (state, address): key of cached connections. Further addresses have the numbers
    /// that follow.
    std::uint64_t endpoint = 0;
    std::uint32_t weight = 100;
    std::uint32_t maxRequests = 0; ///< 0: no limit
    std::uint64_t tag = 0;         ///< in the cookies of a sticky pool
    bool backup = false;
    std::shared_ptr<const net::AddressSet> addresses; ///< where the name has several; else null
};

/// What outlives a pool's snapshots: the round-robin ticket counter, one for all workers.
struct PoolState
{
    alignas(64) std::atomic<std::uint64_t> cursor{0};
    std::shared_ptr<RequestQueue> queue; ///< of requests that no server has room for
    std::vector<WorkerLoad> workers;     ///< by worker

    /// In flight at all backends, those that left too.
    [[nodiscard]] std::int64_t inFlight() const noexcept;
};

struct Choice;

/// What stickiness needs of the whole engine.
struct Sessions
{
    StickinessKey key;
    SessionClock clock;
    SessionTable table;
};

/// A backend with its lease; kNone when there is none.
struct Picked
{
    int backend = balancing::Balancer::kNone;
    Lease lease;
    bool full = false; ///< some would serve, but are at their limit: waiting may help
};

struct Pool
{
    std::shared_ptr<const config::Pool> settings;
    std::shared_ptr<PoolState> state;
    std::vector<Backend> backends;
    bool limited = false;                                   ///< some backend has a max_requests
    std::unordered_map<std::uint64_t, std::uint32_t> byTag; ///< of a sticky pool: index by tag
    CandidateSet candidates;

    /// Chooses a backend that is not in `tried` (candidate indexes), takes new work and is below
    /// its limit, and leases it for `worker`, on whose thread it is called. The candidate index is
    /// added to `tried`. With `record` every step is written down. inputs.tried, cursor and
    /// together need not be set.
    [[nodiscard]] Picked pick(int worker, balancing::PickInputs inputs, balancing::Tried& tried,
                              std::vector<Choice>* record = nullptr) const;

    /// Leases that very backend, whatever its states; empty when it is at its limit.
    [[nodiscard]] Lease lease(int worker, std::uint32_t backend) const;

private:
    [[nodiscard]] Lease take(int worker, std::uint32_t backend, const char*& refused) const;
    void pickFree(int worker, std::uint64_t draw, balancing::Tried& tried, Picked& picked,
                  std::vector<Choice>* record) const;
};

/// One listener's, by worker; they outlive the snapshots.
using ListenerCounters = std::vector<std::unique_ptr<stats::ListenerCounters>>;

struct Listener
{
    config::Listener settings;
    std::unique_ptr<const routing::Router> router;
    /// By route: indexes into Snapshot::pools. One, or one for each side of a split, or none
    /// (redirect, reply).
    std::vector<std::vector<int>> routePools;
    std::vector<int> mirrorPools; ///< by route: an index, or -1
    std::shared_ptr<const ListenerCounters> counters;
};

struct Snapshot
{
    std::uint64_t version = 0;
    std::string pseudonym; ///< this engine in Via
    std::vector<config::Cidr> trustedProxies;
    std::shared_ptr<Sessions> sessions;                     ///< null: no pool is sticky
    std::vector<std::shared_ptr<const Listener>> listeners; ///< by listener slot; null: removed
    std::vector<std::shared_ptr<const Pool>> pools;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

} // namespace steelyard::runtime
