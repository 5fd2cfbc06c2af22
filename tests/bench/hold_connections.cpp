/// Opens many connections to one port, sends a request on each, and holds them; on demand sends
/// requests on all of them in turn. One epoll thread, from 127.0.0.SOURCE to 127.0.0.(SOURCE + 9).
/// usage: hold_connections PORT COUNT SOURCE
/// Prints {"held": N, "failed": N} once each connection has had its reply. Then it obeys stdin:
///   serve RATE SECONDS    open-loop; prints {"requests": N, "failed": N, "held": N, "latency":
///   {...}} end of file           ends it
/// A connection that closes or answers wrongly is an error for good.
#include "latency_histogram.h"
#include "loopback.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>

namespace {

using namespace steelyard::bench;

constexpr int kBatch = 256;
constexpr std::size_t kAtOnce = 256; ///< connections that are being opened
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPatience = 10 * kSecond; ///< for the last replies

struct Connection
{
    enum class State : std::uint8_t
    {
        Connecting,
        Asking,
        Idle,
        Gone
    };
    int fd = -1;
    State state = State::Gone;
    std::int64_t due = 0;
    ReplyReader reader;
};

class Holder
{
public:
    Holder(std::uint16_t port, std::size_t count, std::uint32_t source)
        : m_port(port)
        , m_source(source)
        , m_epoll(epoll_create1(EPOLL_CLOEXEC))
        , m_connections(count)
    {
        fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    }

    int run()
    {
        while (m_opened < m_connections.size() || m_pending > 0) {
            while (m_opened < m_connections.size() && m_pending < kAtOnce)
                open(m_connections[m_opened++]);
            turn(kSecond);
        }
        std::printf("{\"held\": %zu, \"failed\": %zu}\n", m_held, m_failed);
        std::fflush(stdout);
        while (!m_ended)
            turn(kSecond);
        return m_failed == 0 ? 0 : 1;
    }

private:
    void open(Connection& connection)
    {
        connection.fd = beginConnect(
            m_port, m_source + static_cast<std::uint32_t>(&connection - m_connections.data()) % 10);
        if (connection.fd < 0) {
            std::perror("hold_connections: connect");
            ++m_failed;
            return;
        }
        connection.state = Connection::State::Connecting;
        ++m_pending;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = &connection;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, connection.fd, &event);
    }

    void turn(std::int64_t ns)
    {
        const timespec time{ns / kSecond, ns % kSecond};
        std::array<epoll_event, kBatch> events;
        const int count = epoll_pwait2(m_epoll, events.data(), kBatch, &time, nullptr);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.ptr == nullptr)
                obey();
            else
                ready(*static_cast<Connection*>(event.data.ptr), event.events);
        }
    }

    void ready(Connection& connection, std::uint32_t events)
    {
        if (connection.state == Connection::State::Gone)
            return;
        if (connection.state == Connection::State::Connecting && (events & EPOLLOUT) != 0 &&
            (events & (EPOLLERR | EPOLLHUP)) == 0)
            ask(connection, nowNs());
        else if (connection.state == Connection::State::Connecting)
            lose(connection);
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0)
            receive(connection);
    }

    void ask(Connection& connection, std::int64_t due)
    {
        if (connection.state == Connection::State::Idle) {
            --m_held;
            ++m_pending;
        }
        connection.state = Connection::State::Asking;
        connection.due = due;
        if (send(connection.fd, kRequest.data(), kRequest.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
            static_cast<ssize_t>(kRequest.size()))
            lose(connection);
    }

    void receive(Connection& connection)
    {
        while (connection.state != Connection::State::Gone) {
            const ssize_t got = recv(connection.fd, m_buffer.data(), m_buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN)
                return;
            const auto status =
                got <= 0 || connection.state != Connection::State::Asking
                    ? ReplyReader::Status::Bad
                    : connection.reader.take({m_buffer.data(), static_cast<std::size_t>(got)});
            if (status == ReplyReader::Status::Bad)
                lose(connection);
            else if (status == ReplyReader::Status::Good)
                answered(connection);
        }
    }

    void answered(Connection& connection)
    {
        m_latency.record(nowNs() - connection.due);
        ++m_answers;
        connection.state = Connection::State::Idle;
        connection.reader.reset();
        connection.reader.release();
        --m_pending;
        ++m_held;
    }

    void lose(Connection& connection)
    {
        if (connection.state == Connection::State::Idle)
            --m_held;
        else
            --m_pending;
        ++m_failed;
        connection.state = Connection::State::Gone;
        close(connection.fd);
    }

    void obey()
    {
        char line[256];
        const ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        line[std::max<ssize_t>(got, 0)] = '\0';
        double rate = 0, seconds = 0;
        if (std::sscanf(line, "serve %lf %lf", &rate, &seconds) == 2 && rate > 0)
            serve(rate, seconds);
        else
            m_ended = true;
    }

    /// Requests on all connections in turn, those that are still busy left out.
    void serve(double rate, double seconds)
    {
        m_latency = {};
        m_answers = 0;
        const std::int64_t start = nowNs();
        const auto end = start + static_cast<std::int64_t>(seconds * 1e9);
        const auto total = static_cast<std::int64_t>(rate * seconds);
        std::int64_t next = 0;
        std::int64_t now = start;
        for (; next < total || (m_pending > 0 && now < end + kPatience); now = nowNs()) {
            std::int64_t due = 0;
            for (; next < total; ++next) {
                due = start + static_cast<std::int64_t>(static_cast<double>(next) * 1e9 / rate);
                Connection* free = due <= now ? nextIdle() : nullptr;
                if (free == nullptr)
                    break;
                ask(*free, due);
            }
            if (m_held + m_pending == 0)
                break;
            turn(next < total && due > now ? due - now : kSecond / 10);
        }
        std::printf("{\"requests\": %zu, \"failed\": %zu, \"held\": %zu, \"latency\": {", m_answers,
                    m_failed + m_pending, m_held);
        m_latency.print(stdout);
        std::printf("}}\n");
        std::fflush(stdout);
    }

    Connection* nextIdle()
    {
        for (std::size_t i = 0; i < m_connections.size(); ++i) {
            Connection& each = m_connections[m_turn++ % m_connections.size()];
            if (each.state == Connection::State::Idle)
                return &each;
        }
        return nullptr;
    }

    static constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    std::uint16_t m_port;
    std::uint32_t m_source;
    int m_epoll;
    std::vector<Connection> m_connections;
    std::size_t m_opened = 0;  ///< of m_connections, begun
    std::size_t m_pending = 0; ///< connecting or waiting for a reply
    std::size_t m_held = 0;    ///< idle
    std::size_t m_failed = 0, m_answers = 0;
    std::size_t m_turn = 0;
    bool m_ended = false;
    LatencyHistogram m_latency;
    std::array<char, 65536> m_buffer{};
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::fputs("usage: hold_connections PORT COUNT SOURCE\n", stderr);
        return 2;
    }
    raiseDescriptorLimit();
    static Holder holder(static_cast<std::uint16_t>(std::atoi(argv[1])),
                         static_cast<std::size_t>(std::atol(argv[2])),
                         static_cast<std::uint32_t>(std::atoi(argv[3])));
    return holder.run();
}
