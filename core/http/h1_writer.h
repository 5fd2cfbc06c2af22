/// Heads and chunk framing to bytes, canonically: "Name: value CRLF", one start line, framing
/// fields by `body`. Thread: any; pure.
#pragma once

#include "http/message.h"

#include <string>
#include <string_view>

namespace steelyard::http {

/// Appends a request head in HTTP/1.1 form. Hop-by-hop fields must be gone already (field_rules.h);
/// Content-Length or Transfer-Encoding is written from `head.body`, never copied. A head without
/// Host (HTTP/1.0) gets an empty one: give it the backend's name before when that is wanted.
/// `connection`: "close", "upgrade" (adds "Upgrade: websocket"), or empty: no field.
void writeRequestHead(const MessageHead& head, std::string_view connection, std::string& out);

/// Appends a response head in HTTP/1.1 form. Where there is no body to frame (BodyKind::None: HEAD,
/// 304) a Content-Length line of the head is copied. An empty reason becomes the standard phrase.
void writeResponseHead(const MessageHead& head, std::string_view connection, std::string& out);

/// Appends "SIZE CRLF" of a chunk; the caller writes data and CRLF after it. Size > 0.
void writeChunkHeader(std::size_t size, std::string& out);
/// Appends the last chunk with trailer fields.
void writeLastChunk(const HeaderList& trailers, std::string& out);

/// The standard reason phrase of a status code, "Unknown" for others.
[[nodiscard]] std::string_view reasonPhrase(int status) noexcept;

} // namespace steelyard::http
