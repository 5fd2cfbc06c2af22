#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

namespace steelyard::net {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

} // namespace

void Timer::unlink() noexcept
{
    *m_link = m_next;
    if (m_next != nullptr)
        m_next->m_link = m_link;
    m_next = nullptr;
    // The first entry is pointed to by its slot's head.
    const std::less<Timer**> before;
    Timer** const heads = m_wheel->m_heads.data();
    const bool first = !before(m_link, heads) && before(m_link, heads + TimerWheel::kSlots);
    if (first && *m_link == nullptr) {
        const auto slot = static_cast<std::size_t>(m_link - heads);
        m_wheel->m_occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    }
    m_link = nullptr;
}

TimerWheel::TimerWheel(TimePoint start)
    : m_start(start)
    , m_now(start)
{
}

TimerWheel::~TimerWheel()
{
    for (Timer*& head : m_heads)
        while (head != nullptr) {
            head->disarm();
            head->unlink();
        }
}

std::int64_t TimerWheel::tickOf(TimePoint deadline) const noexcept
{
    const auto since = (deadline - m_start).count();
    return since <= 0 ? 0 : (since - 1) / kTick.count() + 1;
}

std::int64_t TimerWheel::comesUp(std::uint32_t slot) const noexcept
{
    const auto ahead = (static_cast<std::uint64_t>(slot) - static_cast<std::uint64_t>(m_tick) - 1);
    return m_tick + 1 + static_cast<std::int64_t>(ahead % kSlots);
}

void TimerWheel::link(Timer& timer, std::uint32_t slot) noexcept
{
    Timer*& head = m_heads[slot];
    timer.m_wheel = this;
    timer.m_staysAfter = TimePoint::max();
    timer.m_next = head;
    timer.m_link = &head;
    if (head != nullptr)
        head->m_link = &timer.m_next;
    head = &timer;
    if (slot >= kSlots)
        return;
    m_occupied[slot / 64] |= std::uint64_t{1} << (slot % 64);
    timer.m_staysAfter = m_start + (comesUp(slot) - 1) * kTick;
}

void TimerWheel::insert(Timer& timer) noexcept
{
    if (timer.m_deadline <= m_now) {
        link(timer, kOverdue);
        return;
    }
    // Beyond the horizon it waits in the furthest slot and moves on from there.
    const std::int64_t tick =
        std::clamp(tickOf(timer.m_deadline), m_tick + 1, m_tick + std::int64_t{kSlots});
    link(timer, static_cast<std::uint32_t>(static_cast<std::uint64_t>(tick) % kSlots));
}

void TimerWheel::place(Timer& timer) noexcept
{
    if (timer.m_link != nullptr)
        timer.unlink();
    insert(timer);
}

void TimerWheel::drainExpired()
{
    while (Timer* timer = m_heads[kExpired]) {
        timer->unlink();
        if (!timer->m_armed)
            continue;
        if (timer->m_deadline > m_now) {
            insert(*timer);
            continue;
        }
        timer->m_armed = false;
        timer->m_callback(timer->m_owner);
    }
}

void TimerWheel::expire(std::uint32_t slot)
{
    while (Timer* timer = m_heads[slot]) {
        timer->unlink();
        if (timer->m_armed)
            link(*timer, kExpired);
    }
    drainExpired();
}

void TimerWheel::advance(TimePoint now)
{
    m_now = std::max(m_now, now);
    drainExpired(); // left by an outer advance() whose callback runs a nested event loop
    if (m_heads[kOverdue] != nullptr)
        expire(kOverdue);
    const std::int64_t target = (m_now - m_start) / kTick;
    while (m_tick < target) {
        m_tick = std::min(target, nextOccupied());
        expire(static_cast<std::uint32_t>(static_cast<std::uint64_t>(m_tick) % kSlots));
    }
}

std::int64_t TimerWheel::nextOccupied() const noexcept
{
    const auto first = static_cast<std::uint32_t>(static_cast<std::uint64_t>(m_tick + 1) % kSlots);
    constexpr std::uint32_t kWords = kSlots / 64;
    for (std::uint32_t step = 0; step <= kWords; ++step) {
        const std::uint32_t word = (first / 64 + step) % kWords;
        std::uint64_t bits = m_occupied[word];
        // The first word is visited twice: from `first` on, and at the end up to it.
        if (step == 0)
            bits &= ~std::uint64_t{0} << (first % 64);
        if (bits != 0)
            return comesUp(word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
    return kNever;
}

TimePoint TimerWheel::nextDue() const noexcept
{
    if (m_heads[kOverdue] != nullptr || m_heads[kExpired] != nullptr)
        return m_now;
    const std::int64_t tick = nextOccupied();
    return tick == kNever ? TimePoint::max() : m_start + tick * kTick;
}

} // namespace steelyard::net
