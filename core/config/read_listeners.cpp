/// Listeners: where to accept, and with which limits.
#include "config/draft.h"
#include "config/values.h"

namespace steelyard::config {

namespace {

using namespace std::chrono_literals;

void readBind(const Node& node, Listener& listener, ListenerPlaces& places, Findings& findings)
{
    if (node.kind == Node::Kind::Scalar && node.text.starts_with("*:")) {
        findings.error(node.start,
                       "'bind' must be an IP address and a port, not " + inQuotes(node.text),
                       "write 0.0.0.0" + node.text.substr(1) + ", and \"[::]" +
                           node.text.substr(1) + "\" for IPv6");
        return;
    }
    const auto address = readAddress(node, "bind", true, findings);
    if (!address)
        return;
    if (!isIpLiteral(address->host)) {
        findings.error(node.start,
                       "'bind' needs an IP address, not the name " + inQuotes(address->host),
                       "write for example 127.0.0.1:" + std::to_string(address->port));
        return;
    }
    listener.binds.push_back(*address);
    places.binds.push_back(node.start);
}

void readBinds(const MappingReader& in, Listener& listener, ListenerPlaces& places)
{
    const Node* bind = in.require("bind", "bind: 127.0.0.1:8080");
    if (bind == nullptr)
        return;
    if (bind->kind != Node::Kind::Sequence) {
        readBind(*bind, listener, places, in.findings());
        return;
    }
    for (const Node& item : bind->items)
        readBind(item, listener, places, in.findings());
    if (bind->items.empty())
        in.findings().error(bind->start, "'bind' is empty",
                            "add an address, for example 127.0.0.1:8080");
}

ListenerTimeouts readTimeouts(const Node& node, Findings& findings)
{
    const MappingReader in(node, sections::kListenerTimeouts, findings);
    ListenerTimeouts out;
    in.duration("client_header", out.clientHeader, 1ms, 24h);
    in.duration("client_body", out.clientBody, 1ms, 24h);
    in.duration("keep_alive", out.keepAlive, 0ms, 24h); // 0: close after each response
    return out;
}

ClientLimits readLimits(const Node& node, Findings& findings)
{
    constexpr int kMost = 1'000'000;
    const MappingReader in(node, sections::kLimits, findings);
    ClientLimits out;
    double rate = 0;
    if (in.number("requests_per_second", rate, 0, kMost) != nullptr)
        out.requestsPerSecond = rate;
    if (const Node* burst = in.integer("burst", out.burst, 0, kMost);
        burst != nullptr && !in.has("requests_per_second")) {
        findings.warning(burst->start, "'burst' has no effect without 'requests_per_second'",
                         "add it, or remove 'burst'");
    }
    int connections = 0;
    if (in.integer("connections", connections, 1, kMost) != nullptr)
        out.connections = connections;
    if (in.valid() && node.keys.empty()) {
        findings.warning(node.start, "'limits' limits nothing",
                         "add requests_per_second or connections, or remove it");
    }
    return out;
}

ForwardingHeaders readForwarding(const Node& node, Findings& findings)
{
    const MappingReader in(node, sections::kForwarding, findings);
    ForwardingHeaders out;
    in.boolean("x_forwarded_for", out.xForwardedFor);
    in.boolean("x_forwarded_proto", out.xForwardedProto);
    in.boolean("x_forwarded_host", out.xForwardedHost);
    in.boolean("forwarded", out.forwarded);
    in.boolean("x_request_id", out.xRequestId);
    in.boolean("via", out.via);
    return out;
}

} // namespace

void readListener(const Node& node, Draft& draft, Findings& findings)
{
    constexpr int kMostConnections = 10'000'000;
    const MappingReader in(node, sections::kListener, findings);
    if (!in.valid())
        return;
    Listener listener;
    ListenerPlaces places;
    places.name = in.name(listener.name);
    readBinds(in, listener, places);
    in.boolean("reuse_port", listener.reusePort);
    in.integer("max_connections", listener.maxConnections, 1, kMostConnections);
    if (const Node* timeouts = in.find("timeouts"))
        listener.timeouts = readTimeouts(*timeouts, findings);
    if (const Node* limits = in.find("limits"))
        listener.limits = readLimits(*limits, findings);
    if (const Node* headers = in.find("headers"))
        listener.headers = readForwarding(*headers, findings);
    if (const Node* routes =
            in.require("routes", "a list of routes, for example [ { name: all, pool: NAME } ]")) {
        for (const Node& route : itemsOf(*routes, "routes", findings)) {
            listener.routes.push_back(readRoute(route, findings, places));
        }
        if (routes->kind == Node::Kind::Sequence && routes->items.empty()) {
            findings.error(routes->start, "the listener has no route",
                           "add one, for example { name: all, pool: NAME }");
        }
    }
    draft.config.listeners.push_back(std::move(listener));
    draft.listeners.push_back(std::move(places));
}

} // namespace steelyard::config
