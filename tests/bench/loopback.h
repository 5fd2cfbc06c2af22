/// What the bench's own programs share: sockets on the loopback, the clock, and a reader of replies
/// that are framed by Content-Length. Thread: any.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::bench {

/// Nanoseconds of the monotonic clock.
[[nodiscard]] inline std::int64_t nowNs() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// 127.0.0.`last`:`port`.
[[nodiscard]] inline sockaddr_in loopback(std::uint16_t port, std::uint32_t last = 1) noexcept
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(0x7F000000U + last);
    return address;
}

inline void noDelay(int fd) noexcept
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A listening socket, non-blocking; -1: errno tells.
[[nodiscard]] inline int listenOn(std::uint16_t port) noexcept
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const sockaddr_in address = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        listen(fd, 4096) == 0)
        return fd;
    close(fd);
    return -1;
}

/// A connection to 127.0.0.1:`port` from 127.0.0.`source`, begun at least: non-blocking,
/// EINPROGRESS is well. -1: errno tells.
[[nodiscard]] inline int beginConnect(std::uint16_t port, std::uint32_t source = 1) noexcept
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    noDelay(fd);
    // The port is chosen by connect() then, which knows the other end: each pair of addresses has
    // the whole range of its own.
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in from = loopback(0, source);
    const sockaddr_in to = loopback(port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
        (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ||
         errno == EINPROGRESS))
        return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/// As many descriptors as the hard limit allows.
inline void raiseDescriptorLimit() noexcept
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// The value of a field in a head ("...\r\n\r\n"), empty where there is none; `name` in any case.
[[nodiscard]] inline std::string_view fieldOf(std::string_view head, std::string_view name) noexcept
{
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at)) {
        at += 2;
        const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            strncasecmp(line.data(), name.data(), name.size()) != 0)
            continue;
        const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
        return value == std::string_view::npos ? std::string_view{} : line.substr(value);
    }
    return {};
}

/// Decimal digits up to the first other character.
[[nodiscard]] inline std::uint64_t numberOf(std::string_view digits) noexcept
{
    std::uint64_t number = 0;
    for (const char each : digits) {
        if (each < '0' || each > '9')
            break;
        number = number * 10 + static_cast<std::uint64_t>(each - '0');
    }
    return number;
}

/// Finds the end of one reply. Good is a 200 with a Content-Length and nothing behind its body.
class ReplyReader
{
public:
    enum class Status : std::uint8_t
    {
        More,
        Good,
        Bad
    };

    [[nodiscard]] Status take(std::string_view bytes)
    {
        if (m_inBody)
            return takeBody(bytes.size());
        m_head += bytes;
        const std::size_t end = m_head.find("\r\n\r\n");
        if (end == std::string::npos)
            return m_head.size() > 65536 ? Status::Bad : Status::More;
        const std::string_view length = fieldOf({m_head.data(), end + 4}, "content-length");
        if (!m_head.starts_with("HTTP/1.1 200") || length.empty())
            return Status::Bad;
        m_left = numberOf(length);
        m_inBody = true;
        return takeBody(m_head.size() - end - 4);
    }

    void reset() noexcept
    {
        m_head.clear();
        m_inBody = false;
    }

    /// Gives the memory back: for a connection that will be idle for long.
    void release() { std::string().swap(m_head); }

private:
    [[nodiscard]] Status takeBody(std::size_t size) noexcept
    {
        if (size > m_left)
            return Status::Bad;
        m_left -= size;
        return m_left == 0 ? Status::Good : Status::More;
    }

    std::string m_head;
    std::uint64_t m_left = 0;
    bool m_inBody = false;
};

} // namespace steelyard::bench
