/// A route's conditions as maps, each 1 where its condition holds, and keys. Strings of a map go
/// without case, so everything but hosts is an expression. Thread: any.
#include "config/values.h"
#include "interop/nginx_parts.h"
#include "interop/nginx_words.h"

#include <algorithm>
#include <cctype>

namespace steelyard::interop::nginx {

namespace {

using PathKind = config::PathMatch::Kind;
using FieldKind = config::FieldMatch::Kind;

constexpr std::string_view kRegexNote = "PCRE instead of RE2: the same but for rare syntax";

std::string whole(std::string_view pattern)
{
    return expression("^(?:" + unnamed(pattern) + ")\\z") + " 1";
}

/// The variable of a header field's value; empty: nginx has none of such a name.
std::string headerVariable(std::string_view name)
{
    std::string out = "$http_";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) == 0 && c != '-' && c != '_')
            return {};
        out += c == '-' ? '_' : static_cast<char>(std::tolower(byte));
    }
    return out;
}

/// One condition after the other: the maps, and their variables in a row.
class Conditions
{
public:
    Conditions(Writer& out, std::string base)
        : m_out(out)
        , m_base(std::move(base))
    {
    }

    void add(const std::string& part, const std::string& source,
             const std::vector<std::string>& entries, const Place& place)
    {
        for (const std::string& entry : entries) {
            if (entry.size() > kMostWord) {
                m_out.notes.dropped(place, "too long for nginx: the route never matches");
                never();
                return;
            }
        }
        take(m_out.map(m_base + '_' + part, source, entries, "0"));
    }

    void addRanges(const std::vector<config::Cidr>& ranges)
    {
        const std::string name = m_out.variable(m_base + "_client");
        m_out.top("geo " + name + " {");
        m_out.top("    default 0;");
        for (const config::Cidr& range : ranges)
            m_out.top("    " + config::cidrText(config::masked(range)) + " 1;");
        m_out.top("}");
        take(name);
    }

    void never()
    {
        m_row += '0';
        ++m_size;
    }

    /// The variable that is 1 where all hold; empty without conditions.
    [[nodiscard]] std::string all()
    {
        if (m_size < 2 && m_row != "0")
            return m_only;
        return m_out.map(m_base, quoted(m_row), {std::string(m_size, '1') + " 1"}, "0");
    }

private:
    void take(const std::string& variable)
    {
        if (m_row.size() + variable.size() + 4 > kMostWord) {
            const std::string before = all(); // the conditions so far become one
            m_row = braced(before);
            m_size = 1;
        }
        m_only = variable;
        m_row += braced(variable);
        ++m_size;
    }

    Writer& m_out;
    std::string m_base, m_row, m_only;
    std::size_t m_size = 0;
};

void addPath(Writer& out, Conditions& conditions, const config::PathMatch& path, const Place& place)
{
    constexpr std::string_view kForm = " of the path, which nginx decodes whole and frees of "
                                       "doubled slashes";
    if (path.kind == PathKind::Regex) {
        conditions.add("path", "$uri", {whole(path.text)}, place);
        out.notes.near(place / "regex",
                       "a map" + std::string(kForm) + "; " + std::string(kRegexNote));
        return;
    }
    const std::string text = decoded(path.text, false);
    if (path.kind == PathKind::Exact) {
        conditions.add("path", "$uri", {whole(literal(text))}, place);
        out.notes.near(place / "exact", "a map" + std::string(kForm));
        return;
    }
    conditions.add("path", "$uri", {expression("^" + literal(bare(text)) + "(?:/|\\z)") + " 1"},
                   place);
    out.notes.near(place / "prefix", "a map" + std::string(kForm));
}

void addHeader(Writer& out, Conditions& conditions, const std::string& part,
               const config::FieldMatch& match, const Place& place)
{
    const std::string source = headerVariable(match.name);
    if (source.empty()) {
        conditions.never();
        out.notes.dropped(place, "nginx drops fields of such a name: the route never matches");
        return;
    }
    std::string entry = "~. 1";
    if (match.kind == FieldKind::Exact)
        entry = whole(literal(match.text));
    else if (match.kind == FieldKind::Regex)
        entry = whole(match.text);
    conditions.add(part, source, {entry}, place);
    std::string told = "a map of the first such line; an empty one is as if it were not there";
    if (match.kind == FieldKind::Regex)
        told += "; " + std::string(kRegexNote);
    out.notes.near(place, told);
}

void addQuery(Writer& out, Conditions& conditions, const std::string& part,
              const config::FieldMatch& match, const Place& place)
{
    const std::string start = "(?:^|&)" + encodedLiteral(match.name);
    std::string pattern = start + "(?:=|&|$)";
    if (match.kind == FieldKind::Exact)
        pattern =
            start + (match.text.empty() ? "=?" : '=' + encodedLiteral(match.text)) + "(?:&|$)";
    else if (match.kind == FieldKind::Regex)
        pattern = start + "=(?:" + unnamed(match.text) + ")(?:&|$)";
    conditions.add(part, "$args", {expression(pattern) + " 1"}, place);
    out.notes.near(place, match.kind == FieldKind::Regex
                              ? "a map of the query as it was sent, not decoded, in PCRE"
                              : "a map of the query: any parameter of that name counts, not the "
                                "first");
}

void addCookie(Writer& out, Conditions& conditions, const std::string& part,
               const config::FieldMatch& match, const Place& place)
{
    const std::string start = "(?:^|;)[ \\t]*" + literal(match.name) + '=';
    std::string pattern = start;
    if (match.kind == FieldKind::Exact)
        pattern += "\"?" + literal(match.text) + "\"?[ \\t]*(?:;|$)";
    else if (match.kind == FieldKind::Regex)
        pattern += "\"?(?:" + unnamed(match.text) + ")\"?[ \\t]*(?:;|$)";
    conditions.add(part, "$http_cookie", {expression(pattern) + " 1"}, place);
    out.notes.near(place, "a map of Cookie: any cookie of that name counts, not the first");
}

} // namespace

std::string writeMatch(Writer& out, const config::Route& route, const std::string& base,
                       const Place& place)
{
    const config::RouteMatch& match = route.match;
    Conditions conditions(out, base);
    if (!match.host.empty()) {
        const bool ipv6 = match.host.find(':') != std::string::npos;
        const std::string name = ipv6 ? '[' + match.host + ']' : match.host;
        conditions.add("host", "$host", {"hostnames", quoted(name) + " 1"}, place / "host");
        out.notes.tell(!ipv6, place / "host", "a map of $host");
    }
    if (match.path.kind != PathKind::Any)
        addPath(out, conditions, match.path, place / "path");
    if (!match.methods.empty()) {
        std::vector<std::string> entries;
        for (const std::string& method : match.methods)
            entries.push_back(whole(literal(method)));
        conditions.add("method", "$request_method", entries, place / "method");
        out.notes.exact(place / "method", "a map of $request_method");
    }
    int number = 0;
    for (const config::FieldMatch& field : match.headers) {
        addHeader(out, conditions, "header" + std::to_string(++number), field,
                  place / "headers" / field.name);
    }
    number = 0;
    for (const config::FieldMatch& field : match.query) {
        addQuery(out, conditions, "query" + std::to_string(++number), field,
                 place / "query" / field.name);
    }
    number = 0;
    for (const config::FieldMatch& field : match.cookies) {
        addCookie(out, conditions, "cookie" + std::to_string(++number), field,
                  place / "cookies" / field.name);
    }
    if (!match.clients.empty()) {
        conditions.addRanges(match.clients);
        out.notes.exact(place / "client", "geo");
    }
    return conditions.all();
}

std::string writeKey(Writer& out, const config::AffinityKey& key, const std::string& base)
{
    using Source = config::AffinityKey::Source;
    const auto captured = [&](const std::string& source, const std::string& start) {
        // The name of a group may be 32 long.
        const std::string group = out.variable("g").substr(1);
        return out.map(base + "_key", source,
                       {expression(start + "(?<" + group + ">[^;&]+)") + " $" + group},
                       "$request_id");
    };
    switch (key.source) {
    case Source::ClientIp:
        break;
    case Source::Header: {
        const std::string variable = headerVariable(key.name);
        if (variable.empty())
            return "$request_id";
        return out.map(base + "_key", variable, {"\"\" $request_id"}, variable);
    }
    case Source::Cookie:
        return captured("$http_cookie", "(?:^|;)[ \\t]*" + literal(key.name) + "=");
    case Source::Path:
        return "$uri";
    case Source::Query:
        return captured("$args", "(?:^|&)" + encodedLiteral(key.name) + "=");
    }
    return "$remote_addr";
}

} // namespace steelyard::interop::nginx
