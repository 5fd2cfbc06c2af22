// A hider must stand before the hidden route and match all that it matches. Within one host pattern
// that leaves two cases. The same path: a route with more conditions stands first but is not wider,
// so both have equally many, and the earlier one in the file must ask for no more. And a prefix
// that everything begins with that an expression can match, because prefixes go before expressions.
#include "routing/unreachable.h"

#include "base/expression.h"
#include "routing/conditions.h"
#include "routing/normal_form.h"
#include "routing/specificity.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <tuple>

namespace steelyard::routing {

namespace {

using Kind = config::PathMatch::Kind;

/// One host pattern and path.
using Place = std::tuple<std::string, Specificity::Path, std::string>;

std::string hostKey(const config::RouteMatch& match)
{
    if (match.host.empty())
        return {};
    const NormalHostPattern pattern(match.host);
    return (pattern.wildcard ? "*." : "=") + pattern.name;
}

std::string pathKey(const config::PathMatch& path)
{
    std::string out;
    if (path.kind == Kind::Regex)
        out = path.text;
    else if (path.kind == Kind::Prefix)
        out = normalPrefix(path.text);
    else if (path.kind == Kind::Exact)
        normalPath(path.text, out);
    return out;
}

class Search
{
public:
    explicit Search(const std::vector<config::Route>& routes)
        : m_routes(routes)
    {
        for (std::size_t i = 0; i < routes.size(); ++i) {
            const config::RouteMatch& match = routes[i].match;
            m_conditions.emplace_back(match);
            m_specificity.push_back(specificityOf(match));
            m_places[{hostKey(match), m_specificity[i].path, pathKey(match.path)}].push_back(i);
        }
    }

    std::vector<std::pair<int, int>> run()
    {
        for (const auto& [place, routes] : m_places) {
            for (std::size_t hidden = 0; hidden < routes.size(); ++hidden) {
                if (!amongEqualPaths(routes, hidden) &&
                    std::get<Specificity::Path>(place) == Specificity::Path::Regex)
                    underAPrefix(std::get<0>(place), routes[hidden]);
            }
        }
        std::sort(m_found.begin(), m_found.end());
        return std::move(m_found);
    }

private:
    bool amongEqualPaths(const std::vector<std::size_t>& routes, std::size_t number)
    {
        const std::size_t hidden = routes[number];
        for (std::size_t i = 0; i < number; ++i) {
            const std::size_t hider = routes[i];
            // No path is wider than the prefix "/": it takes "*" too.
            const bool wide = m_routes[hider].match.path.kind == Kind::Any ||
                              m_routes[hidden].match.path.kind != Kind::Any;
            if (wide && m_specificity[hider] == m_specificity[hidden] && claim(hidden, hider))
                return true;
        }
        return false;
    }

    void underAPrefix(const std::string& host, std::size_t hidden)
    {
        const auto expression = Expression::compile(m_routes[hidden].match.path.text);
        if (!expression)
            return;
        const std::string begin = expression.value().commonPrefix();
        for (std::size_t slash = begin.rfind('/'); slash != std::string::npos && slash > 0;
             slash = begin.rfind('/', slash - 1)) {
            const auto place =
                m_places.find({host, Specificity::Path::Prefix, begin.substr(0, slash)});
            if (place == m_places.end())
                continue;
            for (const std::size_t hider : place->second) {
                if (claim(hidden, hider))
                    return;
            }
        }
    }

    bool claim(std::size_t hidden, std::size_t hider)
    {
        if (!m_conditions[hider].widerThan(m_conditions[hidden]))
            return false;
        m_found.emplace_back(static_cast<int>(hidden), static_cast<int>(hider));
        return true;
    }

    const std::vector<config::Route>& m_routes;
    std::deque<Conditions> m_conditions;
    std::vector<Specificity> m_specificity;
    std::map<Place, std::vector<std::size_t>> m_places; ///< routes in the order of the file
    std::vector<std::pair<int, int>> m_found;
};

} // namespace

std::vector<std::pair<int, int>> unreachableRoutes(const std::vector<config::Route>& routes)
{
    return Search(routes).run();
}

} // namespace steelyard::routing
