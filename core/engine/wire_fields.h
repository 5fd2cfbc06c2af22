/// What goes over the wire of each type: one list of fields (`fields`) serves reading and both ways
/// of writing, so that they cannot drift apart. `io(key, member)` is called for each, in order.
/// Thread: any; pure.
#pragma once

#include "engine/engine_client.h"
#include "stats/snapshot.h"

#include <concepts>
#include <type_traits>

namespace steelyard::engine::wire {

template <typename T, typename Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

template <Is<stats::Latency> T>
void fields(auto& io, T& value)
{
    io("p50", value.p50);
    io("p95", value.p95);
    io("p99", value.p99);
}

template <Is<stats::Totals> T>
void fields(auto& io, T& value)
{
    io("requests", value.requests);
    io("status_2xx", value.status2xx);
    io("status_3xx", value.status3xx);
    io("status_4xx", value.status4xx);
    io("status_5xx", value.status5xx);
    io("connect_errors", value.connectErrors);
    io("timeouts", value.timeouts);
    io("resets", value.resets);
    io("retries", value.retries);
    io("bytes_in", value.bytesIn);
    io("bytes_out", value.bytesOut);
}

template <Is<stats::Probe> T>
void fields(auto& io, T& value)
{
    io("done", value.done);
    io("good", value.good);
    io("text", value.text);
    io("age_seconds", value.ageSeconds);
    io("duration_ms", value.durationMs);
}

template <Is<stats::BackendRow> T>
void fields(auto& io, T& value)
{
    io("pool", value.pool);
    io("name", value.name);
    io("address", value.address);
    io("weight", value.weight);
    io("admin", value.admin);
    io("health", value.health);
    io("probed", value.probed);
    io("pending", value.pending);
    io("needed", value.needed);
    io("state_seconds", value.stateSeconds);
    io("reason", value.reason);
    io("selectable", value.selectable);
    io("excluded", value.excluded);
    io("backup", value.backup);
    io("ejected", value.ejected);
    io("ejected_seconds_left", value.ejectedSecondsLeft);
    io("slow_start", value.slowStart);
    io("max_requests", value.maxRequests);
    io("pinned", value.pinned);
    io("ghost", value.ghost);
    io("configured_share", value.configuredShare);
    io("actual_share", value.actualShare);
    io("in_flight", value.inFlight);
    io("requests_per_second", value.requestsPerSecond);
    io("errors_per_second", value.errorsPerSecond);
    io("latency_us", value.latency);
    io("own_mean_us", value.ownMean);
    io("totals", value.totals);
    io("probe", value.probe);
    io("drain_seconds_left", value.drainSecondsLeft);
}

template <Is<stats::PoolRow> T>
void fields(auto& io, T& value)
{
    io("name", value.name);
    io("algorithm", value.algorithm);
    io("selectable", value.selectable);
    io("all_down", value.allDown);
    io("fail_open", value.failOpen);
    io("on_backups", value.onBackups);
    io("sticky", value.sticky);
    io("queued", value.queued);
    io("in_flight", value.inFlight);
    io("requests_per_second", value.requestsPerSecond);
    io("errors_per_second", value.errorsPerSecond);
    io("latency_us", value.latency);
    io("own_mean_us", value.ownMean);
    io("servers", value.backends);
}

template <Is<stats::ListenerRow> T>
void fields(auto& io, T& value)
{
    io("name", value.name);
    io("addresses", value.addresses);
    io("connections", value.connections);
    io("max_connections", value.maxConnections);
    io("requests_per_second", value.requestsPerSecond);
    io("errors_per_second", value.errorsPerSecond);
    io("latency_us", value.latency);
    io("own_mean_us", value.ownMean);
}

template <Is<stats::Snapshot> T>
void fields(auto& io, T& value)
{
    io("sequence", value.sequence);
    io("monotonic_seconds", value.monotonicSeconds);
    io("wall_ms", value.wallMs);
    io("state", value.state);
    io("config_version", value.configVersion);
    io("config_path", value.configPath);
    io("unsaved_changes", value.unsavedChanges);
    io("workers", value.workers);
    io("uptime_seconds", value.uptimeSeconds);
    io("listeners", value.listeners);
    io("pools", value.pools);
    io("connections", value.connections);
    io("requests_per_second", value.requestsPerSecond);
    io("errors_per_second", value.errorsPerSecond);
    io("latency_us", value.latency);
    io("own_latency_us", value.own);
    io("cpu_share", value.cpuShare);
    io("totals", value.totals);
}

template <Is<stats::Event> T>
void fields(auto& io, T& value)
{
    io("sequence", value.sequence);
    io("wall_ms", value.wallMs);
    io("level", value.level);
    io("source", value.source);
    io("text", value.text);
}

template <Is<CommandResult> T>
void fields(auto& io, T& value)
{
    io("outcome", value.outcome);
    io("text", value.text);
    io("hint", value.hint);
    io("data", value.data);
}
} // namespace steelyard::engine::wire
