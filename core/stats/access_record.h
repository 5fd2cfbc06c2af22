/// One exchange as the access log tells it, and its line of JSON.
/// Thread: any; the record is filled and written on one worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace steelyard::stats {

/// One try at one backend. Times in µs from the attempt's start; -1: not reached.
struct AccessAttempt
{
    std::string_view server;
    std::string_view result;         ///< a word: "ok", "connect-refused", "timeout", ...
    std::int64_t connectMicros = -1; ///< 0: a cached connection
    std::int64_t firstByteMicros = -1;
};

/// Durations of the exchange's phases in µs; -1: not reached.
struct AccessPhases
{
    std::int64_t queue = -1, connect = -1, firstByte = -1, body = -1;
    std::int64_t total = 0;
    std::int64_t own = -1; ///< of total, what the engine itself took
};

/// The views must outlive AccessLine::write() only.
struct AccessRecord
{
    std::int64_t wallMs = 0; ///< milliseconds since 1970, when the request's head was complete
    std::string_view listener;
    std::string_view client; ///< numeric address without port
    std::string_view method, host, target;
    std::string_view httpVersion; ///< "1.0", "1.1"
    std::string_view requestId;   ///< empty: none
    std::string_view route, pool; ///< empty: none
    std::string_view reason;      ///< our reply's word; empty when the reply is the backend's
    int status = 0;               ///< 0: the client left before one was sent
    std::uint64_t bytesIn = 0, bytesOut = 0; ///< from and to the client
    std::span<const AccessAttempt> attempts; ///< at most 8 are written
    AccessPhases phases;
    std::string_view detail; ///< a sentence more, e.g. what was wrong with a refused request
};

/// No line is longer, its "\n" included.
inline constexpr std::size_t kMaxAccessLine = 8192;

/// Writes records as lines, each over the one before: a JSON object and "\n". It is valid JSON
/// whatever the bytes: quotes and control characters are escaped, a byte that is not part of valid
/// UTF-8 becomes \u00XX, and long strings end in "..." (the target after 4 KiB, the others sooner).
/// Phases not reached, empty names, and reason where the reply is the backend's are left out.
class AccessLine
{
public:
    /// Valid until the next call.
    [[nodiscard]] std::string_view write(const AccessRecord& record) noexcept;

private:
    static constexpr std::size_t kTimeBytes = 20; ///< "2026-05-01T12:00:00."

    void setSecond(std::int64_t second) noexcept;

    std::int64_t m_second = INT64_MIN; ///< whose text m_time holds
    std::array<char, kTimeBytes> m_time{};
    std::array<char, kMaxAccessLine> m_line;
};

} // namespace steelyard::stats
