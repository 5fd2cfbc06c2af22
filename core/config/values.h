/// The written forms of single values: durations, shares, numbers, addresses, address ranges,
/// status ranges, affinity keys, names; and back. Parsers take the whole text or fail with
/// InvalidInput: `detail` completes "expected ...", `hint` says what to write. Thread: any; pure.
#pragma once

#include "base/result.h"
#include "config/model.h"

#include <string>
#include <string_view>

namespace steelyard::config {

/// A whole number with an obligatory unit: ms, s, m or h; a bare 0 needs none. At most 366 days.
[[nodiscard]] Result<milliseconds> parseDuration(std::string_view text);
/// The shortest exact form: 1500 ms is "1500ms", 120 s is "2m", 0 is "0".
[[nodiscard]] std::string durationText(milliseconds duration);

/// "12.5%" to 0.125; at most two decimals, so that a share survives writing and reading exactly. At
/// most 1000%.
[[nodiscard]] Result<double> parseShare(std::string_view text);
[[nodiscard]] std::string shareText(double share);

/// "3" or "1.25": at most two decimals, no sign. At most 10,000,000.
[[nodiscard]] Result<double> parseNumber(std::string_view text);
[[nodiscard]] std::string numberText(double number);

/// Decimal digits, an optional minus, nothing else.
[[nodiscard]] Result<int> parseInteger(std::string_view text);

/// `host:port` with an IPv4 literal, an IPv6 literal in brackets or a DNS name (RFC 1123,
/// underscores allowed). Port 0 parses; the caller decides whether it makes sense.
[[nodiscard]] Result<Address> parseAddress(std::string_view text);

/// An IP literal (no brackets), of either family.
[[nodiscard]] bool isIpLiteral(std::string_view host);
[[nodiscard]] bool isDnsName(std::string_view host);

/// "10.0.0.0/8", "::1/128", or an address alone (its full length). Bits beyond the prefix are kept
/// as written.
[[nodiscard]] Result<Cidr> parseCidr(std::string_view text);
[[nodiscard]] Cidr masked(Cidr range); ///< the bits beyond the prefix cleared
[[nodiscard]] std::string cidrText(const Cidr& range);

/// "204" or "200-399", within 100-599.
[[nodiscard]] Result<std::pair<int, int>> parseStatusRange(std::string_view text);

/// [A-Za-z0-9._-]{1,64}: what pools, servers, listeners and routes may be called.
[[nodiscard]] bool isName(std::string_view text);

} // namespace steelyard::config
