/// The QSocketNotifiers of one event dispatcher, level-triggered, on an epoll of their own that the
/// loop's epoll watches as one descriptor. So QEventLoop::ExcludeSocketNotifiers is one change of
/// that registration: nothing spins, nothing is lost, and the data path's watchers go on. Thread:
/// the dispatcher's.
#pragma once

#include "net/event_dispatcher.h"

#include <QSocketNotifier>

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace steelyard::net {

class QtNotifiers final : private SocketWatcher
{
public:
    explicit QtNotifiers(EventDispatcher& dispatcher);
    ~QtNotifiers();
    QtNotifiers(const QtNotifiers&) = delete;
    QtNotifiers& operator=(const QtNotifiers&) = delete;

    void add(QSocketNotifier* notifier);
    void remove(QSocketNotifier* notifier);
    /// Are notifiers served in this turn?
    void include(bool included);

    /// Ready ones that an outer turn has not come to yet.
    [[nodiscard]] bool pending() const noexcept { return !m_pending.empty(); }

    /// Activates the pending ones; answers how many.
    int activate();

private:
    void socketReady(std::uint32_t events) override;
    void collect(int fd, std::uint32_t events);
    void update(int fd, const std::vector<QSocketNotifier*>& notifiers);

    EventDispatcher& m_dispatcher;
    int m_epoll;
    WatchId m_watch;
    bool m_included = true;
    std::unordered_map<int, std::vector<QSocketNotifier*>> m_byFd;
    std::deque<QSocketNotifier*> m_pending;
};

} // namespace steelyard::net
