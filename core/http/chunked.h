/// The chunked transfer coding (RFC 9112 7.1), strictly: CRLF only, extensions checked and dropped,
/// bounded trailers. Thread: one owner; pure.
#pragma once

#include "http/h1_parser.h"
#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace steelyard::http {

/// Decodes a chunked body that arrives in any pieces.
/// step() consumes from `input` and yields at most one span of chunk data a call:
///   while ((s = d.step(input, data)) == Data) use(data);   // `input` has lost what was consumed
class ChunkedDecoder
{
public:
    enum class Step : std::uint8_t
    {
        NeedMore,
        Data,
        End,
        Bad
    };
    [[nodiscard]] Step step(std::string_view& input, std::string_view& data);

    [[nodiscard]] const ParseError& error() const noexcept { return m_error; }

    /// Trailer fields after End; those that trailers must not carry (framing, routing,
    /// authentication: RFC 9110 6.5.1) are an error when they are framing fields and dropped
    /// otherwise.
    [[nodiscard]] HeaderList& trailers() noexcept { return m_trailers; }

    void reset() noexcept
    {
        const bool asNew = m_state == State::Size && m_digits == 0 && m_extensionBytes == 0;
        if (!asNew)
            clear();
    }

private:
    enum class State : std::uint8_t
    {
        Size,
        BeforeSemicolon,
        BeforeName,
        Name,
        AfterName,
        BeforeValue,
        Value,
        Quoted,
        QuotedPair,
        QuotedEnd,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        Trailer,
        Done,
        Failed,
    };

    void clear() noexcept;
    [[nodiscard]] bool takeFramingByte(unsigned char byte);
    [[nodiscard]] bool takeSizeByte(unsigned char byte);
    [[nodiscard]] bool takeExtensionByte(unsigned char byte);
    [[nodiscard]] bool takeTrailers(std::string_view& input);
    [[nodiscard]] bool takeTrailerLine(std::string_view line);
    bool fail(int status, const char* reason) noexcept;

    State m_state = State::Size;
    std::uint64_t m_left = 0; ///< the size being read, then what is left of the chunk
    std::uint32_t m_digits = 0;
    std::uint32_t m_extensionBytes = 0; ///< of the whole body; limit 4 KiB
    std::uint32_t m_trailerBytes = 0;
    std::uint32_t m_trailerLines = 0;
    std::string m_line; ///< an unfinished trailer line
    HeaderList m_trailers;
    ParseError m_error;
};

} // namespace steelyard::http
