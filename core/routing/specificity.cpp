#include "routing/specificity.h"

#include "routing/normal_form.h"

#include <limits>
#include <string>

namespace steelyard::routing {

Specificity specificityOf(const config::RouteMatch& match)
{
    using Kind = config::PathMatch::Kind;
    Specificity out;
    if (!match.host.empty()) {
        const NormalHostPattern pattern(match.host);
        out.host = pattern.wildcard ? pattern.name.size() : std::numeric_limits<std::size_t>::max();
    }
    if (match.path.kind == Kind::Exact) {
        out.path = Specificity::Path::Exact;
    } else if (match.path.kind == Kind::Regex) {
        out.path = Specificity::Path::Regex;
    } else if (match.path.kind == Kind::Prefix) {
        out.prefixLength = normalPrefix(match.path.text).size();
        if (out.prefixLength > 0)
            out.path = Specificity::Path::Prefix;
    }
    out.method = !match.methods.empty();
    out.headers = match.headers.size();
    out.query = match.query.size();
    out.cookies = match.cookies.size();
    out.client = !match.clients.empty();
    return out;
}

std::string_view decidingPart(const Specificity& a, const Specificity& b) noexcept
{
    if (a.host != b.host)
        return "host";
    if (a.path != b.path || a.prefixLength != b.prefixLength)
        return "path";
    if (a.method != b.method)
        return "method";
    if (a.headers != b.headers)
        return "headers";
    if (a.query != b.query)
        return "query";
    if (a.cookies != b.cookies)
        return "cookies";
    return a.client != b.client ? "client" : "";
}

} // namespace steelyard::routing
