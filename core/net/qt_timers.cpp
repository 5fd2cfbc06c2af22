#include "net/qt_timers.h"

#include <QCoreApplication>
#include <QTimerEvent>

#include <algorithm>
#include <limits>

namespace steelyard::net {

void QtTimers::insert(Entry* entry)
{
    entry->order = ++m_inserted;
    const auto at =
        std::upper_bound(m_byDue.begin(), m_byDue.end(), entry,
                         [](const Entry* a, const Entry* b) { return a->due < b->due; });
    m_byDue.insert(at, entry);
}

void QtTimers::takeOut(const Entry* entry)
{
    const auto before = [](const Entry* a, const Entry* b) {
        return a->due != b->due ? a->due < b->due : a->order < b->order;
    };
    m_byDue.erase(std::lower_bound(m_byDue.begin(), m_byDue.end(), entry, before));
}

void QtTimers::add(int id, qint64 interval, Qt::TimerType type, QObject* object, TimePoint now)
{
    remove(id);
    const milliseconds every(interval);
    // An interval beyond the clock's range never comes.
    const bool far = every >= std::chrono::duration_cast<milliseconds>(TimePoint::max() - now);
    auto entry = std::make_unique<Entry>(
        Entry{id, type, every, object, far ? TimePoint::max() : now + every});
    insert(entry.get());
    m_byId.emplace(id, std::move(entry));
}

bool QtTimers::remove(int id)
{
    const auto found = m_byId.find(id);
    if (found == m_byId.end())
        return false;
    if (found->second->running != nullptr)
        *found->second->running = nullptr;
    takeOut(found->second.get());
    m_byId.erase(found);
    return true;
}

bool QtTimers::removeAllOf(QObject* object)
{
    std::vector<int> ids;
    for (const Entry* entry : m_byDue)
        if (entry->object == object)
            ids.push_back(entry->id);
    for (const int id : ids)
        remove(id);
    return !ids.empty();
}

QList<QAbstractEventDispatcher::TimerInfo> QtTimers::of(QObject* object) const
{
    QList<QAbstractEventDispatcher::TimerInfo> list;
    for (const Entry* entry : m_byDue)
        if (entry->object == object)
            list.append({entry->id, static_cast<int>(entry->interval.count()), entry->type});
    return list;
}

int QtTimers::remaining(int id, TimePoint now) const
{
    const auto found = m_byId.find(id);
    if (found == m_byId.end())
        return -1;
    if (found->second->due <= now)
        return 0;
    const auto left = std::chrono::ceil<milliseconds>(found->second->due - now).count();
    return static_cast<int>(std::min<qint64>(left, std::numeric_limits<int>::max()));
}

TimePoint QtTimers::nextDue() const noexcept
{
    for (const Entry* entry : m_byDue)
        if (entry->running == nullptr)
            return entry->due;
    return TimePoint::max();
}

int QtTimers::fire(TimePoint now)
{
    // What is inserted from here on, a timer's next period too, waits for the next turn: zero
    // timers cannot keep the loop from its sockets.
    const std::uint64_t last = m_inserted;
    int fired = 0;
    while (!m_byDue.empty()) {
        Entry* entry = m_byDue.front();
        if (entry->due > now || entry->order > last)
            break;
        m_byDue.erase(m_byDue.begin());
        entry->due += entry->interval;
        if (entry->due < now)
            entry->due = now + entry->interval;
        insert(entry);
        if (entry->interval > milliseconds::zero())
            ++fired;
        if (entry->running != nullptr)
            continue;
        entry->running = &entry;
        QTimerEvent event(entry->id);
        QCoreApplication::sendEvent(entry->object, &event);
        if (entry != nullptr)
            entry->running = nullptr;
    }
    return fired;
}

} // namespace steelyard::net
