/// What a gateway must do to field lines: remove hop-by-hop ones, add its own (RFC 9110 7.6, RFC
/// 7239). Thread: any; pure.
#pragma once

#include "http/message.h"

#include <string>
#include <string_view>

namespace steelyard::http {

/// Removes Connection and every field it names, Keep-Alive, Proxy-Connection, TE, Trailer (kept
/// when trailers are forwarded), Transfer-Encoding and Upgrade (RFC 9110 7.6.1). Framing stays in
/// head.body. A Connection that names Host, Content-Length, Transfer-Encoding, X-Forwarded-*,
/// Forwarded, Via, Cookie, Cache-Control or Authorization returns false: the caller refuses the
/// request with 400.
[[nodiscard]] bool removeHopByHop(MessageHead& head);

/// A longer pseudonym is cut in Via.
inline constexpr std::size_t kMaxPseudonym = 40;

/// Which forwarding fields to write (the listener's `headers` block).
struct Forwarding
{
    bool xForwardedFor = true, xForwardedProto = true, xForwardedHost = false, forwarded = false,
         xRequestId = false, via = true;
    bool trusted =
        false; ///< the peer is in trusted_proxies: what it sent is kept and extended, else replaced
    std::string_view clientAddress;           ///< textual, without port; IPv6 without brackets
    std::string_view proto;                   ///< "http" or "https"
    std::string_view pseudonym = "steelyard"; ///< this engine in Via (RFC 9110 7.6.3), a token
    std::string_view requestId; ///< used when xRequestId and none came from a trusted peer
};

/// Applies them to a request. Untrusted X-Forwarded-*, Forwarded and X-Request-Id that came in are
/// removed.
void applyForwarding(MessageHead& head, const Forwarding& forwarding);

/// True when Via already names this engine: a loop; the caller answers 508. The name must be this
/// engine's own: two engines in a row are no loop.
[[nodiscard]] bool viaShowsLoop(const MessageHead& head, std::string_view pseudonym) noexcept;

} // namespace steelyard::http
