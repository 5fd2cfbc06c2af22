/// Building the tables and walking them: hosts by label from the longest suffix, paths by segment
/// in one hashing pass. Thread: see router.h.
#include "routing/router.h"

#include "routing/normal_form.h"
#include "routing/specificity.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace steelyard::routing {

Router::Router(const std::vector<config::Route>& routes)
{
    std::vector<Specificity> specificities;
    specificities.reserve(routes.size());
    for (const config::Route& route : routes)
        specificities.push_back(specificityOf(route.match));
    std::vector<std::size_t> order(routes.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return specificities[a] > specificities[b];
    });
    for (const std::size_t route : order) {
        const config::RouteMatch& match = routes[route].match;
        const Conditions* conditions = &m_conditions.emplace_back(match);
        if (conditions->empty()) {
            m_conditions.pop_back();
            conditions = nullptr;
        }
        routesFor(match.host).add(match.path, static_cast<int>(route), conditions);
    }
    const auto finish = [&routes](HostRoutes& host) {
        host.linkPrefixes();
        std::vector<std::string> texts;
        for (const Rules::Rule& rule : host.regex.rules)
            texts.push_back(routes[static_cast<std::size_t>(rule.route)].match.path.text);
        if (!texts.empty())
            host.regex.expressions.emplace(texts);
    };
    finish(m_anyHost);
    for (TextTable<HostRoutes>* table : {&m_exact, &m_wildcard}) {
        for (auto& [name, host] : *table)
            finish(host);
    }
}

Router::HostRoutes& Router::routesFor(const std::string& pattern)
{
    if (pattern.empty())
        return m_anyHost;
    const NormalHostPattern normal(pattern);
    if (!normal.wildcard)
        return m_exact[normal.name];
    m_longestWildcard = std::max(m_longestWildcard, normal.name.size());
    return m_wildcard[normal.name];
}

void Router::Rules::add(int route, const Conditions* conditions)
{
    // They come sorted: after one without conditions, the rest of the place is never reached.
    if (otherwise != kNone)
        return;
    if (conditions == nullptr)
        otherwise = route;
    else
        conditional.push_back({conditions, route});
}

int Router::Rules::findAmong(const Request& request) const
{
    for (const Rule& rule : conditional) {
        if (rule.conditions->metBy(request))
            return rule.route;
    }
    return otherwise;
}

int Router::RegexRules::find(std::string_view path, const Request& request) const
{
    if (!expressions)
        return kNone;
    thread_local std::vector<int> found; // keeps its size
    for (std::size_t block = 0; block < expressions->blocks(); ++block) {
        expressions->match(block, path, found);
        for (const int index : found) {
            const Rules::Rule& rule = rules[static_cast<std::size_t>(index)];
            if (rule.conditions == nullptr || rule.conditions->metBy(request))
                return rule.route;
        }
    }
    return kNone;
}

void Router::HostRoutes::add(const config::PathMatch& match, int route,
                             const Conditions* conditions)
{
    using Kind = config::PathMatch::Kind;
    switch (match.kind) {
    case Kind::Any:
        noPath.add(route, conditions);
        anything.add(route, conditions);
        return;
    case Kind::Regex:
        regex.rules.push_back({conditions, route});
        return;
    case Kind::Prefix: {
        const std::string path = normalPrefix(match.text);
        longest = std::max(longest, path.size());
        (path.empty() ? anything : paths[path].prefix).add(route, conditions);
        return;
    }
    case Kind::Exact:
        break;
    }
    std::string path;
    normalPath(match.text, path);
    longest = std::max(longest, path.size());
    (path == "/" ? rootExact : paths[path].exact).add(route, conditions);
}

void Router::HostRoutes::linkPrefixes()
{
    for (auto& [text, entry] : paths)
        entry.shorter = lookUp(std::string_view(text).substr(0, text.rfind('/'))).deepest;
}

Router::PathsFound Router::HostRoutes::lookUp(std::string_view path) const
{
    PathsFound out;
    std::uint64_t hash = hashStep(kHashStart, '/');
    // Nothing configured is longer than `longest`: a long hostile path costs no more than that.
    const std::size_t end = std::min(path.size(), longest + 1);
    for (std::size_t at = 1; at <= end; ++at) {
        const bool whole = at == path.size();
        if (whole || (at < end && path[at] == '/')) {
            const auto found = paths.find(HashedText{path.substr(0, at), hash});
            if (found != paths.end()) {
                if (whole)
                    out.whole = &found->second;
                if (!found->second.prefix.empty())
                    out.deepest = &found->second;
            }
        }
        if (at < end)
            hash = hashStep(hash, path[at]);
    }
    return out;
}

int Router::HostRoutes::find(std::string_view path, const Request& request) const
{
    // "*" and the like are no path.
    if (path.empty() || path.front() != '/')
        return noPath.find(request);
    int route = path.size() == 1 ? rootExact.find(request) : kNone;
    if (route == kNone && !paths.empty()) {
        const PathsFound found = lookUp(path);
        if (found.whole != nullptr)
            route = found.whole->exact.find(request);
        for (const PathEntry* entry = found.deepest; route == kNone && entry != nullptr;
             entry = entry->shorter)
            route = entry->prefix.find(request);
    }
    if (route == kNone)
        route = regex.find(path, request);
    return route != kNone ? route : anything.find(request);
}

int Router::findForName(std::string_view name, std::string_view path, const Request& request) const
{
    int route = kNone;
    if (const auto exact = m_exact.find(hashed(name)); exact != m_exact.end())
        route = exact->second.find(path, request);
    if (m_wildcard.empty())
        return route;
    for (std::size_t dot = name.find('.', 1); route == kNone && dot != std::string_view::npos;
         dot = name.find('.', dot + 1)) {
        const std::string_view suffix = name.substr(dot + 1);
        if (suffix.size() > m_longestWildcard)
            continue;
        if (const auto found = m_wildcard.find(hashed(suffix)); found != m_wildcard.end())
            route = found->second.find(path, request);
    }
    return route;
}

int Router::match(const Request& request) const
{
    std::string_view path = pathOf(request.target);
    // Rare, and its buffer keeps its size: no allocation per match here either.
    thread_local std::string normalised;
    if (!path.empty() && path.front() == '/' && needsNormalising(path)) {
        normalPath(path, normalised);
        path = normalised;
    }
    if (!m_exact.empty() || !m_wildcard.empty()) {
        HostBuffer buffer;
        const std::string_view name = normalHost(request.host, buffer);
        const int route = name.empty() ? kNone : findForName(name, path, request);
        if (route != kNone)
            return route;
    }
    return m_anyHost.find(path, request);
}

} // namespace steelyard::routing
