#include "net/listener.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace steelyard::net {

namespace {

constexpr int kBacklog = 4096; ///< the kernel lowers it to net.core.somaxconn

std::string hintFor(int error, std::uint16_t port)
{
    switch (error) {
    case EADDRINUSE:
        return "another program listens there: find it with ss -ltnp 'sport = :" +
               std::to_string(port) + "', or choose another port";
    case EACCES:
        return "ports below 1024 need CAP_NET_BIND_SERVICE or root";
    case EADDRNOTAVAIL:
        return "this machine does not have that address";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files (ulimit -n)";
    default:
        return {};
    }
}

} // namespace

Result<ListeningSocket> ListeningSocket::bind(const std::string& host, std::uint16_t port,
                                              bool reusePort)
{
    const bool bracketed = host.find(':') != std::string::npos;
    const std::string shown = (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
    const auto refused = [&](int error) {
        return Error{ErrorCode::Io,
                     "cannot bind " + shown + ": " + std::generic_category().message(error),
                     hintFor(error, port)};
    };
    const SocketAddress address = SocketAddress::fromNumeric(host, port);
    if (address.size == 0)
        return Error{ErrorCode::InvalidInput, "cannot bind " + shown + ": not a numeric address",
                     "write an address of this machine, or 0.0.0.0 or :: for all"};

    ListeningSocket socket(::socket(address.storage.ss_family,
                                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (socket.m_fd < 0)
        return refused(errno);
    const int on = 1;
    // Lets a restarted engine bind while old connections linger; two listeners still exclude each
    // other.
    ::setsockopt(socket.m_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reusePort)
        ::setsockopt(socket.m_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // Accepted sockets inherit it, which spares a system call for each.
    ::setsockopt(socket.m_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // So that 0.0.0.0 and :: can both be bound to one port.
    if (address.storage.ss_family == AF_INET6)
        ::setsockopt(socket.m_fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::bind(socket.m_fd, raw, address.size) != 0 || ::listen(socket.m_fd, kBacklog) != 0)
        return refused(errno);
    return socket;
}

Result<ListeningSocket> ListeningSocket::adopt(int fd)
{
    ListeningSocket socket(fd);
    int listening = 0;
    socklen_t size = sizeof listening;
    const int family = socket.address().storage.ss_family;
    const int flags = ::fcntl(fd, F_GETFL);
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0 ||
        (family != AF_INET && family != AF_INET6) || flags < 0)
        return Error{
            ErrorCode::InvalidInput, "what was handed over is no listening TCP socket", {}};
    (void)::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)::listen(fd, kBacklog); // its maker may have wanted a shorter queue
    return socket;
}

ListeningSocket::~ListeningSocket()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1))
{
}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept
{
    std::swap(m_fd, other.m_fd);
    return *this;
}

SocketAddress ListeningSocket::address() const
{
    SocketAddress address;
    address.size = sizeof address.storage;
    auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
    if (::getsockname(m_fd, raw, &address.size) != 0)
        return {};
    return address;
}

int ListeningSocket::duplicate() const
{
    return ::fcntl(m_fd, F_DUPFD_CLOEXEC, 0);
}

} // namespace steelyard::net
