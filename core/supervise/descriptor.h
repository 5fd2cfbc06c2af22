/// A file descriptor with one owner. Thread: any (one owner).
#pragma once

#include <utility>

#include <unistd.h>

namespace steelyard::supervise {

class Descriptor
{
public:
    Descriptor() = default;

    explicit Descriptor(int number)
        : m_number(number)
    {
    }

    ~Descriptor() { close(); }

    Descriptor(Descriptor&& other) noexcept
        : m_number(std::exchange(other.m_number, -1))
    {
    }

    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return m_number; }

    [[nodiscard]] bool valid() const { return m_number >= 0; }

    /// The caller owns it from now on.
    [[nodiscard]] int release() { return std::exchange(m_number, -1); }

    void close()
    {
        if (m_number >= 0)
            ::close(std::exchange(m_number, -1));
    }

private:
    int m_number = -1;
};

} // namespace steelyard::supervise
