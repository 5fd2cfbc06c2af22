/// Hand-written JSON: the line is written for every request, so it appends to a kept buffer and
/// allocates nothing. Thread: any.
#include "stats/access_record.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace steelyard::stats {

namespace {

/// Longest escaped forms. Their sum, eight attempts, names and numbers stay below kMaxAccessLine (a
/// test holds it).
constexpr std::size_t kTargetCap = 4096;
constexpr std::size_t kHostCap = 256;
constexpr std::size_t kNameCap = 128;
constexpr std::size_t kWordCap = 48;
constexpr std::size_t kMaxAttempts = 8;

/// Bytes of the valid UTF-8 sequence at the start of `text` (RFC 3629 4), 0 when there is none.
std::size_t utf8Length(std::string_view text) noexcept
{
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tail = [&at](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
    const unsigned lead = at(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return tail(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const bool overlong = lead == 0xe0 && at(1) < 0xa0;
        const bool surrogate = lead == 0xed && at(1) > 0x9f;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const bool overlong = lead == 0xf0 && at(1) < 0x90;
        const bool beyond = lead == 0xf4 && at(1) > 0x8f;
        return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

/// Stands in JSON as it is, and alone.
bool isPlain(char c) noexcept
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

class Line
{
public:
    explicit Line(std::string& out)
        : m_out(out)
    {
    }

    /// Starts a member; members are separated by themselves.
    void key(std::string_view name)
    {
        if (m_out.back() != '{')
            m_out += ',';
        m_out.append("\"").append(name).append("\":");
    }

    void text(std::string_view name, std::string_view value, std::size_t cap)
    {
        key(name);
        m_out += '"';
        escape(value, cap);
        m_out += '"';
    }

    void textUnlessEmpty(std::string_view name, std::string_view value, std::size_t cap)
    {
        if (!value.empty())
            text(name, value, cap);
    }

    template <typename Number>
    void number(std::string_view name, Number value)
    {
        key(name);
        char digits[24];
        m_out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }

    void micros(std::string_view name, std::int64_t value)
    {
        if (value >= 0)
            number(name, value);
    }

private:
    void escape(std::string_view value, std::size_t cap)
    {
        // Nearly all values; octet by octet these cost more than all else in the line.
        if (value.size() <= cap && std::all_of(value.begin(), value.end(), isPlain)) {
            m_out.append(value);
            return;
        }
        constexpr std::string_view kMore = "...";
        const std::size_t start = m_out.size();
        std::size_t mark = start; // where to cut if it gets too long: leaves room for kMore
        while (!value.empty()) {
            const std::size_t length = utf8Length(value);
            const auto byte = static_cast<unsigned char>(value.front());
            if (length == 0 || byte < 0x20 || byte == 0x7f)
                appendUnicode(byte);
            else if (byte == '"' || byte == '\\')
                (m_out += '\\') += value.front();
            else
                m_out.append(value.substr(0, length));
            if (m_out.size() - start > cap) {
                m_out.resize(mark);
                m_out.append(kMore);
                return;
            }
            if (m_out.size() - start <= cap - kMore.size())
                mark = m_out.size();
            value.remove_prefix(std::max<std::size_t>(length, 1));
        }
    }

    void appendUnicode(unsigned char byte)
    {
        constexpr char kDigits[] = "0123456789abcdef";
        const char text[] = {'\\', 'u', '0', '0', kDigits[byte >> 4U], kDigits[byte & 15U]};
        m_out.append(text, sizeof text);
    }

    std::string& m_out;
};

/// "2026-05-01T12:00:00.123Z".
void appendTime(std::int64_t wallMs, std::string& out)
{
    using namespace std::chrono;
    const sys_time<milliseconds> time{milliseconds(wallMs)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto put = [&out](std::int64_t value, int digits) {
        char text[20];
        for (int i = digits - 1; i >= 0; --i, value /= 10)
            text[i] = static_cast<char>('0' + value % 10);
        out.append(text, static_cast<std::size_t>(digits));
    };
    const std::int64_t ms = (time - day).count();
    put(int{date.year()}, 4);
    out += '-';
    put(unsigned{date.month()}, 2);
    out += '-';
    put(unsigned{date.day()}, 2);
    out += 'T';
    put(ms / 3600000, 2);
    out += ':';
    put(ms / 60000 % 60, 2);
    out += ':';
    put(ms / 1000 % 60, 2);
    out += '.';
    put(ms % 1000, 3);
    out += 'Z';
}

void appendAttempts(std::span<const AccessAttempt> attempts, Line& line, std::string& out)
{
    line.key("attempts");
    out += '[';
    for (const AccessAttempt& attempt : attempts.first(std::min(attempts.size(), kMaxAttempts))) {
        if (out.back() != '[')
            out += ',';
        out += '{';
        line.text("server", attempt.server, kNameCap);
        line.text("result", attempt.result, kWordCap);
        line.micros("connect_us", attempt.connectMicros);
        line.micros("first_byte_us", attempt.firstByteMicros);
        out += '}';
    }
    out += ']';
}

void appendPhases(const AccessPhases& phases, Line& line, std::string& out)
{
    line.key("phases_us");
    out += '{';
    line.micros("queue", phases.queue);
    line.micros("connect", phases.connect);
    line.micros("first_byte", phases.firstByte);
    line.micros("body", phases.body);
    line.micros("total", phases.total);
    line.micros("own", phases.own);
    out += '}';
}

} // namespace

void appendJson(const AccessRecord& record, std::string& out)
{
    Line line(out);
    out += "{\"time\":\"";
    appendTime(record.wallMs, out);
    out += '"';
    line.text("listener", record.listener, kNameCap);
    line.text("client", record.client, kWordCap);
    line.text("method", record.method, kWordCap);
    line.text("host", record.host, kHostCap);
    line.text("target", record.target, kTargetCap);
    line.text("http", record.httpVersion, kWordCap);
    line.number("status", record.status);
    line.textUnlessEmpty("reason", record.reason, kWordCap);
    line.textUnlessEmpty("detail", record.detail, kWordCap);
    line.number("bytes_in", record.bytesIn);
    line.number("bytes_out", record.bytesOut);
    line.textUnlessEmpty("route", record.route, kNameCap);
    line.textUnlessEmpty("pool", record.pool, kNameCap);
    appendAttempts(record.attempts, line, out);
    appendPhases(record.phases, line, out);
    line.textUnlessEmpty("request_id", record.requestId, kNameCap);
    out += "}\n";
}

} // namespace steelyard::stats
