/// The two counters only grow; their difference is what is in the ring.
/// Thread: see byte_ring.h.
#include "stats/byte_ring.h"

#include <algorithm>
#include <cstring>

namespace steelyard::stats {

ByteRing::ByteRing(std::size_t capacity)
    : m_capacity(capacity)
    , m_bytes(new char[capacity])
{
}

ByteRing::Put ByteRing::append(std::string_view bytes) noexcept
{
    const std::size_t written = m_written.load(std::memory_order_relaxed);
    const std::size_t used = written - m_read.load(std::memory_order_acquire);
    if (bytes.size() > m_capacity - used)
        return Put::Refused;
    const std::size_t at = written % m_capacity;
    const std::size_t first = std::min(bytes.size(), m_capacity - at);
    std::memcpy(m_bytes.get() + at, bytes.data(), first);
    std::memcpy(m_bytes.get(), bytes.data() + first, bytes.size() - first);
    m_written.store(written + bytes.size(), std::memory_order_release);
    const std::size_t half = m_capacity / 2;
    return used < half && used + bytes.size() >= half ? Put::HalfFull : Put::Taken;
}

std::pair<std::string_view, std::string_view> ByteRing::readable() const noexcept
{
    const std::size_t read = m_read.load(std::memory_order_relaxed);
    const std::size_t size = m_written.load(std::memory_order_acquire) - read;
    const std::size_t at = read % m_capacity;
    const std::size_t first = std::min(size, m_capacity - at);
    return {{m_bytes.get() + at, first}, {m_bytes.get(), size - first}};
}

void ByteRing::consume(std::size_t bytes) noexcept
{
    m_read.store(m_read.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
}

} // namespace steelyard::stats
