#include "routing/affinity.h"

#include "base/hash.h"
#include "http/cookies.h"
#include "http/query.h"
#include "routing/normal_form.h"

#include <cmath>
#include <limits>

namespace steelyard::routing {

namespace {

std::optional<std::string_view> rawKey(const config::AffinityKey& key, const Request& request,
                                       std::string& buffer)
{
    using Source = config::AffinityKey::Source;
    switch (key.source) {
    case Source::ClientIp:
        buffer = request.client.octets();
        return buffer;
    case Source::Header:
        if (request.headers != nullptr)
            return request.headers->find(key.name);
        break;
    case Source::Cookie:
        if (request.headers != nullptr)
            return http::findCookie(*request.headers, key.name);
        break;
    case Source::Path: {
        const std::string_view path = pathOf(request.target);
        if (!path.starts_with('/') || !needsNormalising(path))
            return path;
        normalPath(path, buffer);
        return buffer;
    }
    case Source::Query:
        if (const auto encoded = http::findParameter(request.target, key.name))
            return http::decodeParameter(*encoded, buffer);
        break;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string_view> affinityKey(const config::AffinityKey& key, const Request& request,
                                            std::string& buffer)
{
    const auto found = rawKey(key, request, buffer);
    return found && !found->empty() ? found : std::nullopt;
}

int splitSide(const config::Split& split, std::uint64_t bits) noexcept
{
    int best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < split.sides.size(); ++i) {
        const config::Split::Side& side = split.sides[i];
        if (side.weight <= 0)
            continue;
        // Uniform in (0, 1), another one for each pool; the time of the first of events that come
        // at the rate of the weight.
        const std::uint64_t own = mixed(bits ^ hashBytes(side.pool));
        const double uniform = (static_cast<double>(own >> 11U) + 0.5) * 0x1.0p-53;
        const double time = -std::log(uniform) / side.weight;
        if (time < least) {
            least = time;
            best = static_cast<int>(i);
        }
    }
    return best;
}

} // namespace steelyard::routing
