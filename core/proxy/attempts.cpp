// The exchange's backend side: attempts, retries, relaying the response.
#include "proxy/exchange.h"
#include "routing/edits.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace steelyard::proxy {

namespace {

constexpr int kMaxInformationals = 16;

std::uint64_t microsSince(TimePoint start, TimePoint now) noexcept
{
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<microseconds>(now - start).count()));
}

} // namespace

// ---- attempts

bool Exchange::openAttempt(const runtime::Backend& backend, runtime::Lease lease, bool fresh)
{
    m_backendNow = &backend;
    const BackendStream opened = m_worker.cache.open(
        backend, *m_pool->settings, fresh, !m_idempotent || m_pool->settings->retry.attempts == 0);
    m_place = opened.place;
    Attempt& attempt = m_attempts.emplace_back();
    attempt.backend = backend.state.get();
    attempt.started = m_worker.loop.now();
    m_lease = std::move(lease);
    m_atPin = m_pin != balancing::Balancer::kNone &&
              &backend == &m_pool->backends[static_cast<std::size_t>(m_pin)];
    if (m_decision != nullptr)
        m_decision->served.push_back(m_lease.state()->name);
    if (opened.stream == nullptr) {
        const bool exhausted =
            opened.error == EMFILE || opened.error == ENFILE || opened.error == ENOMEM;
        m_lastFailure = exhausted ? Cause::OutOfResources : Cause::ConnectFailed;
        if (!exhausted)
            leavePlaceOut();
        // Our own lack of descriptors says nothing of the server.
        endAttempt("connect_failed", exhausted ? std::nullopt : std::optional(Failure::Connect));
        return false;
    }
    attempt.reused = m_reused = opened.reused;
    m_connecting = opened.connecting;
    if (!m_connecting)
        attempt.connected = attempt.started;
    m_phase = Phase::Waiting;
    m_backend = opened.stream;
    m_backend->setHandler(&m_backendSide);
    m_backend->sendHead(*m_request);
    m_backend->sendData(m_replay);
    if (m_requestComplete)
        m_backend->sendEnd(nullptr);
    arm(m_connecting ? m_pool->settings->timeouts.connect : waitingLimit());
    // The first attempt is flushed when the client's bytes are all handed over: head and body in
    // one write.
    if (m_attempts.size() > 1 || m_queuedAt != TimePoint{}) {
        m_backend->flush();
        // The attempt before or the queue may have stopped it.
        if (!m_connecting && !m_backend->congested())
            m_client->setReading(true);
    }
    return true;
}

/// `outcome`: what passive health makes of it; nothing where the server is not to blame nor to
/// praise.
void Exchange::endAttempt(const char* result, std::optional<Failure> outcome, TimePoint now)
{
    Attempt& attempt = m_attempts.back();
    attempt.result = result;
    attempt.ended = now;
    runtime::BackendState* state = m_lease.state();
    if (state != nullptr) {
        stats::BackendCounters& counters =
            *state->counters[static_cast<std::size_t>(m_worker.index)];
        counters.requests.add();
        if (outcome == Failure::Connect && attempt.connected == TimePoint{})
            counters.connectErrors.add();
        if (outcome && balancing::usesLatency(m_pool->settings->algorithm)) {
            const std::uint64_t took = microsSince(attempt.started, now);
            if (*outcome == Failure::None)
                state->load.recordLatency(took, m_worker.nowMicros());
            else
                state->load.recordFailure(took, m_worker.nowMicros());
        }
        if (outcome && m_pool->settings->outlierDetection) {
            if (*outcome == Failure::None) {
                state->outcomes.succeeded(m_worker.index,
                                          microsSince(attempt.started, attempt.firstByte));
            } else if (state->outcomes.failed(m_worker.index, *outcome)) {
                m_worker.wakeControl();
            }
        }
    }
    releaseLease(m_lease);
}

void Exchange::completeAttempt(TimePoint now)
{
    stats::BackendCounters& counters =
        *m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)];
    const int statusClass = m_status / 100;
    counters.statusClass[statusClass >= 1 && statusClass <= 5 ? statusClass : 0].add();
    counters.bytesOut.add(m_bytesOut);
    counters.bytesIn.add(m_bytesIn);
    const std::uint64_t took = microsSince(m_attempts.back().started, now);
    counters.latency.record(took);
    endAttempt("ok", failureOfStatus(m_status), now);
}

void Exchange::dropBackend(const char* result, std::optional<Failure> outcome)
{
    if (m_backend == nullptr)
        return;
    Stream* backend = m_backend;
    m_backend = nullptr;
    backend->setHandler(nullptr);
    // Nothing was sent on a connection that is still being made: another request may have it.
    if (m_connecting) {
        backend->finished();
    } else {
        backend->reset();
    }
    endAttempt(result, outcome);
}

bool Exchange::mayRetry(StreamFailure failure, bool wasReused)
{
    if (m_clientHeadSent || !m_replayable || m_pool->settings->retry.attempts == 0)
        return false;
    if (failure == StreamFailure::ConnectFailed)
        return true; // nothing was sent: free, for any method
    if (!m_idempotent || failure == StreamFailure::Malformed)
        return false;
    if (wasReused && failure != StreamFailure::Timeout)
        return true; // a kept connection found stale
    if (m_retriesLeft == 0)
        return false;
    if (!m_worker.retryBudget.take(m_worker.loop.now(), m_pool->settings->retry.budget,
                                   m_worker.exchangesInFlight)) {
        return false;
    }
    --m_retriesLeft;
    return true;
}

/// The address did not answer. True: the server has others that may.
bool Exchange::leavePlaceOut()
{
    const auto& addresses = m_backendNow->addresses;
    if (!addresses)
        return false;
    addresses->mark(m_place, false, m_worker.loop.now());
    return addresses->anyAnswers(m_worker.loop.now());
}

void Exchange::retryOr(Cause cause, const char* result, StreamFailure failure)
{
    const bool stale =
        m_reused && (failure == StreamFailure::Closed || failure == StreamFailure::Reset);
    Stream* backend = m_backend;
    m_backend = nullptr;
    backend->setHandler(nullptr);
    backend->reset();
    if (failure != StreamFailure::ConnectFailed && failure != StreamFailure::Timeout && !stale) {
        m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)]->resets.add();
    }
    const runtime::Backend* same = m_backendNow;
    const Failure outcome = cause == Cause::ConnectFailed ? Failure::Connect
                            : cause == Cause::ConnectTimeout || cause == Cause::ResponseTimeout
                                ? Failure::Timeout
                                : Failure::Reset;
    const bool unconnected = cause == Cause::ConnectFailed || cause == Cause::ConnectTimeout;
    const bool otherPlace = unconnected && leavePlaceOut();
    endAttempt(result, stale || otherPlace ? std::nullopt : std::optional(outcome));
    if (!mayRetry(failure, stale)) {
        reply(cause, 0, m_detail);
        return;
    }
    m_lastFailure = cause;
    // A stale connection says nothing of the server, nor does one of its addresses: ask it again on
    // a new one. Everything else goes elsewhere.
    if ((stale || otherPlace) && same->state->takesNewWork()) {
        const int index = static_cast<int>(same - m_pool->backends.data());
        runtime::Lease lease = m_pool->lease(m_worker.index, static_cast<std::uint32_t>(index));
        if (lease.state() != nullptr) {
            if (m_decision != nullptr) {
                runtime::Choice& choice = m_decision->choices.emplace_back();
                choice.kind = runtime::Choice::Kind::Again;
                choice.backend = index;
            }
            if (openAttempt(*same, std::move(lease), true))
                return;
        }
    }
    tryNext();
}

// ---- what the backend does

milliseconds Exchange::waitingLimit() const noexcept
{
    // The answer is due once the request is complete; before that something must move.
    const config::PoolTimeouts& timeouts = m_pool->settings->timeouts;
    return m_requestComplete ? timeouts.responseHeader : timeouts.idle;
}

void Exchange::backendOpened()
{
    if (m_phase != Phase::Waiting)
        return;
    m_connecting = false;
    m_attempts.back().connected = m_worker.loop.now();
    arm(waitingLimit());
    if (!m_backend->congested())
        m_client->setReading(true);
}

void Exchange::backendHead(http::MessageHead& head)
{
    if (head.status < 200) {
        backendInformational(head);
        return;
    }
    Attempt& attempt = m_attempts.back();
    attempt.firstByte = m_worker.loop.now();
    if (head.status >= 502 && head.status <= 504 && retryUnavailable(head.status))
        return;
    attempt.result = "ok";
    m_phase = Phase::Relaying;
    m_status = head.status;
    m_clientHeadSent = true;
    m_replayable = false;
    m_replay.clear();
    if (!http::removeHopByHop(head)) {
        // It named a field that must stay, or one of our framing: a response like that cannot be
        // trusted.
        m_clientHeadSent = false;
        m_phase = Phase::Waiting;
        m_detail = "Connection names a field that must not be removed";
        retryOr(Cause::BadResponse, "bad_response", StreamFailure::Malformed);
        return;
    }
    routing::applyEdits(m_route->responseHeaders, head.headers);
    writePin(head);
    m_client->sendHead(head);
    arm(m_pool->settings->timeouts.idle);
}

bool Exchange::retryUnavailable(int status)
{
    // 502, 503, 504: the server says of itself that another one may do better (behaviour.md,
    // Resilience).
    if (!m_idempotent || !m_replayable || !m_requestComplete || m_retriesLeft == 0)
        return false;
    runtime::Picked next = choose();
    if (next.backend == balancing::Balancer::kNone)
        return false;
    if (!m_worker.retryBudget.take(m_worker.loop.now(), m_pool->settings->retry.budget,
                                   m_worker.exchangesInFlight)) {
        releaseLease(next.lease);
        if (m_decision != nullptr)
            m_decision->choices.back().refused = "the retry budget is spent";
        return false;
    }
    --m_retriesLeft;
    m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)]->statusClass[5].add();
    Stream* backend = m_backend;
    m_backend = nullptr;
    backend->setHandler(nullptr);
    backend->reset();
    endAttempt("unavailable", failureOfStatus(status));
    m_lastFailure = Cause::ServerReset;
    if (!openAttempt(m_pool->backends[static_cast<std::size_t>(next.backend)],
                     std::move(next.lease), false))
        tryNext();
    return true;
}

void Exchange::backendInformational(http::MessageHead& head)
{
    if (head.status == 101) {
        if (!m_request->upgradeWebSocket || !head.upgradeWebSocket ||
            m_info.version != http::Version::Http11) {
            m_detail = "101 without a request to upgrade";
            retryOr(Cause::BadResponse, "bad_response", StreamFailure::Malformed);
            return;
        }
        m_attempts.back().firstByte = m_worker.loop.now();
        m_attempts.back().result = "ok";
        m_phase = Phase::Tunnel;
        m_status = 101;
        m_clientHeadSent = true;
        (void)http::removeHopByHop(head);
        routing::applyEdits(m_route->responseHeaders, head.headers);
        writePin(head);
        m_client->sendHead(head);
        m_client->flush();
        m_client->startTunnel();
        m_backend->startTunnel();
        arm(m_pool->settings->timeouts.idle);
        return;
    }
    if (++m_informationals > kMaxInformationals) {
        m_detail = "too many informational responses";
        retryOr(Cause::BadResponse, "bad_response", StreamFailure::Malformed);
        return;
    }
    // 100 goes only to a client that waits for it; HTTP/1.0 knows no informational responses (RFC
    // 9110 15.2).
    const bool wanted = head.status != 100 || m_request->expectContinue;
    if (m_info.version == http::Version::Http11 && wanted && http::removeHopByHop(head)) {
        m_client->sendHead(head);
        m_client->flush();
    }
}

void Exchange::backendData(std::string_view bytes)
{
    if (m_client == nullptr)
        return;
    m_bytesOut += bytes.size();
    m_client->sendData(bytes);
    if (m_client->congested())
        m_backend->setReading(false);
    arm(m_pool->settings->timeouts.idle);
}

void Exchange::backendEnd(const http::HeaderList& trailers)
{
    if (m_phase == Phase::Tunnel) {
        m_tunnelBackendEnded = true;
        m_client->sendEnd(nullptr);
        m_client->flush();
        if (m_tunnelClientEnded && m_phase == Phase::Tunnel)
            finishTunnel();
        return;
    }
    m_client->sendEnd(&trailers);
    m_client->flush();
    const TimePoint now = Clock::now();
    // The response's bytes had arrived when this turn began; body bytes of earlier turns did not
    // wait for us.
    m_own += now - m_worker.loop.now();
    completeAttempt(now);
    finish(Cause::None, now);
}

void Exchange::finishTunnel()
{
    const TimePoint now = Clock::now();
    completeAttempt(now);
    finish(Cause::None, now);
}

void Exchange::backendFailed(StreamFailure failure)
{
    if (m_phase == Phase::Waiting) {
        if (failure == StreamFailure::ConnectFailed) {
            retryOr(Cause::ConnectFailed, "connect_failed", failure);
        } else if (failure == StreamFailure::Malformed) {
            m_detail = m_backend->refusal().reason;
            retryOr(Cause::BadResponse, "bad_response", failure);
        } else {
            retryOr(Cause::ServerReset, failure == StreamFailure::Closed ? "closed" : "reset",
                    failure);
        }
        return;
    }
    // After the head nothing can be mended: the client must see that the response is cut.
    if (m_phase == Phase::Relaying)
        m_lease.state()->counters[static_cast<std::size_t>(m_worker.index)]->resets.add();
    if (failure == StreamFailure::Malformed)
        m_detail = m_backend->refusal().reason;
    abortClient(m_phase == Phase::Tunnel ? Cause::None : Cause::ResponseCut, "cut");
}

void Exchange::backendTimedOut()
{
    if (runtime::BackendState* state = m_lease.state()) {
        state->counters[static_cast<std::size_t>(m_worker.index)]->timeouts.add();
    }
    if (m_connecting) {
        // The wait was long enough: this one counts as a retry, unlike a refusal that costs
        // nothing.
        const bool left = m_retriesLeft > 0;
        if (left)
            --m_retriesLeft;
        retryOr(Cause::ConnectTimeout, "connect_timeout",
                left ? StreamFailure::ConnectFailed : StreamFailure::Timeout);
        return;
    }
    // Another server may be well where this one hangs. It costs a retry and its budget, so a pool
    // that is slow as a whole is not asked twice as much.
    retryOr(Cause::ResponseTimeout, "response_timeout", StreamFailure::Timeout);
}

} // namespace steelyard::proxy
