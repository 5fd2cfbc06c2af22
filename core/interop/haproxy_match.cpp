/// A route's conditions as ACLs. Several lines of one ACL are alternatives; the ACLs of a rule must
/// all hold. Each value has a line of its own, since HAProxy takes at most 64 words in one.
/// Thread: any.
#include "config/values.h"
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"

namespace steelyard::interop::haproxy {

namespace {

using PathKind = config::PathMatch::Kind;
using FieldKind = config::FieldMatch::Kind;

constexpr std::string_view kRegexNote = "PCRE instead of RE2: the same but for rare syntax";

std::string whole(std::string_view expression)
{
    return quoted("^(?:" + std::string(expression) + ")$");
}

void writeHost(Writer& out, const std::string& acl, const std::string& host, const Place& place)
{
    const bool ipv6 = host.find(':') != std::string::npos;
    if (host.starts_with("*."))
        out.line("acl " + acl + " var(txn.host) -m end -- " + quoted(host.substr(1)));
    else
        out.line("acl " + acl + " var(txn.host) -m str -- " +
                 quoted(ipv6 ? '[' + host + ']' : host));
    out.notes.tell(!ipv6, place,
                   ipv6 ? "an acl on Host, for this very spelling of the address"
                        : "an acl on Host");
}

void writePath(Writer& out, const std::string& acl, const config::PathMatch& path,
               const Place& place)
{
    const std::string sample = "acl " + acl + " var(txn.path) -m ";
    if (path.kind == PathKind::Regex) {
        out.line(sample + "reg -- " + whole(path.text));
        out.notes.near(place / "regex", std::string(kRegexNote));
        return;
    }
    const std::string text = decoded(path.text, true);
    if (path.kind == PathKind::Exact) {
        out.line(sample + "str -- " + quoted(text));
        out.notes.exact(place / "exact", "an acl on the path");
        return;
    }
    const std::string prefix(bare(text));
    if (!prefix.empty())
        out.line(sample + "str -- " + quoted(prefix));
    out.line(sample + "beg -- " + quoted(prefix + '/'));
    out.notes.exact(place / "prefix", "an acl on the path's whole segments");
}

/// `sample` without quotes.
void writeField(Writer& out, const std::string& acl, const std::string& sample,
                const config::FieldMatch& match, const Place& place, std::string_view caveat)
{
    const std::string start = "acl " + acl + ' ' + quoted(sample) + " -m ";
    std::string told;
    switch (match.kind) {
    case FieldKind::Present:
        out.line(start + "found");
        break;
    case FieldKind::Exact:
        // An empty pattern would be none.
        out.line(start + (match.text.empty() ? "reg -- ^$" : "str -- " + quoted(match.text)));
        break;
    case FieldKind::Regex:
        out.line(start + "reg -- " + whole(match.text));
        told = kRegexNote;
        break;
    }
    if (match.kind != FieldKind::Present && !caveat.empty())
        told += (told.empty() ? "" : "; ") + std::string(caveat);
    out.notes.tell(told.empty(), place, told.empty() ? "an acl" : told);
}

} // namespace

std::string writeMatch(Writer& out, const config::Route& route, const Place& place)
{
    const config::RouteMatch& match = route.match;
    std::string condition;
    const auto acl = [&](const std::string& part) {
        const std::string name = route.name + '.' + part;
        condition += ' ' + name;
        return name;
    };
    if (!match.host.empty())
        writeHost(out, acl("host"), match.host, place / "host");
    if (match.path.kind != PathKind::Any)
        writePath(out, acl("path"), match.path, place / "path");
    if (!match.methods.empty()) {
        const std::string name = acl("method");
        for (const std::string& method : match.methods)
            out.line("acl " + name + " method -- " + quoted(method));
        out.notes.exact(place / "method", "an acl");
    }
    int number = 0;
    for (const config::FieldMatch& field : match.headers) {
        writeField(out, acl("header" + std::to_string(++number)),
                   "req.fhdr(" + argument(field.name) + ')', field, place / "headers" / field.name,
                   "");
    }
    number = 0;
    for (const config::FieldMatch& field : match.query) {
        writeField(out, acl("query" + std::to_string(++number)),
                   "url_param(" + argument(field.name) + "),url_dec(1)", field,
                   place / "query" / field.name, "");
    }
    number = 0;
    for (const config::FieldMatch& field : match.cookies) {
        writeField(out, acl("cookie" + std::to_string(++number)),
                   "req.cook(" + argument(field.name) + ')', field, place / "cookies" / field.name,
                   "any cookie of that name counts, not the first");
    }
    if (!match.clients.empty()) {
        const std::string name = acl("client");
        for (const config::Cidr& range : match.clients)
            out.line("acl " + name + " src " + config::cidrText(config::masked(range)));
        out.notes.exact(place / "client", "an acl on src");
    }
    return condition;
}

} // namespace steelyard::interop::haproxy
