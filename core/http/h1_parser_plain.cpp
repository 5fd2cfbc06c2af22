// The quick way of HeadParser through lines that are all there and beyond doubt, as nearly all are:
// one pass, and no words for mistakes. What it does not take is looked at by h1_parser.cpp, so that
// both must agree on every line that this one takes (parser_pieces_test).
#include "http/control_scan.h"
#include "http/field_line.h"
#include "http/h1_parser.h"

namespace steelyard::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kVersionLine = "HTTP/1.1\r\n";
constexpr std::string_view kOldVersionLine = "HTTP/1.0\r\n";

/// "name: value" and its line end, without other blanks around the value. Returns where the line at
/// `at` ends, behind its LF; 0: it is not like that, and `field` means nothing.
std::size_t takePlainFieldLine(std::string_view block, std::size_t at, Field& field) noexcept
{
    std::size_t nameEnd = at;
    while (nameEnd < block.size() && isOf(kToken, block[nameEnd]))
        ++nameEnd;
    const std::size_t valueAt = nameEnd + 2;
    const std::size_t nameSize = nameEnd - at;
    if (nameSize == 0 || nameSize > UINT16_MAX || valueAt >= block.size() ||
        block[nameEnd] != ':' || block[nameEnd + 1] != ' ')
        return 0;
    const std::size_t end = findControl(block, valueAt);
    if (end + 2 > block.size() || block[end] != '\r' || block[end + 1] != '\n' ||
        (end > valueAt && (block[valueAt] == ' ' || block[end - 1] == ' ')))
        return 0;
    const std::string_view name = block.substr(at, nameSize);
    field.id = fieldId(name);
    if (field.id == FieldId::Other && isFramingTwin(name))
        return 0;
    field.nameAt = static_cast<std::uint32_t>(at);
    field.nameSize = static_cast<std::uint16_t>(nameSize);
    field.valueAt = static_cast<std::uint32_t>(valueAt);
    field.valueSize = static_cast<std::uint32_t>(end - valueAt);
    field.removed = false;
    return end + 2;
}

} // namespace

/// The quick way through a line that is all there and beyond doubt; returns where the next one
/// begins. 0: this line has to be looked at closely, which also finds the words for what is wrong
/// with it.
std::size_t HeadParser::takePlainLine(std::string_view input)
{
    if (m_scanned != m_lineStart)
        return 0; // it came in pieces
    std::size_t next = 0;
    if (!m_startLineDone) {
        next = m_kind == Kind::Request ? takePlainRequestLine(input) : takePlainStatusLine(input);
        m_startLineDone = next != 0;
        return next;
    }
    if (m_fields.size() >= m_limits.headerLines)
        return 0;
    Field& field = m_fields.emplace_back(); // made where it stays: a copy of it had to wait
    next = takePlainFieldLine(input, m_lineStart, field);
    if (next == 0 || next > m_limits.headerBlock) {
        m_fields.pop_back();
        return 0;
    }
    (void)useField(input, field);
    return next;
}

/// The empty line behind the fields, whole.
bool HeadParser::isPlainEnd(std::string_view input) const noexcept
{
    return m_startLineDone && m_scanned == m_lineStart &&
           input.substr(m_lineStart, kLineEnd.size()) == kLineEnd &&
           m_lineStart + kLineEnd.size() <= m_limits.headerBlock;
}

/// A method that is a token, a path, and HTTP/1.0 or 1.1.
std::size_t HeadParser::takePlainRequestLine(std::string_view input)
{
    const auto after = [&input](CharClass charClass, std::size_t at) {
        while (at < input.size() && isOf(charClass, input[at]))
            ++at;
        return at;
    };
    const std::size_t methodEnd = after(kToken, m_lineStart);
    const std::size_t target = methodEnd + 1;
    const std::size_t targetEnd = after(kTarget, target);
    const std::size_t next = targetEnd + kVersionLine.size() + 1;
    const std::size_t methodSize = methodEnd - m_lineStart;
    if (next > input.size() || next - m_lineStart > m_limits.startLine ||
        next > m_limits.headerBlock || methodSize == 0 || methodSize > kMaxMethod ||
        input[methodEnd] != ' ' || input[target] != '/' || input[targetEnd] != ' ')
        return 0;
    const std::string_view rest = input.substr(targetEnd + 1, kVersionLine.size());
    const std::string_view method = input.substr(m_lineStart, methodSize);
    const bool plainVersion = rest == kVersionLine || rest == kOldVersionLine;
    if (!plainVersion || method == "CONNECT" || method == "TRACE")
        return 0;
    m_facts.version = rest == kVersionLine ? Version::Http11 : Version::Http10;
    m_facts.method = {narrow(m_lineStart), narrow(methodSize)};
    m_facts.target = {narrow(target), narrow(targetEnd - target)};
    return next;
}

/// HTTP/1.1, a status and a reason.
std::size_t HeadParser::takePlainStatusLine(std::string_view input)
{
    constexpr std::string_view kStart = "HTTP/1.1 ";
    constexpr std::size_t kReason = kStart.size() + 4;
    const std::string_view line = input.substr(m_lineStart);
    if (line.size() < kReason || !line.starts_with(kStart) ||
        !allOf(kDigit, line.substr(kStart.size(), 3)) || line[kStart.size()] == '0' ||
        line[kReason - 1] != ' ')
        return 0;
    const std::size_t end = findControl(line, kReason);
    if (end + 2 > line.size() || line[end] != '\r' || line[end + 1] != '\n' ||
        end > m_limits.startLine || m_lineStart + end + 2 > m_limits.headerBlock)
        return 0;
    m_facts.version = Version::Http11;
    m_facts.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    m_facts.reason = {narrow(m_lineStart + kReason), narrow(end - kReason)};
    return m_lineStart + end + 2;
}

} // namespace steelyard::http
