/// A worker's context whose clients and backends are fakes: streams that remember what the exchange
/// did with them and let a test play the peer, in any order of events. Thread: one loop's.
#pragma once

#include "proxy/exchange.h"
#include "proxy/h1_client_connection.h"
#include "proxy/h1_server_connection.h"
#include "runtime/compiler.h"
#include "unit/net/loop_thread.h"

#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace steelyard::proxy {

/// Runs `body` on a thread with our dispatcher; "" when all is well.
inline std::string run(net::Body body)
{
    return net::runOn(net::Loop::Ours, std::move(body));
}

class FakeStream : public Stream
{
public:
    void setHandler(StreamHandler* given) noexcept override { handler = given; }

    void sendHead(http::MessageHead& head) override
    {
        use();
        heads.push_back(head.status);
        target = head.target();
        location = head.headers.find("Location");
    }

    void sendData(std::string_view bytes) override
    {
        use();
        body.append(bytes);
    }

    void sendEnd(const http::HeaderList* trailers) override
    {
        use();
        ++ends;
        if (trailers != nullptr)
            trailer = trailers->find("X-Sum");
    }

    void flush() override { use(); }

    [[nodiscard]] bool congested() const noexcept override { return full; }

    void setReading(bool wanted) override
    {
        use();
        reading = wanted;
    }

    void startTunnel() override
    {
        use();
        ++tunnels;
    }

    void finished() override
    {
        use();
        ++finishes;
        handler = nullptr;
    }

    void reset() override
    {
        use();
        ++resets;
        handler = nullptr;
    }

    [[nodiscard]] Refusal refusal() const noexcept override { return {431, "too much"}; }

    [[nodiscard]] bool done() const { return finishes + resets > 0; }

    /// The last status sent, 0 when none was.
    [[nodiscard]] int status() const { return heads.empty() ? 0 : heads.back(); }

    // What the peer does; nothing once the exchange has given the stream up.
    void opens()
    {
        if (handler != nullptr)
            handler->streamOpened();
    }

    void sends(std::string_view bytes)
    {
        if (handler != nullptr)
            handler->streamData(bytes);
        pauses();
    }

    void completes(const http::HeaderList& trailers = {})
    {
        if (handler != nullptr)
            handler->streamEnd(trailers);
        pauses();
    }

    void fails(StreamFailure failure)
    {
        if (handler != nullptr)
            handler->streamFailed(failure);
    }

    void drains()
    {
        full = false;
        if (handler != nullptr)
            handler->streamDrained();
    }

    void pauses()
    {
        if (handler != nullptr)
            handler->streamPause();
    }

    StreamHandler* handler = nullptr;
    std::vector<int> heads; ///< statuses sent; 0 for a request
    std::string target, body, trailer, location;
    int ends = 0, finishes = 0, resets = 0, tunnels = 0;
    bool reading = true;
    bool full = false;    ///< what congested() says
    bool misused = false; ///< touched after finished() or reset()

private:
    void use() { misused = misused || done(); }
};

/// One of many streams of a fake multiplexed connection.
class FakeClient final : public FakeStream
{
public:
    /// `raw`: a request head, ended by an empty line.
    explicit FakeClient(const std::string& raw)
    {
        http::HeadParser parser(http::HeadParser::Kind::Request);
        if (parser.parse(raw, request) != http::ParseStatus::Done)
            qFatal("not a request: %s", raw.c_str());
    }

    /// As a codec does: the head, then the end if there is no body, then a pause.
    void begin(WorkerContext& worker)
    {
        exchange = Exchange::begin(worker);
        handler = exchange->clientSide();
        exchange->start(*this, request,
                        {"192.0.2.1", IpAddress::from(std::string_view("192.0.2.1")), 0,
                         request.version, nullptr});
        const bool bodyless =
            request.body.kind == http::BodyKind::None ||
            (request.body.kind == http::BodyKind::Length && request.body.length == 0);
        if (bodyless) {
            completes();
        } else {
            pauses();
        }
    }

    http::MessageHead request;
    Exchange* exchange = nullptr; ///< valid until done()
    bool uploaded = false;        ///< for tests that play at random: the body's end was sent
};

class FakeBackendStream final : public FakeStream
{
public:
    std::string server;
    bool fresh = false, checkStale = false, connecting = false;
    bool answered = false; ///< for tests that play at random: the response's head was sent

    /// The connection that was being made is there; a kept one was before.
    void opens()
    {
        if (std::exchange(connecting, false))
            FakeStream::opens();
    }

    /// A response head as text.
    void answers(const std::string& raw)
    {
        if (handler == nullptr)
            return;
        http::HeadParser parser(http::HeadParser::Kind::Response);
        if (parser.parse(raw, m_incoming, "GET") != http::ParseStatus::Done)
            qFatal("not a response: %s", raw.c_str());
        handler->streamHead(m_incoming);
    }

    void answersWhole(const std::string& text)
    {
        opens();
        answers("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n");
        if (!text.empty())
            sends(text);
        completes();
    }

private:
    http::MessageHead m_incoming;
};

/// Hands out fake backend streams as the next plan says; without a plan as the fallback says.
class FakeServers final : public StreamSource
{
public:
    enum class Plan
    {
        Connects,
        Kept,
        NoDescriptor
    };

    BackendStream open(const runtime::Backend& backend, const config::Pool&, bool fresh,
                       bool checkStale) override
    {
        ++opened;
        Plan plan = fresh ? Plan::Connects : fallback;
        if (!plans.empty()) {
            plan = plans.front();
            plans.pop_front();
        }
        if (fresh && plan == Plan::Kept)
            plan = Plan::Connects;
        if (plan == Plan::NoDescriptor)
            return {nullptr, false, false, EMFILE};
        auto stream = std::make_unique<FakeBackendStream>();
        stream->server = backend.state->name;
        stream->fresh = fresh;
        stream->checkStale = checkStale;
        stream->connecting = plan == Plan::Connects;
        stream->full = startsFull;
        streams.push_back(std::move(stream));
        return {streams.back().get(), plan == Plan::Kept, plan == Plan::Connects, 0};
    }

    [[nodiscard]] FakeBackendStream& last() { return *streams.back(); }

    std::vector<std::unique_ptr<FakeBackendStream>> streams; ///< in the order handed out
    std::deque<Plan> plans;
    Plan fallback = Plan::Connects;
    bool startsFull = false;
    int opened = 0;
};

/// One worker in front of `servers` fake ones named a, b, c, ... in a round-robin pool.
class FakeBench
{
public:
    explicit FakeBench(int servers = 2, const std::function<void(config::Config&)>& adjust = {})
        : compiler(1, "steelyard-test",
                   [](const config::Address& address) {
                       return net::AddressSet::fromNumeric(address.host, address.port);
                   })
        , worker(0, *net::EventDispatcher::current(), counters)
    {
        config::Config config;
        config::Pool& pool = config.pools.emplace_back();
        pool.name = "shop";
        pool.algorithm = Algorithm::RoundRobin;
        for (int i = 0; i < servers; ++i) {
            const auto port = static_cast<std::uint16_t>(9001 + i);
            config::Backend& backend = pool.backends.emplace_back();
            backend.name = std::string(1, static_cast<char>('a' + i));
            backend.address = {"127.0.0.1", port};
        }
        config::Listener& listener = config.listeners.emplace_back();
        listener.name = "web";
        const auto add = [&](const char* name, const config::PathMatch& path,
                             config::RouteAction action) {
            config::Route& route = listener.routes.emplace_back();
            route.name = name;
            route.match.host = "lab";
            route.match.path = path;
            route.action = std::move(action);
        };
        using Kind = config::PathMatch::Kind;
        add("pot", {Kind::Exact, "/pot"}, config::FixedReply{418, "short\n", "text/plain"});
        add("moved", {Kind::Exact, "/old"}, config::Redirect{"/new", 308});
        add("all", {}, std::string("shop"));
        if (adjust)
            adjust(config);
        worker.snapshot = compiler.compile(config);
        worker.cache.setSource(&m_servers);
    }

    ~FakeBench()
    {
        worker.activeExchanges.forEach([](Exchange& exchange) { exchange.cut(Cause::Shutdown); });
        while (!worker.clients.empty()) {
            H1ServerConnection& client = worker.clients.front();
            client.unlink();
            client.reset();
        }
        worker.cache.closeAll();
    }

    FakeBench(const FakeBench&) = delete;
    FakeBench& operator=(const FakeBench&) = delete;

    FakeClient& request(const std::string& head)
    {
        clients.push_back(std::make_unique<FakeClient>(head));
        clients.back()->begin(worker);
        return *clients.back();
    }

    FakeClient& get(const std::string& target = "/")
    {
        return request("GET " + target + " HTTP/1.1\r\nHost: lab\r\n\r\n");
    }

    FakeClient& post(std::size_t length)
    {
        return request("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: " + std::to_string(length) +
                       "\r\n\r\n");
    }

    [[nodiscard]] FakeServers& servers() { return m_servers; }

    [[nodiscard]] FakeBackendStream& backend() { return m_servers.last(); }

    /// Fires every deadline of the coming `time`; the loop's own clock stays.
    void pass(milliseconds time)
    {
        m_ahead += time;
        worker.loop.wheel().advance(worker.loop.now() + m_ahead);
    }

    static void turn() { net::EventDispatcher::current()->processEvents(QEventLoop::AllEvents); }

    [[nodiscard]] std::uint32_t leases() const
    {
        std::uint32_t sum = 0;
        for (const runtime::Backend& each : worker.snapshot->pools[0]->backends)
            sum += each.state->load.inFlight.load();
        return sum;
    }

    /// Everything ended, and was accounted exactly once; "" or what is wrong.
    [[nodiscard]] std::string accounts() const
    {
        std::uint64_t statuses = 0;
        for (const stats::Counter& each : counters.statusClass)
            statuses += each.value();
        std::uint64_t attempts = 0;
        for (const runtime::Backend& each : worker.snapshot->pools[0]->backends)
            attempts += each.state->counters[0]->requests.value();
        EXPECT(worker.exchangesInFlight == 0);
        EXPECT(leases() == 0);
        EXPECT(counters.requests.value() == clients.size());
        EXPECT(statuses == clients.size());
        EXPECT(attempts == static_cast<std::uint64_t>(m_servers.opened));
        for (const auto& each : clients)
            EXPECT(each->finishes + each->resets == 1 && !each->misused);
        for (const auto& each : m_servers.streams)
            EXPECT(each->finishes + each->resets == 1 && !each->misused);
        return {};
    }

    [[nodiscard]] std::uint64_t replies(Cause cause) const
    {
        return counters.replies[static_cast<std::size_t>(cause)].value();
    }

    [[nodiscard]] const stats::BackendCounters& counted(int server) const
    {
        const auto& backends = worker.snapshot->pools[0]->backends;
        return *backends[static_cast<std::size_t>(server)].state->counters[0];
    }

    stats::WorkerCounters counters;
    runtime::Compiler compiler;
    WorkerContext worker;
    std::vector<std::unique_ptr<FakeClient>> clients;

private:
    FakeServers m_servers;
    milliseconds m_ahead{0};
};

} // namespace steelyard::proxy
