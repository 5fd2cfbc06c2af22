// The exchange's client side: our own replies, and the end. Routing is in exchange_route.cpp,
// attempts at backends in attempts.cpp.
#include "proxy/exchange.h"

#include <algorithm>
#include <utility>

namespace steelyard::proxy {

namespace {

/// A request's body kept for a retry (behaviour.md, Resilience).
constexpr std::size_t kReplayLimit = 64 * std::size_t{1024};
/// Of a body kept for a retry, when its exchange waits in the pool: 256 do, by worker.
constexpr std::size_t kReplayKept = 16 * std::size_t{1024};

std::uint64_t microsOf(Duration duration) noexcept
{
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<microseconds>(duration).count()));
}

} // namespace

Exchange::Exchange(WorkerContext& worker)
    : m_worker(worker)
    , m_backendSide(*this)
    , m_timer([](void* self) { static_cast<Exchange*>(self)->expired(); }, this)
    , m_waiter(*this)
{
}

void Exchange::recycle()
{
    m_timer.disarm();
    m_client = m_backend = nullptr;
    m_request = nullptr;
    m_lease.release(); // before the snapshot that it is of
    m_snapshot.reset();
    m_listener = nullptr;
    m_pool = nullptr;
    m_route = nullptr;
    m_backendNow = nullptr;
    m_key = 0;
    m_hasKey = false;
    m_token.reset();
    m_pin = balancing::Balancer::kNone;
    m_mirror = nullptr;
    m_decision.reset();
    m_queuedAt = {};
    m_waited = {};
    m_retryAfter = 0;
    m_pinUsed = m_atPin = m_renewPin = false;
    m_tried = {};
    m_attempts.clear();
    m_replay.clear();
    if (m_replay.capacity() > kReplayKept)
        m_replay.shrink_to_fit();
    m_own = {};
    m_bytesIn = m_bytesOut = 0;
    m_status = m_informationals = m_retriesLeft = 0;
    m_detail = "";
    m_cause = m_lastFailure = Cause::None;
    m_phase = Phase::Idle;
    m_requestComplete = m_connecting = m_reused = m_sentOn = m_clientHeadSent = m_idempotent =
        false;
    m_tunnelClientEnded = m_tunnelBackendEnded = false;
    m_replayable = true;
}

Exchange* Exchange::begin(WorkerContext& worker)
{
    std::unique_ptr<Exchange> exchange = worker.exchanges.take(worker);
    worker.activeExchanges.pushFront(*exchange);
    ++worker.exchangesInFlight;
    return exchange.release();
}

void Exchange::start(Stream& client, http::MessageHead& request, const ClientInfo& info)
{
    m_client = &client;
    m_request = &request;
    m_info = info;
    m_snapshot = m_worker.snapshot;
    m_started = m_worker.loop.now();
    m_worker.retryBudget.countRequest(m_started);
    if (m_worker.decisions.wants(m_started))
        m_decision = std::make_unique<runtime::Decision>();
    if (m_worker.accessLog != nullptr || m_decision != nullptr) {
        // Edits of the head (forwarding fields, rewrites) must not change what the log shows.
        m_logHost.assign(request.host());
        m_logTarget.assign(request.target());
    }
    route();
}

void Exchange::refuse(Stream& client, const ClientInfo& info, const http::ParseError& error)
{
    m_client = &client;
    m_request = nullptr;
    m_info = info;
    m_snapshot = m_worker.snapshot;
    m_started = m_worker.loop.now();
    m_logHost.clear();
    m_logTarget.clear();
    if (error.status == 429)
        m_retryAfter = 1;
    reply(error.status == 408   ? Cause::RequestTimeout
          : error.status == 429 ? Cause::ConnectionLimit
                                : Cause::BadRequest,
          error.status, error.reason);
}

// ---- client side

void Exchange::streamData(std::string_view bytes)
{
    m_bytesIn += bytes.size();
    if (m_phase == Phase::Done)
        return;
    if (m_mirror != nullptr)
        m_mirror->data(bytes);
    if (m_replayable && !m_clientHeadSent &&
        (m_phase == Phase::Waiting || m_phase == Phase::Queued)) {
        if (m_replay.size() + bytes.size() <= kReplayLimit) {
            m_replay.append(bytes);
        } else {
            m_replayable = false;
            m_replay.clear();
        }
    }
    if (m_backend == nullptr)
        return;
    m_backend->sendData(bytes);
    // While connecting everything so far must stay replayable: read no further before the
    // connection is there.
    if (m_backend != nullptr && (m_connecting || m_backend->congested()))
        m_client->setReading(false);
    if (!m_connecting)
        arm(m_pool->settings->timeouts.idle);
}

void Exchange::streamEnd(const http::HeaderList& trailers)
{
    if (m_phase == Phase::Done)
        return;
    if (m_phase == Phase::Tunnel) {
        m_tunnelClientEnded = true;
        m_backend->sendEnd(nullptr);
        m_backend->flush();
        if (m_tunnelBackendEnded && m_phase == Phase::Tunnel)
            finishTunnel();
        return;
    }
    m_requestComplete = true;
    if (m_mirror != nullptr)
        std::exchange(m_mirror, nullptr)->end();
    if (m_phase == Phase::Queued)
        m_client->setReading(true); // there is no body to hold back: see whether the client resets
    if (m_backend == nullptr)
        return;
    if (!trailers.fields().empty())
        m_replayable = false; // they are not kept
    m_backend->sendEnd(&trailers);
    if (!m_connecting && m_phase == Phase::Waiting)
        arm(m_pool->settings->timeouts.responseHeader);
}

void Exchange::streamFailed(StreamFailure failure)
{
    if (m_phase == Phase::Done)
        return;
    if (!m_clientHeadSent && failure == StreamFailure::Malformed) {
        dropBackend();
        reply(Cause::BadRequest, m_client->refusal().status, m_client->refusal().reason);
    } else if (!m_clientHeadSent && failure == StreamFailure::Timeout) {
        dropBackend();
        reply(Cause::RequestTimeout, 0, "the request's body made no progress");
    } else {
        abortClient(failure == StreamFailure::Timeout ? Cause::RequestTimeout
                                                      : Cause::ClientAborted);
    }
}

void Exchange::streamDrained()
{
    if (m_backend != nullptr)
        m_backend->setReading(true);
}

void Exchange::streamPause()
{
    if (m_backend == nullptr)
        return;
    m_backend->flush();
    if (m_sentOn)
        return;
    m_sentOn = true;
    m_own = Clock::now() - m_started;
}

void Exchange::BackendSide::streamDrained()
{
    if (exchange.m_client != nullptr)
        exchange.m_client->setReading(true);
}

void Exchange::BackendSide::streamPause()
{
    if (exchange.m_client != nullptr)
        exchange.m_client->flush();
}

// ---- our own replies

void Exchange::reply(Cause cause, int status, const char* detail)
{
    m_detail = detail;
    // Whoever sends these may mean something else by what follows than we would.
    if (cause == Cause::BadRequest || cause == Cause::MaxForwards || cause == Cause::LoopDetected)
        m_client->closeAfter();
    const std::string body = makeReply(cause, status, m_worker.httpDate(), m_ownHead);
    if (m_retryAfter > 0)
        m_ownHead.headers.add("Retry-After", std::to_string(m_retryAfter));
    sendReply(m_ownHead, body, cause);
}

void Exchange::sendReply(http::MessageHead& head, std::string_view body, Cause cause)
{
    m_status = head.status;
    m_clientHeadSent = true;
    m_bytesOut += body.size();
    m_client->sendHead(head);
    m_client->sendData(body);
    m_client->sendEnd(nullptr);
    m_client->flush();
    finish(cause);
}

void Exchange::abortClient(Cause cause, const char* attemptResult)
{
    if (m_status == 0)
        m_status = rule(cause).status;
    const bool itsFault = cause == Cause::ResponseCut;
    dropBackend(attemptResult, itsFault ? std::optional(Failure::Reset) : std::nullopt);
    Stream* client = m_client;
    m_client = nullptr;
    client->reset();
    finish(cause);
}

void Exchange::cut(Cause cause)
{
    if (m_phase == Phase::Done)
        return;
    if (m_clientHeadSent || m_client == nullptr) {
        abortClient(cause);
    } else {
        dropBackend();
        reply(cause);
    }
}

// ---- deadlines

void Exchange::arm(milliseconds delay)
{
    m_worker.wheel.arm(m_timer, m_worker.loop.now() + delay);
}

void Exchange::expired()
{
    if (m_phase == Phase::Queued) {
        reply(Cause::QueueTimeout);
    } else if (m_phase == Phase::Waiting) {
        backendTimedOut();
    } else if (m_phase != Phase::Done) {
        abortClient(Cause::IdleTimeout);
    }
}

// ---- the end

void Exchange::finish(Cause cause, TimePoint now)
{
    m_finished = now;
    m_phase = Phase::Done;
    m_timer.disarm();
    if (m_queuedAt != TimePoint{})
        m_worker.queueOf(*m_pool->state).leave(m_waiter);
    if (m_mirror != nullptr)
        std::exchange(m_mirror, nullptr)->abort();
    if (m_backend != nullptr) {
        Stream* backend = m_backend;
        m_backend = nullptr;
        backend->finished();
    }
    releaseLease(m_lease);
    m_cause = cause;
    account();
    if (m_worker.accessLog != nullptr)
        log();
    if (m_decision != nullptr)
        recordDecision();
    if (m_client != nullptr) {
        Stream* client = m_client;
        m_client = nullptr;
        client->finished();
    }
    unlink();
    --m_worker.exchangesInFlight;
    m_worker.bury(std::unique_ptr<Exchange>(this));
}

void Exchange::account()
{
    stats::WorkerCounters& counters = m_worker.counters;
    counters.requests.add();
    const int statusClass = m_status / 100;
    counters.statusClass[statusClass >= 1 && statusClass <= 5 ? statusClass : 0].add();
    counters.bytesIn.add(m_bytesIn);
    counters.bytesOut.add(m_bytesOut);
    const std::uint64_t took = microsOf(m_finished - m_started);
    counters.latency.record(took);
    const auto index = static_cast<std::size_t>(m_worker.index);
    const std::uint64_t own = microsOf(m_own);
    if (m_listener != nullptr) {
        stats::ListenerCounters& listener = *(*m_listener->counters)[index];
        listener.requests.add();
        if (statusClass == 5)
            listener.errors.add();
        listener.latency.record(took);
        if (!m_attempts.empty())
            listener.own.add(own);
    }
    if (!m_attempts.empty()) {
        counters.own.record(own);
        m_attempts.back().backend->counters[index]->own.add(own);
        counters.retries.add(m_attempts.size() - 1);
    }
    if (m_cause != Cause::None)
        counters.replies[static_cast<std::size_t>(m_cause)].add();
    if (m_cause == Cause::ClientAborted)
        counters.clientAborts.add();
}

} // namespace steelyard::proxy
