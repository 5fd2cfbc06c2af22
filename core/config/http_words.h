/// What HTTP allows in the configuration's texts that become parts of messages, and the written
/// form of affinity keys, which name such parts. Thread: any; pure.
#pragma once

#include "base/result.h"
#include "config/model.h"

#include <string>
#include <string_view>

namespace steelyard::config {

/// client-ip | header:NAME | cookie:NAME | path | query:NAME. A header's name comes out in lower
/// case.
[[nodiscard]] Result<AffinityKey> parseAffinityKey(std::string_view text);
[[nodiscard]] std::string affinityKeyText(const AffinityKey& key);

/// An HTTP token (RFC 9110 5.6.2), at most 256 long.
[[nodiscard]] bool isToken(std::string_view text);
/// An HTTP field value (RFC 9110 5.5): no control characters but tab, no blanks at its ends.
[[nodiscard]] bool isFieldValue(std::string_view text);
/// The path of a request target (RFC 3986 3.3, loosely: what a client may send unencoded).
[[nodiscard]] bool isRequestPath(std::string_view text);
/// What a Host field may say (RFC 9110 7.2): a DNS name, an IPv4 address or an IPv6 address in
/// brackets, each with or without a port.
[[nodiscard]] bool isHostField(std::string_view text);
/// The name of a query parameter: 1 to 256 bytes, no control characters, no & = #.
[[nodiscard]] bool isQueryName(std::string_view text);

/// ASCII letters in lower case.
[[nodiscard]] std::string lowered(std::string_view text);

} // namespace steelyard::config
