/// Strict HTTP/1.x head parsers (RFC 9112 2-6), for bytes that arrive in any pieces. What is
/// ambiguous is an error. Each complete line is looked at once, as it arrives: bad input is refused
/// at its line, not at the end of the block. Thread: one owner; pure (no sockets, no clock).
#pragma once

#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace steelyard::http {

struct Limits
{
    std::uint32_t startLine = 16U * 1024U;   ///< beyond: 414 (request)
    std::uint32_t headerBlock = 64U * 1024U; ///< start line and fields; beyond: 431
    std::uint32_t headerLines = 100;         ///< beyond: 431
};

enum class ParseStatus : std::uint8_t
{
    NeedMore,
    Done,
    Bad
};

/// Why a message was refused: the status to answer a client with (a response that is Bad becomes
/// 502) and a constant lower-case sentence for logs, e.g. "bare LF in header line".
struct ParseError
{
    int status = 400; ///< 400, 405, 414, 417, 431, 501 or 505
    const char* reason = "";
};

/// Parses one head. Usage: call parse() with everything received since the message's start (the
/// same bytes again plus new ones) until it is not NeedMore; consumed() then tells where the body
/// starts. reset() before the next message.
class HeadParser
{
public:
    enum class Kind : std::uint8_t
    {
        Request,
        Response
    };
    explicit HeadParser(Kind kind, Limits limits = {}) noexcept;

    /// `input` starts at the message's first byte. On Done `head` is complete: fields, body
    /// framing, keepAlive, ... For a response, `requestMethod` decides the framing (HEAD; RFC
    /// 9112 6.3).
    [[nodiscard]] ParseStatus parse(std::string_view input, MessageHead& head,
                                    std::string_view requestMethod = {});

    [[nodiscard]] std::size_t consumed() const noexcept { return m_lineStart; }

    [[nodiscard]] const ParseError& error() const noexcept { return m_error; }

    /// True once any byte but leading empty lines was seen: tells an idle connection from a slow
    /// header.
    [[nodiscard]] bool started() const noexcept { return m_started; }

    void reset() noexcept
    {
        if (m_scanned != 0 || m_failed) // else it is as new
            clear();
    }

private:
    /// A part of the input.
    struct Span
    {
        std::uint32_t at = 0, size = 0;
    };

    static constexpr std::size_t kMaxMethod = 32;

    static std::uint32_t narrow(std::size_t value) noexcept
    {
        return static_cast<std::uint32_t>(value); // heads are bounded by Limits, far below 4 GiB
    }

    /// What the lines said so far.
    struct Facts
    {
        Span method, target, authority, reason; ///< authority: of an absolute-form target
        int status = 0;
        Version version = Version::Http11;
        std::uint64_t contentLength = 0;
        int maxForwards = -1;
        bool targetIsAuthorityOnly = false; ///< an absolute-form target without a path
        bool hasHost = false, hasLength = false, chunked = false;
        bool optionClose = false, optionUpgrade = false, webSocket = false, expectContinue = false;
    };

    [[nodiscard]] std::size_t takePlainLine(std::string_view input);
    [[nodiscard]] bool isPlainEnd(std::string_view input) const noexcept;
    [[nodiscard]] std::size_t takePlainRequestLine(std::string_view input);
    [[nodiscard]] std::size_t takePlainStatusLine(std::string_view input);
    [[nodiscard]] bool withinLimits(std::size_t lf) noexcept;
    [[nodiscard]] bool takeLine(std::string_view input, std::size_t lf);
    [[nodiscard]] bool takeRequestLine(std::string_view input, std::size_t end);
    [[nodiscard]] bool takeAbsoluteForm(std::string_view input);
    [[nodiscard]] bool takeStatusLine(std::string_view input, std::size_t end);
    [[nodiscard]] bool takeField(std::string_view input, std::size_t end);
    [[nodiscard]] bool useField(std::string_view input, Field& field);
    [[nodiscard]] bool takeHost(std::string_view input, Field& field);
    [[nodiscard]] bool takeContentLength(std::string_view value);
    [[nodiscard]] bool takeTransferEncoding(std::string_view value);
    [[nodiscard]] bool takeExpectation(std::string_view value, Field& field);
    [[nodiscard]] bool takeMaxForwards(std::string_view input, std::string_view value);
    void takeConnection(std::string_view value) noexcept;
    [[nodiscard]] bool finish(std::string_view input, MessageHead& head,
                              std::string_view requestMethod);
    void finishRequest(MessageHead& head) const;
    void finishResponse(MessageHead& head, std::string_view requestMethod) const;
    void clear() noexcept;
    bool fail(int status, const char* reason) noexcept;

    Kind m_kind;
    Limits m_limits;
    std::size_t m_lineStart = 0; ///< first byte of the unfinished line
    std::size_t m_scanned = 0;   ///< bytes searched for its end
    bool m_started = false;
    bool m_startLineDone = false;
    bool m_emptyLineSkipped = false;
    bool m_failed = false;
    Facts m_facts;
    std::vector<Field> m_fields;
    ParseError m_error;
};

} // namespace steelyard::http
