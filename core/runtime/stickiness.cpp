#include "runtime/stickiness.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace steelyard::runtime {

namespace {

EpochSeconds between(EpochSeconds earlier, EpochSeconds later) noexcept
{
    return later > earlier ? later - earlier : 0;
}

EpochSeconds secondsOf(milliseconds duration) noexcept
{
    // Whole seconds, never 0: a cookie that is void at once would pin nobody.
    return static_cast<EpochSeconds>(std::clamp<std::int64_t>(
        (duration.count() + 999) / 1000, 1, std::numeric_limits<std::int32_t>::max()));
}

EpochSeconds added(EpochSeconds at, EpochSeconds duration) noexcept
{
    const std::uint64_t sum = std::uint64_t{at} + duration;
    return static_cast<EpochSeconds>(
        std::min<std::uint64_t>(sum, std::numeric_limits<EpochSeconds>::max()));
}

} // namespace

PinAge pinAge(const SessionToken& token, const config::Stickiness& settings,
              EpochSeconds now) noexcept
{
    const EpochSeconds idle = secondsOf(settings.idle);
    const EpochSeconds unused = between(token.refreshed, now);
    if (between(token.issued, now) >= secondsOf(settings.max) || unused >= idle)
        return PinAge::Expired;
    return unused >= (idle + 1) / 2 ? PinAge::Refresh : PinAge::Fresh;
}

EpochSeconds pinExpires(const SessionToken& token, const config::Stickiness& settings) noexcept
{
    return std::min(added(token.refreshed, secondsOf(settings.idle)),
                    added(token.issued, secondsOf(settings.max)));
}

bool followsPin(AdminState admin, HealthState health, bool ejected,
                config::Stickiness::WhenDraining whenDraining) noexcept
{
    if (health != HealthState::Healthy || ejected)
        return false;
    return admin == AdminState::Ready || (admin == AdminState::Draining &&
                                          whenDraining == config::Stickiness::WhenDraining::Keep);
}

SessionToken newPin(std::uint64_t backend, EpochSeconds now)
{
    return {backend, SessionId::random(), now, now};
}

void appendSetCookie(const config::Stickiness& settings, const SessionToken& token,
                     const TokenCodec::Text& text, EpochSeconds now, bool secure, std::string& out)
{
    out.append(settings.cookie).append("=").append(text.data(), text.size());
    out.append("; Path=/; Max-Age=");
    out.append(std::to_string(between(now, pinExpires(token, settings))));
    out.append("; HttpOnly; SameSite=Lax");
    if (secure)
        out.append("; Secure");
}

std::vector<SessionRow> sessionRows(const std::vector<Session>& sessions, const PinNames& names,
                                    EpochSeconds now)
{
    std::vector<SessionRow> rows;
    rows.reserve(sessions.size());
    for (const Session& session : sessions) {
        SessionRow row;
        row.id = session.id;
        row.shortId = session.id.hex().substr(0, 8);
        if (const auto name = names.find(session.backend); name != names.end())
            std::tie(row.pool, row.backend) = name->second;
        row.ageSeconds = between(session.created, now);
        row.idleSeconds = between(session.seen, now);
        row.leftSeconds = between(now, session.expires);
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace steelyard::runtime
