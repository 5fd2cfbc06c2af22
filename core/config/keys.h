/// Every key of the configuration, by the mapping it stands in. The reader, the schema's test and
/// the example's test walk these tables. Thread: any (constants).
#pragma once

#include <span>
#include <string_view>

namespace steelyard::config {

struct Key
{
    std::string_view name;
};

/// A kind of mapping. `path` is as in "listeners[].routes[].match"; the top level's is empty. No
/// keys: any key goes (names of header fields), and "*" stands for it in the paths below.
struct Section
{
    std::string_view path;
    std::span<const Key> keys;
};

namespace sections {
extern const Section kTop, kAdmin, kAccessLog, kResolver;
extern const Section kListener, kListenerTimeouts, kLimits, kForwarding;
extern const Section kRoute, kMatch, kPath, kMatchHeaders, kMatchHeader, kMatchQuery,
    kMatchParameter, kMatchCookies, kMatchCookie;
extern const Section kRewrite, kRequestHeaders, kRequestSet, kRequestAdd, kResponseHeaders,
    kResponseSet, kResponseAdd;
extern const Section kMirror, kSplit, kSide, kRedirect, kReply;
extern const Section kPool, kAffinity, kHealthCheck, kHealthHeaders, kExpect, kExpectHeaders,
    kOutlierDetection, kStickiness, kDrain, kSlowStart, kRetry, kPoolTimeouts, kKeepAlive, kBackend;
} // namespace sections

/// All of them, in the order of the contract.
[[nodiscard]] std::span<const Section* const> allSections();

} // namespace steelyard::config
