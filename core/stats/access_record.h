/// One exchange as the access log tells it, and its line of JSON.
/// Thread: any; the record is filled and written on one worker.
#pragma once

#include <cstdint>
#include <span>
#include <string>
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
    std::int64_t queue = -1, connect = -1, firstByte = -1, body = -1, total = -1;
    std::int64_t own = -1; ///< of total, what the engine itself took
};

/// The views must outlive appendJson() only.
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

/// Appends the record as one line: a JSON object and "\n". It is valid JSON whatever the bytes:
/// quotes and control characters are escaped, a byte that is not part of valid UTF-8 becomes
/// \u00XX, and long strings end in "..." (the target after 4 KiB, the others sooner). Phases not
/// reached, empty names, and reason where the reply is the backend's are left out.
void appendJson(const AccessRecord& record, std::string& out);

} // namespace steelyard::stats
