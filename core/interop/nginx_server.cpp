/// A listener as an nginx server: listens, times, limits, what servers are told about the client,
/// and the choice of the route. Thread: any.
#include "config/values.h"
#include "interop/nginx_parts.h"
#include "interop/nginx_words.h"

#include <algorithm>
#include <cmath>

namespace steelyard::interop::nginx {

namespace {

void writeLimits(Writer& out, const config::ClientLimits& limits, const std::string& base,
                 const Place& place)
{
    const std::string key = "$binary_remote_addr";
    if (limits.requestsPerSecond) {
        const double rate = *limits.requestsPerSecond;
        const bool whole = rate >= 10 || std::floor(rate) == rate;
        const long long number = std::max(1LL, std::llround(whole ? rate : rate * 60));
        const int most = limits.burst > 0 ? limits.burst : std::max(1, static_cast<int>(rate));
        const std::string zone = out.names.make("sy_" + base + "_rate");
        out.top("limit_req_zone " + key + " zone=" + zone + ":10m rate=" + std::to_string(number) +
                (whole ? "r/s" : "r/m") + ';');
        out.own("limit_req zone=" + zone +
                (most > 1 ? " burst=" + std::to_string(most - 1) + " nodelay" : std::string()) +
                ';');
        out.own("limit_req_status 429;");
        out.notes.near(place / "requests_per_second",
                       "limit_req, whole requests per second or minute, for each address");
        if (limits.burst > 0)
            out.notes.exact(place / "burst", "limit_req burst nodelay");
    }
    if (limits.connections) {
        const std::string zone = out.names.make("sy_" + base + "_connections");
        out.top("limit_conn_zone " + key + " zone=" + zone + ":10m;");
        out.own("limit_conn " + zone + ' ' + std::to_string(std::min(*limits.connections, 65535)) +
                ';');
        out.own("limit_conn_status 429;");
        out.notes.near(place / "connections",
                       "limit_conn: only those with a request count, and get 429");
    }
    if (!limits.requestsPerSecond && limits.burst > 0)
        out.notes.exact(place / "burst", "without effect here, and left out");
}

void writeTimes(Writer& out, const config::ListenerTimeouts& times, const Place& place)
{
    out.own("client_header_timeout " + timeText(times.clientHeader) + ';');
    out.own("client_body_timeout " + timeText(times.clientBody) + ';');
    out.own("keepalive_timeout " + timeText(times.keepAlive) + ';');
    out.own("keepalive_requests 1000000;");
    out.notes.exact(place / "client_header", "client_header_timeout");
    out.notes.exact(place / "client_body", "client_body_timeout");
    out.notes.exact(place / "keep_alive", "keepalive_timeout");
}

/// A route that may be taken: the variable that is 1 where it matches, and its location.
struct Candidate
{
    std::string matches, target;
};

/// The first of the candidates that matches, else `standard`: what to put behind "@". In maps as
/// long as a word may be, each going on to the next.
std::string writeChoice(Writer& out, const std::string& wanted,
                        const std::vector<Candidate>& candidates, const std::string& standard)
{
    if (candidates.empty())
        return standard;
    out.http += "\n    # The first of them that matches: the more specific ones come first.\n";
    std::string next = standard;
    for (std::size_t end = candidates.size(); end > 0;) {
        std::size_t begin = end;
        std::string row;
        while (begin > 0 && row.size() + candidates[begin - 1].matches.size() + 4 < kMostWord)
            row.insert(0, braced(candidates[--begin].matches));
        std::vector<std::string> entries;
        for (std::size_t i = begin; i < end; ++i) {
            const std::string skipped =
                i == begin ? std::string() : ".{" + std::to_string(i - begin) + '}';
            entries.push_back(expression('^' + skipped + '1') + ' ' + candidates[i].target);
        }
        next = out.map(wanted, quoted(row), entries, next);
        end = begin;
    }
    return next;
}

/// `trusted` from a trusted proxy, else `other`.
std::string byTrust(Writer& out, const std::string& wanted, const std::string& trusted,
                    const std::string& other)
{
    if (out.config.trustedProxies.empty() || trusted == other)
        return other;
    return out.map(wanted, "$sy_trusted", {"1 " + quoted(trusted)}, quoted(other));
}

/// The claim of a trusted proxy where there is one, else `own`.
std::string kept(Writer& out, const std::string& wanted, const std::string& claim,
                 const std::string& own)
{
    if (out.config.trustedProxies.empty())
        return own;
    const std::string first = out.map(wanted, claim, {"\"\" " + quoted(own)}, claim);
    return byTrust(out, wanted, first, own);
}

std::string forwardedElement(Writer& out, const std::string& base)
{
    const std::string client =
        out.map(base + "_for", "$remote_addr",
                {expression(":") + " " + quoted("\"[$remote_addr]\"")}, "$remote_addr");
    return "for=" + braced(client) + ";proto=http;host=\"$host\"";
}

} // namespace

Fields forwardedFields(Writer& out, const config::Listener& listener, const std::string& base,
                       const Place& place)
{
    const config::ForwardingHeaders& headers = listener.headers;
    Fields fields{
        {"Host", "$http_host"}, {"Connection", "$sy_connection"}, {"Upgrade", "$http_upgrade"}};
    const auto add = [&](const char* name, const std::string& value) {
        fields.emplace_back(name, value);
    };
    const auto note = [&](const char* key, bool on, bool same) {
        out.notes.tell(same || !on, place / key, on ? "proxy_set_header" : "left out");
    };
    const std::string claim = "$http_x_forwarded_for";
    add("X-Forwarded-For",
        byTrust(out, base + "_xff", headers.xForwardedFor ? "$proxy_add_x_forwarded_for" : claim,
                headers.xForwardedFor ? "$remote_addr" : ""));
    add("X-Forwarded-Proto",
        kept(out, base + "_xfp", "$http_x_forwarded_proto", headers.xForwardedProto ? "http" : ""));
    add("X-Forwarded-Host", kept(out, base + "_xfh", "$http_x_forwarded_host",
                                 headers.xForwardedHost ? "$http_host" : ""));
    for (const char* name : {"Port", "Prefix", "Server", "Scheme", "Ssl"}) {
        std::string low = name;
        std::transform(low.begin(), low.end(), low.begin(),
                       [](char c) { return static_cast<char>(c | 0x20); });
        fields.emplace_back(std::string("X-Forwarded-") + name,
                            byTrust(out, base + "_xf_" + low, "$http_x_forwarded_" + low, ""));
    }
    const std::string element = headers.forwarded ? forwardedElement(out, base) : std::string();
    std::string trusted = "$http_forwarded";
    if (headers.forwarded && !out.config.trustedProxies.empty())
        trusted = out.map(base + "_forwarded", "$http_forwarded", {"\"\" " + quoted(element)},
                          quoted("$http_forwarded, " + element));
    add("Forwarded", byTrust(out, base + "_forwarded", trusted, element));
    add("X-Request-Id",
        kept(out, base + "_id", "$http_x_request_id", headers.xRequestId ? "$request_id" : ""));
    if (headers.via)
        add("Via", "$sy_via");
    note("x_forwarded_for", headers.xForwardedFor, true);
    note("x_forwarded_proto", headers.xForwardedProto, true);
    note("x_forwarded_host", headers.xForwardedHost, true);
    note("forwarded", headers.forwarded, false);
    note("x_request_id", headers.xRequestId, true);
    out.notes.tell(!headers.via, place / "via",
                   headers.via ? "as \"steelyard\", and loops are not found by it" : "left out");
    return fields;
}

void writeServer(Writer& out, const config::Listener& listener)
{
    const Place place = Place{} / "listeners" / listener.name;
    out.server.clear();
    out.locations.clear();
    out.http += "\n    # ---- listener " + listener.name + '\n';
    for (const config::Address& bind : listener.binds) {
        out.own("listen " + out.listenText(bind, place / "bind") +
                (listener.reusePort ? " reuseport" : "") + ';');
    }
    out.notes.exact(place / "bind", "listen");
    if (listener.reusePort)
        out.notes.near(place / "reuse_port", "reuseport, also among nginx's own workers");
    writeTimes(out, listener.timeouts, place / "timeouts");
    if (listener.limits)
        writeLimits(out, *listener.limits, listener.name, place / "limits");
    const Fields fields = forwardedFields(out, listener, listener.name, place / "headers");
    for (const auto& [name, value] : fields)
        out.own("proxy_set_header " + name + ' ' + quoted(value) + ';');

    std::vector<Candidate> candidates;
    std::string standard = "sy_no_route";
    bool reached = true;
    for (const config::Route* route : inPrecedence(listener)) {
        const Place at = place / "routes" / route->name;
        const std::string base = listener.name + '_' + route->name;
        out.http += "\n    # Route " + route->name + '\n';
        const std::string matches = writeMatch(out, *route, base, at / "match");
        const std::string target = writeRoute(out, *route, fields, base, at);
        if (!reached)
            continue; // one before it takes everything
        if (matches.empty()) {
            standard = target;
            reached = false;
            continue;
        }
        candidates.push_back({matches, target});
    }
    const std::string chosen = writeChoice(out, listener.name + "_route", candidates, standard);
    out.http += "\n    server {\n" + out.server +
                "\n        # To the location of the route; 418 is only the way to get there.\n"
                "        location / {\n"
                "            error_page 418 = @" +
                chosen +
                ";\n"
                "            return 418;\n"
                "        }\n" +
                out.locations;
    if (standard == "sy_no_route")
        out.http += "\n        location @sy_no_route {\n            return 404 \"no route\";\n"
                    "        }\n";
    out.http += "    }\n";
}

} // namespace steelyard::interop::nginx
