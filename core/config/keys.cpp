#include "config/keys.h"

#include <array>

namespace steelyard::config {

namespace {

constexpr Key kTopKeys[] = {{"version"},         {"workers"},    {"admin"},
                            {"state_dir"},       {"access_log"}, {"resolver"},
                            {"trusted_proxies"}, {"listeners"},  {"pools"}};
constexpr Key kAdminKeys[] = {{"socket"}, {"http"}};
constexpr Key kAccessLogKeys[] = {{"path"}, {"format"}};
constexpr Key kResolverKeys[] = {{"servers"}, {"min_ttl"}, {"max_ttl"}};
constexpr Key kListenerKeys[] = {{"name"},     {"bind"},   {"reuse_port"}, {"max_connections"},
                                 {"timeouts"}, {"limits"}, {"headers"},    {"routes"}};
constexpr Key kListenerTimeoutKeys[] = {{"client_header"}, {"client_body"}, {"keep_alive"}};
constexpr Key kForwardingKeys[] = {{"x_forwarded_for"}, {"x_forwarded_proto"}, {"x_forwarded_host"},
                                   {"forwarded"},       {"x_request_id"},      {"via"}};
constexpr Key kLimitKeys[] = {{"requests_per_second"}, {"burst"}, {"connections"}};
constexpr Key kRouteKeys[] = {
    {"name"},   {"match"}, {"rewrite"}, {"request_headers"}, {"response_headers"},
    {"mirror"}, {"pool"},  {"split"},   {"redirect"},        {"reply"}};
constexpr Key kMatchKeys[] = {{"host"},  {"path"},    {"method"}, {"headers"},
                              {"query"}, {"cookies"}, {"client"}};
constexpr Key kPathKeys[] = {{"exact"}, {"prefix"}, {"regex"}};
constexpr Key kFieldMatchKeys[] = {{"regex"}, {"present"}};
constexpr Key kRewriteKeys[] = {{"path"}, {"host"}};
constexpr Key kEditKeys[] = {{"set"}, {"add"}, {"remove"}};
constexpr Key kMirrorKeys[] = {{"pool"}, {"share"}};
constexpr Key kSplitKeys[] = {{"key"}, {"pools"}};
constexpr Key kSideKeys[] = {{"pool"}, {"weight"}};
constexpr Key kRedirectKeys[] = {{"location"}, {"status"}};
constexpr Key kReplyKeys[] = {{"status"}, {"body"}, {"content_type"}};
constexpr Key kPoolKeys[] = {
    {"name"},       {"algorithm"},     {"affinity"},   {"health_check"}, {"outlier_detection"},
    {"stickiness"}, {"drain"},         {"slow_start"}, {"retry"},        {"timeouts"},
    {"keep_alive"}, {"when_all_down"}, {"backends"}};
constexpr Key kHealthCheckKeys[] = {
    {"type"},          {"method"},  {"path"}, {"host"}, {"headers"}, {"port"},  {"interval"},
    {"fast_interval"}, {"timeout"}, {"fall"}, {"rise"}, {"jitter"},  {"expect"}};
constexpr Key kExpectKeys[] = {{"status"}, {"header"}, {"body_contains"}};
constexpr Key kAffinityKeys[] = {{"key"}, {"bounded_load"}};
constexpr Key kOutlierKeys[] = {
    {"consecutive_errors"}, {"error_rate"},    {"min_requests"}, {"window"}, {"latency_factor"},
    {"eject_for"},          {"max_eject_for"}, {"max_ejected"},  {"mode"}};
constexpr Key kStickinessKeys[] = {{"cookie"}, {"idle"}, {"max"}, {"when_draining"}};
constexpr Key kSlowStartKeys[] = {{"window"}, {"from"}};
constexpr Key kDrainKeys[] = {{"timeout"}};
constexpr Key kRetryKeys[] = {{"attempts"}, {"budget"}};
constexpr Key kPoolTimeoutKeys[] = {{"connect"}, {"response_header"}, {"idle"}, {"queue"}};
constexpr Key kKeepAliveKeys[] = {{"max_idle"}, {"idle"}};
constexpr Key kBackendKeys[] = {{"name"},  {"address"},      {"weight"},
                                {"state"}, {"max_requests"}, {"backup"}};

} // namespace

namespace sections {
const Section kTop{"", kTopKeys};
const Section kAdmin{"admin", kAdminKeys};
const Section kAccessLog{"access_log", kAccessLogKeys};
const Section kResolver{"resolver", kResolverKeys};
const Section kListener{"listeners[]", kListenerKeys};
const Section kListenerTimeouts{"listeners[].timeouts", kListenerTimeoutKeys};
const Section kLimits{"listeners[].limits", kLimitKeys};
const Section kForwarding{"listeners[].headers", kForwardingKeys};
const Section kRoute{"listeners[].routes[]", kRouteKeys};
const Section kMatch{"listeners[].routes[].match", kMatchKeys};
const Section kPath{"listeners[].routes[].match.path", kPathKeys};
const Section kMatchHeaders{"listeners[].routes[].match.headers", {}};
const Section kMatchHeader{"listeners[].routes[].match.headers.*", kFieldMatchKeys};
const Section kMatchQuery{"listeners[].routes[].match.query", {}};
const Section kMatchParameter{"listeners[].routes[].match.query.*", kFieldMatchKeys};
const Section kMatchCookies{"listeners[].routes[].match.cookies", {}};
const Section kMatchCookie{"listeners[].routes[].match.cookies.*", kFieldMatchKeys};
const Section kRewrite{"listeners[].routes[].rewrite", kRewriteKeys};
const Section kRequestHeaders{"listeners[].routes[].request_headers", kEditKeys};
const Section kRequestSet{"listeners[].routes[].request_headers.set", {}};
const Section kRequestAdd{"listeners[].routes[].request_headers.add", {}};
const Section kResponseHeaders{"listeners[].routes[].response_headers", kEditKeys};
const Section kResponseSet{"listeners[].routes[].response_headers.set", {}};
const Section kResponseAdd{"listeners[].routes[].response_headers.add", {}};
const Section kMirror{"listeners[].routes[].mirror", kMirrorKeys};
const Section kSplit{"listeners[].routes[].split", kSplitKeys};
const Section kSide{"listeners[].routes[].split.pools[]", kSideKeys};
const Section kRedirect{"listeners[].routes[].redirect", kRedirectKeys};
const Section kReply{"listeners[].routes[].reply", kReplyKeys};
const Section kPool{"pools[]", kPoolKeys};
const Section kAffinity{"pools[].affinity", kAffinityKeys};
const Section kHealthCheck{"pools[].health_check", kHealthCheckKeys};
const Section kHealthHeaders{"pools[].health_check.headers", {}};
const Section kExpect{"pools[].health_check.expect", kExpectKeys};
const Section kExpectHeaders{"pools[].health_check.expect.header", {}};
const Section kOutlierDetection{"pools[].outlier_detection", kOutlierKeys};
const Section kStickiness{"pools[].stickiness", kStickinessKeys};
const Section kSlowStart{"pools[].slow_start", kSlowStartKeys};
const Section kDrain{"pools[].drain", kDrainKeys};
const Section kRetry{"pools[].retry", kRetryKeys};
const Section kPoolTimeouts{"pools[].timeouts", kPoolTimeoutKeys};
const Section kKeepAlive{"pools[].keep_alive", kKeepAliveKeys};
const Section kBackend{"pools[].backends[]", kBackendKeys};
} // namespace sections

std::span<const Section* const> allSections()
{
    using namespace sections;
    static constexpr std::array kAll{&kTop,
                                     &kAdmin,
                                     &kAccessLog,
                                     &kResolver,
                                     &kListener,
                                     &kListenerTimeouts,
                                     &kLimits,
                                     &kForwarding,
                                     &kRoute,
                                     &kMatch,
                                     &kPath,
                                     &kMatchHeaders,
                                     &kMatchHeader,
                                     &kMatchQuery,
                                     &kMatchParameter,
                                     &kMatchCookies,
                                     &kMatchCookie,
                                     &kRewrite,
                                     &kRequestHeaders,
                                     &kRequestSet,
                                     &kRequestAdd,
                                     &kResponseHeaders,
                                     &kResponseSet,
                                     &kResponseAdd,
                                     &kMirror,
                                     &kSplit,
                                     &kSide,
                                     &kRedirect,
                                     &kReply,
                                     &kPool,
                                     &kAffinity,
                                     &kHealthCheck,
                                     &kHealthHeaders,
                                     &kExpect,
                                     &kExpectHeaders,
                                     &kOutlierDetection,
                                     &kStickiness,
                                     &kSlowStart,
                                     &kDrain,
                                     &kRetry,
                                     &kPoolTimeouts,
                                     &kKeepAlive,
                                     &kBackend};
    return kAll;
}

} // namespace steelyard::config
