/// The last thousand events, in order, and their numbers.
/// Thread: control.
#pragma once

#include "stats/snapshot.h"

#include <QList>

#include <deque>

namespace steelyard::engine {

class EventLog
{
public:
    static constexpr std::size_t kKept = 1000;

    static constexpr std::size_t kLongestText = 2048;

    /// Stamps and keeps an event; returns it. Control characters of the text, which may quote what
    /// a peer sent, become \\xNN, so that a line of a log stays one; what is longer is cut.
    const stats::Event& add(stats::Level level, std::string source, const std::string& text);
    /// Those after `sequence`, oldest first.
    [[nodiscard]] QList<stats::Event> since(quint64 sequence) const;

private:
    std::deque<stats::Event> m_events;
    quint64 m_sequence = 0;
};

} // namespace steelyard::engine
