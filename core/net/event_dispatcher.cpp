#include "net/event_dispatcher.h"

#include "net/qt_notifiers.h"
#include "net/qt_timers.h"

#include <QCoreApplication>
#include <QThread>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace steelyard::net {

namespace {

constexpr int kBatch = 64;
/// The wake-up descriptor's epoll_data: generation 0, so that it never names a slot.
constexpr std::uint64_t kWakeData = 0;

/// Who has to write to the wake-up descriptor: only somebody who finds the loop Sleeping. One that
/// is busy looks at this word before it sleeps.
enum Wake : int
{
    Awake,
    Sleeping,
    Woken
};

struct Slot
{
    SocketWatcher* watcher = nullptr; ///< null: free
    int fd = -1;
    std::uint32_t generation = 1;
};

std::uint64_t dataOf(WatchId id)
{
    return (static_cast<std::uint64_t>(id.generation) << 32U) | id.slot;
}

} // namespace

void Deferred::cancel() noexcept
{
    if (m_link == nullptr)
        return;
    *m_link = m_next;
    m_next->m_link = m_link;
    m_next = nullptr;
    m_link = nullptr;
}

struct EventDispatcher::Private
{
    /// A circular list whose head is a Deferred itself, so that an entry leaves without knowing its
    /// list.
    struct DeferredList
    {
        DeferredList()
            : head(nullptr, nullptr)
        {
            head.m_next = &head;
            head.m_link = &head.m_next;
        }

        ~DeferredList()
        {
            while (!empty())
                head.m_next->cancel();
        }

        [[nodiscard]] bool empty() const { return head.m_next == &head; }

        void append(Deferred& deferred)
        {
            deferred.m_next = &head;
            deferred.m_link = head.m_link;
            *head.m_link = &deferred;
            head.m_link = &deferred.m_next;
        }

        Deferred head;
    };

    Private()
        : epoll(::epoll_create1(EPOLL_CLOEXEC))
        , wakeFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , wheel(Clock::now())
    {
        // Edge-triggered: every write is an event, so it is never read.
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u64 = kWakeData;
        if (epoll < 0 || wakeFd < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeFd, &event) != 0)
            qFatal("EventDispatcher: cannot create its epoll descriptors");
    }

    ~Private()
    {
        ::close(wakeFd);
        ::close(epoll);
    }

    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    [[nodiscard]] bool valid(WatchId id) const
    {
        return id.slot < slots.size() && slots[id.slot].generation == id.generation &&
               slots[id.slot].watcher != nullptr;
    }

    void runDeferred()
    {
        // One list for all nested turns: an inner one goes on where the outer stopped.
        while (!asked.empty()) {
            Deferred& first = *asked.head.m_next;
            first.cancel();
            running.append(first);
        }
        while (!running.empty()) {
            Deferred& first = *running.head.m_next;
            first.cancel();
            first.m_callback(first.m_owner);
        }
    }

    /// Calls the watchers of what the last wait brought. A nested turn goes on where the outer
    /// stopped.
    int deliver()
    {
        int delivered = 0;
        while (next < count) {
            // Not copied whole: it is packed, and its parts could not be read from a fresh copy at
            // once.
            const epoll_event& event = batch[static_cast<std::size_t>(next++)];
            const std::uint64_t data = event.data.u64;
            const WatchId id{static_cast<std::uint32_t>(data),
                             static_cast<std::uint32_t>(data >> 32U)};
            if (!valid(id))
                continue;
            slots[id.slot].watcher->socketReady(event.events);
            ++delivered;
        }
        return delivered;
    }

    int epoll;
    int wakeFd;
    std::atomic<int> wake{Awake};
    std::atomic<bool> interrupted{false};
    std::uint64_t turns = 0;

    std::vector<Slot> slots;
    std::vector<std::uint32_t> freeSlots;
    std::array<epoll_event, kBatch> batch;
    int next = 0; ///< of the batch, not delivered yet
    int count = 0;

    DeferredList asked;
    DeferredList running;
    TimerWheel wheel;
    QtTimers timers;
    std::unique_ptr<QtNotifiers> notifiers;
};

EventDispatcher::EventDispatcher(QObject* parent)
    : QAbstractEventDispatcher(parent)
    , m_private(std::make_unique<Private>())
    , m_now(Clock::now())
{
    m_private->notifiers = std::make_unique<QtNotifiers>(*this);
}

EventDispatcher::~EventDispatcher()
{
    m_private->notifiers.reset();
}

EventDispatcher* EventDispatcher::current() noexcept
{
    return qobject_cast<EventDispatcher*>(QAbstractEventDispatcher::instance());
}

WatchId EventDispatcher::watch(int fd, std::uint32_t events, SocketWatcher& watcher)
{
    if (m_private->freeSlots.empty()) {
        m_private->freeSlots.push_back(static_cast<std::uint32_t>(m_private->slots.size()));
        m_private->slots.emplace_back();
    }
    const std::uint32_t slot = m_private->freeSlots.back();
    const WatchId id{slot, m_private->slots[slot].generation};
    epoll_event event{};
    event.events = events;
    event.data.u64 = dataOf(id);
    // EEXIST: unwatched as closing, but the descriptor stayed open.
    const bool accepted =
        ::epoll_ctl(m_private->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ||
        (errno == EEXIST && ::epoll_ctl(m_private->epoll, EPOLL_CTL_MOD, fd, &event) == 0);
    if (!accepted)
        return {};
    m_private->freeSlots.pop_back();
    m_private->slots[slot].watcher = &watcher;
    m_private->slots[slot].fd = fd;
    return id;
}

void EventDispatcher::modify(WatchId id, std::uint32_t events)
{
    if (!m_private->valid(id))
        return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = dataOf(id);
    ::epoll_ctl(m_private->epoll, EPOLL_CTL_MOD, m_private->slots[id.slot].fd, &event);
}

void EventDispatcher::unwatch(WatchId id, bool closing)
{
    if (!m_private->valid(id))
        return;
    Slot& slot = m_private->slots[id.slot];
    if (!closing) {
        epoll_event event{};
        ::epoll_ctl(m_private->epoll, EPOLL_CTL_DEL, slot.fd, &event);
    }
    slot.watcher = nullptr;
    if (++slot.generation == 0)
        slot.generation = 1;
    m_private->freeSlots.push_back(id.slot);
}

bool EventDispatcher::watching(WatchId id) const noexcept
{
    return m_private->valid(id);
}

TimerWheel& EventDispatcher::wheel() noexcept
{
    return m_private->wheel;
}

void EventDispatcher::defer(Deferred& deferred) noexcept
{
    if (!deferred.pending())
        m_private->asked.append(deferred);
}

bool EventDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    const bool withTimers = !flags.testFlag(QEventLoop::X11ExcludeTimers);
    const bool withNotifiers = !flags.testFlag(QEventLoop::ExcludeSocketNotifiers);
    const std::uint64_t turn = ++m_private->turns;

    m_private->interrupted.store(false, std::memory_order_relaxed);
    Q_EMIT awake();
    QCoreApplication::sendPostedEvents();
    m_private->runDeferred();
    bool mayWait = flags.testFlag(QEventLoop::WaitForMoreEvents) &&
                   m_private->wake.load(std::memory_order_acquire) != Woken &&
                   m_private->turns == turn;
    if (mayWait)
        Q_EMIT aboutToBlock();
    if (m_private->interrupted.load(std::memory_order_relaxed))
        return false;
    // A nested turn up to here may have taken the wake-up for an event that is still posted.
    mayWait = mayWait && m_private->turns == turn;

    m_private->notifiers->include(withNotifiers);
    int handled = 0;
    if (m_private->next == m_private->count) {
        handled += waitForEvents(mayWait, withTimers, withNotifiers) ? 1 : 0;
    } else {
        refreshNow();
    }
    handled += m_private->deliver();
    if (withNotifiers)
        handled += m_private->notifiers->activate();
    m_private->wheel.advance(m_now);
    if (withTimers)
        handled += m_private->timers.fire(m_now);
    return handled > 0;
}

int EventDispatcher::timeoutMilliseconds(bool withTimers) const
{
    const TimePoint wheelDue = m_private->wheel.nextDue();
    const TimePoint timerDue = withTimers ? m_private->timers.nextDue() : TimePoint::max();
    const TimePoint due = std::min(wheelDue, timerDue);
    if (due == TimePoint::max())
        return -1;
    // The wheel's slack spares a second clock reading per turn; a QTimer may ask for the
    // millisecond.
    const Duration left = due - (timerDue <= wheelDue ? Clock::now() : m_now);
    if (left <= Duration::zero())
        return 0;
    const auto rounded = std::chrono::ceil<milliseconds>(left).count();
    return static_cast<int>(std::min<std::int64_t>(rounded, std::numeric_limits<int>::max()));
}

bool EventDispatcher::waitForEvents(bool mayWait, bool withTimers, bool withNotifiers)
{
    int timeout = 0;
    if (mayWait && m_private->asked.empty() && !(withNotifiers && m_private->notifiers->pending()))
        timeout = timeoutMilliseconds(withTimers);
    if (timeout != 0) {
        int expected = Awake;
        if (!m_private->wake.compare_exchange_strong(expected, Sleeping, std::memory_order_acq_rel))
            timeout = 0;
    }
    // A signal (EINTR) counts as an early return: the caller's loop comes again.
    m_private->next = 0;
    m_private->count =
        std::max(0, ::epoll_wait(m_private->epoll, m_private->batch.data(), kBatch, timeout));
    refreshNow();
    return m_private->wake.exchange(Awake, std::memory_order_acq_rel) == Woken;
}

void EventDispatcher::wakeUp()
{
    if (m_private->wake.exchange(Woken, std::memory_order_acq_rel) != Sleeping)
        return;
    const std::uint64_t one = 1;
    // Cannot fail short of 2^64 - 2 wake-ups.
    [[maybe_unused]] const ssize_t written = ::write(m_private->wakeFd, &one, sizeof one);
}

void EventDispatcher::interrupt()
{
    m_private->interrupted.store(true, std::memory_order_relaxed);
    wakeUp();
}

void EventDispatcher::registerSocketNotifier(QSocketNotifier* notifier)
{
    if (notifier->thread() != thread() || thread() != QThread::currentThread()) {
        qWarning("QSocketNotifier: socket notifiers cannot be enabled from another thread");
        return;
    }
    m_private->notifiers->add(notifier);
}

void EventDispatcher::unregisterSocketNotifier(QSocketNotifier* notifier)
{
    if (notifier->thread() != thread() || thread() != QThread::currentThread()) {
        qWarning("QSocketNotifier: socket notifiers cannot be disabled from another thread");
        return;
    }
    m_private->notifiers->remove(notifier);
}

void EventDispatcher::registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                                    QObject* object)
{
    if (timerId < 1 || interval < 0 || object == nullptr || thread() != QThread::currentThread()) {
        qWarning("EventDispatcher::registerTimer: invalid arguments or another thread");
        return;
    }
    m_private->timers.add(timerId, interval, timerType, object, Clock::now());
}

bool EventDispatcher::unregisterTimer(int timerId)
{
    return m_private->timers.remove(timerId);
}

bool EventDispatcher::unregisterTimers(QObject* object)
{
    return m_private->timers.removeAllOf(object);
}

QList<QAbstractEventDispatcher::TimerInfo> EventDispatcher::registeredTimers(QObject* object) const
{
    return m_private->timers.of(object);
}

int EventDispatcher::remainingTime(int timerId)
{
    return m_private->timers.remaining(timerId, Clock::now());
}

void EventDispatcher::startingUp()
{
}

// The descriptors stay to the destructor: a late wakeUp() from another thread must stay harmless.
void EventDispatcher::closingDown()
{
}

} // namespace steelyard::net
