// The exchange's choice of a server: the pin first, else the pool's algorithm; and waiting where
// every server is at its max_requests.
#include "proxy/exchange.h"

#include <algorithm>

namespace steelyard::proxy {

using runtime::Picked;
using Start = runtime::QueuedRequest::Start;

void Exchange::tryNext()
{
    // Who comes later does not overtake those who wait; one that wants its pinned server takes
    // nothing from them unless it is full.
    const bool othersWait = m_pool->limited && m_queuedAt == TimePoint{} && !wantsPin() &&
                            m_pool->state->queue->waiting() != 0;
    if (othersWait && enterQueue())
        return;
    for (;;) {
        Picked picked = choose();
        if (picked.backend == balancing::Balancer::kNone) {
            if (picked.full && enterQueue())
                return;
            const Cause none = picked.full ? Cause::QueueFull : Cause::NoServer;
            reply(m_lastFailure == Cause::None ? none : m_lastFailure, 0, m_detail);
            return;
        }
        if (openAttempt(m_pool->backends[static_cast<std::size_t>(picked.backend)],
                        std::move(picked.lease), false))
            return;
    }
}

Picked Exchange::choose()
{
    std::vector<runtime::Choice>* record = m_decision == nullptr ? nullptr : &m_decision->choices;
    if (wantsPin()) {
        Picked picked;
        picked.lease = m_pool->lease(m_worker.index, static_cast<std::uint32_t>(m_pin));
        picked.full = picked.lease.state() == nullptr;
        if (!picked.full) {
            picked.backend = m_pin;
            m_pinUsed = true; // a retry breaks the pin
            markTried(m_pin);
        }
        if (record != nullptr) {
            runtime::Choice& choice = record->emplace_back();
            choice.kind = runtime::Choice::Kind::Pinned;
            choice.backend = m_pin;
            choice.refused = picked.full ? "at its limit" : "";
        }
        return picked;
    }
    balancing::PickInputs inputs;
    inputs.draw = m_worker.random.next();
    inputs.key = m_key;
    inputs.hasKey = m_hasKey;
    inputs.nowUs = m_worker.nowMicros();
    return m_pool->pick(m_worker.index, inputs, m_tried, record);
}

bool Exchange::wantsPin() const
{
    return m_pin != balancing::Balancer::kNone && !m_pinUsed;
}

void Exchange::markTried(int backend)
{
    const auto& candidates = m_pool->candidates.backends;
    const auto found =
        std::find(candidates.begin(), candidates.end(), static_cast<std::uint32_t>(backend));
    if (found != candidates.end())
        m_tried.add(static_cast<std::uint32_t>(found - candidates.begin()));
}

void Exchange::releaseLease(runtime::Lease& lease)
{
    lease.release();
    if (m_pool != nullptr && m_pool->limited)
        m_pool->state->queue->slotFreed();
}

// ---- waiting

/// True: it waits, or has gone on already. False: nobody may wait, or too many do.
bool Exchange::enterQueue()
{
    const milliseconds limit = m_pool->settings->timeouts.queue;
    if (limit.count() == 0)
        return false;
    const Phase before = m_phase;
    if (m_queuedAt == TimePoint{}) {
        m_queuedAt = m_worker.loop.now();
        // What follows is not the engine's own time.
        m_own = Clock::now() - m_started;
        m_sentOn = true;
    }
    arm(limit);
    m_phase = Phase::Queued;
    // A body is left where it is. Without one the client is watched: who resets is gone.
    m_client->setReading(m_requestComplete);
    // One that waits for its pinned server alone is out of the order.
    if (m_worker.queueOf(*m_pool->state).enter(m_waiter, wantsPin()))
        return true;
    m_phase = before;
    m_queuedAt = {};
    return false;
}

Start Exchange::startQueued()
{
    Picked picked = choose();
    if (picked.backend == balancing::Balancer::kNone) {
        if (!picked.full) {
            reply(m_lastFailure == Cause::None ? Cause::NoServer : m_lastFailure, 0, m_detail);
            return Start::Left;
        }
        return wantsPin() || anySlotFree() ? Start::NotMine : Start::Full;
    }
    m_waited = m_worker.loop.now() - m_queuedAt;
    if (!openAttempt(m_pool->backends[static_cast<std::size_t>(picked.backend)],
                     std::move(picked.lease), false))
        tryNext();
    return Start::Left;
}

bool Exchange::anySlotFree() const
{
    const auto& candidates = m_pool->candidates.backends;
    return std::any_of(candidates.begin(), candidates.end(), [this](std::uint32_t index) {
        const runtime::Backend& each = m_pool->backends[index];
        return each.state->takesNewWork() &&
               (each.maxRequests == 0 || each.state->hasSlot(each.maxRequests));
    });
}

} // namespace steelyard::proxy
