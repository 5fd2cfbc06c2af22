/// The words of the oracle's grammar (RFC 9110 5.5, 5.6; RFC 3986 3.2.2), read the plain way.
/// Thread: any; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steelyard::fuzz {

[[nodiscard]] bool isTokenChar(char c);
[[nodiscard]] bool isToken(std::string_view text);
[[nodiscard]] bool isText(std::string_view text);   ///< no control characters but HTAB
[[nodiscard]] bool isDigits(std::string_view text); ///< and at least one
[[nodiscard]] bool isHost(std::string_view host);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string strip(std::string_view text); ///< without blanks at both ends
/// Of a list without quotes, in lower case.
[[nodiscard]] std::vector<std::string> elements(std::string_view list);

} // namespace steelyard::fuzz
