/// The block `match` of a route.
#include "config/draft.h"
#include "config/http_words.h"
#include "config/read_http.h"
#include "config/values.h"

#include <algorithm>
#include <array>

namespace steelyard::config {

namespace {

void readHost(const MappingReader& in, RouteMatch& match)
{
    std::string written;
    const Node* found = in.text("host", written);
    if (found == nullptr)
        return;
    const std::string host = lowered(written);
    const bool wildcard = host.starts_with("*.");
    if (isDnsName(wildcard ? std::string_view(host).substr(2) : std::string_view(host)) ||
        isIpLiteral(host)) {
        match.host = host;
        return;
    }
    std::string hint = "write for example shop.lab, or \"*.shop.lab\" for every name below it";
    if (host == "*")
        hint = "remove the key: without it every host matches";
    else if (host.starts_with('['))
        hint = "write an IPv6 address without brackets";
    else if (host.find(':') != std::string::npos)
        hint = "leave out the scheme and the port";
    in.findings().error(found->start, inQuotes(written) + " is not a host", hint);
}

PathMatch readPath(const Node& node, Findings& findings)
{
    using Kind = PathMatch::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 3> kKinds{
        {{"exact", Kind::Exact}, {"prefix", Kind::Prefix}, {"regex", Kind::Regex}}};
    PathMatch out;
    if (node.kind == Node::Kind::Scalar && !node.isNull()) {
        reportType(findings, node, "path", "a mapping",
                   "write path: { prefix: /x } or { exact: /x }");
        return out;
    }
    const MappingReader in(node, sections::kPath, findings);
    if (!in.valid())
        return out;
    std::vector<std::string> given;
    for (const auto& [key, kind] : kKinds) {
        std::string written;
        if (in.has(key))
            given.emplace_back(key);
        const Node* found = in.text(key, written);
        if (found == nullptr)
            continue;
        if (kind == Kind::Regex) {
            if (checkRegex(*found, findings))
                out = {kind, written};
        } else if (!isRequestPath(written)) {
            findings.error(found->start, inQuotes(written) + " is not a path",
                           "begin with / and percent-encode blanks, ?, # and what is not ASCII");
        } else {
            out = {kind, written};
        }
    }
    if (given.size() > 1) {
        findings.error(node.start, "'path' has both " + given[0] + " and " + given[1],
                       "keep one of them");
    } else if (given.empty() && node.keys.empty()) { // else the unknown key is told
        findings.error(node.start, "'path' says nothing",
                       "add prefix: /x, exact: /x or regex: /x.*, or remove the key");
    }
    return out;
}

void readMethods(const Node& node, std::vector<std::string>& out, Findings& findings)
{
    constexpr std::array<std::string_view, 8> kUsual{"GET",    "HEAD",    "POST",  "PUT",
                                                     "DELETE", "OPTIONS", "PATCH", "TRACE"};
    for (const Node& item : oneOrMore(node, "method", "[ GET, POST ]", findings)) {
        const Node* scalar = scalarWithText(item, "method", findings);
        if (scalar == nullptr)
            continue;
        const std::string& method = scalar->text;
        if (!isToken(method)) {
            findings.error(scalar->start, inQuotes(method) + " is not a method",
                           "write for example GET");
            continue;
        }
        if (std::find(out.begin(), out.end(), method) != out.end()) {
            findings.error(scalar->start, "method " + inQuotes(method) + " is given twice",
                           "keep one of them");
            continue;
        }
        const auto meant = std::find_if(kUsual.begin(), kUsual.end(), [&](std::string_view usual) {
            return usual != method && lowered(usual) == lowered(method);
        });
        if (meant != kUsual.end()) {
            findings.warning(scalar->start,
                             "methods are told apart by case, and no client sends " +
                                 inQuotes(method),
                             "write " + std::string(*meant));
        }
        out.push_back(method);
    }
}

/// One of the three blocks of conditions.
struct Conditions
{
    const Section& block;
    const Section& condition;
    std::string_view kind; ///< what a name is the name of
    bool (*isLegalName)(std::string_view);
    bool (*isLegalValue)(std::string_view);
    bool anyCase; ///< of the names
};

bool isHeld(std::string_view text) ///< a value that can be in a query
{
    return text.find('\0') == std::string_view::npos;
}

bool isCookieValue(std::string_view text)
{
    return isFieldValue(text) && text.find(';') == std::string_view::npos;
}

/// `text`, { regex: text } or { present: true }.
void readCondition(const Node& node, const Conditions& of, FieldMatch& out, Findings& findings)
{
    if (node.kind != Node::Kind::Mapping) {
        const Node* scalar = scalarWithText(node, out.name, findings);
        if (scalar == nullptr)
            return;
        out.text = scalar->text;
        if (!of.isLegalValue(out.text)) {
            findings.error(scalar->start,
                           inQuotes(out.text) + " is not the value of a " + std::string(of.kind),
                           "no control characters, no blanks at its ends");
        }
        return;
    }
    const MappingReader in(node, of.condition, findings);
    const bool regex = in.has("regex");
    const bool present = in.has("present");
    if (!regex && !present && !node.keys.empty())
        return; // the unknown key is told
    if (regex == present) {
        findings.error(node.start,
                       inQuotes(out.name) +
                           (regex ? " has both regex and present" : " says nothing"),
                       "write the value, { regex: ... } or { present: true }");
        return;
    }
    bool wanted = true;
    if (regex) {
        out.kind = FieldMatch::Kind::Regex;
        if (const Node* found = in.text("regex", out.text))
            static_cast<void>(checkRegex(*found, findings));
    } else if (const Node* found = in.boolean("present", wanted)) {
        out.kind = FieldMatch::Kind::Present;
        if (!wanted) {
            findings.error(found->start, "'present' can only be true",
                           "to treat requests without it differently, add a route after this one");
        }
    }
}

std::vector<FieldMatch> readConditions(const Node& node, const Conditions& of, Findings& findings)
{
    const MappingReader in(node, of.block, findings);
    std::vector<FieldMatch> out;
    if (!in.valid())
        return out;
    if (node.keys.size() > kMostFields) {
        findings.error(node.start, "more than " + std::to_string(kMostFields) + " conditions",
                       "remove some");
        return out;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const Node& key = node.keys[i];
        FieldMatch match;
        match.name = of.anyCase ? lowered(key.text) : key.text;
        if (!of.isLegalName(key.text)) {
            findings.error(key.start,
                           inQuotes(key.text) + " is not the name of a " + std::string(of.kind),
                           "use letters, digits and - only");
        } else if (std::any_of(out.begin(), out.end(),
                               [&](const FieldMatch& other) { return other.name == match.name; })) {
            findings.error(key.start, inQuotes(key.text) + " is given twice",
                           "keep one of them; names of header fields are alike in any case");
        }
        readCondition(node.items[i], of, match, findings);
        out.push_back(std::move(match));
    }
    return out;
}

} // namespace

RouteMatch readMatch(const Node& node, Findings& findings)
{
    static const Conditions kHeaders{sections::kMatchHeaders, sections::kMatchHeader,
                                     "header field",          &isToken,
                                     &isFieldValue,           true};
    static const Conditions kQuery{sections::kMatchQuery,
                                   sections::kMatchParameter,
                                   "query parameter",
                                   &isQueryName,
                                   &isHeld,
                                   false};
    static const Conditions kCookies{
        sections::kMatchCookies, sections::kMatchCookie, "cookie", &isToken, &isCookieValue, false};
    const MappingReader in(node, sections::kMatch, findings);
    RouteMatch out;
    readHost(in, out);
    if (const Node* path = in.find("path"))
        out.path = readPath(*path, findings);
    if (const Node* method = in.find("method"))
        readMethods(*method, out.methods, findings);
    if (const Node* headers = in.find("headers"))
        out.headers = readConditions(*headers, kHeaders, findings);
    if (const Node* query = in.find("query"))
        out.query = readConditions(*query, kQuery, findings);
    if (const Node* cookies = in.find("cookies"))
        out.cookies = readConditions(*cookies, kCookies, findings);
    if (const Node* client = in.find("client")) {
        for (const Node& item : oneOrMore(*client, "client", "[ 10.0.0.0/8, \"::1\" ]", findings))
            readRange(item, "client", out.clients, findings);
    }
    return out;
}

} // namespace steelyard::config
