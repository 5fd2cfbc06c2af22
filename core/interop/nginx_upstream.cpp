/// A pool as an nginx upstream, and what it says about a location. Thread: any.
#include "config/values.h"
#include "interop/nginx_parts.h"
#include "interop/nginx_words.h"

#include <algorithm>

namespace steelyard::interop::nginx {

namespace {

bool hasBackups(const config::Pool& pool)
{
    return std::any_of(pool.backends.begin(), pool.backends.end(),
                       [](const config::Backend& each) { return each.backup; });
}

bool onlyBackups(const config::Pool& pool)
{
    return std::all_of(pool.backends.begin(), pool.backends.end(),
                       [](const config::Backend& each) { return each.backup; });
}

/// What a directive of the algorithm means for the servers' lines.
struct Method
{
    std::string directive; ///< empty: round robin
    bool takesBackups = true;
    bool firstOnly = false; ///< all but the first are backups
};

/// nginx 1.22 knows backups with round robin and least_conn only.
Method randomOr(const config::Pool& pool, const std::string& directive)
{
    if (hasBackups(pool) && !onlyBackups(pool))
        return {"least_conn", true, false};
    return {directive, false, false};
}

Method hashMethod(Writer& out, const config::Pool& pool, const Place& place)
{
    const bool byClient = pool.algorithm == Algorithm::ClientIpHash;
    const config::AffinityKey key = byClient ? config::AffinityKey{} : pool.affinity.key;
    const std::string variable = writeKey(out, key, pool.name);
    out.notes.near(place / "algorithm",
                   "hash consistent: a hash ring of its own, so clients change servers once");
    if (!byClient)
        out.notes.near(place / "affinity" / "key", "hash of the text as it was sent");
    return {"hash " + variable + " consistent", false, false};
}

Method methodOf(Writer& out, const config::Pool& pool, const Place& place)
{
    const Place at = place / "algorithm";
    if (pool.stickiness) {
        out.notes.near(at, "hash of the client's address: nginx has no sticky cookies, and "
                           "clients must stay where they are");
        return {"hash $remote_addr consistent", false, false};
    }
    switch (pool.algorithm) {
    case Algorithm::RoundRobin:
        out.notes.exact(at, "nginx's own round robin, which is smooth");
        return {};
    case Algorithm::LeastConnections:
        out.notes.exact(at, "least_conn");
        return {"least_conn", true, false};
    case Algorithm::PowerOfTwo: {
        Method method = randomOr(pool, "random two least_conn");
        out.notes.near(at, method.directive == "least_conn"
                               ? "least_conn: nginx has no backups with random"
                               : "random two least_conn: always two draws, never a look at all");
        return method;
    }
    case Algorithm::Random: {
        Method method = randomOr(pool, "random");
        out.notes.tell(method.directive == "random", at,
                       method.directive == "random" ? "random"
                                                    : "least_conn: nginx has no backups with "
                                                      "random");
        return method;
    }
    case Algorithm::PeakEwma:
    case Algorithm::Prequal:
        out.notes.near(at, "least_conn: nginx does not balance by latency");
        return {"least_conn", true, false};
    case Algorithm::First:
        out.notes.near(at, "the first server, the others as its backups, used alike");
        return {{}, true, true};
    case Algorithm::RingHash:
    case Algorithm::Maglev:
    case Algorithm::RendezvousHash:
    case Algorithm::ClientIpHash:
        return hashMethod(out, pool, place);
    }
    return {};
}

/// "max_fails=5 fail_timeout=30s", by live traffic only.
std::string failuresText(Writer& out, const config::Pool& pool, const Place& place)
{
    const auto& outliers = pool.outlierDetection;
    const bool judges = outliers && !outliers->observe && outliers->consecutiveErrors > 0;
    if (outliers && !judges)
        out.notes.dropped(place / "outlier_detection",
                          "nginx counts errors only, and does not only tell");
    if (pool.healthCheck) {
        out.notes.near(place / "health_check",
                       judges ? "by live traffic only: see outlier_detection"
                              : "by live traffic only, no probes: max_fails and fail_timeout");
        if (!judges) {
            out.notes.near(place / "health_check" / "fall", "max_fails");
            out.notes.near(place / "health_check" / "interval", "fail_timeout: fall x interval");
        }
    }
    if (judges) {
        const Place at = place / "outlier_detection";
        out.notes.near(at / "consecutive_errors", "max_fails: errors within fail_timeout");
        out.notes.near(at / "eject_for", "fail_timeout, whole seconds");
        for (const char* key : {"error_rate", "min_requests", "window"})
            out.notes.dropped(at / key, "nginx counts errors only");
        if (outliers->latencyFactor)
            out.notes.dropped(at / "latency_factor", "nginx does not judge by latency");
        out.notes.dropped(at / "max_eject_for", "ejections do not grow");
        out.notes.dropped(at / "max_ejected", "all servers may be out at once");
        return " max_fails=" + std::to_string(outliers->consecutiveErrors) +
               " fail_timeout=" + secondsText(outliers->ejectFor);
    }
    if (pool.healthCheck) {
        return " max_fails=" + std::to_string(pool.healthCheck->fall) +
               " fail_timeout=" + secondsText(pool.healthCheck->interval * pool.healthCheck->fall);
    }
    return " max_fails=0";
}

void tellServer(Writer& out, const config::Backend& server, const Method& method, bool backup,
                const Place& place)
{
    out.notes.tell(config::isIpLiteral(server.address.host), place / "address",
                   config::isIpLiteral(server.address.host)
                       ? "server"
                       : "server; the name is looked up at the start only");
    out.notes.tell(server.weight > 0, place / "weight",
                   server.weight > 0 ? "weight" : "down, also for those pinned there");
    if (server.state == AdminState::Draining)
        out.notes.near(place / "state", "down: what comes goes elsewhere at once");
    else
        out.notes.exact(place / "state",
                        server.state == AdminState::Maintenance ? "down" : "ready");
    if (server.maxRequests)
        out.notes.near(place / "max_requests",
                       "max_conns, without a queue: 502 where all are full");
    if (server.backup && backup && !method.takesBackups)
        out.notes.dropped(place / "backup", "down: nginx has no backups with this algorithm");
    else if (server.backup)
        out.notes.exact(place / "backup", "backup");
}

void writeServers(Writer& out, const config::Pool& pool, const Method& method,
                  const std::string& failures, const Place& place)
{
    const bool backups = !onlyBackups(pool); // nginx wants at least one that is none
    bool first = true;
    for (const config::Backend& server : pool.backends) {
        const bool backup = server.backup && backups;
        bool down = server.weight == 0 || server.state != AdminState::Ready ||
                    (backup && !method.takesBackups);
        std::string words = "server " + server.address.text();
        if (server.weight > 1)
            words += " weight=" + std::to_string(server.weight);
        if (server.maxRequests)
            words += " max_conns=" + std::to_string(*server.maxRequests);
        words += failures;
        if (method.takesBackups && (backup || (method.firstOnly && !first)))
            words += " backup";
        if (down)
            words += " down";
        out.top("    " + words + "; # " + server.name);
        tellServer(out, server, method, backups, place / "backends" / server.name);
        first = first && (backup || down);
    }
    if (pool.backends.empty())
        out.top("    server 127.0.0.1:1 down; # the pool has none, and nginx wants one");
}

void tellRest(Writer& out, const config::Pool& pool, const Method& method, const Place& place)
{
    const bool keyed = method.directive.starts_with("hash ") && !pool.stickiness &&
                       pool.algorithm != Algorithm::ClientIpHash;
    if (pool.affinity.key != config::AffinityKey{} && !keyed)
        out.notes.dropped(place / "affinity" / "key", "without effect with this algorithm");
    if (pool.affinity.boundedLoad)
        out.notes.dropped(place / "affinity" / "bounded_load", "nginx's hash has no bound");
    if (pool.stickiness)
        out.notes.near(place / "stickiness", "by a hash of the client's address, without a cookie");
    if (pool.slowStart)
        out.notes.dropped(place / "slow_start", "only in the commercial nginx");
    out.notes.dropped(place / "drain" / "timeout", "nginx does not drain single servers");
    out.notes.near(place / "keep_alive" / "max_idle", "keepalive: of all servers of a worker");
    out.notes.exact(place / "keep_alive" / "idle", "keepalive_timeout");
    if (pool.failOpen)
        out.notes.dropped(place / "when_all_down", "502 until fail_timeout is over");
    else
        out.notes.near(place / "when_all_down", "502 instead of 503");
    const config::PoolTimeouts& times = pool.timeouts;
    out.notes.exact(place / "timeouts" / "connect", "proxy_connect_timeout");
    out.notes.near(place / "timeouts" / "response_header",
                   "proxy_read_timeout, which also ends an answer that pauses so long");
    out.notes.near(place / "timeouts" / "idle",
                   "proxy_send_timeout; for answers see response_header");
    if (times.queue != config::PoolTimeouts{}.queue)
        out.notes.dropped(place / "timeouts" / "queue", "nginx has no queue");
    out.notes.near(place / "retry" / "attempts",
                   pool.retry.attempts > 0 ? "proxy_next_upstream_tries; only at servers not tried"
                                           : "proxy_next_upstream off");
    if (pool.retry.attempts > 0)
        out.notes.dropped(place / "retry" / "budget",
                          "nginx has none: each request may be retried");
    else if (pool.retry.budget != config::Retry{}.budget)
        out.notes.exact(place / "retry" / "budget", "without effect here, and left out");
}

} // namespace

void writeUpstream(Writer& out, const config::Pool& pool)
{
    const Place place = Place{} / "pools" / pool.name;
    const std::string& name = out.upstreams.at(pool.name);
    out.http += '\n';
    const Method method = methodOf(out, pool, place);
    const std::string failures = failuresText(out, pool, place);
    out.top("upstream " + name + " {");
    out.top("    zone " + name + ' ' + std::to_string(128 + 2 * pool.backends.size()) + "k;");
    if (!method.directive.empty())
        out.top("    " + method.directive + ';');
    writeServers(out, pool, method, failures, place);
    if (pool.keepAlive.maxIdle > 0) {
        const std::size_t idle = static_cast<std::size_t>(pool.keepAlive.maxIdle) *
                                 std::max<std::size_t>(1, pool.backends.size());
        out.top("    keepalive " + std::to_string(std::min<std::size_t>(idle, 4096)) + ';');
        out.top("    keepalive_requests 1000000;");
        out.top("    keepalive_timeout " + timeText(pool.keepAlive.idle) + ';');
    }
    out.top("}");
    tellRest(out, pool, method, place);
}

void writePoolTimes(Writer& out, const config::Pool& pool)
{
    out.in("proxy_connect_timeout " + timeText(pool.timeouts.connect) + ';');
    out.in("proxy_read_timeout " + timeText(pool.timeouts.responseHeader) + ';');
    out.in("proxy_send_timeout " + timeText(pool.timeouts.idle) + ';');
    if (pool.retry.attempts == 0) {
        out.in("proxy_next_upstream off;");
        return;
    }
    out.in("proxy_next_upstream error timeout http_502 http_503 http_504;");
    out.in("proxy_next_upstream_tries " + std::to_string(pool.retry.attempts + 1) + ';');
}

} // namespace steelyard::interop::nginx
