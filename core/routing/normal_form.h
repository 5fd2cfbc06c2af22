/// The forms in which hosts and paths are compared for routing.
/// Thread: any; pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace steelyard::routing {

/// Where a host's normal form is built; names longer than DNS allows (253) are not looked up.
using HostBuffer = std::array<char, 256>;

/// `host` (a Host field or a configured name) without port, brackets and one trailing dot, in lower
/// case; an IPv6 literal in its shortest form. The view points into `buffer` or is empty: no host,
/// or longer than any name can be.
[[nodiscard]] std::string_view normalHost(std::string_view host, HostBuffer& buffer) noexcept;

/// The path of an origin-form target, without the query.
[[nodiscard]] inline std::string_view pathOf(std::string_view target) noexcept
{
    return target.substr(0, target.find('?'));
}

/// Would normalPath() change it? (One pass; nearly always false.)
[[nodiscard]] bool needsNormalising(std::string_view path) noexcept;

/// Writes the normal form of `path`, which starts with "/", into `out`: percent-encoded unreserved
/// characters decoded, the other encodings in upper case, bytes beyond ASCII and "%" that begin no
/// encoding encoded, dot segments removed (never above the root). It is its own normal form.
void normalPath(std::string_view path, std::string& out);

/// The normal form of a configured prefix: without "/" at its end, so that it may be followed by
/// nothing or by "/". Empty for "/".
[[nodiscard]] std::string normalPrefix(std::string_view prefix);

/// A configured host in the form in which it is looked up.
struct NormalHostPattern
{
    explicit NormalHostPattern(std::string_view pattern);
    std::string name;      ///< of "*.x" the "x"
    bool wildcard = false; ///< every name below `name`
};

} // namespace steelyard::routing
