#include "config/model.h"

namespace steelyard::config {

std::string Address::text() const
{
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

const Pool* Config::pool(std::string_view name) const
{
    for (const Pool& candidate : pools) {
        if (candidate.name == name)
            return &candidate;
    }
    return nullptr;
}

} // namespace steelyard::config
