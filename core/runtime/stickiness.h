/// The rules of stickiness, pure: how long a pin lasts, when its cookie is renewed, whether a
/// pinned backend is followed, what the cookie says. A pin bypasses the balancer, the weights (0
/// too) and a split's shares. Session ids and MACs: session_token.h; who is pinned where:
/// session_table.h. Thread: any.
#pragma once

#include "base/states.h"
#include "config/model.h"
#include "runtime/session_table.h"
#include "runtime/session_token.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace steelyard::runtime {

enum class PinAge
{
    Fresh,
    Refresh, ///< valid; send the cookie again with refreshed = now, the rest as it is
    Expired  ///< unused for `idle`, or older than `max`: pin the client anew
};

/// By the times in the token: a cookie is renewed at the first request after idle/2, so that a
/// client is forgotten after it was away for between idle/2 and idle. A token from the future
/// (another engine's clock) counts as new.
[[nodiscard]] PinAge pinAge(const SessionToken& token, const config::Stickiness& settings,
                            EpochSeconds now) noexcept;
/// When the token, as it is, is void.
[[nodiscard]] EpochSeconds pinExpires(const SessionToken& token,
                                      const config::Stickiness& settings) noexcept;

/// May a request go to the backend that its client is pinned to? Ready and Healthy: yes, whatever
/// its weight; Draining: as `whenDraining` says (cut: no, and control closes what is in flight);
/// anything else: no, the client is pinned anew.
[[nodiscard]] bool followsPin(AdminState admin, HealthState health, bool ejected,
                              config::Stickiness::WhenDraining whenDraining) noexcept;

/// A new pin's token.
[[nodiscard]] SessionToken newPin(std::uint64_t backend, EpochSeconds now);

/// Appends the value of the Set-Cookie field (RFC 6265, 4.1; SameSite of its revision 6265bis):
/// "NAME=TOKEN; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure". `secure`: the client's side
/// is TLS. Max-Age: seconds until the token is void.
void appendSetCookie(const config::Stickiness& settings, const SessionToken& token,
                     const TokenCodec::Text& text, EpochSeconds now, bool secure, std::string& out);

/// One line of the session browser.
struct SessionRow
{
    SessionId id;
    std::string shortId;       ///< 8 hexadecimal digits
    std::string pool, backend; ///< empty: no longer in the configuration
    std::uint32_t ageSeconds = 0, idleSeconds = 0, leftSeconds = 0;
};

/// (pool, backend) by tag.
using PinNames = std::unordered_map<std::uint64_t, std::pair<std::string, std::string>>;

[[nodiscard]] std::vector<SessionRow> sessionRows(const std::vector<Session>& sessions,
                                                  const PinNames& names, EpochSeconds now);

} // namespace steelyard::runtime
