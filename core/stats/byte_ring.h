/// A bounded queue of bytes from one thread to another: what the workers hand to the log's writer.
/// What is put in one call becomes visible at once, so that the reader never sees half a line.
/// Thread: one producer (append), one consumer (everything else).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace steelyard::stats {

class ByteRing
{
public:
    /// `capacity` in bytes, a power of two.
    explicit ByteRing(std::size_t capacity);

    enum class Put
    {
        Refused,
        Taken,
        HalfFull
    };
    /// Never blocks. Refused: no room, nothing was taken. HalfFull: taken, and this one crossed the
    /// middle.
    Put append(std::string_view bytes) noexcept;

    /// What can be read now, in two pieces (the second is not empty when it wraps).
    [[nodiscard]] std::pair<std::string_view, std::string_view> readable() const noexcept;
    void consume(std::size_t bytes) noexcept;

private:
    std::size_t m_capacity;
    std::unique_ptr<char[]> m_bytes;
    alignas(64) std::atomic<std::size_t> m_written{0}; ///< bytes ever put; the producer's
    alignas(64) std::atomic<std::size_t> m_read{0};    ///< bytes ever taken; the consumer's
};

} // namespace steelyard::stats
