/// Listeners and routes as outlines.
#include "config/http_words.h"
#include "config/outline_parts.h"
#include "config/values.h"

namespace steelyard::config::outlines {

using Kind = Outline::Kind;

namespace {

Outline conditions(std::string key, const std::vector<FieldMatch>& all)
{
    std::vector<Outline> out;
    for (const FieldMatch& match : all) {
        if (match.kind == FieldMatch::Kind::Exact)
            out.push_back(text(match.name, match.text));
        else if (match.kind == FieldMatch::Kind::Regex)
            out.push_back(present(match.name, {text("regex", match.text)}));
        else
            out.push_back(present(match.name, {value("present", "true")}));
    }
    return block(std::move(key), std::move(out));
}

Outline matchOutline(const RouteMatch& match)
{
    std::vector<Outline> all{text("host", match.host, match.host.empty())};
    switch (match.path.kind) {
    case PathMatch::Kind::Any:
        break;
    case PathMatch::Kind::Exact:
        all.push_back(block("path", {text("exact", match.path.text)}));
        break;
    case PathMatch::Kind::Prefix:
        all.push_back(block("path", {text("prefix", match.path.text)}));
        break;
    case PathMatch::Kind::Regex:
        all.push_back(block("path", {text("regex", match.path.text)}));
        break;
    }
    all.push_back(texts("method", match.methods));
    all.push_back(conditions("headers", match.headers));
    all.push_back(conditions("query", match.query));
    all.push_back(conditions("cookies", match.cookies));
    std::vector<std::string> clients;
    for (const Cidr& range : match.clients)
        clients.push_back(cidrText(range));
    all.push_back(texts("client", std::move(clients)));
    return block("match", std::move(all));
}

Outline rewriteOutline(const Rewrite& rewrite)
{
    std::vector<Outline> all;
    if (rewrite.path)
        all.push_back(text("path", *rewrite.path));
    if (rewrite.host)
        all.push_back(text("host", *rewrite.host));
    return block("rewrite", std::move(all));
}

Outline editsOutline(std::string key, const HeaderEdits& edits)
{
    return block(std::move(key), {fields("set", edits.set), fields("add", edits.add),
                                  texts("remove", edits.remove)});
}

Outline splitOutline(const Split& split)
{
    std::vector<Outline> all;
    if (split.key)
        all.push_back(text("key", affinityKeyText(*split.key)));
    Outline sides{Kind::Items, "pools", {}, false, {}};
    for (const Split::Side& side : split.sides) {
        sides.children.push_back(
            present(side.pool, {text("pool", side.pool), number("weight", side.weight, 1)}));
    }
    all.push_back(std::move(sides));
    return present("split", std::move(all));
}

Outline actionOutline(const RouteAction& action)
{
    if (const auto* pool = std::get_if<std::string>(&action))
        return text("pool", *pool);
    if (const auto* split = std::get_if<Split>(&action))
        return splitOutline(*split);
    if (const auto* redirect = std::get_if<Redirect>(&action)) {
        const Redirect standard;
        return present("redirect", {text("location", redirect->location),
                                    number("status", redirect->status, standard.status)});
    }
    const auto& reply = std::get<FixedReply>(action);
    const FixedReply standard;
    return present("reply", {value("status", std::to_string(reply.status)),
                             text("body", reply.body, reply.body.empty()),
                             text("content_type", reply.contentType,
                                  reply.contentType == standard.contentType)});
}

Outline limitsOutline(const ClientLimits& limits)
{
    std::vector<Outline> all;
    if (limits.requestsPerSecond)
        all.push_back(value("requests_per_second", numberText(*limits.requestsPerSecond)));
    all.push_back(number("burst", limits.burst, 0));
    if (limits.connections)
        all.push_back(value("connections", std::to_string(*limits.connections)));
    return present("limits", std::move(all));
}

} // namespace

Outline ofRoute(const Route& route)
{
    std::vector<Outline> all{matchOutline(route.match), rewriteOutline(route.rewrite),
                             editsOutline("request_headers", route.requestHeaders),
                             editsOutline("response_headers", route.responseHeaders)};
    if (route.mirror) {
        const Mirror standard;
        all.push_back(present("mirror", {text("pool", route.mirror->pool),
                                         share("share", route.mirror->share, standard.share)}));
    }
    all.push_back(actionOutline(route.action));
    return named(route.name, std::move(all));
}

Outline ofListener(const Listener& listener)
{
    const Listener standard;
    const ListenerTimeouts& times = listener.timeouts;
    const ForwardingHeaders& headers = listener.headers;
    const ForwardingHeaders& usual = standard.headers;
    std::vector<std::string> binds;
    for (const Address& bind : listener.binds)
        binds.push_back(bind.text());
    Outline routes{Kind::Items, "routes", {}, false, {}};
    for (const Route& route : listener.routes)
        routes.children.push_back(ofRoute(route));
    std::vector<Outline> all{
        texts("bind", std::move(binds)), flag("reuse_port", listener.reusePort, standard.reusePort),
        number("max_connections", listener.maxConnections, standard.maxConnections),
        block("timeouts",
              {duration("client_header", times.clientHeader, standard.timeouts.clientHeader),
               duration("client_body", times.clientBody, standard.timeouts.clientBody),
               duration("keep_alive", times.keepAlive, standard.timeouts.keepAlive)})};
    if (listener.limits)
        all.push_back(limitsOutline(*listener.limits));
    all.push_back(
        block("headers", {flag("x_forwarded_for", headers.xForwardedFor, usual.xForwardedFor),
                          flag("x_forwarded_proto", headers.xForwardedProto, usual.xForwardedProto),
                          flag("x_forwarded_host", headers.xForwardedHost, usual.xForwardedHost),
                          flag("forwarded", headers.forwarded, usual.forwarded),
                          flag("x_request_id", headers.xRequestId, usual.xRequestId),
                          flag("via", headers.via, usual.via)}));
    all.push_back(std::move(routes));
    return named(listener.name, std::move(all));
}

} // namespace steelyard::config::outlines
