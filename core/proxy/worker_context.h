/// What one worker's connections and exchanges share: the loop, the present snapshot, pools of
/// objects, counters. Thread: its worker.
#pragma once

#include "base/intrusive_list.h"
#include "base/object_pool.h"
#include "base/random.h"
#include "http/chunked.h"
#include "http/h1_parser.h"
#include "net/event_dispatcher.h"
#include "net/listener.h"
#include "proxy/client_limits.h"
#include "proxy/connection_cache.h"
#include "proxy/decision_log.h"
#include "proxy/output_buffer.h"
#include "proxy/retry_budget.h"
#include "runtime/snapshot.h"
#include "stats/access_log.h"
#include "stats/access_record.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace steelyard::proxy {

class Exchange;
class H1ClientConnection;
class H1ServerConnection;
class Mirror;

/// The incoming half of one HTTP/1 message: parser, decoder, head and bytes not consumed yet.
/// Pooled: an idle connection has none.
template <http::HeadParser::Kind K>
struct MessageReader
{
    http::HeadParser parser{K};
    http::ChunkedDecoder chunked;
    http::MessageHead head;
    std::string input; ///< received, not consumed; starts at a message's or chunk's unfinished part
    /// Of `input`. Hundreds are pooled, so what each keeps is what the worker holds for ever.
    static constexpr std::size_t kKeepCapacity = 16 * std::size_t{1024};

    void recycle()
    {
        parser.reset();
        chunked.reset();
        head.clear();
        input.clear();
        if (input.capacity() > kKeepCapacity)
            input.shrink_to_fit();
    }
};

using RequestReader = MessageReader<http::HeadParser::Kind::Request>;
using ResponseReader = MessageReader<http::HeadParser::Kind::Response>;

/// What a listener's connections share across workers and reloads.
struct ListenerState
{
    explicit ListenerState(int workers)
        : share(std::make_shared<net::AcceptShare>(workers))
    {
    }

    std::atomic<bool> removed{
        false}; ///< gone from the configuration: what it accepted ends with its present request
    const std::shared_ptr<net::AcceptShare> share; ///< connections, by worker and in all
    ClientLimits limits;
};

struct WorkerContext
{
    static constexpr std::size_t kReadSize = 256 * std::size_t{1024};

    WorkerContext(int index, net::EventDispatcher& loop, stats::WorkerCounters& counters);
    ~WorkerContext();

    const int index;
    net::EventDispatcher& loop;
    net::TimerWheel& wheel; ///< the loop's
    stats::WorkerCounters& counters;
    std::shared_ptr<stats::AccessLog> accessLog; ///< null: off
    /// This worker's own handle on the snapshot: its reference count is touched by no other thread.
    runtime::SnapshotPtr snapshot;
    bool draining = false;    ///< the engine stops: no keep-alive any more
    bool handingOver = false; ///< and another serves its port already
    RandomSource random;
    /// Received bytes pass through here and are consumed or copied before the next read.
    std::vector<char> readBuffer;
    stats::AccessLine accessLine;
    std::string scratch; ///< room to build one text in
    /// Makes and reads the cookies of sticky pools; null until a snapshot has sessions.
    std::unique_ptr<runtime::TokenCodec> tokens;
    DecisionLog decisions;
    /// Tells control at once that a backend's run of errors is complete.
    std::function<void()> wakeControl = [] {};

    ObjectPool<OutputBuffer> outputs{64};
    ObjectPool<RequestReader> requestReaders{256};
    ObjectPool<ResponseReader> responseReaders{256};
    ObjectPool<Exchange> exchanges; // set up in the constructor: Exchange is incomplete here
    IntrusiveList<H1ServerConnection> clients; ///< all client connections
    IntrusiveList<Exchange> activeExchanges;
    std::uint32_t exchangesInFlight = 0;
    IntrusiveList<Mirror> mirrors;
    std::uint32_t mirrorsInFlight = 0;
    ConnectionCache cache;
    RetryBudget retryBudget;

    /// This worker's part of a pool's queue.
    [[nodiscard]] runtime::WorkerQueue& queueOf(const runtime::PoolState& pool);
    /// Somebody freed a slot that may be for one of ours; or, null, for any: a new snapshot is
    /// here.
    void pokeQueue(const runtime::RequestQueue* queue);

    /// µs of the loop's clock, as Load::recordLatency and PickInputs want it.
    [[nodiscard]] std::uint64_t nowMicros() const noexcept
    {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<microseconds>(loop.now().time_since_epoch()).count());
    }

    /// Objects that ended are destroyed when the loop's turn ends: whoever still stands on the
    /// stack may finish.
    void bury(std::unique_ptr<Stream> stream);
    void bury(std::unique_ptr<Exchange> exchange);
    void bury(std::unique_ptr<Mirror> mirror);

    /// "Tue, 24 Nov 2026 08:00:00 GMT", formatted once a second.
    [[nodiscard]] std::string_view httpDate();
    /// 32 hexadecimal digits, unique enough to correlate logs (not a secret).
    [[nodiscard]] std::string newRequestId();

private:
    static void emptyGraves(void* self);
    std::unordered_map<const runtime::RequestQueue*, std::unique_ptr<runtime::WorkerQueue>>
        m_queues; ///< of pools in which somebody has waited
    std::vector<std::unique_ptr<Stream>> m_streamGraves;
    std::vector<std::unique_ptr<Exchange>> m_exchangeGraves;
    std::vector<std::unique_ptr<Stream>>
        m_streams; ///< being destroyed; members so that no turn allocates
    std::vector<std::unique_ptr<Exchange>> m_exchanges;
    std::vector<std::unique_ptr<Mirror>> m_mirrorGraves;
    net::Deferred m_burial;
    std::int64_t m_dateSecond = 0;
    std::string m_date;
};

} // namespace steelyard::proxy
