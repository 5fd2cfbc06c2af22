#include "http/h1_writer.h"

#include <array>
#include <charconv>
#include <limits>

namespace steelyard::http {
namespace {

/// Written from `body` and `connection`, never copied.
constexpr FieldSet kConnectionFields =
    setOf(FieldId::Connection, FieldId::KeepAlive, FieldId::ProxyConnection,
          FieldId::TransferEncoding, FieldId::Upgrade);

/// Appends to a string in room that is made once, for `most` octets: a head is written in a dozen
/// small pieces.
class Appender
{
public:
    Appender(std::string& out, std::size_t most)
        : m_out(out)
        , m_size(out.size())
    {
        out.resize(m_size + most);
    }

    ~Appender() { m_out.resize(m_size); }

    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    Appender& text(std::string_view text)
    {
        m_size += text.copy(m_out.data() + m_size, text.size());
        return *this;
    }

    Appender& number(std::uint64_t number)
    {
        char* const at = m_out.data() + m_size;
        m_size += static_cast<std::size_t>(std::to_chars(at, at + kMostDigits, number).ptr - at);
        return *this;
    }

    static constexpr std::size_t kMostDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;

private:
    std::string& m_out;
    std::size_t m_size;
};

/// Does the line stand in the block just as it is to be written?
bool isCanonical(std::string_view block, const Field& field) noexcept
{
    const std::size_t nameEnd = std::size_t{field.nameAt} + field.nameSize;
    const std::size_t valueEnd = std::size_t{field.valueAt} + field.valueSize;
    return field.valueAt == nameEnd + 2 && valueEnd + 2 <= block.size() && block[nameEnd] == ':' &&
           block[nameEnd + 1] == ' ' && block[valueEnd] == '\r' && block[valueEnd + 1] == '\n';
}

/// Octets that appendFields() writes at most.
std::size_t sizeOf(const HeaderList& headers) noexcept
{
    std::size_t size = 0;
    for (const Field& field : headers.fields())
        size += std::size_t{field.nameSize} + field.valueSize + 4;
    return size;
}

/// Lines that are canonical and follow one another are copied in one go.
void appendFields(const HeaderList& headers, FieldSet skipped, Appender& out)
{
    const std::string_view block = headers.block();
    std::size_t runStart = 0;
    std::size_t runEnd = 0;
    for (const Field& field : headers.fields()) {
        if (field.removed || (setOf(field.id) & skipped) != 0)
            continue;
        const std::size_t end = std::size_t{field.valueAt} + field.valueSize + 2;
        const bool canonical = isCanonical(block, field);
        if (canonical && field.nameAt == runEnd) {
            runEnd = end;
            continue;
        }
        out.text(block.substr(runStart, runEnd - runStart));
        runStart = runEnd = 0;
        if (canonical) {
            runStart = field.nameAt;
            runEnd = end;
        } else {
            out.text(headers.name(field)).text(": ").text(headers.value(field)).text("\r\n");
        }
    }
    out.text(block.substr(runStart, runEnd - runStart));
}

constexpr std::size_t kOwnLines = 192; ///< all that is written beside received text, at most

void appendHead(const MessageHead& head, std::string_view connection, Appender& out)
{
    const bool framed = head.body.kind != BodyKind::None;
    appendFields(head.headers,
                 kConnectionFields | (framed ? setOf(FieldId::ContentLength) : FieldSet{0}), out);
    if (head.body.kind == BodyKind::Length)
        out.text("Content-Length: ").number(head.body.length).text("\r\n");
    else if (head.body.kind == BodyKind::Chunked)
        out.text("Transfer-Encoding: chunked\r\n");
    if (!connection.empty())
        out.text("Connection: ").text(connection).text("\r\n");
    if (connection == "upgrade")
        out.text("Upgrade: websocket\r\n");
    out.text("\r\n");
}

} // namespace

void writeRequestHead(const MessageHead& head, std::string_view connection, std::string& text)
{
    Appender out(text, sizeOf(head.headers) + head.methodSize + head.targetSize + kOwnLines);
    out.text(head.method()).text(" ").text(head.target()).text(" HTTP/1.1\r\n");
    if (head.host().data() == nullptr)
        out.text("Host: \r\n"); // in 1.1 always, if need be empty (RFC 9112 3.2)
    appendHead(head, connection, out);
}

void writeResponseHead(const MessageHead& head, std::string_view connection, std::string& text)
{
    Appender out(text, sizeOf(head.headers) + head.reasonSize + kOwnLines);
    out.text("HTTP/1.1 ").number(static_cast<std::uint64_t>(head.status)).text(" ");
    out.text(head.reasonSize != 0 ? head.reason() : reasonPhrase(head.status)).text("\r\n");
    appendHead(head, connection, out);
}

void writeChunkHeader(std::size_t size, std::string& out)
{
    std::array<char, 2 * sizeof size> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
    out.append(digits.data(), result.ptr).append("\r\n");
}

void writeLastChunk(const HeaderList& trailers, std::string& text)
{
    Appender out(text, sizeOf(trailers) + kOwnLines);
    out.text("0\r\n");
    appendFields(trailers, 0, out);
    out.text("\r\n");
}

std::string_view reasonPhrase(int status) noexcept
{
    switch (status) {
    case 100:
        return "Continue";
    case 101:
        return "Switching Protocols";
    case 102:
        return "Processing";
    case 103:
        return "Early Hints";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 203:
        return "Non-Authoritative Information";
    case 204:
        return "No Content";
    case 205:
        return "Reset Content";
    case 206:
        return "Partial Content";
    case 207:
        return "Multi-Status";
    case 208:
        return "Already Reported";
    case 226:
        return "IM Used";
    case 300:
        return "Multiple Choices";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 305:
        return "Use Proxy";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 407:
        return "Proxy Authentication Required";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 418:
        return "I'm a Teapot";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 423:
        return "Locked";
    case 424:
        return "Failed Dependency";
    case 425:
        return "Too Early";
    case 426:
        return "Upgrade Required";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 451:
        return "Unavailable For Legal Reasons";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    case 506:
        return "Variant Also Negotiates";
    case 507:
        return "Insufficient Storage";
    case 508:
        return "Loop Detected";
    case 511:
        return "Network Authentication Required";
    default:
        return "Unknown";
    }
}

} // namespace steelyard::http
