/// Open-loop load: requests are due at fixed times, in ns, whatever became of those before, and
/// each is timed from when it was due, so that a stall is paid for by all that it delays (no
/// coordinated omission). One epoll thread; a request takes the connection that has been idle
/// longest, and waits where there is none. usage: open_load PORT RATE WARM-UP SECONDS [CONNECTIONS]
/// (64; 127.0.0.1, GET /) prints {"sent": N, "failed": N, "latency": {"p50": µs, ...}, "lag":
/// {...}}; lag is how late the generator itself began what a connection was free for. Those due in
/// the warm-up are not counted.
#include "latency_histogram.h"
#include "loopback.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

namespace {

using namespace steelyard::bench;

constexpr int kBatch = 64;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPatience = 5 * kSecond; ///< for the last replies

struct Settings
{
    std::uint16_t port = 0;
    double rate = 0; ///< requests/s
    double warmUp = 0, seconds = 0;
    std::size_t connections = 64;
};

struct Connection
{
    int fd = -1;
    std::int64_t due = 0;
    bool busy = false;
    bool counted = false;
    ReplyReader reader;
};

class Load
{
public:
    explicit Load(const Settings& settings)
        : m_settings(settings)
        , m_epoll(epoll_create1(EPOLL_CLOEXEC))
        , m_interval(1e9 / settings.rate)
        , m_total(static_cast<std::int64_t>(settings.rate * (settings.warmUp + settings.seconds)))
        , m_uncounted(static_cast<std::int64_t>(settings.rate * settings.warmUp))
    {
        for (std::size_t i = 0; i < settings.connections; ++i) {
            m_connections.push_back(std::make_unique<Connection>());
            open(*m_connections.back());
        }
    }

    int run()
    {
        m_start = nowNs() + kSecond / 100;
        std::array<epoll_event, kBatch> events;
        while (m_next < m_total || m_busy > 0) {
            sendDue();
            const int count = wait(events);
            if (count == 0 && m_next == m_total && nowNs() > dueOf(m_total) + kPatience)
                break;
            for (int i = 0; i < count; ++i)
                turn(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
        report();
        return 0;
    }

private:
    /// Blocks until it is connected: a load without connections is none.
    void open(Connection& connection)
    {
        connection.fd = beginConnect(m_settings.port);
        pollfd waiting{connection.fd, POLLOUT, 0};
        int error = connection.fd < 0 ? errno : 0;
        socklen_t size = sizeof error;
        if (error == 0 && poll(&waiting, 1, 5000) != 1)
            error = ETIMEDOUT;
        else if (error == 0)
            getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            errno = error;
            std::perror("open_load: connect");
            std::exit(1);
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, connection.fd, &event);
        connection.busy = false;
        connection.reader.reset();
        m_idle.push_back(&connection);
    }

    [[nodiscard]] std::int64_t dueOf(std::int64_t number) const noexcept
    {
        return m_start + static_cast<std::int64_t>(static_cast<double>(number) * m_interval);
    }

    void sendDue()
    {
        for (std::int64_t now = nowNs(); m_next < m_total && !m_idle.empty(); now = nowNs()) {
            const std::int64_t due = dueOf(m_next);
            if (due > now)
                return;
            Connection& connection = *m_idle.front();
            m_idle.pop_front();
            connection.due = due;
            connection.counted = m_next++ >= m_uncounted;
            connection.busy = true;
            ++m_busy;
            // What is late because no connection was free is the other side's doing.
            if (connection.counted)
                m_lag.record(now - std::max(due, m_freeSince));
            if (send(connection.fd, kRequest.data(), kRequest.size(),
                     MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(kRequest.size()))
                fail(connection);
        }
        if (m_idle.empty())
            m_starved = true;
    }

    int wait(std::array<epoll_event, kBatch>& events)
    {
        std::int64_t ns = kSecond;
        if (m_next < m_total && !m_idle.empty())
            ns = std::max<std::int64_t>(0, dueOf(m_next) - nowNs());
        const timespec time{ns / kSecond, ns % kSecond};
        return epoll_pwait2(m_epoll, events.data(), kBatch, &time, nullptr);
    }

    void turn(Connection& connection)
    {
        const ssize_t got = recv(connection.fd, m_buffer.data(), m_buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0 || !connection.busy) {
            fail(connection);
            return;
        }
        const auto status =
            connection.reader.take({m_buffer.data(), static_cast<std::size_t>(got)});
        if (status == ReplyReader::Status::Bad)
            fail(connection);
        if (status != ReplyReader::Status::Good)
            return;
        const std::int64_t now = nowNs();
        if (connection.counted)
            m_latency.record(now - connection.due);
        connection.reader.reset();
        connection.busy = false;
        --m_busy;
        free(connection, now);
    }

    void free(Connection& connection, std::int64_t now)
    {
        if (m_starved)
            m_freeSince = now;
        m_starved = false;
        m_idle.push_back(&connection);
    }

    /// One error, whatever it was; a new connection takes the place of this one.
    void fail(Connection& connection)
    {
        ++m_failed;
        if (connection.busy)
            --m_busy;
        else
            std::erase(m_idle, &connection);
        close(connection.fd);
        open(connection);
    }

    void report() const
    {
        std::printf("{\"sent\": %lld, \"failed\": %llu, \"latency\": {",
                    static_cast<long long>(m_total - m_uncounted),
                    static_cast<unsigned long long>(m_failed + m_busy));
        m_latency.print(stdout);
        std::printf("}, \"lag\": {");
        m_lag.print(stdout);
        std::printf("}}\n");
    }

    static constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    const Settings m_settings;
    int m_epoll;
    const double m_interval; ///< ns
    const std::int64_t m_total, m_uncounted;
    std::int64_t m_start = 0;
    std::int64_t m_next = 0; ///< number of the request to be sent next
    std::int64_t m_freeSince = 0;
    bool m_starved = false; ///< no connection was free
    std::uint64_t m_busy = 0, m_failed = 0;
    std::vector<std::unique_ptr<Connection>> m_connections;
    std::deque<Connection*> m_idle;
    LatencyHistogram m_latency, m_lag;
    std::array<char, 65536> m_buffer{};
};

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    if (argc >= 5) {
        settings.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
        settings.rate = std::atof(argv[2]);
        settings.warmUp = std::atof(argv[3]);
        settings.seconds = std::atof(argv[4]);
        if (argc > 5)
            settings.connections = static_cast<std::size_t>(std::atoi(argv[5]));
    }
    if (settings.rate <= 0 || settings.seconds <= 0 || settings.connections == 0) {
        std::fputs("usage: open_load PORT RATE WARM-UP SECONDS [CONNECTIONS]\n", stderr);
        return 2;
    }
    // Else the kernel adds up to 50 µs to each wait.
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    static Load load(settings);
    return load.run();
}
