#include "lab/demo_backend.h"

#include "lab/demo_connection.h"
#include "net/transport.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::lab {

namespace {

constexpr auto kLoopback = "127.0.0.1";
constexpr int kAgainMs = 100;
constexpr int kAcceptBudget = 64;

/// Bound but not listening: connects are refused, and nobody else gets the port. -1 when it cannot
/// be had.
int holdPort(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const int on = 1;
    const net::SocketAddress address = net::SocketAddress::fromNumeric(kLoopback, port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0)
        return fd;
    ::close(fd);
    return -1;
}

} // namespace

DemoBackend::DemoBackend(std::string name, const Conduct& conduct, std::uint64_t seed)
    : m_name(std::move(name))
    , m_conduct(conduct)
    , m_random(seed)
{
}

DemoBackend::~DemoBackend()
{
    closeDoor();
    if (m_placeholderFd >= 0)
        ::close(m_placeholderFd);
}

Result<> DemoBackend::listen(std::uint16_t port)
{
    auto bound = net::ListeningSocket::bind(kLoopback, port, false);
    if (!bound)
        return bound.error();
    m_port = bound.value().address().port();
    m_listening = std::move(bound.value());
    if (m_conduct.refusing) {
        closeDoor();
        m_placeholderFd = holdPort(m_port);
    } else {
        openDoor();
    }
    return {};
}

void DemoBackend::setConduct(const Conduct& conduct)
{
    const bool wasRefusing = std::exchange(m_conduct, conduct).refusing;
    if (m_port == 0 || wasRefusing == conduct.refusing)
        return;
    if (conduct.refusing) {
        closeDoor();
        m_placeholderFd = holdPort(m_port);
    } else {
        openDoor();
    }
}

void DemoBackend::openDoor()
{
    m_again.stop();
    if (!m_listening) {
        auto bound = net::ListeningSocket::bind(kLoopback, m_port, false);
        if (!bound) {
            m_again.start(kAgainMs, this);
            return;
        }
        m_listening = std::move(bound.value());
    }
    if (m_placeholderFd >= 0)
        ::close(std::exchange(m_placeholderFd, -1));
    m_listenFd = m_listening->duplicate();
    if (m_listenFd >= 0)
        m_watch = net::EventDispatcher::current()->watch(m_listenFd, EPOLLIN, *this);
    if (m_watch.generation == 0) {
        unwatchListener();
        m_again.start(kAgainMs, this);
    }
}

void DemoBackend::closeDoor()
{
    m_again.stop();
    unwatchListener();
    m_listening.reset();
    for (DemoConnection* connection : std::exchange(m_connections, {}))
        connection->reset();
}

void DemoBackend::unwatchListener()
{
    // Not `closing`: the listening socket has other descriptors, closing one leaves the
    // registration.
    if (m_watch.generation != 0)
        net::EventDispatcher::current()->unwatch(std::exchange(m_watch, {}), false);
    if (m_listenFd >= 0)
        ::close(std::exchange(m_listenFd, -1));
}

void DemoBackend::socketReady(std::uint32_t /*events*/)
{
    takeWaiting();
}

void DemoBackend::timerEvent(QTimerEvent* /*event*/)
{
    m_again.stop();
    if (!m_conduct.refusing && m_listenFd < 0)
        openDoor();
}

void DemoBackend::takeWaiting()
{
    for (int taken = 0; taken < kAcceptBudget; ++taken) {
        const int fd = accept4(m_listenFd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                return;
            // Out of descriptors: the waiting connection would wake the loop for ever, so look away
            // for a moment.
            unwatchListener();
            m_again.start(kAgainMs, this);
            return;
        }
        auto transport = net::adoptTcp(fd);
        if (transport)
            m_connections.insert(new DemoConnection(std::move(transport), *this)); // ends itself
    }
}

DemoBackend::Verdict DemoBackend::judge(bool health)
{
    m_requests.fetch_add(1, std::memory_order_relaxed);
    Verdict verdict;
    verdict.hang = m_conduct.hanging;
    verdict.fail = !health && m_random.unit() < m_conduct.errorShare;
    if (verdict.fail && !verdict.hang)
        m_errors.fetch_add(1, std::memory_order_relaxed);
    double jitter = 0;
    if (m_conduct.jitter.count() > 0) {
        const auto mean = static_cast<double>(m_conduct.jitter.count());
        jitter = std::min(-std::log(1.0 - m_random.unit()) * mean, 10.0 * mean);
    }
    verdict.delay = m_conduct.latency + milliseconds(std::llround(jitter));
    return verdict;
}

void DemoBackend::finished(DemoConnection* connection)
{
    m_connections.erase(connection);
}

} // namespace steelyard::lab
