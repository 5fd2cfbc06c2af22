// Two requests in, exactly the intended ones out: a stream of requests, plain or made to be read in
// two ways, goes through the real codecs, exchange and connection cache, in pieces, to servers that
// answer in various ways. What the servers receive and what the client gets back is read by the
// oracle. Input: choices for pieces and servers, then for the stream.
#include "fuzz/main_loop.h"
#include "fuzz/memory_transport.h"
#include "fuzz/oracle.h"
#include "fuzz/smuggling_streams.h"
#include "proxy/exchange.h"
#include "proxy/h1_client_connection.h"
#include "proxy/h1_server_connection.h"
#include "runtime/compiler.h"

#include <algorithm>

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

/// How a server answers.
enum class Manner
{
    Length,
    Chunked,
    UntilClose,
    Surplus,   ///< and a second response that nobody asked for
    Malformed, ///< what is no response
    Early,     ///< before it has the request's body
};

constexpr std::string_view kMalformed[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"};

constexpr milliseconds kNever = std::chrono::hours(24);

/// One worker in front of one server that is nowhere. Never taken down.
struct Bench
{
    Bench()
        : compiler(1, "fuzz-engine",
                   [](const config::Address& address) {
                       return net::AddressSet::fromNumeric(address.host, address.port);
                   })
        , worker(0, mainLoop(), counters)
        , state(std::make_shared<proxy::ListenerState>(1))
    {
        config::Config config;
        config::Pool& pool = config.pools.emplace_back();
        pool.name = "pool";
        pool.retry.attempts = 0;
        // Nothing here waits, but the machine may: no clock has a say in what is right.
        pool.timeouts = {kNever, kNever, kNever, kNever};
        pool.backends.emplace_back();
        pool.backends[0].name = "server";
        pool.backends[0].address = {"192.0.2.1", 80};
        config::Listener& listener = config.listeners.emplace_back();
        listener.name = "web";
        listener.timeouts = {kNever, kNever, kNever};
        listener.routes.emplace_back();
        listener.routes[0].action = std::string("pool");
        worker.snapshot = compiler.compile(config);
        worker.cache.setEndpoints(*worker.snapshot);
    }

    stats::WorkerCounters counters;
    runtime::Compiler compiler;
    proxy::WorkerContext worker;
    std::shared_ptr<proxy::ListenerState> state;
};

/// One client connection, from its first byte to its end.
class Run
{
public:
    explicit Run(Choices& choices)
    {
        static Bench* bench = new Bench;
        m_bench = bench;
        m_step = 1 + choices.below(96);
        if (m_step > 64)
            m_step = SIZE_MAX;
        m_narrow = choices.below(4) == 1;
        for (Manner& manner : m_manners) {
            const std::size_t kind = choices.below(12);
            manner = kind < 6   ? static_cast<Manner>(kind)
                     : kind < 9 ? Manner::Length
                                : Manner::Chunked;
        }
        m_malformed = choices.of(kMalformed);
        m_stream = streamFrom(choices);
    }

    void play()
    {
        serverWires().clear();
        m_bench->state->share->total.fetch_add(1);
        m_bench->state->share->held[0].value.fetch_add(1);
        m_client = std::make_shared<Wire>();
        auto transport = std::make_unique<MemoryTransport>(m_client);
        (new proxy::H1ServerConnection(m_bench->worker, std::move(transport), 0, m_bench->state,
                                       net::SocketAddress::fromNumeric("192.0.2.7", 1234)))
            ->start();
        for (std::size_t at = 0; at < m_stream.size() && !m_client->closed();) {
            const std::size_t size = std::min(m_step, m_stream.size() - at);
            m_client->send(std::string_view(m_stream).substr(at, size));
            at += size;
            settle();
        }
        m_client->end();
        settle();
        judge();
        m_client->breakOff();
        for (const auto& wire : serverWires())
            wire->breakOff();
        settle();
        require(m_bench->worker.clients.empty() && m_bench->worker.exchangesInFlight == 0 &&
                    m_client->closed(),
                "something is left when both ends are gone", m_stream);
    }

private:
    struct Seen
    {
        OracleRequest request;
        Manner manner = Manner::Length;
    };

    void turn() { mainLoop().processEvents(QEventLoop::AllEvents); }

    void settle()
    {
        for (int quiet = 0; quiet < 2;) {
            const std::size_t before = written();
            if (m_narrow)
                m_client->makeRoom(7);
            turn();
            for (std::size_t i = 0; i < serverWires().size(); ++i)
                serve(*serverWires()[i]);
            quiet = written() == before ? quiet + 1 : 0;
        }
    }

    [[nodiscard]] std::size_t written() const
    {
        std::size_t sum = m_client->fromEngine.size() + m_seen.size();
        for (const auto& wire : serverWires())
            sum += wire->fromEngine.size() + (wire->closed() ? 0 : 1);
        return sum;
    }

    /// What the server at the other end of `wire` does now.
    void serve(Wire& wire)
    {
        if (wire.connecting)
            wire.connected();
        if (wire.ended || wire.broken)
            return;
        const OracleRequest request = readRequest(wire.fromEngine, wire.read, Sender::Balancer);
        require(request.verdict != Verdict::Refused, "a server received what is no request",
                wire.fromEngine);
        const Manner manner = m_manners[std::min(m_seen.size(), std::size(m_manners) - 1)];
        const bool early = manner == Manner::Early && request.headWhole;
        if (request.verdict != Verdict::Whole && !early)
            return;
        m_seen.push_back({request, manner});
        if (request.verdict == Verdict::Whole)
            wire.read = request.body.next;
        else
            wire.read = wire.fromEngine.size(); // it will not look at the rest
        answer(wire, request, manner);
    }

    void answer(Wire& wire, const OracleRequest& request, Manner manner)
    {
        const std::string text = answerTo(request);
        const std::string length = "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n";
        const std::string body = request.method == "HEAD" ? "" : text;
        switch (manner) {
        case Manner::Length:
            wire.send("HTTP/1.1 200 OK\r\n" + length + body);
            break;
        case Manner::Chunked:
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            if (request.method != "HEAD")
                wire.send("1\r\n" + body.substr(0, 1) + "\r\n");
            if (request.method != "HEAD") {
                char size[8];
                std::snprintf(size, sizeof size, "%zx", body.size() - 1);
                wire.send(std::string(size) + "\r\n" + body.substr(1) + "\r\n0\r\n\r\n");
            }
            break;
        case Manner::UntilClose:
            wire.send("HTTP/1.1 200 OK\r\n\r\n" + body);
            wire.end();
            break;
        case Manner::Surplus:
            wire.send("HTTP/1.1 200 OK\r\n" + length + body +
                      "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
            break;
        case Manner::Malformed:
            wire.send(m_malformed);
            break;
        case Manner::Early:
            wire.send("HTTP/1.1 200 OK\r\n" + length + body);
            wire.end();
            break;
        }
    }

    static std::string answerTo(const OracleRequest& request)
    {
        return "answer to " + request.method + ' ' + request.target;
    }

    void judge()
    {
        for (const auto& wire : serverWires()) {
            const bool rest = wire->read < wire->fromEngine.size();
            require(!rest || wire->closed(), "a connection with half a request is kept",
                    wire->fromEngine);
        }
        std::size_t seen = 0;
        std::size_t at = 0;
        std::size_t answered = 0;
        bool early = false;
        while (at < m_stream.size() && !early) {
            const OracleRequest wanted = readRequest(m_stream, at);
            const bool forwarded = wanted.headWhole && !wanted.answered && !wanted.namesProtected;
            if (forwarded && seen < m_seen.size()) {
                early = m_seen[seen].manner == Manner::Early;
                if (wanted.verdict == Verdict::Whole || early)
                    checkSame(wanted, m_seen[seen++], early);
            } else if (forwarded && wanted.verdict == Verdict::Whole) {
                finding("a request did not arrive", m_stream + "\n----\n" + m_client->fromEngine);
            }
            if (wanted.verdict == Verdict::Whole && !early)
                checkAnswer(wanted, forwarded ? &m_seen[seen - 1] : nullptr, answered);
            // What the balancer answers itself for what it will not send on ends the connection.
            if (wanted.verdict != Verdict::Whole || wanted.last || !forwarded)
                break;
            at = wanted.body.next;
        }
        if (early)
            return; // what comes after it depends on how much of it had arrived
        require(seen == m_seen.size(), "a server received what was not sent", m_stream);
        require(m_client->fromEngine.find("poison") == std::string::npos,
                "a response that nobody asked for reached the client", m_client->fromEngine);
    }

    void checkSame(const OracleRequest& wanted, const Seen& seen, bool early) const
    {
        const OracleRequest& got = seen.request;
        const bool same = wanted.method == got.method && wanted.target == got.target &&
                          wanted.host == got.host &&
                          (early ? wanted.body.content.starts_with(got.body.content)
                                 : wanted.body.content == got.body.content);
        require(same, "a server received another request", m_stream);
        for (const char* name : {"connection", "keep-alive", "te", "upgrade", "proxy-connection"}) {
            const bool webSocket = joined(got.fields, "upgrade") == "websocket";
            require(webSocket || countOf(got.fields, name) == 0, "a hop-by-hop field was sent on",
                    name);
        }
        require(countOf(got.fields, "host") == 1, "not one Host", m_stream);
    }

    /// The next response that the client got belongs to this request.
    void checkAnswer(const OracleRequest& wanted, const Seen* seen, std::size_t& at) const
    {
        OracleResponse got;
        do {
            got = readResponse(m_client->fromEngine, at, wanted.method,
                               m_client->closed() || m_client->engineEnded, Sender::Balancer);
            require(got.verdict == Verdict::Whole, "the client got no whole response",
                    m_stream + "\n----\n" + m_client->fromEngine);
            at = got.body.next;
        } while (got.status / 100 == 1);
        if (seen == nullptr) {
            require(got.status == 400 || wanted.answered, "not our own answer",
                    m_client->fromEngine);
        } else if (seen->manner == Manner::Malformed) {
            require(got.status == 502, "a malformed response did not become 502",
                    m_client->fromEngine);
        } else {
            require(got.status == 200 &&
                        got.body.content == (wanted.method == "HEAD" ? "" : answerTo(wanted)),
                    "the client got another's response", m_client->fromEngine);
        }
    }

    Bench* m_bench = nullptr;
    std::size_t m_step = 1;
    bool m_narrow = false;
    Manner m_manners[4] = {};
    std::string_view m_malformed;
    std::string m_stream;
    std::shared_ptr<Wire> m_client;
    std::vector<Seen> m_seen;
};

} // namespace

FUZZ_TARGET(smuggling)
{
    Choices choices(input);
    Run(choices).play();
}
