/// A copy of one request for another pool (the route's `mirror`), whose answer is dropped. It never
/// delays the client: what the mirror's server does not take at once ends the copy. It is no
/// attempt: nothing is retried, no reply follows from it.
/// Thread: worker. Owner: itself, in WorkerContext::mirrors until it ends.
#pragma once

#include "base/intrusive_list.h"
#include "net/event_dispatcher.h"
#include "proxy/stream.h"
#include "runtime/snapshot.h"

namespace steelyard::proxy {

struct WorkerContext;

class Mirror final : public ListHook<Mirror>, private StreamHandler
{
public:
    /// Copies in flight per worker; beyond, requests are not mirrored.
    static constexpr std::size_t kMost = 1024;

    /// Begins a copy of `request` at a server of `pool`; null when there is none to be had. `owner`
    /// is where the caller keeps the pointer: it is set to null when the copy ends by itself.
    static void begin(WorkerContext& worker, const runtime::SnapshotPtr& snapshot,
                      const runtime::Pool& pool, const http::MessageHead& request, Mirror*& owner);

    /// The request's body as it passes.
    void data(std::string_view bytes);
    /// The request is complete; the owner forgets the mirror.
    void end();
    /// The request will never be complete; the owner forgets the mirror.
    void abort();

    /// The engine stops, or a drain deadline passed.
    void cut() { stop(); }

    [[nodiscard]] const runtime::BackendState* backend() const noexcept { return m_lease.state(); }

private:
    Mirror(WorkerContext& worker, const runtime::SnapshotPtr& snapshot, const runtime::Pool& pool);

    void streamHead(http::MessageHead& head) override;

    void streamData(std::string_view) override {}

    void streamEnd(const http::HeaderList&) override;
    void streamFailed(StreamFailure failure) override;

    void streamDrained() override {}

    void streamPause() override {}

    void stop(); ///< resets what is under way
    void leave();

    WorkerContext& m_worker;
    runtime::SnapshotPtr m_snapshot; ///< keeps m_pool
    const runtime::Pool& m_pool;
    runtime::Lease m_lease;
    net::Timer m_timer;
    http::MessageHead m_request;
    Stream* m_backend = nullptr;
    Mirror** m_owner = nullptr;
    int m_status = 0;
};

} // namespace steelyard::proxy
