/// Hand-written JSON: the line is written for every request, so it goes into a kept buffer whose
/// size nothing can exceed, unchecked. Thread: any.
#include "stats/access_record.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

namespace steelyard::stats {

namespace {

/// Longest escaped forms.
constexpr std::size_t kTargetCap = 4096;
constexpr std::size_t kHostCap = 256;
constexpr std::size_t kNameCap = 128;
constexpr std::size_t kWordCap = 48;
constexpr std::size_t kMaxAttempts = 8;
constexpr std::size_t kKeys = 320; ///< of the line: names, quotes, brackets; generous
constexpr std::size_t kAttemptKeys = 64;
constexpr std::size_t kDigits = 20;
/// Texts are copied in eights, and cut after a character that was too much.
constexpr std::size_t kOvershoot = 8;
static_assert(kKeys + kTargetCap + kHostCap + 4 * kNameCap + 5 * kWordCap + 9 * kDigits +
                      kMaxAttempts * (kAttemptKeys + kNameCap + kWordCap + 2 * kDigits) +
                      kOvershoot <=
                  kMaxAccessLine,
              "the longest line fits");

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

/// Copies `from` to `to` as long as its octets stand in JSON as they are, and alone: ASCII but for
/// control characters, quote and backslash. Returns whether that was all. Eight octets a step; `to`
/// must have room for seven more than `from` has.
bool copyPlain(std::string_view from, char* to) noexcept
{
    constexpr std::uint64_t kOnes = ~0ULL / 255;
    constexpr std::uint64_t kTops = kOnes * 0x80;
    const auto zeroes = [](std::uint64_t word) { return (word - kOnes) & ~word; };
    std::uint64_t odd = 0;
    std::size_t i = 0;
    const auto step = [&](std::uint64_t word) {
        std::memcpy(to + i, &word, sizeof word);
        odd |= word | (word + kOnes) | // above 0x7e
               (word - kOnes * 0x20) | // below 0x20
               zeroes(word ^ (kOnes * '"')) | zeroes(word ^ (kOnes * '\\'));
    };
    for (; i + sizeof(std::uint64_t) <= from.size(); i += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, from.data() + i, sizeof word);
        step(word);
    }
    if (i < from.size()) {
        std::uint64_t word = kOnes * 'x';
        std::memcpy(&word, from.data() + i, from.size() - i);
        step(word);
    }
    return (odd & kTops) == 0;
}

/// The line as far as it is written.
class Line
{
public:
    explicit Line(char* start)
        : m_start(start)
        , m_end(start)
    {
    }

    template <std::size_t size>
    void put(const char (&literal)[size]) // NOLINT(modernize-avoid-c-arrays): its size is the point
    {
        std::memcpy(m_end, literal, size - 1);
        m_end += size - 1;
    }

    void put(const char* bytes, std::size_t count)
    {
        std::memcpy(m_end, bytes, count);
        m_end += count;
    }

    /// `key` with what stands before the value: `,"status":`
    template <std::size_t size>
    void text(const char (&key)[size], std::string_view value, std::size_t cap) // NOLINT: as above
    {
        put(key);
        *m_end++ = '"';
        escape(value, cap);
        *m_end++ = '"';
    }

    template <std::size_t size>
    void textUnlessEmpty(const char (&key)[size], std::string_view value, // NOLINT: as above
                         std::size_t cap)
    {
        if (!value.empty())
            text(key, value, cap);
    }

    template <std::size_t size, typename Number>
    void number(const char (&key)[size], Number value) // NOLINT: as above
    {
        put(key);
        m_end = std::to_chars(m_end, m_end + kDigits, value).ptr;
    }

    template <std::size_t size>
    void micros(const char (&key)[size], std::int64_t value) // NOLINT: as above
    {
        if (value >= 0)
            number(key, value);
    }

    [[nodiscard]] std::string_view written() const
    {
        return {m_start, static_cast<std::size_t>(m_end - m_start)};
    }

private:
    void escape(std::string_view value, std::size_t cap)
    {
        // Nearly all values; octet by octet these cost more than all else in the line.
        if (value.size() <= cap && copyPlain(value, m_end)) {
            m_end += value.size();
            return;
        }
        constexpr std::string_view kMore = "...";
        const char* const start = m_end;
        const auto length = [&] { return static_cast<std::size_t>(m_end - start); };
        char* mark = m_end; // where to cut if it gets too long: leaves room for kMore
        while (!value.empty()) {
            const std::size_t octets = utf8Length(value);
            const auto byte = static_cast<unsigned char>(value.front());
            if (octets == 0 || byte < 0x20 || byte == 0x7f) {
                putUnicode(byte);
            } else {
                if (byte == '"' || byte == '\\')
                    *m_end++ = '\\';
                put(value.data(), octets);
            }
            if (length() > cap) {
                m_end = mark;
                put(kMore.data(), kMore.size());
                return;
            }
            if (length() <= cap - kMore.size())
                mark = m_end;
            value.remove_prefix(std::max<std::size_t>(octets, 1));
        }
    }

    void putUnicode(unsigned char byte)
    {
        constexpr char kHex[] = "0123456789abcdef";
        const char text[] = {'\\', 'u', '0', '0', kHex[byte >> 4U], kHex[byte & 15U]};
        put(text, sizeof text);
    }

    char* m_start;
    char* m_end;
};

void putDigits(std::int64_t value, int digits, char* to) noexcept
{
    for (int i = digits - 1; i >= 0; --i, value /= 10)
        to[i] = static_cast<char>('0' + value % 10);
}

void putAttempts(std::span<const AccessAttempt> attempts, Line& line) noexcept
{
    line.put(",\"attempts\":[");
    bool first = true;
    for (const AccessAttempt& attempt : attempts.first(std::min(attempts.size(), kMaxAttempts))) {
        if (first)
            line.text("{\"server\":", attempt.server, kNameCap);
        else
            line.text(",{\"server\":", attempt.server, kNameCap);
        first = false;
        line.text(",\"result\":", attempt.result, kWordCap);
        line.micros(",\"connect_us\":", attempt.connectMicros);
        line.micros(",\"first_byte_us\":", attempt.firstByteMicros);
        line.put("}");
    }
    line.put("]");
}

void putPhases(const AccessPhases& phases, Line& line) noexcept
{
    line.number(",\"phases_us\":{\"total\":", phases.total);
    line.micros(",\"queue\":", phases.queue);
    line.micros(",\"connect\":", phases.connect);
    line.micros(",\"first_byte\":", phases.firstByte);
    line.micros(",\"body\":", phases.body);
    line.micros(",\"own\":", phases.own);
    line.put("}");
}

} // namespace

void AccessLine::setSecond(std::int64_t second) noexcept
{
    using namespace std::chrono;
    const sys_seconds time{seconds(second)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const std::int64_t s = (time - day).count();
    constexpr std::string_view kForm = "0000-00-00T00:00:00.";
    static_assert(kForm.size() == kTimeBytes);
    std::copy(kForm.begin(), kForm.end(), m_time.begin());
    putDigits(int{date.year()}, 4, m_time.data());
    putDigits(unsigned{date.month()}, 2, m_time.data() + 5);
    putDigits(unsigned{date.day()}, 2, m_time.data() + 8);
    putDigits(s / 3600, 2, m_time.data() + 11);
    putDigits(s / 60 % 60, 2, m_time.data() + 14);
    putDigits(s % 60, 2, m_time.data() + 17);
    m_second = second;
}

std::string_view AccessLine::write(const AccessRecord& record) noexcept
{
    using namespace std::chrono;
    const milliseconds time(record.wallMs);
    const auto second = floor<seconds>(time);
    if (second.count() != m_second)
        setSecond(second.count());
    Line line(m_line.data());
    line.put("{\"time\":\"");
    line.put(m_time.data(), m_time.size());
    char thousandths[3];
    putDigits((time - second).count(), 3, thousandths);
    line.put(thousandths, sizeof thousandths);
    line.put("Z\"");
    line.text(",\"listener\":", record.listener, kNameCap);
    line.text(",\"client\":", record.client, kWordCap);
    line.text(",\"method\":", record.method, kWordCap);
    line.text(",\"host\":", record.host, kHostCap);
    line.text(",\"target\":", record.target, kTargetCap);
    line.text(",\"http\":", record.httpVersion, kWordCap);
    line.number(",\"status\":", record.status);
    line.textUnlessEmpty(",\"reason\":", record.reason, kWordCap);
    line.textUnlessEmpty(",\"detail\":", record.detail, kWordCap);
    line.number(",\"bytes_in\":", record.bytesIn);
    line.number(",\"bytes_out\":", record.bytesOut);
    line.textUnlessEmpty(",\"route\":", record.route, kNameCap);
    line.textUnlessEmpty(",\"pool\":", record.pool, kNameCap);
    putAttempts(record.attempts, line);
    putPhases(record.phases, line);
    line.textUnlessEmpty(",\"request_id\":", record.requestId, kNameCap);
    line.put("}\n");
    return line.written();
}

} // namespace steelyard::stats
