/// TCP as a Transport. Internal to net/: made by adoptTcp() and connectTcp().
/// Thread: the loop it was created on, which it must not outlive.
#pragma once

#include "net/transport.h"

namespace steelyard::net {

class TcpTransport final : public Transport, private SocketWatcher
{
public:
    /// Owns `fd`. Check registered(): the loop may refuse it.
    TcpTransport(EventDispatcher& dispatcher, int fd, bool connecting);
    ~TcpTransport() override;
    TcpTransport(const TcpTransport&) = delete;
    TcpTransport& operator=(const TcpTransport&) = delete;

    [[nodiscard]] bool registered() const noexcept { return m_watch.generation != 0; }

    void setHandler(TransportHandler* handler) noexcept override { m_handler = handler; }

    IoResult read(char* into, std::size_t size) override;
    IoResult write(const iovec* parts, int count) override;

    [[nodiscard]] bool readable() const noexcept override { return m_readable; }

    [[nodiscard]] bool writable() const noexcept override { return m_writable; }

    [[nodiscard]] bool peerClosed() const noexcept override { return m_peerClosed; }

    void shutdownWrite() noexcept override;
    void resetOnClose() noexcept override;

    void resumeReading() noexcept override { m_dispatcher.defer(m_resume); }

private:
    void socketReady(std::uint32_t events) override;
    /// The outcome of connect(), from the first event after it.
    void connectFinished(std::uint32_t events);
    static void announceReadable(void* self);
    IoResult failed(int error);

    EventDispatcher& m_dispatcher;
    TransportHandler* m_handler = nullptr;
    Deferred m_resume;
    WatchId m_watch;
    int m_fd;
    int m_error = 0; ///< errno that ended the connection: told again at each call
    bool m_connecting;
    bool m_readable = false;
    bool m_writable;
    bool m_peerClosed = false;
};

// 100,000 connections, two transports each at worst, are the goal: keep what one costs in sight.
static_assert(sizeof(TcpTransport) <= 104);

} // namespace steelyard::net
