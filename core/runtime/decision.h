/// What is recorded of a sampled request, so that "why this server?" can be answered later: every
/// choice with all its inputs, and, noted separately at the lease, the backend that really got it.
/// Thread: filled by a worker, then immutable.
#pragma once

#include "balancing/explain.h"
#include "runtime/snapshot.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace steelyard::runtime {

/// One choice of a backend: a call of the pool's balancer, or a way around it.
struct Choice
{
    enum class Kind : std::uint8_t
    {
        Balanced, ///< by the pool's algorithm
        Pinned,   ///< by the client's cookie
        Again,    ///< the same server once more: its kept connection was stale
        FirstFree ///< the algorithm's first eight were at their limits: the next one that is not
    };
    Kind kind = Kind::Balanced;
    balancing::Decision decision; ///< Kind::Balanced: the inputs and the answer, a candidate index
    int backend = balancing::Balancer::kNone; ///< of the pool; kNone: nobody was left
    const char* refused = ""; ///< why the answer was not taken: "not ready", "at its limit"
};

/// One attempt as the exchange lived it. Times in µs from the request's arrival; -1: never.
struct AttemptRecord
{
    std::string server;
    std::string result; ///< "ok", "connect_failed", ...
    std::int64_t started = -1, connected = -1, firstByte = -1, ended = -1;
    bool reused = false; ///< on a kept connection
};

struct Decision
{
    std::uint64_t id = 0;
    std::int64_t wallMs = 0; ///< since 1970
    std::string listener, route, client, method, host, target;
    std::shared_ptr<const Pool> pool; ///< null: the route answers by itself, or there was none
    std::vector<Choice> choices;
    std::vector<std::string> served; ///< by the leases, one for each attempt: "b", "a"
    std::vector<AttemptRecord> attempts;
    std::int64_t queued = 0, total = 0; ///< µs
    int status = 0;
    std::string reason; ///< of a reply of our own
};

/// How often a recorded choice, made again on its recorded inputs, gives what was recorded and
/// what was served.
struct Recomputed
{
    std::uint64_t decisions = 0;
    std::uint64_t choices = 0, same = 0;  ///< by the algorithm; those that came out the same
    std::uint64_t leases = 0, served = 0; ///< attempts; those at the backend of the choice
};

void recompute(const Decision& decision, balancing::Recomputer& recomputer, Recomputed& into);

} // namespace steelyard::runtime
