/// The HAProxy writer's frame: global, defaults and the admin frontend. Thread: any.
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"
#include "interop/targets.h"

#include <algorithm>

namespace steelyard::interop {

namespace haproxy {

namespace {

const Place kTop;

void writeGlobal(Writer& out)
{
    const config::Config& config = out.config;
    out.section("global");
    if (config.workers > 0) {
        const int threads = std::min(config.workers, 64);
        out.line("nbthread " + std::to_string(threads));
        out.notes.tell(threads == config.workers, kTop / "workers",
                       "nbthread " + std::to_string(threads));
    }
    long long connections = 0;
    double jitter = 0;
    for (const config::Listener& listener : config.listeners)
        connections += listener.maxConnections;
    for (const config::Pool& pool : config.pools) {
        if (pool.healthCheck)
            jitter = std::max(jitter, pool.healthCheck->jitter);
    }
    out.line("maxconn " + std::to_string(std::min(connections, 10'000'000LL)));
    out.comment("As many descriptors as the system gives, and no refusal to start with fewer.");
    out.line("no strict-limits");
    const int spread = static_cast<int>(jitter * 100 + 0.5);
    if (spread > 0)
        out.line("spread-checks " + std::to_string(spread));
    out.comment("For normalize-uri: no spelling of a path slips past a route.");
    out.line("expose-experimental-directives");
    if (config.accessLog) {
        out.line("log stdout format raw local0");
        out.notes.near(kTop / "access_log" / "path",
                       config.accessLog->path == "-"
                           ? "log stdout, in HAProxy's own format instead of JSON"
                           : "log stdout, in HAProxy's own format: it writes no files");
    }
    if (config.admin.socket != "auto") {
        out.notes.dropped(kTop / "admin" / "socket",
                          "HAProxy's stats socket has commands of its own");
    }
    if (config.stateDir != "auto")
        out.notes.dropped(kTop / "state_dir", "HAProxy keeps no such state");
    if (!(config.resolver == config::Resolver{})) {
        out.notes.dropped(kTop / "resolver",
                          "servers' names are resolved by HAProxy's section resolvers default");
    }
}

void writeDefaults(Writer& out)
{
    out.section("defaults");
    out.line("mode http");
    if (out.config.accessLog) {
        out.line("log global");
        out.line("option httplog");
    }
}

void writeAdmin(Writer& out)
{
    if (!out.config.admin.http)
        return;
    const auto taken = [&out](const std::string& name) {
        return std::any_of(out.config.listeners.begin(), out.config.listeners.end(),
                           [&name](const config::Listener& each) { return each.name == name; });
    };
    std::string name = "admin";
    while (taken(name))
        name += '_';
    const Place place = kTop / "admin" / "http";
    out.section("frontend " + name);
    out.line("bind " + out.bindText(*out.config.admin.http, place));
    out.line("timeout client 10s");
    out.line("http-request use-service prometheus-exporter if { path /metrics }");
    out.line("http-request return status 200 content-type text/plain string ok if { path /healthz "
             "/readyz }");
    out.line("http-request return status 404");
    out.notes.near(place, "/metrics has HAProxy's own metrics, /readyz is always ready");
}

} // namespace

std::string Writer::bindText(const config::Address& address, const Place& place)
{
    if (address.port != 0)
        return address.text();
    config::Address chosen = address;
    chosen.port = ports.next();
    notes.near(place, "port " + std::to_string(chosen.port) +
                          " instead of one that the system chooses: HAProxy cannot tell it");
    return chosen.text();
}

} // namespace haproxy

Export writeHaproxy(const config::Config& config)
{
    haproxy::Writer out(config);
    out.text = "# A configuration of Steelyard, for HAProxy 2.6 (Debian 12).\n"
               "# Check it: haproxy -c -f FILE. What is only near, or left out, is in the notes of "
               "the export.\n";
    haproxy::writeGlobal(out);
    haproxy::writeDefaults(out);
    haproxy::writeAdmin(out);
    if (!config.trustedProxies.empty()) {
        out.notes.exact(haproxy::kTop / "trusted_proxies", "the acl \"trusted\" of each frontend");
    }
    // Names of the second backends of fail-open pools: none that a pool has.
    for (const config::Pool& pool : config.pools) {
        if (!pool.failOpen || (!pool.healthCheck && !haproxy::judges(pool)))
            continue;
        std::string name = pool.name + ".all-down";
        while (config.pool(name) != nullptr)
            name += '_';
        out.openPools.emplace(pool.name, name);
    }
    for (const config::Listener& listener : config.listeners)
        haproxy::writeFrontend(out, listener);
    for (const config::Pool& pool : config.pools)
        haproxy::writePool(out, pool);
    return {std::move(out.text), out.notes.inOrderOf(config)};
}

} // namespace steelyard::interop
