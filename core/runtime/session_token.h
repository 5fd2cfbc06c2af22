/// What a sticky client's cookie says: which backend it is pinned to, since when, and that we said
/// so. 45 bytes, 60 characters in base64url (RFC 4648, 5): version, the backend's tag, a random
/// session id, two times, and an HMAC-SHA256 over them cut to 128 bits (RFC 2104, 5). The tag is a
/// keyed hash of (pool, backend): it names no address and no backend, and another engine with the
/// same key, or this one after a restart, finds the backend by it.
/// Thread: a TokenCodec belongs to one thread; the rest are values.
#pragma once

#include "base/clock.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace steelyard::runtime {

/// 256 random bits, wiped when destroyed.
class StickinessKey
{
public:
    static constexpr std::size_t kSize = 32;

    explicit StickinessKey(const std::array<std::uint8_t, kSize>& bytes)
        : m_bytes(bytes)
    {
    }

    StickinessKey(const StickinessKey&) = default;
    StickinessKey& operator=(const StickinessKey&) = default;
    ~StickinessKey();

    [[nodiscard]] const std::array<std::uint8_t, kSize>& bytes() const noexcept { return m_bytes; }

private:
    std::array<std::uint8_t, kSize> m_bytes;
};

struct SessionId
{
    std::array<std::uint8_t, 12> bytes{};

    [[nodiscard]] static SessionId random(); ///< from the system's generator for secrets
    [[nodiscard]] std::string hex() const;   ///< 24 digits
    bool operator==(const SessionId&) const = default;

    bool operator<(const SessionId& other) const noexcept { return bytes < other.bytes; }
};

/// Frees what libcrypto keeps for the calling thread; for the end of each that used a SessionId or
/// a TokenCodec. Left to the thread's own end it would race the process's: QThread::wait() returns
/// before a thread's local storage is gone.
void releaseCryptoOfThread() noexcept;

/// Seconds since 1970.
using EpochSeconds = std::uint32_t;

struct SessionToken
{
    std::uint64_t backend = 0; ///< TokenCodec::backendTag()
    SessionId id;
    EpochSeconds issued = 0;
    EpochSeconds refreshed = 0;
    bool operator==(const SessionToken&) const = default;
};

/// Tokens outlive an engine, so their times are of the wall clock; but a jump of it while the
/// engine runs must not end sessions: it is read once, and goes on with the monotonic clock.
class SessionClock
{
public:
    SessionClock(TimePoint now, std::chrono::system_clock::time_point wall) noexcept
        : m_start(now)
        , m_wall(wall)
    {
    }

    [[nodiscard]] EpochSeconds seconds(TimePoint now) const noexcept
    {
        const auto wall =
            m_wall + std::chrono::duration_cast<std::chrono::system_clock::duration>(now - m_start);
        return static_cast<EpochSeconds>(
            std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count());
    }

private:
    TimePoint m_start;
    std::chrono::system_clock::time_point m_wall;
};

class TokenCodec
{
public:
    static constexpr std::size_t kTextSize = 60;
    using Text = std::array<char, kTextSize>;

    explicit TokenCodec(const StickinessKey& key);
    TokenCodec(const TokenCodec&) = delete;
    TokenCodec& operator=(const TokenCodec&) = delete;
    TokenCodec(TokenCodec&&) noexcept;
    TokenCodec& operator=(TokenCodec&&) noexcept;
    ~TokenCodec();

    [[nodiscard]] Text encode(const SessionToken& token);
    /// Empty when it is not exactly what encode() makes under this key. Compares in constant time.
    [[nodiscard]] std::optional<SessionToken> decode(std::string_view text);

    [[nodiscard]] std::uint64_t backendTag(std::string_view pool, std::string_view backend);

private:
    struct Mac;
    std::unique_ptr<Mac> m_mac;
};

} // namespace steelyard::runtime
