// Which route takes a request: as a plain reading of the rules says, whatever the spelling of the
// path; and what rewriting and redirecting make of a target. Input: choices for routes and a
// request over a small alphabet, then a raw target.
#include "fuzz/fuzz_target.h"
#include "routing/edits.h"
#include "routing/explain.h"
#include "routing/normal_form.h"
#include "routing/router.h"
#include "routing/unreachable.h"
#include "unit/routing/naive_matcher.h"

#include <vector>

using namespace steelyard;
using namespace steelyard::fuzz;
using routing::test::OwnedRequest;
using PathKind = config::PathMatch::Kind;

namespace {

/// RFC 3986 6.2.2 the plain way: decode what is unreserved, then walk over the segments.
std::string plainNormal(const std::string& path)
{
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::vector<std::string> segments;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '/') {
            segments.emplace_back();
            continue;
        }
        const auto coded = [&path](std::size_t at) {
            return at + 2 < path.size() && path[at] == '%' &&
                   std::isxdigit(static_cast<unsigned char>(path[at + 1])) != 0 &&
                   std::isxdigit(static_cast<unsigned char>(path[at + 2])) != 0;
        };
        auto byte = static_cast<unsigned char>(path[i]);
        bool encode = byte >= 128 || byte == '%';
        if (coded(i)) {
            byte = static_cast<unsigned char>(std::stoi(path.substr(i + 1, 2), nullptr, 16));
            encode = !(std::isalnum(byte) != 0 && byte < 128) && byte != '-' && byte != '.' &&
                     byte != '_' && byte != '~';
            i += 2;
        }
        if (encode) {
            segments.back() += '%';
            segments.back() += kDigits[byte / 16];
            segments.back() += kDigits[byte % 16];
        } else {
            segments.back() += static_cast<char>(byte);
        }
    }
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool dots = segments[i] == "." || segments[i] == "..";
        if (segments[i] == ".." && !kept.empty())
            kept.pop_back();
        if (!dots)
            kept.push_back(segments[i]);
        else if (i + 1 == segments.size())
            kept.emplace_back();
    }
    std::string out;
    for (const std::string& each : kept)
        out += '/' + each;
    return out;
}

std::string plainPath(Choices& choices, bool spelled)
{
    static constexpr std::string_view kPlain[] = {"a", "b", "api", "v1", "", "x.y"};
    static constexpr std::string_view kSpelled[] = {"a",   "%61", "api", "%2e", "..",   ".",  "",
                                                    "%2F", "b",   "v1",  "%e4", "%2E.", "%zz"};
    std::string out;
    for (std::size_t i = 1 + choices.below(4); i > 0; --i)
        out.append("/").append(spelled ? choices.of(kSpelled) : choices.of(kPlain));
    return out;
}

config::Route routeFrom(Choices& choices)
{
    static constexpr std::string_view kHosts[] = {"", "", "lab", "*.lab", "a.lab"};
    static constexpr std::string_view kExpressions[] = {"/a.*", "/(api|b)/.*", "/[^/]*", "/.*/v1"};
    config::Route route;
    route.match.host = choices.of(kHosts);
    switch (choices.below(4)) {
    case 0:
        route.match.path = {PathKind::Exact, plainPath(choices, false)};
        break;
    case 1:
        route.match.path = {PathKind::Prefix, plainPath(choices, false)};
        break;
    case 2:
        route.match.path = {PathKind::Regex, std::string(choices.of(kExpressions))};
        break;
    default:
        break;
    }
    if (choices.below(4) == 1)
        route.match.methods = {"POST"};
    if (choices.below(4) == 1)
        route.match.headers.push_back({"x-a", config::FieldMatch::Kind::Exact, "1"});
    return route;
}

void checkMatch(Choices& choices, const std::vector<config::Route>& routes,
                const routing::Router& router)
{
    static constexpr std::string_view kHosts[] = {"lab", "a.lab", "b.a.lab", "other"};
    OwnedRequest asked;
    asked.method = choices.below(2) == 1 ? "POST" : "GET";
    asked.host = choices.of(kHosts);
    asked.target = plainPath(choices, true);
    if (choices.below(2) == 1)
        asked.lines.emplace_back("X-A", choices.below(2) == 1 ? "1" : "2");
    const int found = router.match(asked.view());
    OwnedRequest plain = asked;
    plain.target = plainNormal(asked.target);
    const int wanted = routing::test::naiveMatch(routes, plain);
    require(found == wanted, "another route takes it", asked.host + ' ' + asked.target);

    const auto verdicts = routing::explain(router, routes, asked.view());
    require(verdicts.size() == routes.size(), "not every route has a verdict");
    for (std::size_t i = 0; i < verdicts.size(); ++i)
        require(verdicts[i].won == (static_cast<int>(i) == found) && !verdicts[i].why.empty(),
                "the explanation names another winner", asked.target);
}

bool isClean(std::string_view target)
{
    for (const char c : target)
        if (c <= ' ' || c == 127)
            return false;
    return true;
}

/// `target` is what the parser lets through: visible ASCII without '#'.
void checkTarget(const std::string& target, const config::Route& route,
                 const routing::Router& router)
{
    const std::string path(routing::pathOf(target));
    std::string normal;
    routing::normalPath(path, normal);
    require(normal == plainNormal(path), "another normal form", path);
    std::string again;
    routing::normalPath(normal, again);
    require(again == normal, "the normal form is not final", path);

    OwnedRequest asked;
    asked.host = "lab";
    asked.target = target;
    OwnedRequest plain = asked;
    plain.target = normal + target.substr(path.size());
    require(router.match(asked.view()) == router.match(plain.view()),
            "a spelling slips past a route", target);

    std::string out;
    for (const std::string_view replacement : {"/", "/v2", "/v2/"}) {
        routing::rewriteTarget(target, route.match.path, replacement, out);
        require(out.starts_with('/') && isClean(out), "a rewritten target is none", out);
        require(!out.starts_with("//") || path.starts_with("//") ||
                    route.match.path.kind == PathKind::Regex,
                "a rewritten target looks like a host", out);
    }
    config::Redirect redirect;
    for (const char* location : {"/new{rest}", "{path}", "https://{host}{path}?", "/x#f"}) {
        redirect.location = location;
        const std::string text =
            routing::redirectLocation(redirect, route.match.path, asked.view());
        require(isClean(text) && !text.empty(), "a redirect to what is no URI", text);
        require(!text.starts_with("//") && !text.starts_with("/\\"),
                "a redirect to a host of the client's", text);
    }
}

} // namespace

FUZZ_TARGET(route)
{
    Choices choices(input);
    std::vector<config::Route> routes;
    for (std::size_t i = 1 + choices.below(6); i > 0; --i) {
        routes.push_back(routeFrom(choices));
        routes.back().name = "r" + std::to_string(i);
    }
    const routing::Router router(routes);
    checkMatch(choices, routes, router);
    const std::string target = '/' + std::string(choices.rest());
    if (isClean(target) && target.find('#') == std::string::npos && target.size() < 4096)
        checkTarget(target, routes.front(), router);
}
