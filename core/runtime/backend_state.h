/// What lives as long as a backend is known by (pool, name), across reloads and address changes:
/// its states, its load and its counters. Snapshots point to it. Thread: control writes the states;
/// workers write load and their own counters; anybody reads.
#pragma once

#include "balancing/balancer.h"
#include "base/clock.h"
#include "base/outcomes.h"
#include "base/states.h"
#include "stats/counters.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace steelyard::runtime {

struct BackendState
{
    BackendState(std::string poolName, std::string backendName, int workers)
        : pool(std::move(poolName))
        , name(std::move(backendName))
        , outcomes(workers)
    {
        for (int i = 0; i < workers; ++i)
            counters.push_back(std::make_unique<stats::BackendCounters>());
    }

    const std::string pool;
    const std::string name;
    std::atomic<AdminState> admin{AdminState::Ready};
    std::atomic<HealthState> health{HealthState::Checking};
    std::atomic<bool> ejected{false}; ///< by passive health
    /// While it drains, do those pinned there get in? Until shortly before the deadline.
    std::atomic<bool> admitsPins{true};
    balancing::Load load;
    BackendOutcomes outcomes; ///< for passive health
    // Control's own: in service, and since when, for slow start.
    bool serves = false;
    TimePoint servesSince{};
    std::vector<std::unique_ptr<stats::BackendCounters>> counters; ///< one per worker, by its index

    /// Checked again on a chosen backend: a drain takes effect before the next candidate set is
    /// installed.
    [[nodiscard]] bool takesNewWork() const noexcept
    {
        return admin.load(std::memory_order_relaxed) == AdminState::Ready;
    }

    /// Fewer than `limit` (max_requests) in flight? Sequentially consistent, as RequestQueue wants.
    [[nodiscard]] bool hasSlot(std::uint32_t limit) const noexcept
    {
        return load.inFlight.load(std::memory_order_seq_cst) < limit;
    }
};

/// What one worker has in flight at all backends of a pool. It alone writes; anybody reads.
struct alignas(64) WorkerLoad
{
    std::atomic<std::int64_t> inFlight{0};

    void add(std::int64_t change) noexcept
    {
        inFlight.store(inFlight.load(std::memory_order_relaxed) + change,
                       std::memory_order_relaxed);
    }
};

/// Holds one request in flight at a backend, from the choice to the attempt's end. Who holds it
/// holds the snapshot too in which the backend was chosen: counting references here as well would
/// make all workers write to one line of memory. It ends on the thread that took it.
class Lease
{
public:
    Lease() = default;

    explicit Lease(const std::shared_ptr<BackendState>& state, WorkerLoad& worker) noexcept
        : m_state(state.get())
        , m_worker(&worker)
    {
        m_state->load.inFlight.fetch_add(1, std::memory_order_relaxed);
        m_worker->add(1);
    }

    /// For a backend with max_requests: never more than `limit` at once, over all workers. Empty
    /// when it is full.
    [[nodiscard]] static Lease tryAcquire(const std::shared_ptr<BackendState>& state,
                                          std::uint32_t limit, WorkerLoad& worker) noexcept
    {
        Lease lease;
        std::atomic<std::uint32_t>& inFlight = state->load.inFlight;
        std::uint32_t now = inFlight.load(std::memory_order_seq_cst);
        do {
            if (now >= limit)
                return lease;
        } while (!inFlight.compare_exchange_weak(now, now + 1, std::memory_order_seq_cst));
        lease.m_state = state.get();
        lease.m_worker = &worker;
        worker.add(1);
        return lease;
    }

    ~Lease() { release(); }

    Lease(Lease&& other) noexcept
        : m_state(std::exchange(other.m_state, nullptr))
        , m_worker(other.m_worker)
    {
    }

    Lease& operator=(Lease&& other) noexcept
    {
        if (this != &other) {
            release();
            m_state = std::exchange(other.m_state, nullptr);
            m_worker = other.m_worker;
        }
        return *this;
    }

    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    /// Where requests may wait for the slot, RequestQueue::slotFreed() comes after it.
    void release() noexcept
    {
        if (m_state == nullptr)
            return;
        m_worker->add(-1);
        std::exchange(m_state, nullptr)->load.inFlight.fetch_sub(1, std::memory_order_seq_cst);
    }

    [[nodiscard]] BackendState* state() const noexcept { return m_state; }

private:
    BackendState* m_state = nullptr;
    WorkerLoad* m_worker = nullptr;
};

} // namespace steelyard::runtime
