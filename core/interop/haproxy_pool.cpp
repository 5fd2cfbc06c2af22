/// A pool as a HAProxy backend. Thread: any.
#include "config/values.h"
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"

#include <algorithm>
#include <cmath>

namespace steelyard::interop::haproxy {

namespace {

void writeHash(Writer& out, const config::Pool& pool, const Place& place)
{
    using Source = config::AffinityKey::Source;
    const bool byClient =
        pool.algorithm == Algorithm::ClientIpHash || pool.affinity.key.source == Source::ClientIp;
    out.line(byClient ? "balance source" : "balance hash " + quoted(sampleOf(pool.affinity.key)));
    out.line("hash-type consistent");
    out.notes.near(place / "algorithm",
                   "hash-type consistent: a hash ring of its own, so clients change servers once");
    if (pool.algorithm != Algorithm::ClientIpHash)
        out.notes.exact(place / "affinity" / "key", byClient ? "balance source" : "balance hash");
    if (pool.affinity.boundedLoad) {
        const int percent =
            std::max(101, static_cast<int>(std::lround(*pool.affinity.boundedLoad * 100)));
        out.line("hash-balance-factor " + std::to_string(percent));
        out.notes.tell(std::abs(*pool.affinity.boundedLoad * 100 - percent) < 1e-6,
                       place / "affinity" / "bounded_load",
                       "hash-balance-factor " + std::to_string(percent));
    }
}

void writeAlgorithm(Writer& out, const config::Pool& pool, const Place& place)
{
    const Place at = place / "algorithm";
    bool hashes = false;
    switch (pool.algorithm) {
    case Algorithm::RoundRobin:
        out.line("balance roundrobin");
        out.notes.exact(at, "balance roundrobin");
        break;
    case Algorithm::LeastConnections:
        out.line("balance leastconn");
        out.notes.exact(at, "balance leastconn");
        break;
    case Algorithm::PowerOfTwo:
        out.line("balance random(2)");
        out.notes.near(at, "balance random(2): always two draws, never a look at all");
        break;
    case Algorithm::Random:
        out.line("balance random(1)");
        out.notes.exact(at, "balance random(1)");
        break;
    case Algorithm::PeakEwma:
    case Algorithm::Prequal:
        out.line("balance leastconn");
        out.notes.near(at, "balance leastconn: HAProxy does not balance by latency");
        break;
    case Algorithm::First:
        out.line("balance first");
        out.notes.exact(at, "balance first");
        break;
    case Algorithm::RingHash:
    case Algorithm::Maglev:
    case Algorithm::RendezvousHash:
    case Algorithm::ClientIpHash:
        hashes = true;
        writeHash(out, pool, place);
        break;
    }
    if (!hashes || pool.algorithm == Algorithm::ClientIpHash) {
        if (pool.affinity.key != config::AffinityKey{})
            out.notes.exact(place / "affinity" / "key", "without effect here, and left out");
    }
    if (!hashes && pool.affinity.boundedLoad)
        out.notes.exact(place / "affinity" / "bounded_load", "without effect here, and left out");
}

void writeTimes(Writer& out, const config::PoolTimeouts& times, const Place& place)
{
    // 0 would be no limit.
    const milliseconds queue = std::max(times.queue, milliseconds{1});
    out.line("timeout connect " + timeText(times.connect));
    out.line("timeout server " + timeText(times.responseHeader));
    out.line("timeout tunnel " + timeText(times.idle));
    out.line("timeout queue " + timeText(queue));
    out.notes.exact(place / "connect", "timeout connect");
    out.notes.near(place / "response_header",
                   "timeout server, which also ends an answer that pauses so long");
    out.notes.near(place / "idle", "timeout tunnel, for WebSocket; see response_header for others");
    out.notes.tell(times.queue == queue, place / "queue",
                   times.queue == queue ? "timeout queue" : "timeout queue 1ms instead of none");
}

void writeRetry(Writer& out, const config::Pool& pool, const Place& place)
{
    out.line("retries " + std::to_string(pool.retry.attempts));
    if (pool.retry.attempts > 0) {
        out.line("option redispatch 1");
        out.line("retry-on conn-failure empty-response 502 503 504");
        out.line("http-request disable-l7-retry unless { method GET HEAD OPTIONS TRACE PUT DELETE "
                 "}");
        out.notes.dropped(place / "budget", "HAProxy has none: each request may be retried");
    }
    if (pool.retry.attempts == 0 && pool.retry.budget != config::Retry{}.budget)
        out.notes.exact(place / "budget", "without effect here, and left out");
    out.notes.exact(place / "attempts", "retries, always at another server (redispatch)");
}

void writeStickiness(Writer& out, const config::Stickiness& sticky, const Place& place)
{
    using WhenDraining = config::Stickiness::WhenDraining;
    out.line("cookie " + quoted(sticky.cookie) + " insert indirect httponly maxidle " +
             std::to_string(std::max<long long>(1, sticky.idle.count() / 1000)) + "s maxlife " +
             std::to_string(std::max<long long>(1, sticky.max.count() / 1000)) +
             "s attr SameSite=Lax");
    out.notes.near(place, "cookie insert; its value is the server's name, not signed");
    out.notes.exact(place / "cookie", "cookie insert");
    out.notes.tell(sticky.idle.count() % 1000 == 0, place / "idle", "maxidle, whole seconds");
    out.notes.tell(sticky.max.count() % 1000 == 0, place / "max", "maxlife, whole seconds");
    if (sticky.whenDraining == WhenDraining::Keep)
        out.notes.exact(place / "when_draining", "a server with weight 0 keeps its clients");
    else
        out.notes.dropped(place / "when_draining", "a server with weight 0 keeps its clients");
}

void tellServer(Writer& out, const config::Backend& server, const config::Pool& pool,
                const Place& place)
{
    out.notes.exact(place / "address", "server");
    out.notes.exact(place / "weight", "weight " + std::to_string(server.weight));
    if (server.state == AdminState::Draining) {
        out.notes.near(place / "state", pool.stickiness
                                            ? "weight 0: nothing new but from its own clients, and "
                                              "no deadline"
                                            : "weight 0: nothing new, and no deadline");
    } else {
        out.notes.exact(place / "state",
                        server.state == AdminState::Maintenance ? "disabled" : "ready");
    }
    if (server.maxRequests)
        out.notes.exact(place / "max_requests", "maxconn");
    if (server.backup)
        out.notes.exact(place / "backup", "backup, all of them at once (option allbackups)");
}

/// `checks`: words of the health checks; `told`: notes are wanted.
void writeServers(Writer& out, const config::Pool& pool, const std::string& checks,
                  const Place& place, bool told)
{
    for (const config::Backend& server : pool.backends) {
        const bool drains = server.state == AdminState::Draining;
        std::string words = "server " + server.name + ' ' + server.address.text() + " weight " +
                            std::to_string(drains ? 0 : server.weight);
        if (pool.stickiness)
            words += " cookie " + pool.name + ':' + server.name;
        if (server.maxRequests)
            words += " maxconn " + std::to_string(*server.maxRequests);
        words += " pool-max-conn " + std::to_string(pool.keepAlive.maxIdle);
        if (pool.keepAlive.maxIdle > 0)
            words += " pool-purge-delay " + timeText(pool.keepAlive.idle);
        if (pool.slowStart)
            words += " slowstart " + timeText(pool.slowStart->window);
        if (server.backup)
            words += " backup";
        if (!config::isIpLiteral(server.address.host))
            words += " init-addr libc,none resolvers default";
        if (server.state == AdminState::Maintenance)
            words += " disabled";
        if (!checks.empty())
            words += ' ' + checks;
        out.line(words);
        if (told)
            tellServer(out, server, pool, place / "backends" / server.name);
    }
}

void tellRest(Writer& out, const config::Pool& pool, const Place& place)
{
    out.notes.near(place / "keep_alive" / "max_idle",
                   "pool-max-conn: per process instead of per worker");
    out.notes.exact(place / "keep_alive" / "idle", "pool-purge-delay");
    if (pool.slowStart) {
        out.notes.exact(place / "slow_start" / "window", "slowstart");
        out.notes.dropped(place / "slow_start" / "from", "HAProxy begins at its own share");
    }
    out.notes.dropped(place / "drain" / "timeout", "HAProxy drains without a deadline");
    if (!pool.failOpen) {
        out.notes.exact(place / "when_all_down", "503 at once");
    } else if (out.openPools.contains(pool.name)) {
        out.notes.near(place / "when_all_down",
                       "a second backend with the same servers, not checked, takes over");
    } else {
        out.notes.exact(place / "when_all_down", "without checks no server is ever down");
    }
}

void writeBackend(Writer& out, const config::Pool& pool, const std::string& name, bool checked)
{
    const Place place = Place{} / "pools" / pool.name;
    out.section("backend " + name);
    if (!checked)
        out.comment("Takes over when every server of " + pool.name + " is down.");
    writeAlgorithm(out, pool, place);
    writeTimes(out, pool.timeouts, place / "timeouts");
    writeRetry(out, pool, place / "retry");
    if (pool.stickiness)
        writeStickiness(out, *pool.stickiness, place / "stickiness");
    out.line("option allbackups");
    const std::string checks = checked ? writeHealth(out, pool, place) : std::string();
    writeServers(out, pool, checks, place, checked);
    if (checked)
        tellRest(out, pool, place);
}

} // namespace

void writePool(Writer& out, const config::Pool& pool)
{
    writeBackend(out, pool, pool.name, true);
    const auto open = out.openPools.find(pool.name);
    if (open == out.openPools.end())
        return;
    const Notes told = out.notes; // what both say is said once
    writeBackend(out, pool, open->second, false);
    out.notes = told;
}

} // namespace steelyard::interop::haproxy
