/// What a route asks of a request beside its host and path, compiled: method, headers, query,
/// cookies, client. All must be met. Matching and explaining are one function, so that they cannot
/// disagree. Thread: any (immutable).
///
/// A header condition is met by any one line of that name, whose whole value counts; of a query
/// parameter and of a cookie the first of that name counts (as the Gateway API and RFC 6265 5.4
/// advise). Query values are compared decoded, cookie values without quotes around them.
#pragma once

#include "base/expression.h"
#include "config/model.h"
#include "routing/request.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::routing {

class Conditions
{
public:
    explicit Conditions(const config::RouteMatch& match);

    /// Does it ask for nothing?
    [[nodiscard]] bool empty() const noexcept;

    [[nodiscard]] bool metBy(const Request& request) const;

    /// The first condition that the request does not meet, in words; empty when it meets all.
    [[nodiscard]] std::string unmetBy(const Request& request) const;

    /// Does every request that meets `other` meet these too? True only where that is certain.
    [[nodiscard]] bool widerThan(const Conditions& other) const;

private:
    struct Field
    {
        config::FieldMatch match;
        std::optional<Expression> expression; ///< of Kind::Regex; one that is invalid never matches

        [[nodiscard]] bool accepts(std::string_view value) const;
        [[nodiscard]] bool widerThan(const Field& other) const;
    };

    using Fields = std::vector<Field>;
    enum class Source : std::uint8_t
    {
        None,
        Method,
        Header,
        Query,
        Cookie,
        Client
    };

    /// The first condition that is not met.
    struct Unmet
    {
        Source source = Source::None;
        const Field* field = nullptr;
    };

    [[nodiscard]] static Fields compiled(const std::vector<config::FieldMatch>& matches);
    [[nodiscard]] static bool widerThan(const Fields& fields, const Fields& others);
    [[nodiscard]] Unmet firstUnmet(const Request& request) const;

    std::vector<std::string> m_methods;
    Fields m_headers, m_query, m_cookies;
    std::vector<config::Cidr> m_clients;
};

} // namespace steelyard::routing
