/// A route as a named location of nginx, or several where it splits. Thread: any.
#include "interop/nginx_parts.h"
#include "interop/nginx_words.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <variant>

namespace steelyard::interop::nginx {

namespace {

using PathKind = config::PathMatch::Kind;

bool sameName(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

auto findField(Fields& fields, std::string_view name)
{
    return std::find_if(fields.begin(), fields.end(),
                        [name](const auto& each) { return sameName(each.first, name); });
}

void setField(Fields& fields, const std::string& name, const std::string& value)
{
    const auto found = findField(fields, name);
    if (found == fields.end())
        fields.emplace_back(name, value);
    else
        found->second = value;
}

/// What the client sent of that name, with `value` behind it.
std::string extended(Writer& out, const std::string& base, const std::string& name,
                     const std::string& value)
{
    std::string variable = "$http_";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) == 0 && c != '-' && c != '_')
            return value; // nginx has dropped such a field
        variable += c == '-' ? '_' : static_cast<char>(std::tolower(byte));
    }
    return out.map(base + "_add", variable, {"\"\" " + quoted(value)},
                   quoted(variable + ", " + value));
}

/// The fields that servers get on this route.
Fields editedFields(Writer& out, const config::Route& route, Fields fields, const std::string& base,
                    const Place& place)
{
    const config::HeaderEdits& edits = route.requestHeaders;
    if (route.rewrite.host) {
        setField(fields, "Host", plain(*route.rewrite.host));
        out.notes.exact(place / "rewrite" / "host", "proxy_set_header Host");
    }
    const Place at = place / "request_headers";
    bool empties = false;
    // Together with what is there already, so at most half of a word each.
    const auto fits = [&](const std::string& value, const char* key) {
        const bool does = quoted(plain(value)).size() <= kMostWord / 2;
        if (!does)
            out.notes.dropped(at / key, "a value is too long for nginx, and left out");
        return does;
    };
    for (const std::string& name : edits.remove)
        setField(fields, name, "");
    for (const auto& [name, value] : edits.set) {
        empties = empties || value.empty();
        if (fits(value, "set"))
            setField(fields, name, plain(value));
    }
    for (const auto& [name, value] : edits.add) {
        if (!fits(value, "add"))
            continue;
        const auto found = findField(fields, name);
        if (found == fields.end())
            fields.emplace_back(name, extended(out, base, name, plain(value)));
        else
            found->second += (found->second.empty() ? "" : ", ") + plain(value);
    }
    if (!edits.remove.empty())
        out.notes.exact(at / "remove", "proxy_set_header with nothing");
    if (!edits.set.empty())
        out.notes.tell(!empties, at / "set",
                       empties ? "proxy_set_header; a field without a value is left out"
                               : "proxy_set_header");
    if (!edits.add.empty())
        out.notes.near(at / "add", "in one line with those of the same name, with a comma");
    return fields;
}

/// `forwards`: there are a server's fields to hide.
void writeResponseEdits(Writer& out, const config::HeaderEdits& edits, bool forwards)
{
    std::vector<std::string> hidden = edits.remove;
    for (const auto& [name, value] : edits.set)
        hidden.push_back(name);
    if (forwards) {
        bool passes = false;
        for (const std::string& name : hidden) {
            out.in("proxy_hide_header " + quoted(name) + ';');
            passes = passes || sameName(name, "server") || sameName(name, "date");
        }
        // One that is to pass is not hidden: what the http block says of the two must go.
        for (const char* name : {"Server", "Date"}) {
            if (passes && std::none_of(hidden.begin(), hidden.end(),
                                       [name](const auto& each) { return sameName(each, name); }))
                out.in("proxy_pass_header " + std::string(name) + ';');
        }
        if (passes && std::count_if(hidden.begin(), hidden.end(), [](const auto& each) {
                          return sameName(each, "server") || sameName(each, "date");
                      }) >= 2)
            out.in("proxy_pass_header X-Steelyard-None;");
    }
    const auto add = [&out](const auto& fields) {
        for (const auto& [name, value] : fields) {
            if (!value.empty() && !isTooLong(plain(value)))
                out.in("add_header " + quoted(name) + ' ' + quoted(plain(value)) + " always;");
        }
    };
    add(edits.set);
    add(edits.add);
}

void tellResponseEdits(Writer& out, const config::HeaderEdits& edits, const Place& place)
{
    const auto ownField = [](const std::string& name) {
        return sameName(name, "server") || sameName(name, "date");
    };
    const bool own = std::any_of(edits.remove.begin(), edits.remove.end(), ownField);
    if (!edits.remove.empty())
        out.notes.tell(!own, place / "remove",
                       own ? "proxy_hide_header; nginx puts its own Server and Date there"
                           : "proxy_hide_header");
    const auto tell = [&](const config::HeaderEdits::Fields& fields, const char* key) {
        if (fields.empty())
            return;
        const bool exact = std::none_of(fields.begin(), fields.end(), [&](const auto& each) {
            return each.second.empty() || ownField(each.first);
        });
        if (std::any_of(fields.begin(), fields.end(),
                        [](const auto& each) { return isTooLong(plain(each.second)); }))
            out.notes.dropped(place / key, "a value is too long for nginx, and left out");
        out.notes.tell(exact, place / key,
                       exact ? "add_header always"
                             : "add_header always; not without a value, and nginx adds its own "
                               "Server and Date");
    };
    tell(edits.set, "set");
    tell(edits.add, "add");
}

void writeRewrite(Writer& out, const config::Route& route)
{
    if (!route.rewrite.path)
        return;
    const std::string& to = *route.rewrite.path;
    if (route.match.path.kind == PathKind::Exact) {
        out.in("rewrite ^ " + quoted(plain(to)) + " break;");
        return;
    }
    const std::string prefix = route.match.path.kind == PathKind::Prefix
                                   ? literal(bare(decoded(route.match.path.text, false)))
                                   : std::string();
    out.in("rewrite " + quoted("(?s)^" + prefix + "(/.*)$") + ' ' + quoted(plain(bare(to)) + "$1") +
           " break;");
    if (!prefix.empty())
        out.in("rewrite " + quoted("^" + prefix + "$") + ' ' + quoted(plain(to)) + " break;");
}

void writeProxy(Writer& out, const config::Route& route, const Fields& fields, bool edited,
                const std::string& pool)
{
    writeRewrite(out, route);
    if (edited) {
        for (const auto& [name, value] : fields)
            out.in("proxy_set_header " + quoted(name) + ' ' + quoted(value) + ';');
    }
    writeResponseEdits(out, route.responseHeaders, true);
    writePoolTimes(out, *out.config.pool(pool));
    out.in("proxy_pass http://" + out.upstreams.at(pool) + ';');
}

/// The share with the two decimals that split_clients knows.
std::string percentText(double share)
{
    char text[16];
    std::snprintf(text, sizeof text, "%.2f%%", share * 100);
    return text;
}

/// Writes the location that a mirror's copies go to; the directive for the route's own.
std::string writeMirror(Writer& out, const config::Route& route, const Fields& fields,
                        const std::string& base, const Place& place)
{
    const config::Mirror& mirror = *route.mirror;
    if (mirror.share < 0.0001) {
        out.notes.exact(place / "mirror", "share 0: left out");
        return {};
    }
    const std::string uri = "/.steelyard-" + out.names.make(base + "_mirror");
    std::string draw;
    if (mirror.share < 1) {
        draw = out.variable(base + "_mirror_draw");
        out.top("split_clients $request_id " + draw + " {");
        out.top("    " + percentText(mirror.share) + " 1;");
        out.top("    * 0;");
        out.top("}");
    }
    out.open("= " + uri);
    out.in("internal;");
    if (!draw.empty())
        out.in("if (" + draw + " = 0) { return 204; }");
    for (const auto& [name, value] : fields)
        out.in("proxy_set_header " + quoted(name) + ' ' + quoted(value) + ';');
    writePoolTimes(out, *out.config.pool(mirror.pool));
    out.in("proxy_pass http://" + out.upstreams.at(mirror.pool) + "$request_uri;");
    out.close();
    out.notes.near(place / "mirror", "mirror: the copy has the path as received, and nginx waits "
                                     "for its end before the next request of the connection");
    return "mirror " + uri + ';';
}

std::string forwardTo(Writer& out, const config::Route& route, const Fields& fields, bool edited,
                      const std::string& pool, const std::string& wanted, const std::string& mirror)
{
    const std::string name = out.names.make(wanted);
    out.open('@' + name);
    if (!mirror.empty())
        out.in(mirror);
    writeProxy(out, route, fields, edited, pool);
    out.close();
    return name;
}

std::string splitTo(Writer& out, const config::Route& route, const config::Split& split,
                    const Fields& fields, bool edited, const std::string& base,
                    const std::string& mirror, const Place& place)
{
    long long sum = 0;
    for (const config::Split::Side& side : split.sides)
        sum += side.weight;
    const std::string key =
        split.key ? writeKey(out, *split.key, base) : std::string("$request_id");
    if (split.key)
        out.notes.near(place / "key",
                       "split_clients: another hash, some clients change sides once");
    std::vector<std::string> lines;
    std::string last;
    for (const config::Split::Side& side : split.sides) {
        const Place at = place / "pools" / side.pool;
        const double share =
            sum > 0 ? static_cast<double>(side.weight) / static_cast<double>(sum) : 0;
        if (share < 0.0001) {
            out.notes.near(at, "left out: split_clients knows no share below 0.01 %, nor pins");
            continue;
        }
        if (!last.empty())
            lines.push_back(last);
        const std::string name =
            forwardTo(out, route, fields, edited, side.pool, base + '_' + side.pool, mirror);
        last = percentText(std::floor(share * 10000) / 10000) + ' ' + name + ';';
        out.notes.tell(std::abs(share * 10000 - std::round(share * 10000)) < 1e-6, at,
                       "split_clients, with two decimals of a percent");
    }
    if (!last.empty())
        lines.push_back("* " + last.substr(last.find(' ') + 1));
    const std::string side = out.variable(base + "_side");
    out.top("split_clients " + quoted(key) + ' ' + side + " {");
    for (const std::string& line : lines)
        out.top("    " + line);
    out.top("}");
    return side;
}

std::string redirectText(Writer& out, const config::Route& route, const config::Redirect& redirect,
                         const std::string& base)
{
    using Kind = LocationPart::Kind;
    // From the request line, where all is still encoded; $uri is decoded and would be dangerous.
    const auto captured = [&](const std::string& start) {
        const std::string group = out.variable("g").substr(1);
        return out.map(base + "_location", "$request_uri",
                       {expression('^' + start + "/+(?<" + group + ">[^?#\\\\]*)") + ' ' +
                        quoted("/$" + group)},
                       start.empty() ? "/" : "\"\"");
    };
    std::string location;
    for (const LocationPart& part : locationParts(redirect)) {
        switch (part.kind) {
        case Kind::Text:
            location += plain(part.text);
            break;
        case Kind::Host:
            location += "${host}";
            break;
        case Kind::Path:
            location += braced(captured(""));
            break;
        case Kind::Rest:
            if (route.match.path.kind == PathKind::Prefix)
                location += braced(captured(literal(bare(route.match.path.text))));
            else if (route.match.path.kind == PathKind::Any)
                location += braced(captured(""));
            break;
        case Kind::Query:
            location += "$is_args$args";
            break;
        }
    }
    return location;
}

void writeReply(Writer& out, const config::FixedReply& reply, const Place& place)
{
    constexpr std::size_t kPiece = 300; // of a word, which may have 4,096 bytes with its escapes
    constexpr std::size_t kMost = 16'384;
    out.notes.exact(place / "status", "return");
    const bool redirects = reply.status == 301 || reply.status == 302 || reply.status == 303 ||
                           reply.status == 307 || reply.status == 308;
    const bool sayable =
        !redirects && reply.body.size() <= kMost && reply.body.find('\0') == std::string::npos;
    if (!sayable && !reply.body.empty()) {
        out.notes.dropped(place / "body", "not with this status, above 16 KiB, or with NUL");
        out.notes.dropped(place / "content_type", "there is no body");
        out.in("return " + std::to_string(reply.status) + (redirects ? "" : " \"\"") + ';');
        return;
    }
    if (reply.status == 444)
        out.notes.near(place / "status", "nginx closes the connection without an answer");
    out.in("default_type " + quoted(reply.contentType) + ';');
    std::string body;
    if (reply.body.size() <= kPiece) {
        body = plain(reply.body);
    } else {
        body = out.variable("body");
        for (std::size_t i = 0; i < reply.body.size(); i += kPiece) {
            out.in("set " + body + ' ' +
                   quoted((i > 0 ? braced(body) : "") + plain(reply.body.substr(i, kPiece))) + ';');
        }
    }
    out.in("return " + std::to_string(reply.status) +
           (redirects || reply.status == 204 || reply.status == 304 ? std::string()
                                                                    : ' ' + quoted(body)) +
           ';');
    out.notes.exact(place / "body", "return");
    out.notes.exact(place / "content_type", "default_type");
}

std::string answerOf(Writer& out, const config::Route& route, const std::string& base,
                     const Place& place)
{
    const std::string name = out.names.make(base);
    const auto* redirect = std::get_if<config::Redirect>(&route.action);
    const std::string location =
        redirect != nullptr ? redirectText(out, route, *redirect, base) : std::string();
    out.open('@' + name);
    writeResponseEdits(out, route.responseHeaders, false);
    if (redirect != nullptr) {
        out.in("return " + std::to_string(redirect->status) + ' ' + quoted(location) + ';');
        const bool parts = redirect->location.find('{') != std::string::npos;
        out.notes.tell(!parts, place / "redirect" / "location",
                       parts ? "return, with the path as it was sent" : "return");
        out.notes.exact(place / "redirect" / "status", "return");
    } else {
        writeReply(out, std::get<config::FixedReply>(route.action), place / "reply");
    }
    out.close();
    if (route.rewrite != config::Rewrite{})
        out.notes.exact(place / "rewrite", "without effect here, and left out");
    if (!route.requestHeaders.empty())
        out.notes.exact(place / "request_headers", "without effect here, and left out");
    if (route.mirror)
        out.notes.exact(place / "mirror", "without effect here, and left out");
    return name;
}

} // namespace

std::string writeRoute(Writer& out, const config::Route& route, const Fields& fields,
                       const std::string& base, const Place& place)
{
    tellResponseEdits(out, route.responseHeaders, place / "response_headers");
    const auto* pool = std::get_if<std::string>(&route.action);
    const auto* split = std::get_if<config::Split>(&route.action);
    if (pool == nullptr && split == nullptr)
        return answerOf(out, route, base, place);
    if (route.rewrite.path)
        out.notes.near(place / "rewrite" / "path", "rewrite of the decoded path");
    const Fields edited = editedFields(out, route, fields, base, place);
    const std::string mirror =
        route.mirror ? writeMirror(out, route, edited, base, place) : std::string();
    if (pool != nullptr) {
        out.notes.exact(place / "pool", "proxy_pass");
        return forwardTo(out, route, edited, edited != fields, *pool, base, mirror);
    }
    return splitTo(out, route, *split, edited, edited != fields, base, mirror, place / "split");
}

} // namespace steelyard::interop::nginx
