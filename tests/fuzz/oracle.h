/// A second reading of HTTP/1 (RFC 9110, RFC 9112) by Steelyard's rules, which shares nothing with
/// core/http: whole texts, no states, no speed. What it and the engine read differently is a bug in
/// one of them. Thread: any; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard::fuzz {

enum class Verdict
{
    Whole,      ///< a valid message, complete
    Incomplete, ///< valid so far
    Refused,    ///< not valid: nothing after it may be read
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct OracleBody
{
    Verdict verdict = Verdict::Incomplete;
    std::string content;
    Fields trailers;
    std::size_t next = 0; ///< what follows it, for Whole
};

struct OracleRequest
{
    Verdict verdict = Verdict::Incomplete;
    bool headWhole = false;
    std::string method, target, host; ///< target in origin-form or "*"
    Fields fields;
    OracleBody body;
    bool chunked = false;
    bool last = false;     ///< no further request of this connection counts
    bool answered = false; ///< by the balancer itself: it never reaches a server
    /// Connection names a field that must survive: refused when it would be sent on.
    bool namesProtected = false;
    std::string why; ///< of a refusal
};

struct OracleResponse
{
    Verdict verdict = Verdict::Incomplete;
    bool headWhole = false;
    int status = 0;
    Fields fields;
    OracleBody body;
    bool untilClose = false;
};

/// Whose message it is: the balancer's own to a server may have an empty Host, for an HTTP/1.0
/// client's that came without, and both may have more fields than what comes in.
enum class Sender
{
    Client, ///< or a server
    Balancer,
};

/// The request that begins at `at`.
[[nodiscard]] OracleRequest readRequest(std::string_view stream, std::size_t at,
                                        Sender sender = Sender::Client);

/// The response that begins at `at`; `ended`: nothing comes after the stream's end.
[[nodiscard]] OracleResponse readResponse(std::string_view stream, std::size_t at,
                                          std::string_view method, bool ended,
                                          Sender sender = Sender::Client);

[[nodiscard]] OracleBody readChunked(std::string_view stream, std::size_t at);

/// The values of all fields of that name (any case), joined with ",".
[[nodiscard]] std::string joined(const Fields& fields, std::string_view name);
[[nodiscard]] int countOf(const Fields& fields, std::string_view name);

} // namespace steelyard::fuzz
