/// Every reply of our own, in one table: cause -> status, reason word for log and metrics, sentence
/// for the client. So reply, log and metric cannot disagree. Thread: any.
#pragma once

#include "http/message.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace steelyard::proxy {

enum class Cause : std::uint8_t
{
    None,       ///< the reply is the backend's
    BadRequest, ///< the request broke the protocol; its status comes from the parser
    RequestTimeout,
    ClientAborted, ///< no reply: the client went away
    NoRoute,
    Redirect,
    FixedReply,
    LoopDetected,
    MaxForwards,
    NoServer, ///< the pool has no server that may be picked
    ConnectFailed,
    ConnectTimeout,
    ServerReset, ///< the connection broke or ended before a response head
    BadResponse,
    ResponseTimeout,
    ResponseCut, ///< the response broke after its head was sent on: the client was cut off
    IdleTimeout,
    DrainDeadline,   ///< closed because the server's drain deadline passed
    Shutdown,        ///< closed because the engine stopped
    OutOfResources,  ///< no descriptor or memory for a backend connection
    QueueTimeout,    ///< every server was at its max_requests for too long
    QueueFull,       ///< and too many waited already, or the pool lets nobody wait
    RateLimited,     ///< the client's requests_per_second
    ConnectionLimit, ///< the client's connections
};
inline constexpr std::size_t kCauses = 24;

struct ReplyRule
{
    int status;
    const char* word; ///< reason word: access log, metrics
    const char* text; ///< body, a sentence
};

[[nodiscard]] const ReplyRule& rule(Cause cause) noexcept;

/// Makes `head` a response of our own with Date, Content-Type and Content-Length; returns the body
/// that belongs to it. `date` is an RFC 9110 date; `status` 0: the rule's.
std::string makeReply(Cause cause, int status, std::string_view date, http::MessageHead& head);

} // namespace steelyard::proxy
