/// Idle backend connections of one worker, by endpoint; hands out streams, new or kept.
/// The youngest is used first, so that surplus ones grow old and are closed.
/// Thread: worker.
#pragma once

#include "base/intrusive_list.h"
#include "proxy/stream.h"
#include "runtime/snapshot.h"

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace steelyard::proxy {

class H1ClientConnection;
struct WorkerContext;

/// A stream towards a backend, with what the exchange must know of its connection.
struct BackendStream
{
    Stream* stream = nullptr; ///< null: no descriptor, address or memory; `error` is the errno
    bool reused = false;      ///< a kept connection: it may turn out to be stale
    bool connecting = false;
    int error = 0;
    std::size_t place = 0; ///< which of several addresses
};

/// Makes streams in place of the cache: where another protocol towards backends, or a test's fake
/// one, comes in.
class StreamSource
{
public:
    /// As ConnectionCache::open().
    [[nodiscard]] virtual BackendStream open(const runtime::Backend& backend,
                                             const config::Pool& pool, bool fresh,
                                             bool checkStale) = 0;

protected:
    ~StreamSource() = default;
};

class ConnectionCache
{
public:
    explicit ConnectionCache(WorkerContext& worker);
    ~ConnectionCache();

    /// A stream to `backend`. `fresh`: not a kept connection. `checkStale`: look whether a kept one
    /// was closed meanwhile (one system call), for requests that must not be sent twice.
    [[nodiscard]] BackendStream open(const runtime::Backend& backend, const config::Pool& pool,
                                     bool fresh, bool checkStale);

    /// From H1ClientConnection: takes a place among its endpoint's kept ones; false when there is
    /// none or the endpoint is gone.
    [[nodiscard]] static bool reserve(H1ClientConnection& connection);
    /// The place is free again.
    static void release(H1ClientConnection& connection);
    /// It has a place and may be used from now on.
    static void keep(H1ClientConnection& connection);

    /// Only these endpoints are kept from now on; idle connections to others are closed.
    void setEndpoints(const runtime::Snapshot& snapshot);

    /// Null: none. It must outlive the exchanges.
    void setSource(StreamSource* source) noexcept { m_source = source; }

    void closeAll(); ///< idle and active ones, at shutdown

    IntrusiveList<H1ClientConnection> active;

    /// The kept connections to one endpoint; every connection knows its own, which spares it
    /// looking it up twice a request.
    struct Endpoint
    {
        IntrusiveList<H1ClientConnection> idle;
        int count = 0;     ///< places taken: idle ones, and spare ones that are still being made
        bool known = true; ///< scratch for setEndpoints
    };

private:
    WorkerContext& m_worker;
    StreamSource* m_source = nullptr;
    std::unordered_map<std::uint64_t, std::unique_ptr<Endpoint>> m_endpoints;
};

} // namespace steelyard::proxy
