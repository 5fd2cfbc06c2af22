#include "routing/explain.h"

#include "routing/conditions.h"
#include "routing/normal_form.h"
#include "routing/specificity.h"

#include <cstddef>
#include <string_view>

namespace steelyard::routing {

namespace {

/// What the routes are compared with.
struct Subject
{
    std::string host;
    std::string path; ///< normal form; as it is when it is no path
    bool isPath = false;
};

Subject subjectOf(const Request& request)
{
    Subject out;
    HostBuffer buffer;
    out.host = normalHost(request.host, buffer);
    const std::string_view path = pathOf(request.target);
    out.isPath = path.starts_with('/');
    if (out.isPath)
        normalPath(path, out.path);
    else
        out.path = path;
    return out;
}

std::string quoted(std::string_view text)
{
    return '\'' + std::string(text) + '\'';
}

/// Empty when the host is right.
std::string wrongHost(const std::string& wanted, const Subject& subject)
{
    if (wanted.empty())
        return {};
    const NormalHostPattern pattern(wanted);
    if (!pattern.wildcard)
        return subject.host == pattern.name && !pattern.name.empty()
                   ? std::string{}
                   : "host " + quoted(subject.host) + " is not " + quoted(wanted);
    const std::string suffix = '.' + pattern.name;
    const bool below = subject.host.size() > suffix.size() && subject.host.ends_with(suffix);
    return below ? std::string{}
                 : "host " + quoted(subject.host) + " is not below " + quoted(pattern.name);
}

std::string wrongPath(const config::PathMatch& wanted, const Subject& subject)
{
    using Kind = config::PathMatch::Kind;
    if (wanted.kind == Kind::Any)
        return {};
    if (!subject.isPath)
        return "target " + quoted(subject.path) + " is no path";
    const std::string& path = subject.path;
    if (wanted.kind == Kind::Regex) {
        const auto expression = Expression::compile(wanted.text);
        if (!expression)
            return "the expression " + quoted(wanted.text) + " is invalid";
        return expression.value().matches(path)
                   ? std::string{}
                   : "path " + path + " does not match " + quoted(wanted.text);
    }
    if (wanted.kind == Kind::Exact) {
        std::string normal;
        normalPath(wanted.text, normal);
        return path == normal ? std::string{} : "path " + path + " is not " + wanted.text;
    }
    const std::string prefix = normalPrefix(wanted.text);
    if (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/'))
        return {};
    return wanted.text + " is no prefix of path " + path;
}

std::string whyNot(const config::RouteMatch& match, const Subject& subject, const Request& request)
{
    std::string why = wrongHost(match.host, subject);
    if (why.empty())
        why = wrongPath(match.path, subject);
    return why.empty() ? Conditions(match).unmetBy(request) : why;
}

std::string whyAfter(const config::Route& loser, const config::Route& winner)
{
    const std::string_view part =
        decidingPart(specificityOf(loser.match), specificityOf(winner.match));
    const std::string name = quoted(winner.name);
    if (part.empty())
        return "as specific as " + name + ", which is before it";
    return "less specific than " + name + " by its " + std::string(part);
}

} // namespace

std::vector<Verdict> explain(const Router& router, const std::vector<config::Route>& routes,
                             const Request& request)
{
    const int winner = router.match(request);
    const Subject subject = subjectOf(request);
    std::vector<Verdict> verdicts;
    verdicts.reserve(routes.size());
    std::size_t others = 0;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        Verdict& verdict = verdicts.emplace_back();
        verdict.won = static_cast<int>(i) == winner;
        if (verdict.won)
            continue;
        verdict.why = whyNot(routes[i].match, subject, request);
        if (verdict.why.empty() && winner != Router::kNone) {
            ++others;
            verdict.why = whyAfter(routes[i], routes[static_cast<std::size_t>(winner)]);
        }
    }
    if (winner != Router::kNone) {
        verdicts[static_cast<std::size_t>(winner)].why =
            others == 0 ? "the only one that matches"
                        : "the most specific of the " + std::to_string(others + 1) + " that match";
    }
    return verdicts;
}

} // namespace steelyard::routing
