/// What routing looks at of one request: views, so that making one costs nothing. Thread: any.
#pragma once

#include "base/ip_address.h"
#include "http/message.h"

#include <string_view>

namespace steelyard::routing {

struct Request
{
    std::string_view method;
    std::string_view host;   ///< as received: any case, may carry a port, may be empty
    std::string_view target; ///< in origin-form with its query, or "*"
    const http::HeaderList* headers = nullptr; ///< null: none
    IpAddress client;
};

} // namespace steelyard::routing
