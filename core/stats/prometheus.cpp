/// Families in a fixed order: engine, listeners, pools, backends; a family's samples stand
/// together, as the format wants. Thread: any.
#include "stats/prometheus.h"

#include <charconv>
#include <initializer_list>
#include <utility>

namespace steelyard::stats {

namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Exposition
{
public:
    explicit Exposition(std::string& out)
        : m_out(out)
    {
    }

    /// Starts a family; the following samples belong to it.
    void family(std::string_view name, std::string_view type, std::string_view help)
    {
        m_name = name;
        m_out.append("# HELP steelyard_").append(name).append(" ").append(help);
        m_out.append("\n# TYPE steelyard_").append(name).append(" ").append(type).append("\n");
    }

    template <typename Number>
    void sample(Labels labels, Number value, std::string_view suffix = {})
    {
        m_out.append("steelyard_").append(m_name).append(suffix);
        char separator = '{';
        for (const auto& [name, text] : labels) {
            m_out += separator;
            m_out.append(name).append("=\"");
            escape(text);
            m_out += '"';
            separator = ',';
        }
        if (separator == ',')
            m_out += '}';
        m_out.append(" ").append(number(value)).append("\n");
    }

    void histogram(std::string_view pool, std::string_view backend, const LatencyBuckets& buckets,
                   const LatencyBounds& bounds)
    {
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            const std::string bound(number(static_cast<double>(bounds[i]) / 1e6));
            labelled(pool, backend, bound, buckets.within[i], "_bucket");
        }
        labelled(pool, backend, "+Inf", buckets.count, "_bucket");
        labelled(pool, backend, {}, static_cast<double>(buckets.sumMicros) / 1e6, "_sum");
        labelled(pool, backend, {}, buckets.count, "_count");
    }

private:
    template <typename Number>
    void labelled(std::string_view pool, std::string_view backend, std::string_view bound,
                  Number value, std::string_view suffix)
    {
        if (pool.empty() && bound.empty())
            sample({}, value, suffix);
        else if (pool.empty())
            sample({{"le", bound}}, value, suffix);
        else if (bound.empty())
            sample({{"pool", pool}, {"backend", backend}}, value, suffix);
        else
            sample({{"pool", pool}, {"backend", backend}, {"le", bound}}, value, suffix);
    }

    template <typename Number>
    std::string_view number(Number value) noexcept
    {
        const auto end = std::to_chars(m_digits, m_digits + sizeof m_digits, value).ptr;
        return {m_digits, static_cast<std::size_t>(end - m_digits)};
    }

    void escape(std::string_view text)
    {
        for (const char c : text) {
            if (c == '\n')
                m_out += "\\n";
            else if (c == '\\' || c == '"')
                (m_out += '\\') += c;
            else
                m_out += c;
        }
    }

    std::string& m_out;
    std::string_view m_name;
    char m_digits[32];
};

void writeEngine(const Snapshot& snapshot, std::string_view version, Exposition& out)
{
    out.family("build_info", "gauge", "Constant 1, with the version as a label.");
    out.sample({{"version", version}}, 1);
    out.family("uptime_seconds", "gauge", "Seconds since the engine started.");
    out.sample({}, snapshot.uptimeSeconds);
    out.family("workers", "gauge", "Worker threads.");
    out.sample({}, snapshot.workers);
    out.family("config_version", "gauge", "Configurations installed since start.");
    out.sample({}, snapshot.configVersion);
    out.family("cpu_share", "gauge", "CPU of the process over the last second, in cores.");
    out.sample({}, snapshot.cpuShare);
    out.family("connections", "gauge", "Client connections.");
    out.sample({}, snapshot.connections);
    out.family("requests_total", "counter", "Finished exchanges.");
    out.sample({}, snapshot.totals.requests);
    out.family("responses_total", "counter", "Responses sent to clients by class of status code.");
    out.sample({{"code", "2xx"}}, snapshot.totals.status2xx);
    out.sample({{"code", "3xx"}}, snapshot.totals.status3xx);
    out.sample({{"code", "4xx"}}, snapshot.totals.status4xx);
    out.sample({{"code", "5xx"}}, snapshot.totals.status5xx);
    out.family("retries_total", "counter", "Attempts after the first of an exchange.");
    out.sample({}, snapshot.totals.retries);
    out.family("received_bytes_total", "counter", "Bytes received from clients.");
    out.sample({}, snapshot.totals.bytesIn);
    out.family("sent_bytes_total", "counter", "Bytes sent to clients.");
    out.sample({}, snapshot.totals.bytesOut);
    out.family("request_duration_seconds", "histogram", "Whole exchanges as clients see them.");
    out.histogram({}, {}, snapshot.latencyBuckets, kServiceBounds);
    out.family("own_duration_seconds", "histogram",
               "Time added to exchanges by the balancer itself.");
    out.histogram({}, {}, snapshot.ownBuckets, kOwnBounds);
}

void writeListeners(const Snapshot& snapshot, Exposition& out)
{
    out.family("listener_connections", "gauge", "Client connections of a listener.");
    for (const ListenerRow& row : snapshot.listeners)
        out.sample({{"listener", row.name}}, row.connections);
    out.family("listener_max_connections", "gauge",
               "Most client connections that a listener takes.");
    for (const ListenerRow& row : snapshot.listeners)
        out.sample({{"listener", row.name}}, row.maxConnections);
}

void writePools(const Snapshot& snapshot, Exposition& out)
{
    out.family("pool_selectable_backends", "gauge",
               "Backends of a pool that may receive new requests.");
    for (const PoolRow& pool : snapshot.pools)
        out.sample({{"pool", pool.name}}, pool.selectable);
    out.family("pool_all_down", "gauge", "1 while a pool has no backend for new requests.");
    for (const PoolRow& pool : snapshot.pools)
        out.sample({{"pool", pool.name}}, pool.allDown ? 1 : 0);
    out.family("pool_in_flight", "gauge", "Requests in flight to a pool.");
    for (const PoolRow& pool : snapshot.pools)
        out.sample({{"pool", pool.name}}, pool.inFlight);
}

/// One family with one sample per backend.
template <typename ValueOf>
void perBackend(const Snapshot& snapshot, Exposition& out, std::string_view name,
                std::string_view type, std::string_view help, ValueOf valueOf)
{
    out.family(name, type, help);
    for (const PoolRow& pool : snapshot.pools) {
        for (const BackendRow& row : pool.backends) {
            out.sample({{"pool", row.pool}, {"backend", row.name}}, valueOf(row));
        }
    }
}

void writeBackendStates(const Snapshot& snapshot, Exposition& out)
{
    perBackend(snapshot, out, "backend_up", "gauge",
               "1 when healthy, 0 when checking or unhealthy.",
               [](const BackendRow& row) { return row.health == HealthState::Healthy ? 1 : 0; });
    perBackend(snapshot, out, "backend_selectable", "gauge", "1 when it may receive new requests.",
               [](const BackendRow& row) { return row.selectable ? 1 : 0; });
    out.family("backend_admin_state", "gauge", "1 for the state that the operator wants.");
    for (const PoolRow& pool : snapshot.pools) {
        for (const BackendRow& row : pool.backends) {
            for (const AdminState state :
                 {AdminState::Ready, AdminState::Draining, AdminState::Maintenance}) {
                out.sample({{"pool", row.pool}, {"backend", row.name}, {"state", toString(state)}},
                           row.admin == state ? 1 : 0);
            }
        }
    }
    perBackend(snapshot, out, "backend_weight", "gauge", "Configured weight, 0-256.",
               [](const BackendRow& row) { return row.weight; });
    perBackend(snapshot, out, "backend_in_flight", "gauge", "Requests in flight.",
               [](const BackendRow& row) { return row.inFlight; });
}

void writeBackendTraffic(const Snapshot& snapshot, Exposition& out)
{
    perBackend(snapshot, out, "backend_attempts_total", "counter", "Finished attempts.",
               [](const BackendRow& row) { return row.totals.requests; });
    out.family("backend_responses_total", "counter",
               "Responses of a backend by class of status code.");
    for (const PoolRow& pool : snapshot.pools) {
        for (const BackendRow& row : pool.backends) {
            out.sample({{"pool", row.pool}, {"backend", row.name}, {"code", "2xx"}},
                       row.totals.status2xx);
            out.sample({{"pool", row.pool}, {"backend", row.name}, {"code", "3xx"}},
                       row.totals.status3xx);
            out.sample({{"pool", row.pool}, {"backend", row.name}, {"code", "4xx"}},
                       row.totals.status4xx);
            out.sample({{"pool", row.pool}, {"backend", row.name}, {"code", "5xx"}},
                       row.totals.status5xx);
        }
    }
    perBackend(snapshot, out, "backend_connect_errors_total", "counter",
               "Attempts that could not connect.",
               [](const BackendRow& row) { return row.totals.connectErrors; });
    perBackend(snapshot, out, "backend_timeouts_total", "counter",
               "Attempts that timed out before a response head.",
               [](const BackendRow& row) { return row.totals.timeouts; });
    perBackend(snapshot, out, "backend_resets_total", "counter",
               "Attempts cut off before a response head.",
               [](const BackendRow& row) { return row.totals.resets; });
    out.family("backend_latency_seconds", "histogram", "Time of attempts at a backend.");
    for (const PoolRow& pool : snapshot.pools) {
        for (const BackendRow& row : pool.backends) {
            out.histogram(row.pool, row.name, row.latencyBuckets, kServiceBounds);
        }
    }
}

} // namespace

std::string prometheusText(const Snapshot& snapshot, std::string_view version)
{
    std::string text;
    Exposition out(text);
    writeEngine(snapshot, version, out);
    writeListeners(snapshot, out);
    writePools(snapshot, out);
    writeBackendStates(snapshot, out);
    writeBackendTraffic(snapshot, out);
    return text;
}

} // namespace steelyard::stats
