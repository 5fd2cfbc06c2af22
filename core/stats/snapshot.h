/// What the engine shows of itself, as plain values: made by control four times a second, latest
/// wins; and its events. Console, steelyardctl and metrics all read these; nothing else crosses to
/// them. Thread: any (immutable once published).
#pragma once

#include "base/states.h"
#include "stats/latency_buckets.h"

#include <cstdint>
#include <string>
#include <vector>

namespace steelyard::stats {

/// µs over the last 10 s; zero when nothing was served.
struct Latency
{
    double p50 = 0, p95 = 0, p99 = 0;
    bool operator==(const Latency&) const = default;
};

/// Counters since start.
struct Totals
{
    std::uint64_t requests = 0; ///< finished exchanges (attempts, for a backend)
    std::uint64_t status2xx = 0, status3xx = 0, status4xx = 0, status5xx = 0;
    std::uint64_t connectErrors = 0, timeouts = 0,
                  resets = 0; ///< attempts that failed before a response head
    std::uint64_t retries = 0;
    std::uint64_t bytesIn = 0;  ///< from clients
    std::uint64_t bytesOut = 0; ///< to clients

    [[nodiscard]] std::uint64_t errors() const
    {
        return status5xx + connectErrors + timeouts + resets;
    }

    bool operator==(const Totals&) const = default;
};

struct Probe
{
    bool done = false; ///< false: none yet, or the pool is not probed
    bool good = false;
    std::string text; ///< "200 in 4 ms", "connection refused", "timeout after 1000 ms"
    double ageSeconds = 0;
    double durationMs = 0;
};

struct BackendRow
{
    std::string pool, name; ///< identity
    std::string address;
    int weight = 100;
    AdminState admin = AdminState::Ready;
    HealthState health = HealthState::Checking;
    bool probed = false;         ///< the pool has a health check
    int pending = 0, needed = 0; ///< rise or fall under way: `pending` of `needed`
    double stateSeconds = 0;     ///< since when this state
    std::string reason;          ///< cause of the present state, in words
    bool selectable = false;     ///< may receive new requests right now
    std::string excluded;        ///< why it may not, in words; empty when it may
    bool backup = false;
    bool ejected = false;           ///< by passive health
    double ejectedSecondsLeft = -1; ///< while ejected; else -1
    double slowStart = 1;           ///< share of the weight that counts now, 0-1
    int maxRequests = 0;            ///< in flight at once; 0: no limit
    std::uint32_t pinned = 0;       ///< sticky sessions
    bool ghost = false; ///< removed from the configuration, still serving what is in flight
    double configuredShare = 0, actualShare = 0; ///< 0-1 of its pool; actual over the last 10 s
    std::uint32_t inFlight = 0;
    double requestsPerSecond = 0, errorsPerSecond = 0;
    Latency latency;
    double ownMean = 0;            ///< µs that the engine itself added, mean of the last 10 s
    LatencyBuckets latencyBuckets; ///< since start, at kServiceBounds
    Totals totals;
    Probe probe;
    double drainSecondsLeft = -1; ///< while draining with a deadline; else -1

    [[nodiscard]] bool safeToStop() const { return admin != AdminState::Ready && inFlight == 0; }
};

struct PoolRow
{
    std::string name;
    Algorithm algorithm = Algorithm::PowerOfTwo;
    int selectable = 0; ///< backends that may receive new requests
    bool allDown = false;
    bool failOpen = false;
    bool onBackups = false; ///< no other server is in service
    bool sticky = false;
    std::uint32_t inFlight = 0;
    std::uint32_t queued = 0; ///< requests that wait for a server below its max_requests
    double requestsPerSecond = 0, errorsPerSecond = 0;
    Latency latency;
    double ownMean = 0; ///< as of a backend
    std::vector<BackendRow> backends;
};

struct ListenerRow
{
    std::string name;
    std::vector<std::string> addresses; ///< as bound: a port 0 is the real one
    std::uint32_t connections = 0;
    int maxConnections = 0;
    double requestsPerSecond = 0, errorsPerSecond = 0; ///< errors: answered with 5xx
    Latency latency;                                   ///< whole exchange as its clients see it
    double ownMean = 0;                                ///< as of a backend
};

enum class EngineState : std::uint8_t
{
    Stopped,
    Starting,
    Serving,
    Draining
};

struct Snapshot
{
    std::uint64_t sequence = 0;
    double monotonicSeconds = 0;
    std::int64_t wallMs = 0; ///< the same moment in milliseconds since 1970, as events have it
    EngineState state = EngineState::Stopped;
    std::uint64_t configVersion = 0; ///< counts installed configurations
    std::string configPath;
    bool unsavedChanges = false; ///< runtime edits that the file does not have
    int workers = 0;
    double uptimeSeconds = 0;
    std::vector<ListenerRow> listeners;
    std::vector<PoolRow> pools;
    std::uint32_t connections = 0;
    double requestsPerSecond = 0, errorsPerSecond = 0;
    Latency latency;               ///< whole exchange as the client sees it
    LatencyBuckets latencyBuckets; ///< the same since start, at kServiceBounds
    Latency own;                   ///< time added by the engine itself
    LatencyBuckets ownBuckets;     ///< the same since start, at kOwnBounds
    double cpuShare = 0;           ///< of one core, over the last second, the whole process
    Totals totals;
};

enum class Level : std::uint8_t
{
    Info,
    Warning,
    Error
};

/// Something that happened; kept in a bounded ring (1,000), never coalesced.
struct Event
{
    std::uint64_t sequence = 0;
    std::int64_t wallMs = 0; ///< milliseconds since 1970, for display
    Level level = Level::Info;
    std::string source; ///< "engine", "operator", "health", "config", or "POOL/SERVER"
    std::string text;
};

[[nodiscard]] const char*
toString(EngineState state) noexcept; ///< "stopped", "starting", "serving", "draining"
[[nodiscard]] const char* toString(Level level) noexcept; ///< "info", "warning", "error"

} // namespace steelyard::stats
