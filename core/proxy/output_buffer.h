/// Bytes waiting for a slow socket, in order. Lives only while it holds some: idle connections have
/// none. Thread: worker.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace steelyard::proxy {

/// A pooled byte string.
class OutputBuffer
{
public:
    /// Dozens are pooled, so what each keeps is what the worker holds for ever.
    static constexpr std::size_t kKeepCapacity = 16 * std::size_t{1024};
    static constexpr std::size_t kMoveAt =
        256 * std::size_t{1024}; ///< sent bytes in front of unsent ones

    [[nodiscard]] std::string& tail() noexcept { return m_bytes; } ///< append here

    [[nodiscard]] std::string_view pending() const noexcept
    {
        return std::string_view(m_bytes).substr(m_sent);
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_bytes.size() - m_sent; }

    void consume(std::size_t count) noexcept
    {
        m_sent += count;
        if (m_sent == m_bytes.size()) {
            m_bytes.clear();
            m_sent = 0;
        } else if (m_sent >= kMoveAt) { // else one that is never quite empty would grow for ever
            m_bytes.erase(0, m_sent);
            m_sent = 0;
        }
    }

    void recycle() noexcept
    {
        m_sent = 0;
        m_bytes.clear();
        if (m_bytes.capacity() > kKeepCapacity)
            m_bytes.shrink_to_fit();
    }

private:
    std::string m_bytes;
    std::size_t m_sent = 0;
};

} // namespace steelyard::proxy
