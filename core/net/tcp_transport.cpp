#include "net/tcp_transport.h"

#include "net/socket_calls.h"

#include <algorithm>
#include <cerrno>

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace steelyard::net {

TcpTransport::TcpTransport(EventDispatcher& dispatcher, int fd, bool connecting)
    : m_dispatcher(dispatcher)
    , m_resume(&TcpTransport::announceReadable, this)
    , m_watch(dispatcher.watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this))
    , m_fd(fd)
    , m_connecting(connecting)
    , m_writable(!connecting)
{
}

TcpTransport::~TcpTransport()
{
    m_dispatcher.unwatch(m_watch);
    ::close(m_fd);
}

void TcpTransport::connectFinished(std::uint32_t events)
{
    m_connecting = false;
    if ((events & (EPOLLERR | EPOLLHUP)) == 0)
        return;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(m_fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (m_error == 0)
        m_error = error;
}

void TcpTransport::socketReady(std::uint32_t events)
{
    constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
    if (m_connecting)
        connectFinished(events);
    if ((events & (EPOLLRDHUP | kBroken)) != 0)
        m_peerClosed = true;
    const bool nowReadable = !m_readable && (events & (EPOLLIN | EPOLLRDHUP | kBroken)) != 0;
    // A failed connect is told by reading alone.
    const bool nowWritable = !m_writable && m_error == 0 && (events & (EPOLLOUT | kBroken)) != 0;
    m_readable = m_readable || nowReadable;
    m_writable = m_writable || nowWritable;

    // The first call may destroy this.
    EventDispatcher& dispatcher = m_dispatcher;
    const WatchId watch = m_watch;
    if (nowWritable && m_handler != nullptr)
        m_handler->transportWritable();
    if (!nowReadable || !dispatcher.watching(watch))
        return;
    // The first call may also have read it all.
    if (m_readable && m_handler != nullptr)
        m_handler->transportReadable();
}

void TcpTransport::announceReadable(void* self)
{
    TransportHandler* handler = static_cast<TcpTransport*>(self)->m_handler;
    if (handler != nullptr)
        handler->transportReadable();
}

IoResult TcpTransport::failed(int error)
{
    m_error = error;
    m_peerClosed = true;
    return {IoResult::Kind::Failed, 0, error};
}

IoResult TcpTransport::read(char* into, std::size_t size)
{
    if (m_error != 0)
        return failed(m_error);
    ssize_t got = 0;
    do {
        got = receive(m_fd, into, size);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        const auto bytes = static_cast<std::size_t>(got);
        // A short read has emptied the socket; more bytes, or the end, make a new edge.
        if (bytes < size && !m_peerClosed)
            m_readable = false;
        return {IoResult::Kind::Bytes, bytes, 0};
    }
    if (got == 0) {
        m_peerClosed = true;
        return {IoResult::Kind::End, 0, 0};
    }
    const bool notConnectedYet = m_connecting && errno == ENOTCONN;
    if (errno != EAGAIN && !notConnectedYet)
        return failed(errno);
    m_readable = false;
    return {IoResult::Kind::WouldBlock, 0, 0};
}

IoResult TcpTransport::write(const iovec* parts, int count)
{
    if (m_error != 0)
        return failed(m_error);
    count = std::min(count, IOV_MAX);
    ssize_t sent = 0;
    do {
        sent = count == 1 ? send(m_fd, *parts) : send(m_fd, parts, count);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        const bool notConnectedYet = m_connecting && errno == ENOTCONN;
        if (errno != EAGAIN && !notConnectedYet)
            return failed(errno);
        m_writable = false;
        return {IoResult::Kind::WouldBlock, 0, 0};
    }
    std::size_t asked = 0;
    for (int i = 0; i < count; ++i)
        asked += parts[i].iov_len;
    const auto bytes = static_cast<std::size_t>(sent);
    if (bytes < asked)
        m_writable = false;
    return {IoResult::Kind::Bytes, bytes, 0};
}

void TcpTransport::shutdownWrite() noexcept
{
    ::shutdown(m_fd, SHUT_WR);
}

void TcpTransport::resetOnClose() noexcept
{
    const linger now{1, 0};
    ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::unique_ptr<Transport> adoptTcp(int fd)
{
    EventDispatcher* dispatcher = EventDispatcher::current();
    if (dispatcher == nullptr) {
        ::close(fd);
        errno = EINVAL;
        return nullptr;
    }
    auto transport = std::make_unique<TcpTransport>(*dispatcher, fd, false);
    if (!transport->registered()) {
        const int error = errno;
        transport.reset();
        errno = error;
    }
    return transport;
}

std::unique_ptr<Transport> connectTcp(const SocketAddress& to, int& error)
{
    EventDispatcher* dispatcher = EventDispatcher::current();
    error = dispatcher == nullptr ? EINVAL : 0;
    if (error != 0)
        return nullptr;
    const int fd = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error = errno;
        return nullptr;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* address = reinterpret_cast<const sockaddr*>(&to.storage);
    if (::connect(fd, address, to.size) != 0 && errno != EINPROGRESS && errno != EINTR) {
        error = errno;
        ::close(fd);
        return nullptr;
    }
    // Watched only now: epoll reports a socket that has not begun to connect as hung up.
    auto transport = std::make_unique<TcpTransport>(*dispatcher, fd, true);
    if (transport->registered())
        return transport;
    error = errno;
    return nullptr;
}

} // namespace steelyard::net
