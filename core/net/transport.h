/// Bytes both ways over one connection, non-blocking: the lowest of the three layers (transport;
/// codec and stream; exchange). It hides the descriptor, so that TLS or another loop can stand here
/// without touching what is above. Pull model: the handler is told once that there is something to
/// read and reads as much as it wants; what it leaves is not announced again before it has read to
/// WouldBlock, so backpressure is simply not reading. Thread: the loop it was created on.
#pragma once

#include "net/event_dispatcher.h"

#include <cstddef>
#include <memory>
#include <string>

#include <sys/socket.h>
#include <sys/uio.h>

namespace steelyard::net {

struct IoResult
{
    enum class Kind : std::uint8_t
    {
        Bytes,
        WouldBlock,
        End,
        Failed
    };
    Kind kind = Kind::WouldBlock;
    std::size_t bytes = 0; ///< for Bytes: > 0
    int error = 0;         ///< errno, for Failed
};

class TransportHandler
{
public:
    /// Bytes, the end, or an error can be read. Also after a failed connect: read() then tells the
    /// error.
    virtual void transportReadable() = 0;
    /// Connected, or there is room again after a short write.
    virtual void transportWritable() = 0;

protected:
    ~TransportHandler() = default;
};

class Transport
{
public:
    virtual ~Transport() = default; ///< closes; unsent bytes in the kernel are still delivered
    virtual void setHandler(TransportHandler* handler) noexcept = 0;

    /// Reads up to `size` bytes. Short reads lower readable() without another system call, except
    /// when the peer's end is known to follow.
    virtual IoResult read(char* into, std::size_t size) = 0;
    /// Writes as much as goes. Bytes may be fewer than given: transportWritable() comes when there
    /// is room.
    virtual IoResult write(const iovec* parts, int count) = 0;
    /// May a read() bring anything? (False: it would block for sure.)
    [[nodiscard]] virtual bool readable() const noexcept = 0;
    /// May a write() bring anything?
    [[nodiscard]] virtual bool writable() const noexcept = 0;
    /// The peer has closed its side or the connection (known without reading; unread bytes may be
    /// before it).
    [[nodiscard]] virtual bool peerClosed() const noexcept = 0;
    /// Sends FIN after what was written; reading goes on.
    virtual void shutdownWrite() noexcept = 0;
    /// Makes the destructor send RST instead of FIN, so that the peer cannot take what it got for
    /// complete.
    virtual void resetOnClose() noexcept = 0;
    /// Calls handler->transportReadable() soon (from the loop, not from here): for a handler that
    /// stopped reading although readable() and wants to go on.
    virtual void resumeReading() noexcept = 0;
};

/// An address as the kernel takes it.
struct SocketAddress
{
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] std::string host() const; ///< numeric, IPv6 without brackets
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// From a numeric host; size 0 when it is none.
    [[nodiscard]] static SocketAddress fromNumeric(const std::string& host, std::uint16_t port);
};

/// TCP over edge-triggered epoll, registered once for life. Takes a connected descriptor, which it
/// closes when it fails: null with errno when the loop refuses it. What has arrived already is told
/// in the loop's next turn. It is not made non-blocking (each call says so) and not set to
/// TCP_NODELAY (an accepted socket has it from its listener), which spares two system calls.
[[nodiscard]] std::unique_ptr<Transport> adoptTcp(int fd);
/// Starts connecting; success is told by transportWritable(), failure by transportReadable() and
/// read()'s error. `error` receives errno when it fails at once (EMFILE, ENETUNREACH, ...): then
/// null.
[[nodiscard]] std::unique_ptr<Transport> connectTcp(const SocketAddress& to, int& error);

} // namespace steelyard::net
