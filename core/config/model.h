/// The configuration as a plain value: what a valid file says, with every default filled in
/// (contract.md's keys). Once read it is shared as std::shared_ptr<const Config> and never changed;
/// edits make a new one. Thread: any (immutable).
#pragma once

#include "base/clock.h"
#include "base/states.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace steelyard::config {

/// `host:port`; the host is an IPv4 or IPv6 literal (without brackets) or a DNS name.
struct Address
{
    std::string host;
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const; ///< "127.0.0.1:80", "[::1]:80", "name:80"
    bool operator==(const Address&) const = default;
};

/// An address range in CIDR form; `bytes` is 4 or 16 long.
struct Cidr
{
    std::vector<std::uint8_t> bytes;
    int prefix = 0;
    bool operator==(const Cidr&) const = default;
};

struct Backend
{
    std::string name;
    Address address;
    int weight = 100; ///< 0-256; 0 = no new work
    AdminState state = AdminState::Ready;
    std::optional<int> maxRequests{}; ///< in flight at once, over all workers; absent: no limit
    bool backup = false;              ///< used only while no other can be
    bool operator==(const Backend&) const = default;
};

/// Status codes that count as good: closed ranges.
using StatusRanges = std::vector<std::pair<int, int>>;

struct HealthCheck
{
    enum class Type
    {
        Http,
        Tcp
    };
    Type type = Type::Http;
    std::string method = "GET";
    std::string path = "/";
    std::string host; ///< empty: the backend's address
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<std::uint16_t> port; ///< absent: the backend's own
    milliseconds interval{2000};
    milliseconds fastInterval{500}; ///< while a change of state is pending
    milliseconds timeout{1000};
    int fall = 3;
    int rise = 2;
    double jitter = 0.05; ///< share of the interval, 0-0.5
    StatusRanges expectStatus{{200, 399}};
    std::vector<std::pair<std::string, std::string>>
        expectHeaders;      ///< name (any case), exact value
    std::string expectBody; ///< substring; empty: not looked at
    bool operator==(const HealthCheck&) const = default;
};

/// What makes requests alike: those with one key go to one backend, or to one side of a split.
struct AffinityKey
{
    enum class Source
    {
        ClientIp,
        Header,
        Cookie,
        Path,
        Query
    };
    Source source = Source::ClientIp;
    std::string name; ///< of the header (lower case), cookie or query parameter; else empty
    bool operator==(const AffinityKey&) const = default;
};

struct Affinity
{
    AffinityKey key;
    std::optional<double> boundedLoad; ///< 1.25 = 125 %; at least 1; absent: no bound
    bool operator==(const Affinity&) const = default;
};

/// Passive health: what live traffic shows.
struct OutlierDetection
{
    int consecutiveErrors = 5; ///< 0: not looked at
    double errorRate = 0.5;    ///< share of the requests of `window`, 0-1; 0: not looked at
    int minRequests = 20;      ///< in `window`, before rate and latency are judged
    milliseconds window{10000};
    std::optional<double> latencyFactor; ///< mean latency over that of the others; absent: off
    milliseconds ejectFor{30000};        ///< times the number of ejections in a row
    milliseconds maxEjectFor{300000};
    double maxEjected = 0.5; ///< share of the pool; at least one may be, the last never
    bool observe = false;    ///< only tell
    bool operator==(const OutlierDetection&) const = default;
};

struct Stickiness
{
    /// What becomes of a client that is pinned to a draining backend.
    enum class WhenDraining
    {
        Keep,  ///< stays until the deadline
        Repin, ///< its next request goes elsewhere
        Cut    ///< and what it has in flight is closed
    };
    std::string cookie = "SYSERVER";
    milliseconds idle{30 * 60 * 1000};
    milliseconds max{8 * 3600 * 1000};
    WhenDraining whenDraining = WhenDraining::Keep;
    bool operator==(const Stickiness&) const = default;
};

/// A backend that is new or back from Unhealthy gets less at first.
struct SlowStart
{
    milliseconds window{10000};
    double from = 0.1; ///< share of its weight at the beginning, 0-1
    bool operator==(const SlowStart&) const = default;
};

struct Retry
{
    int attempts = 1;     ///< retries after the first try
    double budget = 0.20; ///< share of the requests of the last 10 s
    bool operator==(const Retry&) const = default;
};

struct PoolTimeouts
{
    milliseconds connect{2000};
    milliseconds responseHeader{15000};
    milliseconds idle{300000}; ///< no byte either way
    milliseconds queue{2000};
    bool operator==(const PoolTimeouts&) const = default;
};

struct KeepAlive
{
    int maxIdle = 256; ///< cached backend connections per worker and backend
    milliseconds idle{60000};
    bool operator==(const KeepAlive&) const = default;
};

struct Pool
{
    std::string name;
    Algorithm algorithm = Algorithm::PowerOfTwo;
    Affinity affinity;                      ///< of the hash algorithms
    std::optional<HealthCheck> healthCheck; ///< absent: not probed, backends count as healthy
    std::optional<OutlierDetection> outlierDetection;
    std::optional<Stickiness> stickiness;
    std::optional<SlowStart> slowStart;
    milliseconds drainTimeout{30000}; ///< 0 = no deadline
    Retry retry;
    PoolTimeouts timeouts;
    KeepAlive keepAlive;
    bool failOpen = false; ///< when_all_down: fail-open
    std::vector<Backend> backends;
    bool operator==(const Pool&) const = default;
};

struct PathMatch
{
    enum class Kind
    {
        Any,
        Exact,
        Prefix,
        Regex
    };
    Kind kind = Kind::Any;
    std::string text; ///< starts with "/"; a prefix matches whole segments. A regex (RE2 syntax)
                      ///< must match the whole path
    bool operator==(const PathMatch&) const = default;
};

/// One header, query parameter or cookie that a request must have.
struct FieldMatch
{
    enum class Kind
    {
        Exact,
        Regex, ///< RE2 syntax; the whole value
        Present
    };
    std::string name; ///< of a header in lower case
    Kind kind = Kind::Exact;
    std::string text; ///< the value or the expression
    bool operator==(const FieldMatch&) const = default;
};

struct RouteMatch
{
    std::string host; ///< lower case; empty: any; "*.x": every name below x
    PathMatch path;
    std::vector<std::string> methods;                ///< one of these; empty: any
    std::vector<FieldMatch> headers, query, cookies; ///< all of these
    std::vector<Cidr> clients; ///< the client's address in one of these; empty: any
    bool operator==(const RouteMatch&) const = default;
};

struct FixedReply
{
    int status = 200;
    std::string body;
    std::string contentType = "text/plain";
    bool operator==(const FixedReply&) const = default;
};

struct Redirect
{
    std::string location;
    int status = 308;
    bool operator==(const Redirect&) const = default;
};

/// Shares of a route's requests for several pools. The same key always takes the same side; without
/// one the side is drawn for each request.
struct Split
{
    struct Side
    {
        std::string pool;
        int weight = 1; ///< 0-1,000,000, over the sum; 0: none but those pinned there
        bool operator==(const Side&) const = default;
    };

    std::optional<AffinityKey> key;
    std::vector<Side> sides;
    bool operator==(const Split&) const = default;
};

/// What a route does: a pool's name, a split, a redirect or a fixed reply.
using RouteAction = std::variant<std::string, Split, Redirect, FixedReply>;

struct Rewrite
{
    std::optional<std::string> path; ///< in place of the matched exact path or prefix
    std::optional<std::string> host;
    bool operator==(const Rewrite&) const = default;
};

/// Done in this order: remove, set, add. Names in any case.
struct HeaderEdits
{
    using Fields = std::vector<std::pair<std::string, std::string>>;
    Fields set, add;
    std::vector<std::string> remove;
    bool operator==(const HeaderEdits&) const = default;

    [[nodiscard]] bool empty() const { return set.empty() && add.empty() && remove.empty(); }
};

/// A copy of the requests for another pool, whose answers are dropped.
struct Mirror
{
    std::string pool;
    double share = 1.0; ///< of the requests, 0-1
    bool operator==(const Mirror&) const = default;
};

struct Route
{
    std::string name;
    RouteMatch match;
    Rewrite rewrite;
    HeaderEdits requestHeaders, responseHeaders;
    std::optional<Mirror> mirror;
    RouteAction action;
    bool operator==(const Route&) const = default;
};

struct ListenerTimeouts
{
    milliseconds clientHeader{10000}; ///< the whole header block, from its first byte
    milliseconds clientBody{30000};   ///< no progress of a request's body
    milliseconds keepAlive{60000};
    bool operator==(const ListenerTimeouts&) const = default;
};

struct ForwardingHeaders
{
    bool xForwardedFor = true;
    bool xForwardedProto = true;
    bool xForwardedHost = false;
    bool forwarded = false;
    bool xRequestId = false;
    bool via = true;
    bool operator==(const ForwardingHeaders&) const = default;
};

/// Per client address.
struct ClientLimits
{
    std::optional<double> requestsPerSecond;
    int burst = 0; ///< requests above the rate at once; 0: one second's worth
    std::optional<int> connections;
    bool operator==(const ClientLimits&) const = default;
};

struct Listener
{
    std::string name;
    std::vector<Address> binds;
    bool reusePort = false;
    int maxConnections = 100000;
    ListenerTimeouts timeouts;
    std::optional<ClientLimits> limits;
    ForwardingHeaders headers;
    std::vector<Route> routes; ///< in the order of the file
    bool operator==(const Listener&) const = default;
};

struct AccessLog
{
    std::string path; ///< absolute, or "-" for stdout
    bool operator==(const AccessLog&) const = default;
};

/// How names of servers become addresses.
struct Resolver
{
    static constexpr std::uint16_t kPort = 53;
    std::vector<Address> servers; ///< name servers by IP address; empty: the system's
    milliseconds minTtl{5000};    ///< an answer is believed for its own time, but within these
    milliseconds maxTtl{300000};
    bool operator==(const Resolver&) const = default;
};

struct Admin
{
    std::string socket = "auto"; ///< "auto" or a path
    std::optional<Address> http; ///< absent: off
    bool operator==(const Admin&) const = default;
};

struct Config
{
    int workers = 0; ///< 0 = auto (cores)
    Admin admin;
    std::string stateDir = "auto";
    std::optional<AccessLog> accessLog;
    Resolver resolver;
    std::vector<Cidr> trustedProxies;
    std::vector<Listener> listeners;
    std::vector<Pool> pools;
    bool operator==(const Config&) const = default;

    [[nodiscard]] const Pool* pool(std::string_view name) const;
};

} // namespace steelyard::config
