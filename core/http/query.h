/// Reading query parameters, as forms write them (application/x-www-form-urlencoded, WHATWG URL 5):
/// "&" separates, "+" is a blank, %XX a byte. Thread: any; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace steelyard::http {

/// The value, still encoded, of the first parameter of that name (case counts; given decoded) in a
/// request target; empty for one without "=".
[[nodiscard]] std::optional<std::string_view> findParameter(std::string_view target,
                                                            std::string_view name) noexcept;

/// `encoded` decoded; a "%" that begins no encoding stays. Views `encoded` where nothing is to be
/// decoded, else `buffer`.
[[nodiscard]] std::string_view decodeParameter(std::string_view encoded, std::string& buffer);

} // namespace steelyard::http
