/// What the targets share about routes and addresses: the order in which routes are tried, and
/// names and ports that are free. Thread: any.
#pragma once

#include "config/model.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::interop {

/// The routes in the order of precedence of the Gateway API: the first that matches wins. Equal
/// ones in the order of the file. (The router's own order is routing/specificity.h; a test holds
/// the two together.)
[[nodiscard]] std::vector<const config::Route*> inPrecedence(const config::Listener& listener);

/// Does the route take whatever comes?
[[nodiscard]] bool matchesAll(const config::RouteMatch& match);

/// Without "/" at its end; "/" becomes empty.
[[nodiscard]] std::string_view bare(std::string_view prefix);

/// Percent-encodings decoded: all of them, or only those of unreserved characters (RFC 3986 2.3),
/// the others then in upper case.
[[nodiscard]] std::string decoded(std::string_view path, bool onlyUnreserved);

/// A redirect's location cut into text and {host}, {path}, {rest}; what is no placeholder is text.
struct LocationPart
{
    enum class Kind
    {
        Text,
        Host,
        Path,
        Rest,
        Query ///< the request's, with its "?", where it has one
    };
    Kind kind = Kind::Text;
    std::string text;
};

[[nodiscard]] std::vector<LocationPart> locationParts(const config::Redirect& redirect);

/// Different names for different things, in letters, digits and "_" only; case does not tell them
/// apart.
class Names
{
public:
    [[nodiscard]] std::string make(std::string_view wanted);

private:
    std::set<std::string> m_taken;
};

/// Ports for binds that leave it to the system, which the targets cannot.
class Ports
{
public:
    explicit Ports(const config::Config& config);
    [[nodiscard]] std::uint16_t next(); ///< from 8080 on, none that the configuration names

private:
    std::set<std::uint16_t> m_taken;
};

} // namespace steelyard::interop
