/// A listener as a HAProxy frontend: binds, times, limits, and what servers are told about the
/// client. Thread: any.
#include "config/values.h"
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"

#include <algorithm>
#include <cmath>

namespace steelyard::interop::haproxy {

namespace {

void writeTimes(Writer& out, const config::ListenerTimeouts& times, const Place& place)
{
    out.line("timeout client " + timeText(times.clientBody));
    out.line("timeout http-request " + timeText(times.clientHeader));
    out.notes.exact(place / "client_header", "timeout http-request");
    out.notes.near(place / "client_body",
                   "timeout client, which also ends a client that does not read its answer");
    if (times.keepAlive.count() == 0)
        out.line("option httpclose");
    else
        out.line("timeout http-keep-alive " + timeText(times.keepAlive));
    out.notes.exact(place / "keep_alive",
                    times.keepAlive.count() == 0 ? "option httpclose" : "timeout http-keep-alive");
}

/// The bucket of `burst` requests that fills at the rate becomes a window in which as many fit.
void writeLimits(Writer& out, const config::ClientLimits& limits, const Place& place)
{
    const double rate = limits.requestsPerSecond.value_or(0);
    const int most = limits.burst > 0 ? limits.burst : std::max(1, static_cast<int>(rate));
    const milliseconds window{
        rate > 0 ? std::clamp(static_cast<long long>(std::ceil(1000.0 * most / rate)), 1LL,
                              24LL * 24 * 3600 * 1000)
                 : 0};
    std::string store;
    if (rate > 0)
        store = "http_req_rate(" + std::to_string(window.count()) + "ms)";
    if (limits.connections)
        store += store.empty() ? "conn_cur" : ",conn_cur";
    if (rate == 0 && limits.burst > 0)
        out.notes.exact(place / "burst", "without effect here, and left out");
    if (store.empty())
        return;
    const milliseconds expire = std::max(window, milliseconds{10000});
    out.comment("Limits for each client: an IPv4 address or an IPv6 /64.");
    out.line("stick-table type ipv6 size 100k expire " + timeText(expire) + " store " + store);
    out.line("tcp-request connection track-sc0 src,ipmask(32,64)");
    if (limits.connections) {
        out.line("tcp-request connection reject if { sc0_conn_cur gt " +
                 std::to_string(*limits.connections) + " }");
        out.notes.exact(place / "connections", "tcp-request connection reject");
    }
    if (rate > 0) {
        out.line("http-request return status 429 content-type text/plain string 'too many "
                 "requests' hdr Retry-After 1 if { sc0_http_req_rate gt " +
                 std::to_string(most) + " }");
        const std::string what = "at most " + std::to_string(most) + " requests in " +
                                 config::durationText(window) + "; refused ones count too";
        out.notes.near(place / "requests_per_second", what);
        if (limits.burst > 0)
            out.notes.near(place / "burst", what);
    }
}

/// The Forwarded element (RFC 7239), whose host is left out where it would need escapes.
void writeForwarded(Writer& out)
{
    out.line("http-request set-var-fmt(txn.for) for=%[src] if { src 0.0.0.0/0 }");
    out.line("http-request set-var-fmt(txn.for) " + quoted("for=\"[%[src]]\"") +
             " unless { src 0.0.0.0/0 }");
    out.line("http-request set-var-fmt(txn.by_host) " + quoted(";host=\"%[req.hdr(host)]\"") +
             " if { req.hdr(host) -m reg -- " + quoted("^[][A-Za-z0-9._:-]+$") + " }");
    out.line("http-request add-header Forwarded " +
             quoted("%[var(txn.for)];proto=http%[var(txn.by_host)]"));
}

} // namespace

void writeForwarding(Writer& out, const config::Listener& listener, const Place& place)
{
    const config::ForwardingHeaders& headers = listener.headers;
    const std::string unlessTrusted = out.config.trustedProxies.empty() ? "" : " unless trusted";
    out.comment("What servers are told about the client; claims of its own are removed.");
    out.line("http-request del-header " + quoted("^x[-_]forwarded[-_]") + " -m reg" +
             unlessTrusted);
    out.line("http-request del-header forwarded" + unlessTrusted);
    out.line("http-request del-header x-request-id" + unlessTrusted);
    if (headers.xForwardedFor)
        out.line("http-request add-header X-Forwarded-For %[src]");
    if (headers.xForwardedProto)
        out.line("http-request set-header X-Forwarded-Proto http unless { "
                 "req.hdr(x-forwarded-proto) -m found }");
    if (headers.xForwardedHost)
        out.line("http-request set-header X-Forwarded-Host %[req.hdr(host)] unless { "
                 "req.hdr(x-forwarded-host) -m found }");
    if (headers.forwarded)
        writeForwarded(out);
    if (headers.xRequestId)
        out.line("http-request set-header X-Request-Id %[uuid()] unless { req.hdr(x-request-id) -m "
                 "found }");
    if (headers.via)
        out.line("http-request add-header Via " + quoted("%[req.ver] steelyard"));
    out.notes.exact(place / "x_forwarded_for",
                    headers.xForwardedFor ? "http-request add-header" : "left out");
    out.notes.exact(place / "x_forwarded_proto",
                    headers.xForwardedProto ? "http-request set-header" : "left out");
    out.notes.exact(place / "x_forwarded_host",
                    headers.xForwardedHost ? "http-request set-header" : "left out");
    out.notes.tell(!headers.forwarded, place / "forwarded",
                   headers.forwarded ? "http-request add-header; an odd Host is left out of it"
                                     : "left out");
    out.notes.exact(place / "x_request_id", headers.xRequestId ? "uuid()" : "left out");
    out.notes.tell(!headers.via, place / "via",
                   headers.via ? "as \"steelyard\", and loops are not found by it" : "left out");
}

void writeFrontend(Writer& out, const config::Listener& listener)
{
    const Place place = Place{} / "listeners" / listener.name;
    out.section("frontend " + listener.name);
    for (const config::Address& bind : listener.binds)
        out.line("bind " + out.bindText(bind, place / "bind"));
    out.notes.exact(place / "bind", "bind");
    if (listener.reusePort)
        out.notes.exact(place / "reuse_port", "HAProxy always shares its ports");
    out.line("maxconn " + std::to_string(listener.maxConnections));
    out.notes.exact(place / "max_connections", "maxconn");
    writeTimes(out, listener.timeouts, place / "timeouts");
    if (!out.config.trustedProxies.empty()) {
        for (const config::Cidr& range : out.config.trustedProxies)
            out.line("acl trusted src " + config::cidrText(config::masked(range)));
    }
    if (listener.limits)
        writeLimits(out, *listener.limits, place / "limits");
    writeRoutes(out, listener, place);
}

} // namespace steelyard::interop::haproxy
