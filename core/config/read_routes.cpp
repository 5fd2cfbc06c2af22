/// Routes, and what is done to their messages on the way: rewriting, header edits, mirroring.
#include "config/draft.h"
#include "config/http_words.h"
#include "config/read_http.h"

#include <algorithm>
#include <array>

namespace steelyard::config {

namespace {

/// Fields that frame or route a message, or belong to one connection (RFC 9110 7.6.1): the proxy
/// writes them, and a second hand would break what it promises the peer.
Refusal editRule(std::string_view name)
{
    constexpr std::array<std::string_view, 6> kHopByHop{
        "connection", "keep-alive", "te", "trailer", "upgrade", "proxy-connection"};
    if (name == "host")
        return {"cannot be edited", "use rewrite: { host: ... }"};
    if (name == "content-length" || name == "transfer-encoding")
        return {"cannot be edited: it says where the body ends", "remove it"};
    if (std::find(kHopByHop.begin(), kHopByHop.end(), name) != kHopByHop.end())
        return {"cannot be edited: it belongs to one connection", "remove it"};
    return {};
}

void readRemovals(const Node& node, std::vector<std::string>& out, Findings& findings)
{
    const std::span<const Node> items = itemsOf(node, "remove", findings);
    if (items.size() > kMostFields) {
        findings.error(node.start, "more than " + std::to_string(kMostFields) + " header fields",
                       "remove some");
        return;
    }
    std::vector<std::string> seen;
    for (const Node& item : items) {
        const Node* name = scalarWithText(item, "remove", findings);
        if (name != nullptr && checkFieldName(*name, &editRule, seen, findings))
            out.push_back(name->text);
    }
}

HeaderEdits readEdits(const Node& node, const Section& section, const Section& setSection,
                      const Section& addSection, Findings& findings)
{
    const MappingReader in(node, section, findings);
    HeaderEdits out;
    if (const Node* set = in.find("set"))
        out.set = readFields(*set, setSection, &editRule, findings);
    if (const Node* add = in.find("add"))
        out.add = readFields(*add, addSection, &editRule, findings);
    if (const Node* remove = in.find("remove"))
        readRemovals(*remove, out.remove, findings);
    return out;
}

Rewrite readRewrite(const Node& node, const PathMatch& match, Findings& findings)
{
    const MappingReader in(node, sections::kRewrite, findings);
    Rewrite out;
    std::string written;
    if (const Node* path = in.text("path", written)) {
        if (!isRequestPath(written)) {
            findings.error(path->start, inQuotes(written) + " is not a path",
                           "begin with / and percent-encode blanks, ?, # and what is not ASCII");
        } else if (match.kind == PathMatch::Kind::Regex) {
            findings.error(path->start, "'path' cannot replace what a regex matches",
                           "match by prefix or exact, or remove it");
        } else {
            out.path = written;
        }
    }
    if (const Node* host = in.text("host", written)) {
        if (isHostField(written)) {
            out.host = written;
        } else {
            findings.error(host->start, inQuotes(written) + " is not a host",
                           "write for example api.internal or api.internal:8080");
        }
    }
    return out;
}

Mirror readMirror(const Node& node, ListenerPlaces& places, Findings& findings)
{
    const MappingReader in(node, sections::kMirror, findings);
    Mirror out;
    if (in.require("pool", "pool: NAME") != nullptr)
        static_cast<void>(readPoolName(in, out.pool, places));
    in.share("share", out.share, 0.0, 1.0);
    return out;
}

/// What is done to requests on their way to a server, where none goes to one.
void warnOfIdleKeys(const MappingReader& in)
{
    const bool redirect = in.has("redirect");
    if ((!redirect && !in.has("reply")) || in.has("pool") || in.has("split"))
        return;
    for (const std::string_view key : {"rewrite", "request_headers", "mirror"}) {
        if (const Node* found = in.find(key)) {
            in.findings().warning(found->start,
                                  inQuotes(key) + " has no effect: the route " +
                                      (redirect ? "redirects" : "replies itself"),
                                  "remove it");
        }
    }
}

} // namespace

Route readRoute(const Node& node, Findings& findings, ListenerPlaces& places)
{
    using namespace sections;
    const MappingReader in(node, kRoute, findings);
    Route route;
    if (!in.valid()) {
        places.routes.push_back(node.start);
        return route;
    }
    places.routes.push_back(in.name(route.name));
    if (const Node* match = in.find("match"))
        route.match = readMatch(*match, findings);
    if (const Node* rewrite = in.find("rewrite"))
        route.rewrite = readRewrite(*rewrite, route.match.path, findings);
    if (const Node* edits = in.find("request_headers"))
        route.requestHeaders =
            readEdits(*edits, kRequestHeaders, kRequestSet, kRequestAdd, findings);
    if (const Node* edits = in.find("response_headers")) {
        route.responseHeaders =
            readEdits(*edits, kResponseHeaders, kResponseSet, kResponseAdd, findings);
    }
    if (const Node* mirror = in.find("mirror"))
        route.mirror = readMirror(*mirror, places, findings);
    readAction(in, route, places);
    warnOfIdleKeys(in);
    return route;
}

} // namespace steelyard::config
