/// Requests for tests, which own what a routing::Request only views.
#pragma once

#include "routing/request.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace steelyard::routing::test {

struct OwnedRequest
{
    std::string method = "GET", host, target = "/";
    std::vector<std::pair<std::string, std::string>> lines; ///< header lines, in order
    std::string client;

    [[nodiscard]] Request view()
    {
        m_headers.clear();
        for (const auto& [name, value] : lines)
            m_headers.add(name, value);
        return {method, host, target, &m_headers, IpAddress::from(client)};
    }

private:
    http::HeaderList m_headers;
};

} // namespace steelyard::routing::test
