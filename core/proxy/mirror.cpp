#include "proxy/mirror.h"

#include "proxy/worker_context.h"

#include <utility>

namespace steelyard::proxy {

Mirror::Mirror(WorkerContext& worker, const runtime::SnapshotPtr& snapshot,
               const runtime::Pool& pool)
    : m_worker(worker)
    , m_snapshot(snapshot)
    , m_pool(pool)
    , m_timer([](void* self) { static_cast<Mirror*>(self)->stop(); }, this)
{
}

void Mirror::begin(WorkerContext& worker, const runtime::SnapshotPtr& snapshot,
                   const runtime::Pool& pool, const http::MessageHead& request, Mirror*& owner)
{
    owner = nullptr;
    if (worker.mirrorsInFlight >= kMost || request.upgradeWebSocket)
        return;
    balancing::Tried tried;
    balancing::PickInputs inputs;
    inputs.draw = worker.random.next();
    inputs.nowUs = worker.nowMicros();
    runtime::Picked picked = pool.pick(worker.index, inputs, tried);
    if (picked.backend == balancing::Balancer::kNone)
        return;
    const runtime::Backend& backend = pool.backends[static_cast<std::size_t>(picked.backend)];
    const BackendStream opened = worker.cache.open(backend, *pool.settings, false, true);
    if (opened.stream == nullptr) {
        picked.lease.release();
        if (pool.limited)
            pool.state->queue->slotFreed();
        return;
    }
    auto* mirror = new Mirror(worker, snapshot, pool);
    worker.mirrors.pushFront(*mirror);
    ++worker.mirrorsInFlight;
    mirror->m_lease = std::move(picked.lease);
    mirror->m_request = request;
    mirror->m_request.expectContinue = false;
    mirror->m_request.headers.remove(http::FieldId::Expect);
    mirror->m_backend = opened.stream;
    mirror->m_owner = &owner;
    owner = mirror;
    opened.stream->setHandler(mirror);
    opened.stream->sendHead(mirror->m_request);
    // As long as an attempt may take to answer; not longer for a body that takes its time.
    worker.wheel.arm(mirror->m_timer, worker.loop.now() + pool.settings->timeouts.responseHeader +
                                          pool.settings->timeouts.connect);
}

void Mirror::data(std::string_view bytes)
{
    m_backend->sendData(bytes);
    if (m_backend->congested()) {
        stop();
        return;
    }
    m_backend->flush();
}

void Mirror::end()
{
    m_owner = nullptr;
    m_backend->sendEnd(nullptr);
    m_backend->flush();
}

void Mirror::abort()
{
    m_owner = nullptr;
    stop();
}

void Mirror::streamHead(http::MessageHead& head)
{
    if (head.status == 101) {
        stop();
    } else if (head.status >= 200) {
        m_status = head.status;
    }
}

void Mirror::streamEnd(const http::HeaderList&)
{
    stats::BackendCounters& counters =
        *m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)];
    counters.requests.add();
    counters.statusClass[m_status / 100 <= 5 ? m_status / 100 : 0].add();
    // Before the request was complete there is nothing left to send it for.
    Stream* backend = std::exchange(m_backend, nullptr);
    backend->finished();
    leave();
}

void Mirror::streamFailed(StreamFailure failure)
{
    stats::BackendCounters& counters =
        *m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)];
    counters.requests.add();
    if (failure == StreamFailure::ConnectFailed) {
        counters.connectErrors.add();
    } else {
        counters.resets.add();
    }
    stop();
}

void Mirror::stop()
{
    if (m_backend == nullptr)
        return;
    Stream* backend = std::exchange(m_backend, nullptr);
    backend->setHandler(nullptr);
    backend->reset();
    leave();
}

void Mirror::leave()
{
    if (m_owner != nullptr)
        *m_owner = nullptr;
    m_owner = nullptr;
    m_timer.disarm();
    m_lease.release();
    if (m_pool.limited)
        m_pool.state->queue->slotFreed();
    unlink();
    --m_worker.mirrorsInFlight;
    m_worker.bury(std::unique_ptr<Mirror>(this));
}

} // namespace steelyard::proxy
