/// The floor of the bench: relays bytes between each client and one backend connection on a single
/// epoll loop, without a look at HTTP. What a balancer costs above this is its own work; what is
/// below is the kernel's. usage: raw_relay PORT BACKEND-PORT...   (127.0.0.1; prints "ready" when
/// it listens)
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t kBufferSize = 64U * 1024U;
constexpr int kBatch = 128;

/// One end of a relayed connection; what could not be written to it yet waits in `unsent`.
struct End
{
    int fd = -1;
    End* other = nullptr;
    std::string unsent;
    bool dead = false;
};

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int listenOn(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const sockaddr_in address = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd, 4096) != 0)
        return -1;
    return fd;
}

int connectTo(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

class Relay
{
public:
    Relay(int listener, std::vector<std::uint16_t> backends)
        : m_listener(listener)
        , m_backends(std::move(backends))
        , m_epoll(epoll_create1(EPOLL_CLOEXEC))
    {
        epoll_event event{};
        event.events = EPOLLIN;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_listener, &event);
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, kBatch> events;
        for (;;) {
            const int count = epoll_wait(m_epoll, events.data(), kBatch, -1);
            for (int i = 0; i < count; ++i) {
                auto* end = static_cast<End*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (end == nullptr)
                    acceptAll();
                else if (!end->dead)
                    turn(*end, events[static_cast<std::size_t>(i)].events);
            }
            for (End* end : m_dead)
                delete end;
            m_dead.clear();
        }
    }

private:
    void acceptAll()
    {
        for (;;) {
            const int client = accept4(m_listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client < 0)
                return;
            const int backend = connectTo(m_backends[m_next++ % m_backends.size()]);
            if (backend < 0) {
                close(client);
                continue;
            }
            auto* near = new End{client, nullptr, {}, false};
            auto* far = new End{backend, near, {}, false};
            near->other = far;
            add(*near);
            add(*far);
        }
    }

    void add(End& end)
    {
        const int on = 1;
        setsockopt(end.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = &end;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, end.fd, &event);
    }

    void turn(End& end, std::uint32_t events)
    {
        if ((events & EPOLLOUT) != 0 && !end.unsent.empty())
            push(end, {});
        if ((events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == 0)
            return;
        for (;;) {
            const ssize_t got = recv(end.fd, m_buffer.data(), m_buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN)
                return;
            if (got <= 0) {
                finish(end);
                return;
            }
            push(*end.other, {m_buffer.data(), static_cast<std::size_t>(got)});
            // A short read has emptied the socket: another would only say so.
            if (end.dead ||
                (static_cast<std::size_t>(got) < m_buffer.size() && (events & EPOLLRDHUP) == 0))
                return;
        }
    }

    void push(End& to, std::string_view bytes)
    {
        std::string waiting;
        if (!to.unsent.empty()) {
            waiting = std::move(to.unsent);
            waiting += bytes;
            to.unsent.clear();
            bytes = waiting;
        }
        while (!bytes.empty()) {
            const ssize_t sent =
                send(to.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent < 0 && errno == EAGAIN) {
                to.unsent = bytes;
                return;
            }
            if (sent < 0) {
                finish(to);
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    void finish(End& end)
    {
        for (End* one : {&end, end.other}) {
            close(one->fd);
            one->dead = true;
            m_dead.push_back(one);
        }
    }

    int m_listener;
    std::vector<std::uint16_t> m_backends;
    int m_epoll;
    std::size_t m_next = 0;
    std::vector<End*> m_dead; ///< freed after the batch: an event of it may still point there
    std::array<char, kBufferSize> m_buffer{};
};

} // namespace

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::fputs("usage: raw_relay PORT BACKEND-PORT...\n", stderr);
        return 2;
    }
    std::vector<std::uint16_t> backends;
    for (int i = 2; i < argc; ++i)
        backends.push_back(static_cast<std::uint16_t>(std::atoi(argv[i])));
    const int listener = listenOn(static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (listener < 0) {
        std::perror("raw_relay: listen");
        return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    static Relay relay(listener, std::move(backends));
    relay.run();
}
