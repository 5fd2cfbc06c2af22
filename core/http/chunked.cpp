#include "http/chunked.h"

#include "http/char_class.h"
#include "http/field_line.h"

#include <algorithm>

namespace steelyard::http {
namespace {

constexpr std::uint32_t kMaxSizeDigits = 16;
constexpr std::uint64_t kMaxSize = (std::uint64_t{1} << 63U) - 1;
constexpr std::uint32_t kMaxExtensionBytes = 4U * 1024U;
constexpr std::uint32_t kMaxTrailerBytes = 64U * 1024U;
constexpr std::uint32_t kMaxTrailerLines = 100;

/// Fields with a meaning that must be known before the content, or that a recipient might act on
/// when it merges trailers with headers: authentication, request and response control, content
/// format (RFC 9110 6.5.1).
bool isDropped(FieldId id, std::string_view name) noexcept
{
    switch (id) {
    case FieldId::Other:
        for (const std::string_view forbidden : {"authorization",
                                                 "proxy-authorization",
                                                 "proxy-authenticate",
                                                 "www-authenticate",
                                                 "set-cookie",
                                                 "cache-control",
                                                 "pragma",
                                                 "age",
                                                 "expires",
                                                 "location",
                                                 "retry-after",
                                                 "vary",
                                                 "warning",
                                                 "range",
                                                 "if-match",
                                                 "if-none-match",
                                                 "if-modified-since",
                                                 "if-unmodified-since",
                                                 "if-range",
                                                 "content-encoding",
                                                 "content-type",
                                                 "content-range",
                                                 "x-real-ip"})
            if (equalsIgnoreCase(name, forbidden))
                return true;
        return name.size() > 12 && equalsIgnoreCase(name.substr(0, 12), "x-forwarded-");
    case FieldId::Server:
        return false;
    default:
        return true; // all else that the engine or a backend acts on
    }
}

int hexDigit(unsigned char c) noexcept
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

} // namespace

void ChunkedDecoder::clear() noexcept
{
    m_state = State::Size;
    m_left = 0;
    m_digits = 0;
    m_extensionBytes = 0;
    m_trailerBytes = 0;
    m_trailerLines = 0;
    m_line.clear();
    m_trailers.clear();
    m_error = ParseError{};
}

bool ChunkedDecoder::fail(int status, const char* reason) noexcept
{
    m_state = State::Failed;
    m_error = {status, reason};
    return false;
}

ChunkedDecoder::Step ChunkedDecoder::step(std::string_view& input, std::string_view& data)
{
    data = {};
    while (m_state != State::Done && m_state != State::Failed) {
        if (input.empty())
            return Step::NeedMore;
        if (m_state == State::Data) {
            data = input.substr(0, std::min<std::uint64_t>(m_left, input.size()));
            input.remove_prefix(data.size());
            m_left -= data.size();
            if (m_left == 0)
                m_state = State::DataCr;
            return Step::Data;
        }
        if (m_state == State::Trailer) {
            if (!takeTrailers(input) && m_state == State::Trailer)
                return Step::NeedMore;
            continue;
        }
        const auto byte = static_cast<unsigned char>(input.front());
        input.remove_prefix(1);
        if (!takeFramingByte(byte))
            break;
    }
    return m_state == State::Done ? Step::End : Step::Bad;
}

bool ChunkedDecoder::takeFramingByte(unsigned char byte)
{
    switch (m_state) {
    case State::Size:
        return takeSizeByte(byte);
    case State::SizeLf:
        if (byte != '\n')
            return fail(400, "bare CR in chunk size line");
        m_state = m_left == 0 ? State::Trailer : State::Data;
        m_digits = 0;
        return true;
    case State::DataCr:
        if (byte != '\r')
            return fail(400, "chunk data longer than its size");
        m_state = State::DataLf;
        return true;
    case State::DataLf:
        if (byte != '\n')
            return fail(400, "bare CR after chunk data");
        m_state = State::Size;
        return true;
    default:
        return takeExtensionByte(byte);
    }
}

bool ChunkedDecoder::takeSizeByte(unsigned char byte)
{
    const char c = static_cast<char>(byte);
    if (isOf(kHex, c)) {
        if (++m_digits > kMaxSizeDigits || m_left > kMaxSize >> 4U)
            return fail(400, "chunk size too large");
        m_left = m_left << 4U | static_cast<std::uint64_t>(hexDigit(byte));
        return true;
    }
    if (m_digits == 0)
        return fail(400, "invalid chunk size");
    if (c == '\r') {
        m_state = State::SizeLf;
        return true;
    }
    if (c == '\n')
        return fail(400, "bare LF in chunk size line");
    if (c != ';' && !isBlank(c))
        return fail(400, "invalid chunk size");
    m_state = State::BeforeSemicolon;
    return takeExtensionByte(byte);
}

/// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112 7.1.1.
bool ChunkedDecoder::takeExtensionByte(unsigned char byte)
{
    const char c = static_cast<char>(byte);
    if (++m_extensionBytes > kMaxExtensionBytes)
        return fail(400, "chunk extensions too long");
    const bool token = isOf(kToken, c);
    const bool blank = isBlank(c);
    State next = State::Failed;
    switch (m_state) {
    case State::BeforeSemicolon:
        if (blank)
            next = State::BeforeSemicolon;
        if (c == ';')
            next = State::BeforeName;
        break;
    case State::BeforeName:
        if (blank)
            next = State::BeforeName;
        if (token)
            next = State::Name;
        break;
    case State::Name:
    case State::AfterName:
        if (token && m_state == State::Name)
            next = State::Name;
        if (blank)
            next = State::AfterName;
        if (c == '=')
            next = State::BeforeValue;
        if (c == ';')
            next = State::BeforeName;
        if (c == '\r' && m_state == State::Name)
            next = State::SizeLf;
        break;
    case State::BeforeValue:
        if (blank)
            next = State::BeforeValue;
        if (token)
            next = State::Value;
        if (c == '"')
            next = State::Quoted;
        break;
    case State::Value:
    case State::QuotedEnd:
        if (token && m_state == State::Value)
            next = State::Value;
        if (blank)
            next = State::BeforeSemicolon;
        if (c == ';')
            next = State::BeforeName;
        if (c == '\r')
            next = State::SizeLf;
        break;
    case State::Quoted:
        if (isOf(kFieldText, c))
            next = State::Quoted;
        if (c == '\\')
            next = State::QuotedPair;
        if (c == '"')
            next = State::QuotedEnd;
        break;
    case State::QuotedPair:
        if (isOf(kFieldText, c))
            next = State::Quoted;
        break;
    default:
        break;
    }
    if (next == State::Failed)
        return fail(400, "malformed chunk extension");
    m_state = next;
    return true;
}

/// Takes whole lines; keeps the rest. False when more bytes are needed, or on an error.
bool ChunkedDecoder::takeTrailers(std::string_view& input)
{
    const std::size_t lf = std::min(input.find('\n'), input.size());
    // As in the head: without a line end, the earliest place it can have counts.
    if (m_trailerBytes + m_line.size() + lf + 1 > kMaxTrailerBytes)
        return fail(431, "trailers too large");
    if (lf == input.size()) {
        m_line.append(input);
        input = {};
        return false;
    }
    std::string_view line = input.substr(0, lf + 1);
    input.remove_prefix(lf + 1);
    if (!m_line.empty())
        line = m_line.append(line);
    m_trailerBytes += static_cast<std::uint32_t>(line.size());
    if (line.size() < 2 || line[line.size() - 2] != '\r')
        return fail(400, "bare LF as line end");
    if (line.size() == 2) {
        m_state = State::Done;
        return true;
    }
    const bool good = takeTrailerLine(line);
    m_line.clear();
    return good;
}

bool ChunkedDecoder::takeTrailerLine(std::string_view line)
{
    if (++m_trailerLines > kMaxTrailerLines)
        return fail(431, "too many trailer lines");
    Field field;
    const char* const problem = parseFieldLine(line, 0, line.size() - 2, field);
    if (problem != nullptr)
        return fail(400, problem);
    const std::string_view name = line.substr(field.nameAt, field.nameSize);
    if (field.id == FieldId::ContentLength || field.id == FieldId::TransferEncoding ||
        field.id == FieldId::Host)
        return fail(400, "framing field in trailers");
    if (!isDropped(field.id, name))
        m_trailers.add(field.id, name, line.substr(field.valueAt, field.valueSize));
    return true;
}

} // namespace steelyard::http
