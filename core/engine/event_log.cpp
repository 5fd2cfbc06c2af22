#include "engine/event_log.h"

#include <chrono>

namespace steelyard::engine {

namespace {

std::string plainLine(const std::string& text)
{
    constexpr const char* kHex = "0123456789abcdef";
    std::string line;
    line.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            line.append("\\x").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
        else
            line += c;
        if (line.size() > EventLog::kLongestText) {
            // Not within a character (RFC 3629: continuation bytes are 10xxxxxx).
            std::size_t end = EventLog::kLongestText - 3;
            while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U)
                --end;
            return line.substr(0, end) + "...";
        }
    }
    return line;
}

} // namespace

const stats::Event& EventLog::add(stats::Level level, std::string source, const std::string& text)
{
    const auto wall = std::chrono::system_clock::now().time_since_epoch(); // for display
    m_events.push_back({++m_sequence,
                        std::chrono::duration_cast<std::chrono::milliseconds>(wall).count(), level,
                        std::move(source), plainLine(text)});
    if (m_events.size() > kKept)
        m_events.pop_front();
    return m_events.back();
}

QList<stats::Event> EventLog::since(quint64 sequence) const
{
    QList<stats::Event> found;
    for (const stats::Event& event : m_events) {
        if (event.sequence > sequence)
            found.append(event);
    }
    return found;
}

} // namespace steelyard::engine
