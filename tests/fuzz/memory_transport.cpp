#include "fuzz/memory_transport.h"

#include "fuzz/main_loop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace steelyard::fuzz {

using Kind = net::IoResult::Kind;

std::vector<std::shared_ptr<Wire>>& serverWires()
{
    static std::vector<std::shared_ptr<Wire>> wires;
    return wires;
}

void Wire::send(std::string_view bytes)
{
    toEngine += bytes;
    if (transport != nullptr)
        transport->announceReadable();
}

void Wire::end()
{
    ended = true;
    if (transport != nullptr)
        transport->announceReadable();
}

void Wire::breakOff()
{
    broken = true;
    toEngine.clear();
    if (transport != nullptr)
        transport->announceReadable();
}

void Wire::connected()
{
    connecting = false;
    if (transport != nullptr)
        transport->announceWritable();
}

void Wire::makeRoom(std::size_t bytes)
{
    const bool wasFull = room == 0;
    room = bytes;
    if (wasFull && transport != nullptr)
        transport->announceWritable();
}

MemoryTransport::MemoryTransport(std::shared_ptr<Wire> wire)
    : m_wire(std::move(wire))
    , m_resume([](void* self) { static_cast<MemoryTransport*>(self)->announceReadable(); }, this)
{
    m_wire->transport = this;
}

MemoryTransport::~MemoryTransport()
{
    m_wire->transport = nullptr;
}

net::IoResult MemoryTransport::read(char* into, std::size_t size)
{
    if (m_wire->broken)
        return {Kind::Failed, 0, ECONNRESET};
    std::string& bytes = m_wire->toEngine;
    if (bytes.empty())
        return {m_wire->ended ? Kind::End : Kind::WouldBlock, 0, 0};
    const std::size_t count = std::min(size, bytes.size());
    std::memcpy(into, bytes.data(), count);
    bytes.erase(0, count);
    return {Kind::Bytes, count, 0};
}

net::IoResult MemoryTransport::write(const iovec* parts, int count)
{
    if (m_wire->broken)
        return {Kind::Failed, 0, EPIPE};
    std::size_t written = 0;
    for (int i = 0; i < count; ++i) {
        const std::size_t piece = std::min(parts[i].iov_len, m_wire->room);
        m_wire->fromEngine.append(static_cast<const char*>(parts[i].iov_base), piece);
        m_wire->room -= m_wire->room == SIZE_MAX ? 0 : piece;
        written += piece;
        if (piece < parts[i].iov_len)
            break;
    }
    return written > 0 ? net::IoResult{Kind::Bytes, written, 0} : net::IoResult{};
}

bool MemoryTransport::readable() const noexcept
{
    return !m_wire->toEngine.empty() || m_wire->ended || m_wire->broken;
}

bool MemoryTransport::writable() const noexcept
{
    return !m_wire->connecting && m_wire->room > 0;
}

bool MemoryTransport::peerClosed() const noexcept
{
    return m_wire->ended || m_wire->broken;
}

void MemoryTransport::shutdownWrite() noexcept
{
    m_wire->engineEnded = true;
}

void MemoryTransport::resetOnClose() noexcept
{
    m_wire->engineReset = true;
}

void MemoryTransport::resumeReading() noexcept
{
    mainLoop().defer(m_resume);
}

void MemoryTransport::announceReadable()
{
    if (m_handler != nullptr)
        m_handler->transportReadable();
}

void MemoryTransport::announceWritable()
{
    if (m_handler != nullptr)
        m_handler->transportWritable();
}

} // namespace steelyard::fuzz

namespace steelyard::net {

std::unique_ptr<Transport> connectTcp(const SocketAddress&, int&)
{
    auto wire = std::make_shared<fuzz::Wire>();
    wire->connecting = true;
    fuzz::serverWires().push_back(wire);
    return std::make_unique<fuzz::MemoryTransport>(wire);
}

/// The engine's workers ask for it; no target lets them accept.
std::unique_ptr<Transport> adoptTcp(int)
{
    errno = ENOTSUP;
    return nullptr;
}

} // namespace steelyard::net
