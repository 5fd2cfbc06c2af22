/// One request and its response: route, pick, lease, attempt, relay, retry, account. It knows
/// streams, not protocols.
///
///   Routing -> (Queued) -> Waiting (for the backend's head) -> Relaying -> (Tunnel) -> Done
///                             |  ^ retry at another backend
///                             v
///                           reply of our own
///
/// finish() runs exactly once and is the only place that counts, logs and releases.
/// Thread: worker. Owner: WorkerContext (pooled); between begin() and finish() it is in
/// activeExchanges.
#pragma once

#include "base/intrusive_list.h"
#include "base/ip_address.h"
#include "base/outcomes.h"
#include "http/field_rules.h"
#include "net/event_dispatcher.h"
#include "proxy/client_limits.h"
#include "proxy/mirror.h"
#include "proxy/replies.h"
#include "proxy/stream.h"
#include "proxy/worker_context.h"
#include "runtime/decision.h"
#include "runtime/snapshot.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace steelyard::proxy {

/// Who asks. `address` is textual and outlives the exchange.
struct ClientInfo
{
    std::string_view address;
    IpAddress ip; ///< the same
    std::uint32_t listenerSlot = 0;
    http::Version version = http::Version::Http11;
    ClientLimits::Ticket* ticket = nullptr; ///< null or empty: no limits
};

/// One try at one backend, as the access log tells it.
struct Attempt
{
    const runtime::BackendState* backend = nullptr;
    TimePoint started{};
    TimePoint connected{};   ///< zero: never
    TimePoint firstByte{};   ///< zero: never
    TimePoint ended{};       ///< zero: not yet
    const char* result = ""; ///< "ok", "connect_failed", "reset", ...
    bool reused = false;
};

class Exchange final : public ListHook<Exchange>, private StreamHandler
{
public:
    explicit Exchange(WorkerContext& worker);
    void recycle();

    /// Takes one from the worker's pool.
    [[nodiscard]] static Exchange* begin(WorkerContext& worker);

    [[nodiscard]] StreamHandler* clientSide() noexcept { return this; }

    /// A request arrived. `request` stays valid until finish().
    void start(Stream& client, http::MessageHead& request, const ClientInfo& info);
    /// Something arrived that is no valid request: answers and closes.
    void refuse(Stream& client, const ClientInfo& info, const http::ParseError& error);

    /// Control's orders: the backend's drain deadline passed, or the engine stops.
    void cut(Cause cause);

    [[nodiscard]] const runtime::BackendState* backend() const noexcept { return m_lease.state(); }

    /// Is it at that backend because its client is pinned there?
    [[nodiscard]] bool pinned() const noexcept { return m_atPin; }

private:
    enum class Phase : std::uint8_t
    {
        Idle,
        Queued,
        Waiting,
        Relaying,
        Tunnel,
        Done
    };

    /// The backend's stream reports here; the client's to Exchange itself.
    struct BackendSide final : StreamHandler
    {
        explicit BackendSide(Exchange& owner)
            : exchange(owner)
        {
        }

        void streamOpened() override { exchange.backendOpened(); }

        void streamHead(http::MessageHead& head) override { exchange.backendHead(head); }

        void streamData(std::string_view bytes) override { exchange.backendData(bytes); }

        void streamEnd(const http::HeaderList& trailers) override { exchange.backendEnd(trailers); }

        void streamFailed(StreamFailure failure) override { exchange.backendFailed(failure); }

        void streamDrained() override;
        void streamPause() override;
        Exchange& exchange;
    };

    /// The exchange's place in a queue for max_requests.
    struct Waiter final : runtime::QueuedRequest
    {
        explicit Waiter(Exchange& owner)
            : exchange(owner)
        {
        }

        Start startQueued() override { return exchange.startQueued(); }

        [[nodiscard]] bool anySlotFree() const override { return exchange.anySlotFree(); }

        Exchange& exchange;
    };

    // Client side
    void streamHead(http::MessageHead&) override {} // start() brought it

    void streamData(std::string_view bytes) override;
    void streamEnd(const http::HeaderList& trailers) override;
    void streamFailed(StreamFailure failure) override;
    void streamDrained() override;
    void streamPause() override;

    // exchange_route.cpp: from the request to its pool
    void route();
    [[nodiscard]] routing::Request asked() const;
    void takeRoute(int index);
    [[nodiscard]] bool choosePool(int route);
    [[nodiscard]] bool findPin(const runtime::Pool& pool);
    void findKey();
    void answerByRoute();
    void prepareRequest();
    void startMirror(int route);
    void writePin(http::MessageHead& head);

    // exchange.cpp: the client's side and the end
    void reply(Cause cause, int status = 0, const char* detail = "");
    void sendReply(http::MessageHead& head, std::string_view body, Cause cause);
    void abortClient(Cause cause, const char* attemptResult = "dropped");
    void finish(Cause cause, TimePoint now = Clock::now());
    void account();
    void arm(milliseconds delay);
    void expired();

    // exchange_log.cpp
    void log();
    void recordDecision();

    // selection.cpp: choosing, queueing
    void tryNext();
    [[nodiscard]] runtime::Picked choose();
    [[nodiscard]] bool wantsPin() const; ///< the pinned server is to be tried first
    [[nodiscard]] bool enterQueue();
    [[nodiscard]] runtime::QueuedRequest::Start startQueued();
    [[nodiscard]] bool anySlotFree() const;
    void markTried(int backend);
    void releaseLease(runtime::Lease& lease);

    // attempts.cpp: backends
    [[nodiscard]] milliseconds waitingLimit() const noexcept;
    bool openAttempt(const runtime::Backend& backend, runtime::Lease lease, bool fresh);
    void endAttempt(const char* result, std::optional<Failure> outcome,
                    TimePoint now = Clock::now());
    void completeAttempt(TimePoint now);
    void finishTunnel();
    void dropBackend(const char* result = "dropped", std::optional<Failure> outcome = {});
    void retryOr(Cause cause, const char* result, StreamFailure failure);
    bool leavePlaceOut();
    [[nodiscard]] bool mayRetry(StreamFailure failure, bool wasReused);
    void backendOpened();
    void backendHead(http::MessageHead& head);
    [[nodiscard]] bool retryUnavailable(int status);
    void backendInformational(http::MessageHead& head);
    void backendData(std::string_view bytes);
    void backendEnd(const http::HeaderList& trailers);
    void backendFailed(StreamFailure failure);
    void backendTimedOut();

    WorkerContext& m_worker;
    BackendSide m_backendSide;
    net::Timer m_timer;

    Stream* m_client = nullptr;
    Stream* m_backend = nullptr;
    http::MessageHead* m_request = nullptr;
    ClientInfo m_info;
    runtime::SnapshotPtr m_snapshot;
    const runtime::Listener* m_listener = nullptr;
    const runtime::Pool* m_pool = nullptr;
    const config::Route* m_route = nullptr;
    std::uint64_t m_key = 0; ///< hash of the affinity key, for the hash algorithms
    bool m_hasKey = false;
    std::optional<runtime::SessionToken> m_token; ///< of a valid cookie, though it may lead nowhere
    int m_pin = balancing::Balancer::kNone; ///< the pool's backend that the client is pinned to
    Waiter m_waiter;
    Mirror* m_mirror = nullptr;
    std::unique_ptr<runtime::Decision> m_decision; ///< of a sampled request
    runtime::Lease m_lease;
    balancing::Tried m_tried;
    const runtime::Backend* m_backendNow = nullptr;
    std::vector<Attempt> m_attempts;
    std::string m_replay;               ///< the request's body so far, while a retry may need it
    std::string m_logHost, m_logTarget; ///< copies, only while an access log is on
    http::MessageHead m_ownHead;        ///< replies of our own
    TimePoint m_started{};
    Duration m_own{}; ///< time that the engine itself added
    std::uint64_t m_bytesIn = 0, m_bytesOut = 0;
    int m_status = 0;
    int m_informationals = 0;
    int m_retriesLeft = 0;
    const char* m_detail = ""; ///< more than the reason word: the parser's sentence
    TimePoint m_finished{};
    TimePoint m_queuedAt{};
    Duration m_waited{};  ///< in the queue
    int m_retryAfter = 0; ///< seconds, of a 429
    Cause m_cause = Cause::None;
    Cause m_lastFailure =
        Cause::None; ///< why the last attempt failed: the reply when no server is left to try
    Phase m_phase = Phase::Idle;
    bool m_requestComplete = false;
    bool m_replayable = true; ///< m_replay holds the whole body so far
    bool m_idempotent = false;
    std::size_t m_place = 0; ///< of the attempt: which of the server's addresses
    bool m_connecting = false;
    bool m_pinUsed = false; ///< the pin was tried: a retry goes elsewhere
    bool m_atPin = false;   ///< the present attempt is at the pinned backend
    bool m_renewPin = false;
    bool m_reused = false;
    bool m_sentOn = false; ///< the request's first bytes have gone to the backend
    bool m_clientHeadSent = false;
    bool m_tunnelClientEnded = false, m_tunnelBackendEnded = false;
};

} // namespace steelyard::proxy
