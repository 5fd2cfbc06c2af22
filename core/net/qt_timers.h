/// The QTimers and startTimer() timers of one event dispatcher, ordered by due time. All types are
/// served as precise ones: the slack of coarse timers only permits fewer wake-ups, and the data
/// path's many deadlines live on the timer wheel. Thread: the dispatcher's.
#pragma once

#include "base/clock.h"

#include <QAbstractEventDispatcher>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace steelyard::net {

class QtTimers
{
public:
    void add(int id, qint64 interval, Qt::TimerType type, QObject* object, TimePoint now);
    bool remove(int id);
    bool removeAllOf(QObject* object);
    [[nodiscard]] QList<QAbstractEventDispatcher::TimerInfo> of(QObject* object) const;
    /// Milliseconds, rounded up; 0 when overdue, -1 when there is no such timer.
    [[nodiscard]] int remaining(int id, TimePoint now) const;
    /// TimePoint::max() when none waits. Timers whose handler is running do not count: they cannot
    /// fire again before it returns, and a nested loop must not spin on them.
    [[nodiscard]] TimePoint nextDue() const noexcept;
    /// Sends a QTimerEvent for each timer due, once, in order. Answers how many had an interval
    /// above zero.
    int fire(TimePoint now);

private:
    struct Entry
    {
        int id;
        Qt::TimerType type;
        milliseconds interval;
        QObject* object;
        TimePoint due;
        std::uint64_t order = 0;   ///< of insertion: first come, first served among equals
        Entry** running = nullptr; ///< the firing frame's pointer, nulled when the entry goes
    };

    void insert(Entry* entry);
    void takeOut(const Entry* entry);

    std::unordered_map<int, std::unique_ptr<Entry>> m_byId;
    std::vector<Entry*> m_byDue;
    std::uint64_t m_inserted = 0;
};

} // namespace steelyard::net
