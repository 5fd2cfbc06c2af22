/// Pools and their servers.
#include "config/draft.h"

#include <array>

namespace steelyard::config {

namespace {

using namespace std::chrono_literals;

void readBackend(const Node& node, Pool& pool, PoolPlaces& places, Findings& findings)
{
    constexpr int kMostWeight = 256;
    constexpr int kMostRequests = 1'000'000;
    constexpr std::array<std::string_view, 3> kStates{"ready", "draining", "maintenance"};
    const MappingReader in(node, sections::kBackend, findings);
    if (!in.valid())
        return;
    Backend backend;
    places.names.push_back(in.name(backend.name));
    if (const Node* address = in.require("address", "address: 127.0.0.1:9001")) {
        if (const auto good = readAddress(*address, "address", false, findings))
            backend.address = *good;
    }
    in.integer("weight", backend.weight, 0, kMostWeight);
    std::size_t state = 0;
    if (in.choice("state", kStates, state) != nullptr)
        backend.state = *adminStateFrom(kStates[state]);
    int maxRequests = 0;
    if (in.integer("max_requests", maxRequests, 1, kMostRequests) != nullptr)
        backend.maxRequests = maxRequests;
    in.boolean("backup", backend.backup);
    pool.backends.push_back(std::move(backend));
}

void readRetry(const Node& node, Retry& out, Findings& findings)
{
    constexpr int kMostAttempts = 8;
    const MappingReader in(node, sections::kRetry, findings);
    in.integer("attempts", out.attempts, 0, kMostAttempts);
    in.share("budget", out.budget, 0.0, 1.0);
}

void readTimeouts(const Node& node, PoolTimeouts& out, Findings& findings)
{
    const MappingReader in(node, sections::kPoolTimeouts, findings);
    in.duration("connect", out.connect, 1ms, 1h);
    in.duration("response_header", out.responseHeader, 1ms, 24h);
    in.duration("idle", out.idle, 1ms, 24h);
    in.duration("queue", out.queue, 0ms, 1h); // 0: nobody waits
}

void readKeepAlive(const Node& node, KeepAlive& out, Findings& findings)
{
    constexpr int kMostIdle = 65536;
    const MappingReader in(node, sections::kKeepAlive, findings);
    in.integer("max_idle", out.maxIdle, 0, kMostIdle); // 0: no connection is kept
    in.duration("idle", out.idle, 1ms, 24h);
}

} // namespace

void readPool(const Node& node, Draft& draft, Findings& findings)
{
    constexpr std::array<std::string_view, 2> kWhenAllDown{"fail-closed", "fail-open"};
    const MappingReader in(node, sections::kPool, findings);
    if (!in.valid())
        return;
    Pool pool;
    PoolPlaces places;
    places.name = in.name(pool.name);
    places.backends = places.name;
    const bool algorithmKnown = readAlgorithm(in, pool.algorithm);
    if (const Node* affinity = in.find("affinity")) {
        pool.affinity = readAffinity(
            *affinity, algorithmKnown ? std::optional(pool.algorithm) : std::nullopt, findings);
    }
    if (const Node* check = in.find("health_check"))
        pool.healthCheck = readHealthCheck(*check, findings);
    if (const Node* outliers = in.find("outlier_detection"))
        pool.outlierDetection = readOutlierDetection(*outliers, findings);
    if (const Node* stickiness = in.find("stickiness"))
        pool.stickiness = readStickiness(*stickiness, findings);
    if (const Node* slowStart = in.find("slow_start"))
        pool.slowStart = readSlowStart(*slowStart, findings);
    if (const Node* drain = in.find("drain")) {
        MappingReader(*drain, sections::kDrain, findings)
            .duration("timeout", pool.drainTimeout, 0ms, 24h);
    }
    if (const Node* retry = in.find("retry"))
        readRetry(*retry, pool.retry, findings);
    if (const Node* timeouts = in.find("timeouts"))
        readTimeouts(*timeouts, pool.timeouts, findings);
    if (const Node* keepAlive = in.find("keep_alive"))
        readKeepAlive(*keepAlive, pool.keepAlive, findings);
    std::size_t whenAllDown = 0;
    if (in.choice("when_all_down", kWhenAllDown, whenAllDown) != nullptr)
        pool.failOpen = whenAllDown == 1;
    const Node* backends = in.find("backends");
    if (backends == nullptr ||
        (backends->kind == Node::Kind::Sequence && backends->items.empty())) {
        findings.warning(backends != nullptr ? backends->start : places.name,
                         "pool " + inQuotes(pool.name) + " has no server",
                         "its requests are answered 503 until one is added");
    }
    if (backends != nullptr) {
        places.backends = backends->start;
        for (const Node& backend : itemsOf(*backends, "backends", findings))
            readBackend(backend, pool, places, findings);
    }
    draft.config.pools.push_back(std::move(pool));
    draft.pools.push_back(std::move(places));
}

} // namespace steelyard::config
