/// The other end of a real TCP connection, played by the test on the same thread.
/// Thread: one loop's.
#pragma once

#include "unit/proxy/fake_streams.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>

namespace steelyard::proxy {

class Peer
{
public:
    explicit Peer(int fd)
        : m_fd(fd)
    {
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }

    ~Peer() { closes(); }

    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// Sends what goes at once; returns how much.
    std::size_t sends(std::string_view bytes) const
    {
        const ssize_t sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }

    /// Reads what is there, at most `limit` bytes.
    void receives(std::size_t limit = SIZE_MAX)
    {
        std::array<char, 16384> buffer;
        while (limit > 0 && m_fd >= 0) {
            const ssize_t count = ::recv(m_fd, buffer.data(), std::min(limit, buffer.size()), 0);
            if (count > 0) {
                got.append(buffer.data(), static_cast<std::size_t>(count));
                limit -= static_cast<std::size_t>(count);
                continue;
            }
            ended = ended || count == 0;
            broken = broken || (count < 0 && errno != EAGAIN);
            return;
        }
    }

    void halfCloses() const { ::shutdown(m_fd, SHUT_WR); }

    void closes()
    {
        if (m_fd >= 0)
            ::close(std::exchange(m_fd, -1));
    }

    void breaks()
    {
        const linger now{1, 0};
        ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        closes();
    }

    [[nodiscard]] int descriptor() const { return m_fd; }

    std::string got;
    bool ended = false;  ///< FIN
    bool broken = false; ///< RST

private:
    int m_fd;
};

/// Turns the loop until `condition` holds; false when 10 s passed.
template <typename Condition>
bool until(Condition condition)
{
    const TimePoint deadline = Clock::now() + seconds(10);
    while (!condition()) {
        if (Clock::now() > deadline)
            return false;
        FakeBench::turn();
        std::this_thread::yield();
    }
    return true;
}

/// Turns the loop as often as it takes for all that is under way on the loopback to arrive.
inline void settle()
{
    for (int i = 0; i < 20; ++i)
        FakeBench::turn();
}

inline int countOf(std::string_view text, std::string_view what)
{
    int count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + what.size()))
        ++count;
    return count;
}

} // namespace steelyard::proxy
