/// Requests that wait because every backend they may go to has its max_requests in flight. One
/// queue a pool, shared by the workers: each keeps its own requests in lists of its own, first in
/// first out, and publishes the ticket of the first; whoever frees a slot pokes the worker with the
/// oldest.
///
/// No wake-up is lost: a request is published and counted before it looks for a slot once more, and
/// a slot is freed before its holder looks at the count; both in the single order of the
/// sequentially consistent operations, so that one of the two sees the other (Dekker's argument).
/// A poke binds no slot to a request: who is poked serves while it finds slots, lets an older
/// request of another worker go first, and hands on what it leaves. So requests start in the order
/// of their tickets, but for at most one of each other worker that has drawn its ticket and not
/// published it yet. Picky requests are not in the order, and every freed slot is offered to them:
/// those pinned to one backend, and those that a free slot was not for (they have tried it). At
/// most `bound` wait, over all workers.
/// Thread: see each part.
#pragma once

#include "base/intrusive_list.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace steelyard::runtime {

/// A request that waits. Owner: the worker that it came to; nobody else touches it.
class QueuedRequest : public ListHook<QueuedRequest>
{
public:
    enum class Start
    {
        Left,   ///< it has a slot now, or got its answer: it waits no more (or entered anew)
        Full,   ///< every backend of the queue is at its limit, also for others
        NotMine ///< there is a slot, but not for this one
    };
    virtual ~QueuedRequest() = default;
    /// Takes a slot by Lease::tryAcquire(). It is not linked meanwhile. May enter() requests, also
    /// itself, but makes no other one leave.
    [[nodiscard]] virtual Start startQueued() = 0;
    /// Is there a slot now, for whichever request? Only looks, by BackendState::hasSlot().
    [[nodiscard]] virtual bool anySlotFree() const = 0;

private:
    friend class WorkerQueue;
    std::uint64_t m_ticket = 0;
};

/// What the workers share of one queue. Lives as long as the pool's state.
class RequestQueue
{
public:
    static constexpr std::uint32_t kBound = 10'000;

    /// `poke(worker)` posts to that worker's mailbox a call of its WorkerQueue::poked(); called
    /// from any thread, never more than one outstanding for each worker.
    RequestQueue(int workers, std::function<void(int worker)> poke, std::uint32_t bound = kBound);

    /// Any thread, after it released a slot of a backend whose requests may wait here (and with
    /// sequential consistency, as Lease does). Nearly free while nobody waits.
    void slotFreed()
    {
        if (m_waiting.load(std::memory_order_seq_cst) != 0)
            wake();
    }

    /// Waiting now, over all workers. A new request queues when it is not 0, though there be a
    /// slot: that is meant for an older one.
    [[nodiscard]] std::uint32_t waiting() const noexcept
    {
        return m_waiting.load(std::memory_order_seq_cst);
    }

private:
    friend class WorkerQueue;
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    static constexpr std::uint32_t kPoked = 1, kPicky = 2;

    struct alignas(64) PerWorker
    {
        std::atomic<std::uint64_t> head{kNone}; ///< ticket of its first request that is not picky
        std::atomic<std::uint32_t> poked{0};    ///< kPoked, kPicky: a call is on its way
        std::atomic<bool> picky{false};         ///< it has picky ones
    };

    void wake();
    void pokeOldest();
    void post(std::size_t worker, std::uint32_t how);
    /// The worker whose first request is the oldest of those older than `than`; -1: none.
    [[nodiscard]] int oldest(std::uint64_t than) const noexcept;

    std::vector<PerWorker> m_workers;
    std::function<void(int)> m_poke;
    std::uint32_t m_bound;
    alignas(64) std::atomic<std::uint32_t> m_waiting{0};
    alignas(64) std::atomic<std::uint64_t> m_nextTicket{0};
};

/// One worker's part of a queue. Thread: that worker.
class WorkerQueue
{
public:
    WorkerQueue(std::shared_ptr<RequestQueue> shared, int worker);
    WorkerQueue(const WorkerQueue&) = delete;
    WorkerQueue& operator=(const WorkerQueue&) = delete;
    ~WorkerQueue(); ///< its requests leave unstarted

    /// Queues a request that found no slot, or others waiting. False: the queue is full. It may
    /// have started and left again when this returns: linked() tells. `picky`: it waits for a
    /// backend that others may not have (pinned to a draining one): "Full" for others says nothing
    /// of it, and it answers NotMine where its own is full.
    [[nodiscard]] bool enter(QueuedRequest& request, bool picky = false);
    /// Its time is over, or its client is gone. Nothing when it waits no more.
    void leave(QueuedRequest& request);
    /// Runs when poked; also to be called when a new snapshot is installed (limits raised, backends
    /// back: slots that nobody freed).
    void poked();

    [[nodiscard]] bool empty() const noexcept { return m_requests.empty() && m_picky.empty(); }

private:
    using Start = QueuedRequest::Start;
    void serve(bool ordinary);
    [[nodiscard]] bool servePicky();
    [[nodiscard]] bool serveOrdinary();
    void publish();

    const std::shared_ptr<RequestQueue> m_shared;
    RequestQueue::PerWorker& m_mine;
    const std::size_t m_worker;
    IntrusiveList<QueuedRequest> m_requests, m_picky; ///< oldest first
    bool m_serving = false;
    bool m_entered = false;  ///< while serving: look again
    bool m_newPicky = false; ///< since they were last offered a slot
};

} // namespace steelyard::runtime
