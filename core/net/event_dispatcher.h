/// Qt's event dispatcher on epoll: QSocketNotifier, QTimer, posted events and queued calls, and
/// beside them the data path's own watchers, called directly without a QObject, on one loop.
/// Install it with QThread::setEventDispatcher() before start(). Cost per turn does not depend on
/// the number of idle descriptors. Thread: each instance belongs to its thread; wakeUp() and
/// interrupt() from any.
#pragma once

#include "base/clock.h"
#include "net/timer_wheel.h"

#include <QAbstractEventDispatcher>

#include <cstdint>
#include <memory>

namespace steelyard::net {

/// Called directly by the loop. May watch, unwatch and destroy anything, itself too.
class SocketWatcher
{
public:
    /// `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as they came.
    virtual void socketReady(std::uint32_t events) = 0;

protected:
    ~SocketWatcher() = default;
};

/// Something to do once at the end of this turn, before the loop waits. Destroying it cancels it.
class Deferred
{
public:
    using Callback = void (*)(void* owner);

    Deferred(Callback callback, void* owner) noexcept
        : m_callback(callback)
        , m_owner(owner)
    {
    }

    ~Deferred() { cancel(); }

    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;
    void cancel() noexcept;

    [[nodiscard]] bool pending() const noexcept { return m_link != nullptr; }

private:
    friend class EventDispatcher;
    Callback m_callback;
    void* m_owner;
    Deferred* m_next = nullptr;  ///< circular, through a head of the dispatcher's
    Deferred** m_link = nullptr; ///< what points to this entry; null: not asked for
};

/// Names a registration. A stale one (its descriptor closed, its slot re-used) is harmless: the
/// generation differs.
struct WatchId
{
    std::uint32_t slot = 0;
    std::uint32_t generation = 0; ///< 0: none
};

class EventDispatcher final : public QAbstractEventDispatcher
{
    Q_OBJECT

public:
    explicit EventDispatcher(QObject* parent = nullptr);
    ~EventDispatcher() override;

    /// The calling thread's, or null when it runs another kind.
    [[nodiscard]] static EventDispatcher* current() noexcept;

    /// Registers `fd` once for its life; `events` as for epoll (EPOLLIN | EPOLLOUT | EPOLLRDHUP |
    /// EPOLLET, ...). generation 0 in the answer: epoll refused (errno tells).
    [[nodiscard]] WatchId watch(int fd, std::uint32_t events, SocketWatcher& watcher);
    void modify(WatchId id, std::uint32_t events);
    /// Ends it; events of this turn not yet delivered are dropped. Call it before closing the
    /// descriptor; `closing` = true spares the system call because close() follows at once and no
    /// dup of the descriptor exists.
    void unwatch(WatchId id, bool closing = true);
    /// Is this registration still in force? For a watcher that may have been destroyed by what it
    /// called.
    [[nodiscard]] bool watching(WatchId id) const noexcept;

    [[nodiscard]] TimerWheel& wheel() noexcept;

    /// Time of this turn: taken after waiting, so that a turn costs one clock reading. Refreshed by
    /// refreshNow().
    [[nodiscard]] TimePoint now() const noexcept { return m_now; }

    TimePoint refreshNow() noexcept { return m_now = Clock::now(); }

    /// Runs `deferred` before the loop waits next (once, however often it was asked). One asked for
    /// while deferred ones are run runs in the next turn, which does not wait: sockets come first
    /// in between.
    void defer(Deferred& deferred) noexcept;

    // QAbstractEventDispatcher
    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier* notifier) override;
    void unregisterSocketNotifier(QSocketNotifier* notifier) override;
    void registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                       QObject* object) override;
    bool unregisterTimer(int timerId) override;
    bool unregisterTimers(QObject* object) override;
    QList<TimerInfo> registeredTimers(QObject* object) const override;
    int remainingTime(int timerId) override;
    void wakeUp() override;
    void interrupt() override;
    void startingUp() override;
    void closingDown() override;

private:
    /// Waits and collects a batch; true when wakeUp() was called.
    bool waitForEvents(bool mayWait, bool withTimers, bool withNotifiers);
    [[nodiscard]] int timeoutMilliseconds(bool withTimers) const; ///< -1: nothing is due ever

    struct Private;
    std::unique_ptr<Private> m_private; // Qt's timers and notifiers, epoll, slots
    TimePoint m_now;
};

} // namespace steelyard::net
