#include "http/h1_parser.h"

#include "http/char_class.h"
#include "http/field_line.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace steelyard::http {
namespace {

constexpr std::string_view kVersionPrefix = "HTTP/";

/// "HTTP/1.1": true when the text is an HTTP-version at all.
bool isVersion(std::string_view text) noexcept
{
    return text.size() == 8 && text.starts_with(kVersionPrefix) && isOf(kDigit, text[5]) &&
           text[6] == '.' && isOf(kDigit, text[7]);
}

/// A minor version above 1 is processed as 1.1 (RFC 9110 2.5).
Version versionOf(std::string_view text) noexcept
{
    return text[7] == '0' ? Version::Http10 : Version::Http11;
}

/// Codings that exist but that a gateway which must see message ends does not decode.
bool isKnownCoding(std::string_view coding) noexcept
{
    for (const std::string_view known : {"gzip", "x-gzip", "deflate", "compress", "x-compress"})
        if (equalsIgnoreCase(coding, known))
            return true;
    return false;
}

/// "gzip, chunked": well formed and delimited, only not supported (501).
bool isUnsupportedChain(std::string_view value) noexcept
{
    if (value.ends_with(','))
        return false;
    bool chunkedLast = false;
    while (!value.empty()) {
        const std::string_view coding = nextElement(value);
        if (chunkedLast)
            return false;
        chunkedLast = equalsIgnoreCase(coding, "chunked");
        if (!chunkedLast && !isKnownCoding(coding))
            return false;
    }
    return chunkedLast;
}

} // namespace

HeadParser::HeadParser(Kind kind, Limits limits) noexcept
    : m_kind(kind)
    , m_limits(limits)
{
}

void HeadParser::clear() noexcept
{
    m_lineStart = 0;
    m_scanned = 0;
    m_started = false;
    m_startLineDone = false;
    m_emptyLineSkipped = false;
    m_failed = false;
    static constexpr Facts kNone;
    m_facts = kNone; // copied in whole words, which can be read at once
    m_fields.clear();
    m_error = ParseError{};
}

bool HeadParser::fail(int status, const char* reason) noexcept
{
    m_failed = true;
    m_error = {status, reason};
    return false;
}

ParseStatus HeadParser::parse(std::string_view input, MessageHead& head,
                              std::string_view requestMethod)
{
    while (!m_failed) {
        if (const std::size_t next = takePlainLine(input); next != 0) {
            m_lineStart = m_scanned = next;
            continue;
        }
        if (isPlainEnd(input)) {
            m_lineStart = m_scanned = m_lineStart + 2;
            return finish(input.substr(0, m_lineStart), head, requestMethod) ? ParseStatus::Done
                                                                             : ParseStatus::Bad;
        }
        m_started = m_startLineDone || (input.size() > m_lineStart && input[m_lineStart] != '\r');
        const void* const found =
            input.size() > m_scanned
                ? std::memchr(input.data() + m_scanned, '\n', input.size() - m_scanned)
                : nullptr;
        const std::size_t lf =
            found != nullptr
                ? static_cast<std::size_t>(static_cast<const char*>(found) - input.data())
                : input.size();
        m_scanned = lf;
        if (!withinLimits(lf))
            break;
        if (found == nullptr)
            return ParseStatus::NeedMore;
        const bool complete = m_startLineDone && lf == m_lineStart + 1;
        if (!takeLine(input, lf))
            break;
        m_lineStart = m_scanned = lf + 1;
        if (complete && finish(input.substr(0, m_lineStart), head, requestMethod))
            return ParseStatus::Done;
    }
    return ParseStatus::Bad;
}

/// `lf`: where the line ends or, while its end has not come, the first place where it can. So bytes
/// that arrive in pieces are refused for the same reason as bytes that arrive at once.
bool HeadParser::withinLimits(std::size_t lf) noexcept
{
    const bool blockTooLarge = lf + 1 > m_limits.headerBlock;
    if (m_startLineDone)
        return !blockTooLarge || fail(431, "header block too large");
    const bool lineTooLong = lf - m_lineStart > m_limits.startLine + 1U;
    return !(lineTooLong || blockTooLarge) ||
           fail(m_kind == Kind::Request ? 414 : 400, "start line too long");
}

bool HeadParser::takeLine(std::string_view input, std::size_t lf)
{
    if (lf == m_lineStart || input[lf - 1] != '\r')
        return fail(400, "bare LF as line end");
    const std::size_t end = lf - 1;
    if (m_startLineDone)
        return end == m_lineStart || takeField(input, end);
    if (end == m_lineStart) {
        // One empty line may stand before a request (RFC 9112 2.2): some old clients end bodies
        // with one.
        if (m_kind == Kind::Response || m_emptyLineSkipped)
            return fail(400, "empty line before the start line");
        m_emptyLineSkipped = true;
        return true;
    }
    m_startLineDone =
        m_kind == Kind::Request ? takeRequestLine(input, end) : takeStatusLine(input, end);
    return m_startLineDone;
}

bool HeadParser::takeRequestLine(std::string_view input, std::size_t end)
{
    const std::string_view line = input.substr(m_lineStart, end - m_lineStart);
    if (!isFieldText(line))
        return fail(400, whyNotFieldText(line));
    const std::size_t methodEnd = line.find(' ');
    const std::size_t targetEnd =
        methodEnd == std::string_view::npos ? methodEnd : line.find(' ', methodEnd + 1);
    if (targetEnd == std::string_view::npos)
        return fail(400, "request line without three parts");
    const std::string_view method = line.substr(0, methodEnd);
    const std::string_view target = line.substr(methodEnd + 1, targetEnd - methodEnd - 1);
    const std::string_view version = line.substr(targetEnd + 1);

    if (method.empty() || !allOf(kToken, method))
        return fail(400, "method is not a token");
    if (target.empty() || !allOf(kTarget, target))
        return fail(400, "invalid character in request target");
    if (!isVersion(version))
        return fail(400, "invalid HTTP version");
    if (version[5] != '1')
        return fail(505, "HTTP version not supported");
    if (method.size() > kMaxMethod)
        return fail(501, "method too long");
    if (method == "CONNECT" || method == "TRACE")
        return fail(405, "method not allowed");

    m_facts.version = versionOf(version);
    m_facts.method = {narrow(m_lineStart), narrow(methodEnd)};
    m_facts.target = {narrow(m_lineStart + methodEnd + 1), narrow(target.size())};
    if (target.front() == '/')
        return true;
    if (target == "*")
        return method == "OPTIONS" || fail(400, "asterisk target without OPTIONS");
    return takeAbsoluteForm(input);
}

bool HeadParser::takeAbsoluteForm(std::string_view input)
{
    const std::string_view target = input.substr(m_facts.target.at, m_facts.target.size);
    const std::size_t colon = target.find("://");
    const std::string_view scheme = target.substr(0, colon);
    if (colon == std::string_view::npos ||
        (!equalsIgnoreCase(scheme, "http") && !equalsIgnoreCase(scheme, "https")))
        return fail(400, "request target in no known form");
    const std::size_t start = colon + 3;
    const std::size_t pathStart = std::min(target.find_first_of("/?", start), target.size());
    const std::string_view authority = target.substr(start, pathStart - start);
    if (authority.find('@') != std::string_view::npos)
        return fail(400, "user information in request target");
    if (!isValidHost(authority))
        return fail(400, "invalid authority in request target");
    m_facts.authority = {narrow(m_facts.target.at + start), narrow(authority.size())};
    m_facts.target = {narrow(m_facts.target.at + pathStart), narrow(target.size() - pathStart)};
    m_facts.targetIsAuthorityOnly = pathStart == target.size() || target[pathStart] == '?';
    return true;
}

bool HeadParser::takeStatusLine(std::string_view input, std::size_t end)
{
    const std::string_view line = input.substr(m_lineStart, end - m_lineStart);
    if (!isFieldText(line))
        return fail(400, whyNotFieldText(line));
    // "HTTP/1.1 200", then nothing or SP and a reason: the SP is missing from many servers' empty
    // reasons.
    if (line.size() < 12 || !isVersion(line.substr(0, 8)) || line[5] != '1' || line[8] != ' ' ||
        !allOf(kDigit, line.substr(9, 3)) || (line.size() > 12 && line[12] != ' '))
        return fail(400, "malformed status line");
    m_facts.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (m_facts.status < 100)
        return fail(400, "status code below 100");
    m_facts.version = versionOf(line);
    if (line.size() > 13)
        m_facts.reason = {narrow(m_lineStart + 13), narrow(line.size() - 13)};
    return true;
}

bool HeadParser::takeField(std::string_view input, std::size_t end)
{
    if (m_fields.size() >= m_limits.headerLines)
        return fail(431, "too many header lines");
    Field& field = m_fields.emplace_back();
    const char* const problem = parseFieldLine(input, m_lineStart, end, field);
    if (problem != nullptr)
        return fail(400, problem);
    return useField(input, field);
}

bool HeadParser::useField(std::string_view input, Field& field)
{
    const std::string_view value = input.substr(field.valueAt, field.valueSize);
    const bool request = m_kind == Kind::Request;
    switch (field.id) {
    case FieldId::ContentLength:
        if (m_facts.status != 204 && m_facts.status / 100 != 1)
            return takeContentLength(value);
        field.removed = true; // no meaning there, and it must not be sent on (RFC 9110 8.6)
        return true;
    case FieldId::TransferEncoding:
        return m_facts.status == 204 || m_facts.status / 100 == 1 || takeTransferEncoding(value);
    case FieldId::Connection:
        takeConnection(value);
        return true;
    case FieldId::Upgrade:
        for (std::string_view rest = value; !rest.empty();)
            if (equalsIgnoreCase(nextElement(rest), "websocket"))
                m_facts.webSocket = true;
        return true;
    case FieldId::Host:
        return !request || takeHost(input, field);
    case FieldId::Expect:
        return !request || takeExpectation(value, field);
    case FieldId::MaxForwards:
        return !request || takeMaxForwards(input, value);
    default:
        return true;
    }
}

bool HeadParser::takeHost(std::string_view input, Field& field)
{
    if (m_facts.hasHost)
        return fail(400, "more than one Host");
    m_facts.hasHost = true;
    const std::string_view host = input.substr(field.valueAt, field.valueSize);
    if (!isValidHost(host))
        return fail(400, host.empty() ? "empty Host" : "invalid Host");
    if (m_facts.authority.size == 0)
        return true;
    if (!equalsIgnoreCase(host, input.substr(m_facts.authority.at, m_facts.authority.size)))
        return fail(400, "Host differs from the target's authority");
    field.valueAt = m_facts.authority.at;
    field.valueSize = m_facts.authority.size;
    return true;
}

bool HeadParser::takeContentLength(std::string_view value)
{
    if (m_facts.hasLength)
        return fail(400, "more than one Content-Length");
    if (m_facts.chunked)
        return fail(400, "both Transfer-Encoding and Content-Length");
    if (value.empty() || !allOf(kDigit, value))
        return fail(400, "invalid Content-Length");
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::uint64_t length = 0;
    for (const char c : value) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (length > (kMax - digit) / 10)
            return fail(400, "Content-Length too large");
        length = length * 10 + digit;
    }
    m_facts.hasLength = true;
    m_facts.contentLength = length;
    return true;
}

bool HeadParser::takeTransferEncoding(std::string_view value)
{
    if (m_facts.version == Version::Http10)
        return fail(400, "Transfer-Encoding in HTTP/1.0");
    if (m_facts.hasLength)
        return fail(400, "both Transfer-Encoding and Content-Length");
    if (m_facts.chunked)
        return fail(400, "more than one Transfer-Encoding");
    if (equalsIgnoreCase(value, "chunked"))
        return m_facts.chunked = true;
    return isUnsupportedChain(value) ? fail(501, "transfer coding not supported")
                                     : fail(400, "invalid Transfer-Encoding");
}

bool HeadParser::takeExpectation(std::string_view value, Field& field)
{
    if (m_facts.version == Version::Http10) {
        field.removed = true; // must be ignored there (RFC 9110 10.1.1), so the backend, asked
                              // in 1.1, must not see it
        return true;
    }
    if (!equalsIgnoreCase(value, "100-continue"))
        return fail(417, "unknown expectation");
    return m_facts.expectContinue = true;
}

bool HeadParser::takeMaxForwards(std::string_view input, std::string_view value)
{
    if (input.substr(m_facts.method.at, m_facts.method.size) != "OPTIONS")
        return true; // defined for no other method
    if (m_facts.maxForwards >= 0)
        return fail(400, "more than one Max-Forwards");
    if (value.empty() || !allOf(kDigit, value))
        return fail(400, "invalid Max-Forwards");
    constexpr int kMax = 999; // a larger count may be lowered to what we support (RFC 9110 7.6.2)
    m_facts.maxForwards = 0;
    for (const char c : value)
        m_facts.maxForwards = std::min(kMax, m_facts.maxForwards * 10 + (c - '0'));
    return true;
}

void HeadParser::takeConnection(std::string_view value) noexcept
{
    while (!value.empty()) {
        const std::string_view option = nextElement(value);
        if (equalsIgnoreCase(option, "close"))
            m_facts.optionClose = true;
        if (equalsIgnoreCase(option, "upgrade"))
            m_facts.optionUpgrade = true;
    }
}

bool HeadParser::finish(std::string_view input, MessageHead& head, std::string_view requestMethod)
{
    const bool request = m_kind == Kind::Request;
    if (request && !m_facts.hasHost && m_facts.version == Version::Http11)
        return fail(400, "no Host");
    head.clear();
    head.headers.assign(input, m_fields);
    head.version = m_facts.version;
    head.keepAlive = m_facts.version == Version::Http11 && !m_facts.optionClose;
    if (m_facts.chunked)
        head.body = {BodyKind::Chunked, 0};
    if (m_facts.hasLength)
        head.body = {BodyKind::Length, m_facts.contentLength};
    if (request)
        finishRequest(head);
    else
        finishResponse(head, requestMethod);
    return true;
}

void HeadParser::finishRequest(MessageHead& head) const
{
    head.methodAt = m_facts.method.at;
    head.methodSize = m_facts.method.size;
    head.targetAt = m_facts.target.at;
    head.targetSize = m_facts.target.size;
    head.expectContinue = m_facts.expectContinue;
    head.maxForwards = m_facts.maxForwards;
    HeaderList& headers = head.headers;
    if (m_facts.targetIsAuthorityOnly) {
        // "http://host" is "/", or "*" for OPTIONS; "http://host?query" is "/?query" (RFC
        // 9112 3.2.1, 3.2.4).
        const bool asterisk = head.targetSize == 0 && head.method() == "OPTIONS";
        const std::uint32_t at = headers.append(asterisk ? "*" : "/");
        (void)headers.append(headers.view(m_facts.target.at, m_facts.target.size));
        head.targetAt = at;
        head.targetSize = m_facts.target.size + 1;
    }
    if (!m_facts.hasHost && m_facts.authority.size != 0)
        headers.add(FieldId::Host, "Host",
                    headers.view(m_facts.authority.at, m_facts.authority.size));
    const bool content = head.body.kind == BodyKind::Chunked || head.body.length != 0;
    head.upgradeWebSocket = m_facts.webSocket && m_facts.optionUpgrade &&
                            m_facts.version == Version::Http11 && !content &&
                            head.method() == "GET";
}

void HeadParser::finishResponse(MessageHead& head, std::string_view requestMethod) const
{
    head.status = m_facts.status;
    head.reasonAt = m_facts.reason.at;
    head.reasonSize = m_facts.reason.size;
    // RFC 9112 6.3, in its order.
    if (head.status == 101) {
        head.body = {BodyKind::Tunnel, 0};
        head.upgradeWebSocket = m_facts.webSocket && m_facts.optionUpgrade;
    } else if (requestMethod == "HEAD" || head.status / 100 == 1 || head.status == 204 ||
               head.status == 304) {
        head.body = {BodyKind::None, 0};
    } else if (head.body.kind == BodyKind::None) {
        head.body = {BodyKind::UntilClose, 0};
    }
    if (head.body.kind == BodyKind::UntilClose || head.body.kind == BodyKind::Tunnel)
        head.keepAlive = false;
}

} // namespace steelyard::http
