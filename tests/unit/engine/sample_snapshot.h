/// Snapshots for tests: one to look at, and random ones.
/// Thread: any.
#pragma once

#include "base/random.h"
#include "stats/snapshot.h"

namespace steelyard::test {

/// One listener, pool "shop" with a (up), b (down) and c (draining).
inline stats::Snapshot sampleSnapshot()
{
    stats::Snapshot snapshot;
    snapshot.sequence = 7;
    snapshot.state = stats::EngineState::Serving;
    snapshot.configVersion = 3;
    snapshot.configPath = "/etc/steelyard/lab.yaml";
    snapshot.unsavedChanges = true;
    snapshot.workers = 2;
    snapshot.uptimeSeconds = 3700;
    snapshot.listeners.push_back({"web", {"127.0.0.1:8080"}, 12, 100000, 1234, 0.5, {1, 2, 3}, 4});
    snapshot.requestsPerSecond = 1234;
    snapshot.errorsPerSecond = 0.5;
    snapshot.latency = {1200, 4000, 8100};
    snapshot.own = {20, 30, 42};
    snapshot.connections = 12;
    stats::PoolRow pool;
    pool.name = "shop";
    pool.selectable = 1;
    for (const char* name : {"a", "b", "c"}) {
        stats::BackendRow row;
        row.pool = "shop";
        row.name = name;
        row.address = "127.0.0.1:9001";
        row.probed = true;
        row.health = HealthState::Healthy;
        row.stateSeconds = 65;
        row.probe = {true, true, "200 in 4 ms", 1.5, 4};
        pool.backends.push_back(row);
    }
    pool.backends[1].health = HealthState::Unhealthy;
    pool.backends[1].probe = {true, false, "connection refused", 0.5, 0};
    pool.backends[2].admin = AdminState::Draining;
    pool.backends[2].drainSecondsLeft = 11.2;
    snapshot.pools.push_back(pool);
    return snapshot;
}

/// Every field random, texts with any characters, `pools` times `backends` rows.
class SnapshotMaker
{
public:
    explicit SnapshotMaker(std::uint64_t seed)
        : m_random(seed)
    {
    }

    stats::Snapshot make(int pools, int backends)
    {
        stats::Snapshot s;
        s.sequence = counter();
        s.monotonicSeconds = real();
        s.wallMs = static_cast<std::int64_t>(counter() >> 2U);
        s.state = static_cast<stats::EngineState>(m_random.below(4));
        s.configVersion = counter();
        s.configPath = word();
        s.unsavedChanges = flip();
        s.workers = integer();
        s.uptimeSeconds = real();
        for (int i = 0; i < 3; ++i)
            s.listeners.push_back({word(),
                                   {word(), word()},
                                   count(),
                                   integer(),
                                   real(),
                                   real(),
                                   {real(), real(), real()},
                                   real()});
        for (int i = 0; i < pools; ++i)
            s.pools.push_back(pool(backends));
        s.connections = count();
        s.requestsPerSecond = real();
        s.errorsPerSecond = real();
        s.latency = {real(), real(), real()};
        s.own = {real(), real(), real()};
        s.cpuShare = real();
        s.totals = totals();
        return s;
    }

private:
    stats::PoolRow pool(int backends)
    {
        stats::PoolRow p{word(),    kAlgorithms[m_random.below(kAlgorithms.size())],
                         integer(), flip(),
                         flip(),    flip(),
                         flip(),    count(),
                         count(),   real(),
                         real(),    {real(), real(), real()},
                         real(),    {}};
        for (int i = 0; i < backends; ++i)
            p.backends.push_back(backend());
        return p;
    }

    stats::BackendRow backend()
    {
        stats::BackendRow b;
        b.pool = word();
        b.name = word();
        b.address = word();
        b.weight = integer();
        b.admin = static_cast<AdminState>(m_random.below(3));
        b.health = static_cast<HealthState>(m_random.below(3));
        b.probed = flip();
        b.excluded = word();
        b.backup = flip();
        b.ejected = flip();
        b.ejectedSecondsLeft = real();
        b.slowStart = real();
        b.maxRequests = integer();
        b.pinned = count();
        b.pending = integer();
        b.needed = integer();
        b.stateSeconds = real();
        b.reason = word();
        b.selectable = flip();
        b.ghost = flip();
        b.configuredShare = real();
        b.actualShare = real();
        b.inFlight = count();
        b.requestsPerSecond = real();
        b.errorsPerSecond = real();
        b.latency = {real(), real(), real()};
        b.ownMean = real();
        b.totals = totals();
        b.probe = {flip(), flip(), word(), real(), real()};
        b.drainSecondsLeft = real();
        return b;
    }

    stats::Totals totals()
    {
        return {counter(), counter(), counter(), counter(), counter(), counter(),
                counter(), counter(), counter(), counter(), counter()};
    }

    bool flip() { return m_random.below(2) == 1; }

    int integer() { return static_cast<int>(m_random.next()); }

    std::uint32_t count() { return static_cast<std::uint32_t>(m_random.next()); }

    std::uint64_t counter() { return m_random.next() >> (1 + m_random.below(63)); }

    double real() { return flip() ? m_random.unit() * 1e6 - 5e5 : static_cast<double>(integer()); }

    std::string word()
    {
        static const char* const kPieces[] = {
            "a", "\"", "\\", "\n", "\t", "é", "\xF0\x9F\x9A\x82", "/", "{", "\x01", " "};
        std::string text;
        for (std::uint32_t i = m_random.below(12); i > 0; --i)
            text += kPieces[m_random.below(std::size(kPieces))];
        return text;
    }

    RandomSource m_random;
};

} // namespace steelyard::test
