/// A request to a route, compiled once per configuration; immutable afterwards. Cost does not grow
/// with the number of routes but with the length of host and path (hash look-ups per label and per
/// segment), and with the routes that share one host and path and differ in further conditions.
/// Which of several wins: specificity.h. A host none of whose routes takes the request is passed
/// over for the next less specific one, and so is a path.
///
/// Paths are compared in a normal form, so that no spelling slips past a route: percent-encoded
/// unreserved characters are decoded, then dot segments removed (RFC 3986 6.2.2); /api/%2e%2e/admin
/// is routed as /admin. What is forwarded stays the target as received. An encoded slash stays
/// encoded and separates nothing; empty segments ("//") are kept. Thread: any (immutable).
#pragma once

#include "base/expression.h"
#include "config/model.h"
#include "routing/conditions.h"
#include "routing/request.h"
#include "routing/text_table.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::routing {

class Router
{
public:
    static constexpr int kNone = -1;
    explicit Router(const std::vector<config::Route>& routes);
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    ~Router() = default;

    /// Index of the winning route in the listener's list, or kNone. A target that is no path ("*")
    /// matches only routes without a path. Allocates nothing once warm, but where many expressions
    /// are tried.
    [[nodiscard]] int match(const Request& request) const;

private:
    /// The routes of one place, the more specific ones first.
    struct Rules
    {
        struct Rule
        {
            const Conditions* conditions = nullptr;
            int route = kNone;
        };

        std::vector<Rule> conditional;
        int otherwise = kNone; ///< the first without further conditions

        void add(int route, const Conditions* conditions);

        [[nodiscard]] int find(const Request& request) const
        {
            return conditional.empty() ? otherwise : findAmong(request);
        }

        [[nodiscard]] int findAmong(const Request& request) const;

        [[nodiscard]] bool empty() const { return conditional.empty() && otherwise == kNone; }
    };

    /// The routes of one path text, exactly and as a prefix.
    struct PathEntry
    {
        Rules exact, prefix;
        const PathEntry* shorter = nullptr; ///< the next shorter prefix of this one that has routes
    };

    /// What the table of paths has for one path.
    struct PathsFound
    {
        const PathEntry* whole = nullptr;
        const PathEntry* deepest = nullptr; ///< of those with prefix routes, `whole` too
    };

    /// Routes by an expression, in order.
    struct RegexRules
    {
        std::vector<Rules::Rule> rules;
        std::optional<ExpressionList> expressions; ///< one for each; absent: there are none

        [[nodiscard]] int find(std::string_view path, const Request& request) const;
    };

    /// The routes of one host pattern.
    struct HostRoutes
    {
        Rules noPath;    ///< without a path
        Rules anything;  ///< these, and those with the prefix "/"
        Rules rootExact; ///< "/"
        RegexRules regex;
        TextTable<PathEntry> paths; ///< normalised, no "/" at a prefix's end
        std::size_t longest = 0;    ///< of the texts in `paths`

        void add(const config::PathMatch& match, int route, const Conditions* conditions);
        void linkPrefixes();
        [[nodiscard]] PathsFound lookUp(std::string_view path) const;
        [[nodiscard]] int find(std::string_view path, const Request& request) const;
    };

    [[nodiscard]] HostRoutes& routesFor(const std::string& pattern);
    [[nodiscard]] int findForName(std::string_view name, std::string_view path,
                                  const Request& request) const;

    std::deque<Conditions> m_conditions; ///< the tables point into it
    TextTable<HostRoutes> m_exact;
    TextTable<HostRoutes> m_wildcard; ///< by what follows "*."
    std::size_t m_longestWildcard = 0;
    HostRoutes m_anyHost;
};

} // namespace steelyard::routing
