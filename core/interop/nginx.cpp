/// The nginx writer's frame: main, events, http and the admin server. Thread: any.
#include "config/values.h"
#include "interop/nginx_parts.h"
#include "interop/nginx_words.h"
#include "interop/targets.h"

#include <algorithm>

namespace steelyard::interop {

namespace nginx {

namespace {

std::string mainText(Writer& out)
{
    const config::Config& config = out.config;
    const Place top;
    std::string text = "worker_processes " +
                       (config.workers == 0 ? "auto" : std::to_string(config.workers)) + ";\n";
    if (config.workers != 0)
        out.notes.exact(top / "workers", "worker_processes");
    long long connections = 0;
    for (const config::Listener& listener : config.listeners)
        connections += listener.maxConnections;
    // Both sides of each count. More than this takes memory at once, for nothing.
    const long long most = std::clamp(2 * connections + 64, 512LL, 65536LL);
    text += "worker_rlimit_nofile " + std::to_string(2 * most) + ";\n";
    text += "\nevents {\n    worker_connections " + std::to_string(most) + ";\n}\n";
    for (const config::Listener& listener : config.listeners) {
        out.notes.near(top / "listeners" / listener.name / "max_connections",
                       "worker_connections " + std::to_string(most) +
                           ": per worker, of all listeners, servers' connections too");
    }
    if (config.admin.socket != "auto")
        out.notes.dropped(top / "admin" / "socket", "nginx is controlled by signals");
    if (config.stateDir != "auto")
        out.notes.dropped(top / "state_dir", "nginx keeps no such state");
    if (!(config.resolver == config::Resolver{}))
        out.notes.dropped(top / "resolver", "nginx resolves servers' names once, at its start");
    return text;
}

void writeLog(Writer& out)
{
    if (!out.config.accessLog) {
        out.top("access_log off;");
        return;
    }
    const std::string& path = out.config.accessLog->path;
    out.top("log_format steelyard escape=json");
    out.top("    '{\"time\":\"$time_iso8601\",\"client\":\"$remote_addr\",\"method\":\"$request_"
            "method\",'");
    out.top("    '\"host\":\"$host\",\"target\":\"$request_uri\",\"status\":$status,\"bytes\":$"
            "bytes_sent,'");
    out.top("    '\"seconds\":$request_time,\"server\":\"$upstream_addr\"}';");
    out.top("access_log " + quoted(path == "-" ? "/dev/stdout" : plain(path)) + " steelyard;");
    out.notes.near(Place{} / "access_log" / "path", "access_log in JSON, with fewer fields");
}

void writeHttp(Writer& out)
{
    out.http += "\nhttp {\n";
    writeLog(out);
    out.top("types { }");
    out.top("default_type text/plain;");
    out.top("server_tokens off;");
    out.top("underscores_in_headers on;");
    out.top("variables_hash_max_size 16384;");
    out.top("variables_hash_bucket_size 512;");
    out.top("map_hash_bucket_size 512;");
    out.top("client_max_body_size 0;");
    out.top("large_client_header_buffers 4 16k;");
    out.top("absolute_redirect off;");
    out.top("proxy_http_version 1.1;");
    out.top("proxy_redirect off;");
    out.top("proxy_buffering off;");
    out.top("# What servers answer is passed on as it is, and controls nothing here.");
    out.top("proxy_pass_header Server;");
    out.top("proxy_pass_header Date;");
    out.top("proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate "
            "X-Accel-Buffering X-Accel-Charset;");
    out.http += '\n';
    out.top("map $http_upgrade $sy_connection { \"\" \"\"; default upgrade; }");
    out.top("map $http_via $sy_via { \"\" \"1.1 steelyard\"; default \"$http_via, 1.1 "
            "steelyard\"; }");
    if (!out.config.trustedProxies.empty()) {
        out.top("geo $sy_trusted {");
        out.top("    default 0;");
        for (const config::Cidr& range : out.config.trustedProxies)
            out.top("    " + config::cidrText(config::masked(range)) + " 1;");
        out.top("}");
        out.notes.exact(Place{} / "trusted_proxies", "geo $sy_trusted");
    }
}

void writeAdmin(Writer& out)
{
    if (!out.config.admin.http)
        return;
    const Place place = Place{} / "admin" / "http";
    out.http += "\n    server {\n        listen " + out.listenText(*out.config.admin.http, place) +
                ";\n"
                "        location = /metrics { stub_status; }\n"
                "        location = /healthz { return 200 ok; }\n"
                "        location = /readyz { return 200 ok; }\n"
                "        location / { return 404; }\n"
                "    }\n";
    out.notes.near(place, "/metrics is stub_status: a few totals, and not for Prometheus; /readyz "
                          "is always ready");
}

} // namespace

std::string Writer::variable(const std::string& wanted)
{
    return '$' + names.make("sy_" + wanted);
}

std::string Writer::map(const std::string& wanted, const std::string& source,
                        const std::vector<std::string>& entries, const std::string& standard)
{
    const std::string name = variable(wanted);
    top("map " + source + ' ' + name + " {");
    for (const std::string& entry : entries)
        top("    " + entry + ';');
    top("    default " + standard + ';');
    top("}");
    return name;
}

std::string Writer::listenText(const config::Address& address, const Place& place)
{
    if (address.port != 0)
        return address.text();
    config::Address chosen = address;
    chosen.port = ports.next();
    notes.near(place, "port " + std::to_string(chosen.port) +
                          " instead of one that the system chooses: nginx cannot ask for it");
    return chosen.text();
}

} // namespace nginx

Export writeNginx(const config::Config& config)
{
    nginx::Writer out(config);
    for (const char* used : {"sy_connection", "sy_via", "sy_trusted", "sy_dollar"})
        static_cast<void>(out.names.make(used));
    std::string text = "# A configuration of Steelyard, for nginx 1.22 (Debian 12).\n"
                       "# Check it: nginx -t -c FILE. What is only near, or left out, is in the "
                       "notes of the export.\n\n" +
                       nginx::mainText(out);
    for (const config::Pool& pool : config.pools)
        out.upstreams.emplace(pool.name, out.names.make(pool.name));
    nginx::writeHttp(out);
    nginx::writeAdmin(out);
    for (const config::Pool& pool : config.pools)
        nginx::writeUpstream(out, pool);
    for (const config::Listener& listener : config.listeners)
        nginx::writeServer(out, listener);
    if (out.http.find(nginx::kDollar) != std::string::npos) {
        out.top("# The character itself, for which nginx has no escape.");
        out.top("geo $sy_dollar { default \"$\"; }");
    }
    text += out.http + "}\n";
    return {std::move(text), out.notes.inOrderOf(config)};
}

} // namespace steelyard::interop
