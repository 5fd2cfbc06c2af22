/// Reading Cookie fields (RFC 6265 4.2.1, 5.4). Thread: any; pure.
#pragma once

#include "http/message.h"

#include <optional>
#include <string_view>

namespace steelyard::http {

/// The value of the first cookie of that name (case counts), over all Cookie lines in their order;
/// user agents put the most specific one first. Without the quotes around it where there are any;
/// blanks around name and value do not count. A part without "=" is no cookie. The view is valid as
/// long as the list is not changed.
[[nodiscard]] std::optional<std::string_view> findCookie(const HeaderList& headers,
                                                         std::string_view name) noexcept;

} // namespace steelyard::http
