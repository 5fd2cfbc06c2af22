/// One field line, of a header or a trailer section, and the host grammar, strictly (RFC 9112 5,
/// RFC 9110 5 and 7.2). Thread: any; pure.
#pragma once

#include "http/message.h"

#include <cstddef>
#include <string_view>

namespace steelyard::http {

/// Reads the line at [at, end) of `block`; block[end] must be the CR of its line end. Offsets in
/// `field` are the block's. Returns null, or why the line is refused: a constant lower-case
/// sentence.
[[nodiscard]] const char* parseFieldLine(std::string_view block, std::size_t at, std::size_t end,
                                         Field& field) noexcept;

/// Names that a backend which turns '_' into '-' would take for framing.
[[nodiscard]] bool isFramingTwin(std::string_view name) noexcept;

/// Is `host` a non-empty uri-host with an optional port of 0-65535 (RFC 3986 3.2.2): a name, an
/// IPv4 address, or an IP literal in brackets.
[[nodiscard]] bool isValidHost(std::string_view host) noexcept;

/// VCHAR, obs-text, SP and HTAB only (RFC 9110 5.5).
[[nodiscard]] bool isFieldText(std::string_view text) noexcept;

/// Why a text that is no field text is refused, e.g. "NUL in field value" or "bare CR in line".
[[nodiscard]] const char* whyNotFieldText(std::string_view text) noexcept;

} // namespace steelyard::http
