/// Connections in memory in place of TCP, for targets that run the data path whole: this file's
/// connectTcp() and adoptTcp() stand in for net's (the linker takes the first it meets), so the
/// codecs, the exchange and the connection cache above are the real ones. Thread: main.
#pragma once

#include "net/transport.h"

#include <memory>
#include <string>
#include <vector>

namespace steelyard::fuzz {

class MemoryTransport;

/// What both ends of one connection see. The target plays the other end.
struct Wire
{
    std::string toEngine; ///< sent by the other end, not read yet
    std::string fromEngine;
    bool ended = false;                   ///< the other end has sent its FIN
    bool broken = false;                  ///< or RST
    bool connecting = false;              ///< towards a server: not told yet that it is there
    bool engineEnded = false;             ///< the engine's FIN
    bool engineReset = false;             ///< the engine closes with RST
    std::size_t room = SIZE_MAX;          ///< bytes that the engine may still write
    MemoryTransport* transport = nullptr; ///< null: the engine has closed
    std::size_t read = 0;                 ///< of fromEngine, by the target

    void send(std::string_view bytes);
    void end();
    void breakOff();
    void connected();
    void makeRoom(std::size_t bytes);

    [[nodiscard]] bool closed() const { return transport == nullptr; }
};

/// Every connection that the engine opened to a server, in order.
[[nodiscard]] std::vector<std::shared_ptr<Wire>>& serverWires();

class MemoryTransport final : public net::Transport
{
public:
    explicit MemoryTransport(std::shared_ptr<Wire> wire);
    ~MemoryTransport() override;
    MemoryTransport(const MemoryTransport&) = delete;
    MemoryTransport& operator=(const MemoryTransport&) = delete;

    void setHandler(net::TransportHandler* handler) noexcept override { m_handler = handler; }

    net::IoResult read(char* into, std::size_t size) override;
    net::IoResult write(const iovec* parts, int count) override;
    [[nodiscard]] bool readable() const noexcept override;
    [[nodiscard]] bool writable() const noexcept override;
    [[nodiscard]] bool peerClosed() const noexcept override;
    void shutdownWrite() noexcept override;
    void resetOnClose() noexcept override;
    void resumeReading() noexcept override;

    void announceReadable();
    void announceWritable();

private:
    std::shared_ptr<Wire> m_wire;
    net::TransportHandler* m_handler = nullptr;
    net::Deferred m_resume;
};

} // namespace steelyard::fuzz
