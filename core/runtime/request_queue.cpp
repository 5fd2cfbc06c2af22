#include "runtime/request_queue.h"

namespace steelyard::runtime {

RequestQueue::RequestQueue(int workers, std::function<void(int)> poke, std::uint32_t bound)
    : m_workers(static_cast<std::size_t>(workers))
    , m_poke(std::move(poke))
    , m_bound(bound)
{
}

void RequestQueue::wake()
{
    pokeOldest();
    for (std::size_t i = 0; i < m_workers.size(); ++i) {
        if (m_workers[i].picky.load(std::memory_order_seq_cst))
            post(i, kPicky);
    }
}

void RequestQueue::pokeOldest()
{
    const int worker = oldest(kNone);
    if (worker >= 0)
        post(static_cast<std::size_t>(worker), kPoked);
}

void RequestQueue::post(std::size_t worker, std::uint32_t how)
{
    if (m_workers[worker].poked.fetch_or(how, std::memory_order_seq_cst) == 0)
        m_poke(static_cast<int>(worker));
}

int RequestQueue::oldest(std::uint64_t than) const noexcept
{
    int found = -1;
    for (std::size_t i = 0; i < m_workers.size(); ++i) {
        const std::uint64_t head = m_workers[i].head.load(std::memory_order_seq_cst);
        if (head < than) {
            than = head;
            found = static_cast<int>(i);
        }
    }
    return found;
}

WorkerQueue::WorkerQueue(std::shared_ptr<RequestQueue> shared, int worker)
    : m_shared(std::move(shared))
    , m_mine(m_shared->m_workers[static_cast<std::size_t>(worker)])
    , m_worker(static_cast<std::size_t>(worker))
{
}

WorkerQueue::~WorkerQueue()
{
    while (!m_requests.empty())
        leave(m_requests.front());
    while (!m_picky.empty())
        leave(m_picky.front());
    m_shared->slotFreed(); // a poke that came for one of them goes to another worker
}

bool WorkerQueue::enter(QueuedRequest& request, bool picky)
{
    if (m_shared->m_waiting.fetch_add(1, std::memory_order_seq_cst) >= m_shared->m_bound) {
        m_shared->m_waiting.fetch_sub(1, std::memory_order_seq_cst);
        return false;
    }
    request.m_ticket = m_shared->m_nextTicket.fetch_add(1, std::memory_order_seq_cst);
    if (picky) {
        m_picky.pushBack(request);
        m_newPicky = true;
        m_mine.picky.store(true, std::memory_order_seq_cst);
    } else {
        m_requests.pushBack(request);
        m_entered = true;
        publish();
    }
    if (!m_serving)
        serve(!picky);
    return true;
}

void WorkerQueue::leave(QueuedRequest& request)
{
    if (!request.linked())
        return;
    request.unlink();
    publish();
    m_mine.picky.store(!m_picky.empty(), std::memory_order_seq_cst);
    m_shared->m_waiting.fetch_sub(1, std::memory_order_seq_cst);
}

void WorkerQueue::poked()
{
    const std::uint32_t how = m_mine.poked.exchange(0, std::memory_order_seq_cst);
    m_entered = true;
    if (!m_serving)
        serve(how != RequestQueue::kPicky);
}

void WorkerQueue::serve(bool ordinary)
{
    m_serving = true;
    for (bool again = true; again;) {
        m_newPicky = m_entered = false;
        const bool slotLeft = servePicky();
        if (slotLeft && (ordinary || m_entered)) {
            m_entered = false;
            // Ours have all started, or become picky: the slot may be for another worker's.
            if (serveOrdinary())
                m_shared->pokeOldest();
        }
        // Each one looks for a slot after it was published, as new or as picky: one may have been
        // freed before.
        again = m_newPicky || m_entered;
        ordinary = m_entered;
    }
    m_serving = false;
}

/// Offers slots to all picky ones. False: there is none left.
bool WorkerQueue::servePicky()
{
    bool slotLeft = true;
    IntrusiveList<QueuedRequest> kept;
    while (!m_picky.empty()) {
        QueuedRequest& request = m_picky.front();
        request.unlink();
        const Start start = slotLeft ? request.startQueued() : Start::Full;
        slotLeft = slotLeft && start != Start::Full;
        if (start == Start::Left)
            m_shared->m_waiting.fetch_sub(1, std::memory_order_seq_cst);
        else
            kept.pushBack(request);
    }
    while (!kept.empty())
        m_picky.pushBack(kept.front());
    m_mine.picky.store(!m_picky.empty(), std::memory_order_seq_cst);
    return slotLeft;
}

/// Starts requests in the order of all workers' tickets. False: there is no slot left, or it is for
/// an older one of another worker, which was poked.
bool WorkerQueue::serveOrdinary()
{
    while (!m_requests.empty()) {
        QueuedRequest& request = m_requests.front();
        const int older = m_shared->oldest(request.m_ticket);
        if (older >= 0 && older != static_cast<int>(m_worker)) {
            if (request.anySlotFree())
                m_shared->post(static_cast<std::size_t>(older), RequestQueue::kPoked);
            return false;
        }
        // What is published says that it still waits, until it does not.
        request.unlink();
        const Start start = request.startQueued();
        if (start == Start::Full) {
            m_requests.pushFront(request);
            publish();
            return false;
        }
        if (start == Start::NotMine) {
            m_picky.pushBack(request);
            m_newPicky = true;
            m_mine.picky.store(true, std::memory_order_seq_cst);
        }
        publish();
        if (start == Start::Left)
            m_shared->m_waiting.fetch_sub(1, std::memory_order_seq_cst);
    }
    return true;
}

void WorkerQueue::publish()
{
    const std::uint64_t head =
        m_requests.empty() ? RequestQueue::kNone : m_requests.front().m_ticket;
    if (m_mine.head.load(std::memory_order_relaxed) != head)
        m_mine.head.store(head, std::memory_order_seq_cst);
}

} // namespace steelyard::runtime
