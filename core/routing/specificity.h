/// Which of several routes that match a request wins: the more specific one, compared member by
/// member in the order below (the Gateway API's, HTTPRouteRule.matches, with regular expressions,
/// cookies and clients put in); equal ones in the order of the file. Thread: any; pure.
#pragma once

#include "config/model.h"

#include <compare>
#include <cstddef>
#include <string_view>

namespace steelyard::routing {

struct Specificity
{
    /// A path that says nothing, none or the prefix "/", is less than any expression: else a
    /// catch-all would hide them all.
    enum class Path
    {
        Anything,
        Regex,
        Prefix,
        Exact
    };

    std::size_t host = 0; ///< any: 0; "*.name": the name's length; exact: more than that
    Path path = Path::Anything;
    std::size_t prefixLength = 0; ///< of the normal form, without "/" at its end
    bool method = false;
    std::size_t headers = 0, query = 0, cookies = 0; ///< how many are asked for
    bool client = false;

    // clang-tidy 14 misreads this.
    auto operator<=>(const Specificity&) const = default; // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] Specificity specificityOf(const config::RouteMatch& match);

/// What decides between two that differ: "host", "path", "method", "headers", "query", "cookies",
/// "client"; empty when they are equal.
[[nodiscard]] std::string_view decidingPart(const Specificity& a, const Specificity& b) noexcept;

} // namespace steelyard::routing
