#include "net/qt_notifiers.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <unistd.h>

namespace steelyard::net {

namespace {

std::uint32_t interestOf(QSocketNotifier::Type type)
{
    switch (type) {
    case QSocketNotifier::Read:
        return EPOLLIN;
    case QSocketNotifier::Write:
        return EPOLLOUT;
    case QSocketNotifier::Exception:
        return EPOLLPRI;
    }
    return 0;
}

} // namespace

QtNotifiers::QtNotifiers(EventDispatcher& dispatcher)
    : m_dispatcher(dispatcher)
    , m_epoll(::epoll_create1(EPOLL_CLOEXEC))
{
    if (m_epoll >= 0)
        m_watch = m_dispatcher.watch(m_epoll, EPOLLIN, *this);
    if (m_watch.generation == 0)
        qFatal("EventDispatcher: cannot create its epoll descriptors");
}

QtNotifiers::~QtNotifiers()
{
    m_dispatcher.unwatch(m_watch);
    ::close(m_epoll);
}

void QtNotifiers::update(int fd, const std::vector<QSocketNotifier*>& notifiers)
{
    epoll_event event{};
    event.data.fd = fd;
    for (const QSocketNotifier* notifier : notifiers)
        event.events |= interestOf(notifier->type());
    if (notifiers.empty()) {
        // Fails when the descriptor was closed first; the kernel has then forgotten it by itself.
        ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, &event);
        return;
    }
    if (::epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        return;
    // Not known yet, or the number was closed and stands for another file now.
    if (errno == ENOENT && ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return;
    if (errno != EBADF)
        qWarning("EventDispatcher: descriptor %d cannot be watched (errno %d)", fd, errno);
}

void QtNotifiers::add(QSocketNotifier* notifier)
{
    const int fd = static_cast<int>(notifier->socket());
    std::vector<QSocketNotifier*>& notifiers = m_byFd[fd];
    if (std::find(notifiers.begin(), notifiers.end(), notifier) == notifiers.end())
        notifiers.push_back(notifier);
    update(fd, notifiers);
}

void QtNotifiers::remove(QSocketNotifier* notifier)
{
    std::erase(m_pending, notifier);
    const auto found = m_byFd.find(static_cast<int>(notifier->socket()));
    if (found == m_byFd.end() || std::erase(found->second, notifier) == 0)
        return;
    update(found->first, found->second);
    if (found->second.empty())
        m_byFd.erase(found);
}

void QtNotifiers::include(bool included)
{
    if (m_included == included)
        return;
    m_included = included;
    m_dispatcher.modify(m_watch, included ? std::uint32_t{EPOLLIN} : 0U);
}

void QtNotifiers::collect(int fd, std::uint32_t events)
{
    const auto found = m_byFd.find(fd);
    if (found == m_byFd.end())
        return;
    for (QSocketNotifier* notifier : found->second) {
        const bool concerned = (events & (interestOf(notifier->type()) | EPOLLERR | EPOLLHUP)) != 0;
        const bool listed =
            std::find(m_pending.begin(), m_pending.end(), notifier) != m_pending.end();
        if (concerned && !listed)
            m_pending.push_back(notifier);
    }
}

void QtNotifiers::socketReady(std::uint32_t)
{
    if (!m_included)
        return; // level-triggered: told again
    std::array<epoll_event, 64> ready;
    const int count = ::epoll_wait(m_epoll, ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[static_cast<std::size_t>(i)];
        collect(event.data.fd, event.events);
    }
    activate();
}

int QtNotifiers::activate()
{
    int activated = 0;
    // A nested loop may take from the list too, and handlers take notifiers out that they disable
    // or destroy.
    while (!m_pending.empty()) {
        QSocketNotifier* notifier = m_pending.front();
        m_pending.pop_front();
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &event);
        ++activated;
    }
    return activated;
}

} // namespace steelyard::net
