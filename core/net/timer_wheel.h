/// Hashed timer wheel (Varghese and Lauck 1987, scheme 6) for the data path's many coarse
/// deadlines: arming, re-arming and disarming are O(1), and pushing a deadline further out only
/// stores it (the entry moves when its old slot comes up). Resolution 16 ms; a timer never fires
/// early and at most one tick plus the loop's turn late. Thread: the loop that owns it.
#pragma once

#include "base/clock.h"

#include <array>
#include <cstdint>

namespace steelyard::net {

class TimerWheel;

/// One deadline, a member of the object that waits. Destroying it disarms it.
class Timer
{
public:
    using Callback = void (*)(void* owner);

    Timer(Callback callback, void* owner) noexcept
        : m_callback(callback)
        , m_owner(owner)
    {
    }

    ~Timer()
    {
        if (m_link != nullptr)
            unlink();
    }

    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Cheap: the entry stays in its slot, so that the usual next arm() costs a store.
    void disarm() noexcept { m_armed = false; }

    [[nodiscard]] bool armed() const noexcept { return m_armed; }

    [[nodiscard]] TimePoint deadline() const noexcept { return m_deadline; }

private:
    friend class TimerWheel;
    void unlink() noexcept;

    Callback m_callback;
    void* m_owner;
    TimePoint m_deadline{};
    Timer* m_next = nullptr;  ///< intrusive list of the slot
    Timer** m_link = nullptr; ///< what points to this entry; null when not in a slot
    TimerWheel* m_wheel = nullptr;
    /// A deadline after it leaves the entry where it is: its slot comes up early enough.
    TimePoint m_staysAfter{};
    bool m_armed = false; ///< false while still linked: disarmed lazily
};

class TimerWheel
{
public:
    static constexpr Duration kTick = milliseconds(16); ///< resolution

    explicit TimerWheel(TimePoint start);
    ~TimerWheel(); ///< disarms what is armed
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// (Re-)arms `timer`. A deadline not after the last advance() fires at the next one, whenever
    /// that is.
    void arm(Timer& timer, TimePoint deadline) noexcept
    {
        timer.m_deadline = deadline;
        timer.m_armed = true;
        // Several times a request, and nearly always later than before.
        if (timer.m_link == nullptr || timer.m_staysAfter >= deadline || timer.m_wheel != this)
            place(timer);
    }

    /// Fires everything due at `now`. Callbacks may arm, disarm and destroy any timer, their own
    /// too.
    void advance(TimePoint now);
    /// When advance() should be called next; TimePoint::max() when nothing is armed. Never later
    /// than the next deadline plus one tick; may be earlier (entries moved lazily).
    [[nodiscard]] TimePoint nextDue() const noexcept;

private:
    friend class Timer;

    static constexpr std::uint32_t kSlots = 2048;
    static constexpr std::uint32_t kOverdue = kSlots; ///< for deadlines already past when armed
    static constexpr std::uint32_t kExpired =
        kSlots + 1; ///< taken from its slot, about to fire or to move

    [[nodiscard]] std::int64_t
    tickOf(TimePoint deadline) const noexcept; ///< first tick not before it
    [[nodiscard]] std::int64_t
    comesUp(std::uint32_t slot) const noexcept; ///< tick of its next visit
    [[nodiscard]] std::int64_t
    nextOccupied() const noexcept;     ///< a tick after m_tick; max when none
    void place(Timer& timer) noexcept; ///< in its slot, out of the one it may be in
    void insert(Timer& timer) noexcept;
    void link(Timer& timer, std::uint32_t slot) noexcept;
    void expire(std::uint32_t slot);
    void drainExpired();

    TimePoint m_start;
    TimePoint m_now;         ///< of the last advance()
    std::int64_t m_tick = 0; ///< ticks since m_start whose slots have been visited
    std::array<Timer*, kSlots + 2> m_heads{};
    std::array<std::uint64_t, kSlots / 64> m_occupied{};
};

} // namespace steelyard::net
