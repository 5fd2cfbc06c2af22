/// What a simulation is given beside the configuration: who asks how often, and how the servers
/// behave. Plain values, read from a file by readWorkload(). Thread: any.
#pragma once

#include "base/clock.h"
#include "base/random.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace steelyard::simulation {

/// How long a request takes once a server works at it, alone.
struct ServiceTime
{
    enum class Kind
    {
        Recorded, ///< as the access log says
        Fixed,
        Exponential,
        Normal ///< never below 0
    };
    Kind kind = Kind::Fixed;
    double meanUs = 10'000;
    double deviationUs = 0;

    /// µs. `recordedUs` is what the log has for this request.
    [[nodiscard]] double draw(RandomSource& random, double recordedUs) const;
};

/// A stretch of time in which a server is different, [from, to).
struct Period
{
    microseconds from{0};
    microseconds to{std::numeric_limits<std::int64_t>::max()};
    std::optional<ServiceTime> time; ///< of the requests that come in it
    std::optional<double> failures;  ///< share of its requests that fail, 0-1
    std::optional<int> weight;       ///< in place of the configured one, 0-256
    bool down = false;               ///< refuses connections
};

struct ServerBehaviour
{
    ServiceTime time;
    int concurrency = 0;  ///< requests worked at in parallel; 0: all
    bool sharing = false; ///< more than that share its capacity evenly; else they queue (FIFO)
    double failures = 0;
    std::vector<Period> periods; ///< the first that fits counts
};

/// One request of an access log.
struct RecordedRequest
{
    std::int64_t atUs = 0; ///< from the first one on
    double serviceUs = 0;  ///< all that it took but the engine's own part; failed attempts too
    std::string client;    ///< its address
    std::string target;    ///< path and query
    std::string pool;
};

struct Workload
{
    std::string configuration; ///< path
    std::string pool;          ///< empty: the only one
    std::uint64_t seed = 1;
    microseconds duration{60'000'000};     ///< of the arrivals
    microseconds warmUp{0};                ///< those that arrive before are not counted
    int rate = 100;                        ///< requests/s
    bool poisson = true;                   ///< exponential times between arrivals; else equal ones
    std::vector<RecordedRequest> recorded; ///< not empty: these arrive instead
    int sessions = 0; ///< clients that the requests are drawn from evenly; 0: nobody comes twice
    std::optional<microseconds> successWithin; ///< slower answers do not count as success
    ServerBehaviour everyServer;
    std::map<std::string, ServerBehaviour> servers; ///< by name: in place of everyServer
};

} // namespace steelyard::simulation
