/// A listener's routes as rules of its frontend. Thread: any.
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"

#include <algorithm>
#include <variant>

namespace steelyard::interop::haproxy {

namespace {

using PathKind = config::PathMatch::Kind;

/// A body must fit into a buffer (16 KiB) beside the header.
constexpr std::size_t kMostBody = 12'000;

/// One "/" at the front; browsers take "\\" for one too.
constexpr std::string_view kOneSlash = R"(,regsub('^[/\\]+',/))";

/// Host, path and query as routes see them; what is forwarded stays as received.
void writeNormalForms(Writer& out)
{
    out.comment("Host and path as routes see them; what is forwarded stays as received.");
    out.line("http-request set-var(txn.host) req.hdr(host),host_only,rtrim(.),lower");
    out.line("http-request set-var(txn.target) pathq");
    out.line("http-request normalize-uri percent-decode-unreserved");
    out.line("http-request normalize-uri percent-to-uppercase");
    out.line("http-request normalize-uri path-strip-dot");
    out.line("http-request normalize-uri path-strip-dotdot");
    out.line("http-request set-var(txn.path) path");
    out.line("http-request set-pathq %[var(txn.target)]");
}

/// What follows the matched prefix into txn.rest, with one "/" in front where `single`.
void writeRest(Writer& out, const config::PathMatch& match, const std::string& wins, bool single)
{
    const std::size_t size = match.kind == PathKind::Prefix
                                 ? bare(decoded(match.text, true)).size()
                                 : 0; // without a path in the match all of it
    std::string sample = "var(txn.path)";
    if (size > 0)
        sample += ",bytes(" + std::to_string(size) + ')';
    if (single)
        sample += kOneSlash;
    out.line("http-request set-var(txn.rest) " + quoted(sample) + " if " + wins);
}

void writeRewrite(Writer& out, const config::Route& route, const std::string& wins,
                  const Place& place)
{
    if (route.rewrite.path) {
        const std::string& to = *route.rewrite.path;
        const std::string start(bare(to));
        if (route.match.path.kind == PathKind::Exact) {
            out.line("http-request set-path " + quoted(plainFormat(to)) + " if " + wins);
        } else {
            const std::string rest = "{ var(txn.rest) -m beg / }";
            writeRest(out, route.match.path, wins, start.empty());
            out.line("http-request set-path " + quoted(plainFormat(to)) + " if " + wins + " !" +
                     rest);
            out.line("http-request set-path " +
                     quoted((start.empty() ? "" : plainFormat(start)) + "%[var(txn.rest)]") +
                     " if " + wins + ' ' + rest);
        }
        out.notes.exact(place / "path", "http-request set-path");
    }
    if (route.rewrite.host) {
        out.line("http-request set-header Host " + quoted(plainFormat(*route.rewrite.host)) +
                 " if " + wins);
        out.notes.exact(place / "host", "http-request set-header");
    }
}

/// `rules`: "http-request", "http-response", "http-after-response".
void writeEdits(Writer& out, const config::HeaderEdits& edits, const std::string& rules,
                const std::string& wins, const Place& place)
{
    for (const std::string& name : edits.remove)
        out.line(rules + " del-header " + quoted(name) + " if " + wins);
    for (const auto& [name, value] : edits.set) {
        out.line(rules + " set-header " + quoted(name) + ' ' + quoted(plainFormat(value)) + " if " +
                 wins);
    }
    for (const auto& [name, value] : edits.add) {
        out.line(rules + " add-header " + quoted(name) + ' ' + quoted(plainFormat(value)) + " if " +
                 wins);
    }
    if (!edits.remove.empty())
        out.notes.exact(place / "remove", rules + " del-header");
    if (!edits.set.empty())
        out.notes.exact(place / "set", rules + " set-header");
    if (!edits.add.empty())
        out.notes.exact(place / "add", rules + " add-header");
}

void writeRedirect(Writer& out, const config::Redirect& redirect, const config::Route& route,
                   const std::string& wins, const Place& place)
{
    using Kind = LocationPart::Kind;
    std::string location;
    const bool fromPath =
        route.match.path.kind == PathKind::Prefix || route.match.path.kind == PathKind::Any;
    for (const LocationPart& part : locationParts(redirect)) {
        switch (part.kind) {
        case Kind::Text:
            location += plainFormat(part.text);
            break;
        case Kind::Host:
            location += "%[var(txn.host)]";
            break;
        case Kind::Path:
            // Never "//name" at the front, which browsers take for another host.
            out.line("http-request set-var(txn.whole) " +
                     quoted("var(txn.path)" + std::string(kOneSlash)) + " if " + wins);
            location += "%[var(txn.whole)]";
            break;
        case Kind::Rest:
            if (!fromPath)
                break;
            writeRest(out, route.match.path, wins, true);
            location += "%[var(txn.rest)]";
            break;
        case Kind::Query:
            out.line("http-request set-var-fmt(txn.query) " + quoted("?%[query]") + " if " + wins +
                     " { query -m found }");
            location += "%[var(txn.query)]";
            break;
        }
    }
    if (location.starts_with("%[var(txn.rest)]"))
        out.line("http-request set-var(txn.rest) str(/) if " + wins +
                 " !{ var(txn.rest) -m beg / }");
    out.line("http-request redirect location " + quoted(location) + " code " +
             std::to_string(redirect.status) + " if " + wins);
    out.notes.exact(place / "location", "http-request redirect");
    out.notes.exact(place / "status", std::to_string(redirect.status));
}

void writeReply(Writer& out, const config::FixedReply& reply, const std::string& wins,
                const Place& place)
{
    std::string words = "http-request return status " + std::to_string(reply.status);
    const bool fits = reply.body.size() <= kMostBody && reply.body.find('\0') == std::string::npos;
    if (!reply.body.empty() && fits)
        words += " content-type " + quoted(reply.contentType) + " string " + quoted(reply.body);
    out.line(words + " if " + wins);
    out.notes.exact(place / "status", "http-request return");
    if (fits)
        out.notes.exact(place / "body", "http-request return");
    else
        out.notes.dropped(place / "body", "HAProxy replies with what fits into a buffer, at most " +
                                              std::to_string(kMostBody) + " bytes without NUL");
    if (fits)
        out.notes.exact(place / "content_type", "http-request return");
    else
        out.notes.dropped(place / "content_type", "there is no body");
}

void writeUse(Writer& out, const std::string& pool, const std::string& condition)
{
    const auto open = out.openPools.find(pool);
    if (open != out.openPools.end()) {
        out.uses += "    use_backend " + open->second + " if " + condition + " { nbsrv(" + pool +
                    ") eq 0 }\n";
    }
    out.uses += "    use_backend " + pool + " if " + condition + '\n';
}

void writeSplit(Writer& out, const config::Split& split, const std::string& wins,
                const Place& place)
{
    int sum = 0;
    for (const config::Split::Side& side : split.sides)
        sum += side.weight;
    out.line("http-request set-var(txn.draw) rand(" + std::to_string(std::max(sum, 1)) + ") if " +
             wins);
    if (split.key) {
        const std::string sample = sampleOf(*split.key);
        out.line("http-request set-var(txn.draw) " +
                 quoted(sample + ",xxh32(0),mod(" + std::to_string(std::max(sum, 1)) + ')') +
                 " if " + wins + " { " + quoted(sample) + " -m found }");
        out.notes.near(place / "key", "another hash: some clients change sides once, and more of "
                                      "them than needed when weights change");
    }
    int reached = 0;
    for (const config::Split::Side& side : split.sides) {
        const Place at = place / "pools" / side.pool;
        if (side.weight == 0) {
            out.notes.near(at, "left out with weight 0, also for those pinned there");
            continue;
        }
        reached += side.weight;
        writeUse(out, side.pool,
                 wins + " { var(txn.draw) -m int lt " + std::to_string(reached) + " }");
        out.notes.tell(true, at, "use_backend by a draw");
    }
}

void writeActions(Writer& out, const config::Route& route, const Place& place)
{
    const std::string wins = route.name + ".wins";
    out.text += '\n';
    out.comment("Route " + route.name);
    out.line("acl " + wins + " var(txn.route) -m str -- " + quoted(route.name));
    const bool forwards = std::holds_alternative<std::string>(route.action) ||
                          std::holds_alternative<config::Split>(route.action);
    writeEdits(out, route.responseHeaders, forwards ? "http-response" : "http-after-response", wins,
               place / "response_headers");
    if (const auto* redirect = std::get_if<config::Redirect>(&route.action))
        writeRedirect(out, *redirect, route, wins, place / "redirect");
    if (const auto* reply = std::get_if<config::FixedReply>(&route.action))
        writeReply(out, *reply, wins, place / "reply");
    if (!forwards) {
        if (route.rewrite != config::Rewrite{})
            out.notes.exact(place / "rewrite", "without effect here, and left out");
        if (!route.requestHeaders.empty())
            out.notes.exact(place / "request_headers", "without effect here, and left out");
        if (route.mirror)
            out.notes.exact(place / "mirror", "without effect here, and left out");
        return;
    }
    writeRewrite(out, route, wins, place / "rewrite");
    writeEdits(out, route.requestHeaders, "http-request", wins, place / "request_headers");
    if (route.mirror)
        out.notes.dropped(place / "mirror", "HAProxy mirrors only by an agent outside (SPOE)");
    if (const auto* pool = std::get_if<std::string>(&route.action)) {
        writeUse(out, *pool, wins);
        out.notes.exact(place / "pool", "use_backend");
    }
    if (const auto* split = std::get_if<config::Split>(&route.action))
        writeSplit(out, *split, wins, place / "split");
}

} // namespace

void writeRoutes(Writer& out, const config::Listener& listener, const Place& place)
{
    const auto routes = inPrecedence(listener);
    out.text += '\n';
    writeNormalForms(out);
    out.text += '\n';
    out.comment("The route is the first of these that matches: the more specific ones come first.");
    out.line("acl routed var(txn.route) -m found");
    bool all = false;
    for (const config::Route* route : routes) {
        const Place at = place / "routes" / route->name;
        const std::string condition = writeMatch(out, *route, at / "match");
        all = all || condition.empty();
        out.line("http-request set-var(txn.route) str(" + route->name + ") if !routed" + condition);
    }
    if (!all)
        out.line("http-request return status 404 content-type text/plain string 'no route' unless "
                 "routed");
    out.text += '\n';
    writeForwarding(out, listener, place / "headers");
    out.uses.clear();
    for (const config::Route* route : routes)
        writeActions(out, *route, place / "routes" / route->name);
    out.text += '\n' + out.uses;
}

} // namespace steelyard::interop::haproxy
