/// Runs a test's body on a QThread with our event dispatcher, or with Qt's own, and brings back
/// what failed: QtTest's own macros belong to the main thread.
#pragma once

#include "net/event_dispatcher.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QThread>
#include <QTimer>

#include <functional>
#include <future>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::net {

/// Stock is Qt's poll() dispatcher, the reference. Debian's default, the one on glib, is left out:
/// it fails the two tests about excluded notifiers.
enum class Loop
{
    Ours,
    Stock
};

/// "" when all is well.
using Body = std::function<std::string()>;

class LoopThread final : public QThread
{
public:
    explicit LoopThread(Body body, Loop loop = Loop::Ours)
        : m_body(std::move(body))
        , m_future(m_result.get_future())
    {
        qputenv("QT_NO_GLIB", "1");
        if (loop == Loop::Ours)
            setEventDispatcher(new EventDispatcher);
        start();
    }

    ~LoopThread() override { wait(); }

    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    std::string result() { return m_future.get(); }

private:
    // By a promise and not by wait(): TSan sees through the one and not through Qt's futexes.
    void run() override { m_result.set_value(m_body()); }

    Body m_body;
    std::promise<std::string> m_result;
    std::future<std::string> m_future;
};

inline std::string runOn(Loop loop, Body body)
{
    return LoopThread(std::move(body), loop).result();
}

/// Runs the loop until `done`; false after `limit`. One timer ends it and none drives it, so that a
/// lost wake-up shows.
template <typename Done>
bool runUntil(Done done, std::chrono::milliseconds limit = std::chrono::seconds(10))
{
    bool late = false;
    QTimer deadline;
    deadline.setSingleShot(true);
    QObject::connect(&deadline, &QTimer::timeout, [&late] { late = true; });
    deadline.start(limit);
    // A turn sends posted events first and then waits: what they have done must end it as quit()
    // would.
    auto* dispatcher = QAbstractEventDispatcher::instance();
    QObject::connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, &deadline, [&] {
        if (done())
            dispatcher->interrupt();
    });
    while (!done() && !late)
        dispatcher->processEvents(QEventLoop::WaitForMoreEvents);
    return !late && done();
}

/// Runs the loop for a time.
inline void runFor(std::chrono::milliseconds time)
{
    runUntil([] { return false; }, time);
}

/// A connected pair of local sockets, non-blocking.
struct SocketPair
{
    SocketPair()
    {
        valid = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0;
    }

    ~SocketPair()
    {
        for (const int each : fd)
            if (each >= 0)
                ::close(each);
    }

    SocketPair(const SocketPair&) = delete;
    SocketPair& operator=(const SocketPair&) = delete;

    /// Makes end 0 readable.
    void feed() const { [[maybe_unused]] const ssize_t n = ::write(fd[1], "x", 1); }

    void drain() const
    {
        char byte;
        while (::read(fd[0], &byte, 1) == 1) {
        }
    }

    int fd[2] = {-1, -1};
    bool valid = false;
};

/// A connected pair of TCP sockets over the loopback, blocking.
struct TcpPair
{
    TcpPair()
    {
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        const int on = 1;
        ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // as ListeningSocket
        valid = ::bind(listener, raw, size) == 0 && ::listen(listener, 1) == 0 &&
                ::getsockname(listener, raw, &size) == 0;
        fd[1] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        valid = valid && ::connect(fd[1], raw, size) == 0;
        if (valid)
            fd[0] = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        valid = valid && fd[0] >= 0;
        ::close(listener);
    }

    ~TcpPair()
    {
        for (const int each : fd)
            if (each >= 0)
                ::close(each);
    }

    TcpPair(const TcpPair&) = delete;
    TcpPair& operator=(const TcpPair&) = delete;
    int fd[2] = {-1, -1};
    bool valid = false;
};

} // namespace steelyard::net

/// In a test function: the Body given (after the loop, if that is chosen) must bring back nothing.
#define VERIFY_BODY(...)                                                                           \
    do {                                                                                           \
        const std::string failure = run(__VA_ARGS__);                                              \
        QVERIFY2(failure.empty(), failure.c_str());                                                \
    } while (false)

#define STEELYARD_TEXT_OF(x) #x
#define STEELYARD_LINE_TEXT(line) STEELYARD_TEXT_OF(line)
/// In a Body: ends it with the condition's text when it does not hold.
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return std::string(#condition " (line " STEELYARD_LINE_TEXT(__LINE__) ")");            \
    } while (false)
