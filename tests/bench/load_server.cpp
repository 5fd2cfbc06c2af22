/// The bench's backends: HTTP/1.1 with keep-alive on several ports of one epoll loop, as little of
/// it as the loads need, so that the core it shares with the load goes to the load. A request's
/// body is read whole (Content-Length only) before its reply goes out. By target: /large 1,000,000
/// bytes, /headers 1 KiB under 1 KiB of Set-Cookie and 14 more fields, else 1 KiB. usage:
/// load_server PORT...   (127.0.0.1; prints "ready" when it listens)
#include "loopback.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <vector>

#include <sys/epoll.h>

namespace {

using namespace steelyard::bench;

constexpr int kBatch = 256;
constexpr std::size_t kBufferSize = 256U * 1024U;

std::string reply(std::size_t size, std::string_view more = {})
{
    return "HTTP/1.1 200 OK\r\nServer: load\r\nDate: Tue, 24 Nov 2026 08:00:00 GMT\r\n"
           "Content-Type: text/plain\r\nContent-Length: " +
           std::to_string(size) + "\r\n" + std::string(more) + "\r\n" + std::string(size, 'x');
}

std::string manyFields()
{
    std::string fields = "Set-Cookie: session=" + std::string(1024, 'c') + "; Path=/; HttpOnly\r\n";
    for (int i = 0; i < 14; ++i)
        fields += "X-Field-" + std::to_string(i) + ": " + std::string(24, 'v') + "\r\n";
    return fields;
}

/// The replies, with a Connection field or none.
struct Answers
{
    explicit Answers(const std::string& connection)
        : small(reply(1024, connection))
        , large(reply(1'000'000, connection))
        , headers(reply(1024, connection + manyFields()))
    {
    }

    std::string small, large, headers;
};

/// One connection.
struct Peer
{
    std::string head;        ///< of a request, not complete yet
    std::uint64_t body = 0;  ///< bytes of it still to come
    bool inBody = false;     ///< the head is complete: `answer` is its reply
    bool closing = false;    ///< after the reply
    std::string_view answer; ///< of the present request; static
    std::string_view unsent; ///< of the reply being written; static
};

class Server
{
public:
    explicit Server(const std::vector<std::uint16_t>& ports)
        : m_epoll(epoll_create1(EPOLL_CLOEXEC))
    {
        for (const std::uint16_t port : ports) {
            const int fd = listenOn(port);
            if (fd < 0) {
                std::perror("load_server: listen");
                std::exit(1);
            }
            m_listeners.push_back(fd);
            add(fd, EPOLLIN);
        }
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, kBatch> events;
        for (;;) {
            const int count = epoll_wait(m_epoll, events.data(), kBatch, -1);
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                const auto peer = m_peers.find(event.data.fd);
                if (peer == m_peers.end())
                    acceptAll(event.data.fd);
                else if (!turn(event.data.fd, *peer->second, event.events))
                    drop(event.data.fd);
            }
        }
    }

private:
    void add(int fd, std::uint32_t events) const
    {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
    }

    void acceptAll(int listener)
    {
        for (;;) {
            const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0)
                return;
            noDelay(fd);
            m_peers[fd] = std::make_unique<Peer>();
            add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        }
    }

    void drop(int fd)
    {
        close(fd);
        m_peers.erase(fd);
    }

    /// False: the connection is over.
    bool turn(int fd, Peer& peer, std::uint32_t events)
    {
        if ((events & EPOLLOUT) != 0 && !peer.unsent.empty() && !write(fd, peer))
            return false;
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
            return true;
        for (;;) {
            const ssize_t got = recv(fd, m_buffer.data(), m_buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN)
                return true;
            if (got <= 0)
                return false;
            const auto size = static_cast<std::size_t>(got);
            if (!take(fd, peer, {m_buffer.data(), size}))
                return false;
            if (size < m_buffer.size() && (events & EPOLLRDHUP) == 0)
                return true;
        }
    }

    bool take(int fd, Peer& peer, std::string_view bytes)
    {
        while (!bytes.empty()) {
            if (!peer.inBody) {
                const std::size_t before = peer.head.size();
                peer.head += bytes;
                const std::size_t end = peer.head.find("\r\n\r\n");
                if (end == std::string::npos)
                    return peer.head.size() <= 65536;
                bytes.remove_prefix(end + 4 - before);
                peer.head.resize(end + 4);
                if (!begin(peer))
                    return false;
            }
            const std::size_t size = std::min<std::uint64_t>(peer.body, bytes.size());
            peer.body -= size;
            bytes.remove_prefix(size);
            if (peer.body == 0 && !finish(fd, peer))
                return false;
        }
        return true;
    }

    /// The head is complete. False: a framing that no load has.
    bool begin(Peer& peer)
    {
        const std::string_view head = peer.head;
        if (!fieldOf(head, "transfer-encoding").empty())
            return false;
        peer.body = numberOf(fieldOf(head, "content-length"));
        const std::string_view connection = fieldOf(head, "connection");
        peer.closing = connection.size() == 5 && strncasecmp(connection.data(), "close", 5) == 0;
        const std::size_t target = head.find(' ') + 1;
        const Answers& answers = peer.closing ? m_closing : m_keeping;
        peer.answer = head.substr(target).starts_with("/large")     ? answers.large
                      : head.substr(target).starts_with("/headers") ? answers.headers
                                                                    : answers.small;
        peer.inBody = true;
        return true;
    }

    /// The body is complete too.
    bool finish(int fd, Peer& peer)
    {
        // A client that sends its next request before it read this one's reply is none of ours.
        if (!peer.unsent.empty())
            return false;
        peer.inBody = false;
        peer.head.clear();
        peer.unsent = peer.answer;
        return write(fd, peer);
    }

    static bool write(int fd, Peer& peer)
    {
        while (!peer.unsent.empty()) {
            const ssize_t sent =
                send(fd, peer.unsent.data(), peer.unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent < 0)
                return errno == EAGAIN;
            peer.unsent.remove_prefix(static_cast<std::size_t>(sent));
        }
        return !peer.closing;
    }

    const Answers m_keeping{""};
    const Answers m_closing{"Connection: close\r\n"};
    int m_epoll;
    std::vector<int> m_listeners;
    std::unordered_map<int, std::unique_ptr<Peer>> m_peers;
    std::array<char, kBufferSize> m_buffer{};
};

} // namespace

int main(int argc, char** argv)
{
    std::vector<std::uint16_t> ports;
    for (int i = 1; i < argc; ++i)
        ports.push_back(static_cast<std::uint16_t>(std::atoi(argv[i])));
    if (ports.empty()) {
        std::fputs("usage: load_server PORT...\n", stderr);
        return 2;
    }
    raiseDescriptorLimit();
    static Server server(ports);
    std::puts("ready");
    std::fflush(stdout);
    server.run();
}
