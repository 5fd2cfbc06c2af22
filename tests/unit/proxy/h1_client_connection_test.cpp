// HTTP/1 towards backends and the cache of kept connections, over real sockets with fake clients:
// framing whatever the pieces, when a connection is used again and when it must not be.
#include "support/test_main.h"
#include "unit/proxy/peer.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

namespace {

/// A listening socket whose connections the test accepts and serves by hand.
class Backend
{
public:
    Backend()
        : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(m_fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(m_fd, 16) != 0)
            qFatal("no listening socket");
        ::getsockname(m_fd, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }

    ~Backend() { stops(); }

    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    void stops()
    {
        if (m_fd >= 0)
            ::close(std::exchange(m_fd, -1));
    }

    /// Accepts what waits; the number of connections so far.
    std::size_t accepts()
    {
        for (int fd = ::accept(m_fd, nullptr, nullptr); fd >= 0;
             fd = ::accept(m_fd, nullptr, nullptr))
            peers.push_back(std::make_unique<Peer>(fd));
        return peers.size();
    }

    /// Waits for the nth connection to have received `what`.
    bool asked(std::size_t n, std::string_view what = "\r\n\r\n")
    {
        return until([&] {
            if (accepts() < n)
                return false;
            peers[n - 1]->receives();
            return peers[n - 1]->got.find(what) != std::string::npos;
        });
    }

    [[nodiscard]] Peer& peer(std::size_t n) { return *peers[n - 1]; }

    std::uint16_t port = 0;
    std::vector<std::unique_ptr<Peer>> peers;

private:
    int m_fd;
};

class ClientBench : public FakeBench
{
public:
    explicit ClientBench(const Backend& backend,
                         const std::function<void(config::Pool&)>& adjust = {})
        : FakeBench(1, [&](config::Config& config) {
            config.pools[0].backends[0].address.port = backend.port;
            if (adjust)
                adjust(config.pools[0]);
        })
    {
        worker.cache.setSource(nullptr);
        worker.cache.setEndpoints(*worker.snapshot);
    }
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

} // namespace

class H1ClientConnectionTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aResponseSplitAnywhereIsTheSame()
    {
        VERIFY_BODY([]() -> std::string {
            const std::array<std::string, 2> responses{
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                "\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 7\r\n\r\n"};
            Backend backend;
            ClientBench bench(backend);
            for (const std::string& response : responses) {
                for (std::size_t split = 1; split <= response.size(); ++split) {
                    FakeClient& client = bench.get();
                    EXPECT(backend.asked(1));
                    backend.peer(1).got.clear();
                    backend.peer(1).sends(response.substr(0, split));
                    settle();
                    backend.peer(1).sends(response.substr(split));
                    EXPECT(until([&] { return client.done(); }));
                    EXPECT(client.status() == 200 && client.body == "hello");
                    EXPECT(client.finishes == 1 && client.ends == 1);
                    EXPECT(client.trailer == (&response == &responses[1] ? "7" : ""));
                }
            }
            EXPECT(backend.peers.size() == 1); // one kept connection served them all
            return {};
        });
    }

    void surplusAfterAResponseNeverReachesTheNextRequest()
    {
        VERIFY_BODY([]() -> std::string {
            const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
            for (const bool together : {true, false}) {
                Backend backend;
                ClientBench bench(backend);
                FakeClient& first = bench.get();
                EXPECT(backend.asked(1));
                backend.peer(1).sends(together ? kOk + evil : kOk);
                EXPECT(until([&] { return first.done(); }));
                EXPECT(first.body == "ok");
                if (!together) {
                    settle();
                    backend.peer(1).sends(evil);
                    settle();
                }
                FakeClient& second = bench.get();
                EXPECT(backend.asked(2));
                backend.peer(2).sends(kOk);
                EXPECT(until([&] { return second.done(); }));
                EXPECT(second.body == "ok");
                EXPECT(until([&] {
                    backend.peer(1).receives();
                    return backend.peer(1).ended || backend.peer(1).broken;
                }));
            }
            return {};
        });
    }

    void aKeptConnectionThatTheServerClosedIsNotUsed()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& first = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return first.done(); }));
            settle();
            backend.peer(1).closes();
            // The loop has not heard of it: a request that must not be sent twice looks itself.
            FakeClient& second = bench.post(0);
            EXPECT(backend.asked(2));
            backend.peer(2).sends(kOk);
            EXPECT(until([&] { return second.done(); }));
            EXPECT(second.status() == 200);
            // And when it has heard, nobody uses it.
            settle();
            backend.peer(2).closes();
            settle();
            FakeClient& third = bench.get();
            EXPECT(backend.asked(3));
            backend.peer(3).sends(kOk);
            EXPECT(until([&] { return third.done(); }));
            EXPECT(bench.counters.retries.value() == 0);
            return {};
        });
    }

    void aStaleConnectionIsFoundOutBySendingAndReplaced()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& first = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return first.done(); }));
            settle();
            backend.peer(1).breaks();
            FakeClient& second = bench.get();
            EXPECT(backend.asked(2));
            backend.peer(2).sends(kOk);
            EXPECT(until([&] { return second.done(); }));
            EXPECT(second.status() == 200);
            return {};
        });
    }

    void noMoreThanMaxIdleAreKept()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend, [](config::Pool& pool) { pool.keepAlive.maxIdle = 1; });
            FakeClient& a = bench.get();
            FakeClient& b = bench.get();
            EXPECT(backend.asked(1) && backend.asked(2));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return a.done() || b.done(); }));
            backend.peer(2).sends(kOk);
            EXPECT(until([&] { return a.done() && b.done(); }));
            EXPECT(until([&] {
                backend.peer(2).receives();
                return backend.peer(2).ended;
            }));
            backend.peer(1).receives();
            EXPECT(!backend.peer(1).ended);
            return {};
        });
    }

    void keptOnesAreClosedAfterTheirTime()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return client.done(); }));
            settle();
            bench.pass(seconds(59));
            backend.peer(1).receives();
            EXPECT(!backend.peer(1).ended);
            bench.pass(seconds(2)); // keep_alive idle: 60s
            EXPECT(until([&] {
                backend.peer(1).receives();
                return backend.peer(1).ended;
            }));
            return {};
        });
    }

    void anEndpointThatIsGoneKeepsNothing()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& kept = bench.get();
            FakeClient& busy = bench.get();
            EXPECT(backend.asked(1) && backend.asked(2));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return kept.done() || busy.done(); }));
            settle();
            bench.worker.cache.setEndpoints(runtime::Snapshot{});
            EXPECT(until([&] {
                backend.peer(1).receives();
                return backend.peer(1).ended;
            }));
            backend.peer(2).sends(kOk); // what was under way finishes, and is not kept
            EXPECT(until([&] { return kept.done() && busy.done(); }));
            EXPECT(kept.status() == 200 && busy.status() == 200);
            EXPECT(until([&] {
                backend.peer(2).receives();
                return backend.peer(2).ended;
            }));
            return {};
        });
    }

    void aResponseUntilTheEndIsCompleteAndACutOneIsNot()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& raw = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends("HTTP/1.1 200 OK\r\n\r\nraw");
            backend.peer(1).closes();
            EXPECT(until([&] { return raw.done(); }));
            EXPECT(raw.body == "raw" && raw.ends == 1 && raw.finishes == 1);

            FakeClient& broken = bench.get();
            EXPECT(backend.asked(2));
            backend.peer(2).sends("HTTP/1.1 200 OK\r\n\r\nraw");
            EXPECT(until([&] { return broken.body == "raw"; }));
            backend.peer(2).breaks();
            EXPECT(until([&] { return broken.done(); }));
            EXPECT(broken.ends == 0 && broken.resets == 1);

            FakeClient& cut = bench.get();
            EXPECT(backend.asked(3));
            backend.peer(3).sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nraw");
            backend.peer(3).closes();
            EXPECT(until([&] { return cut.done(); }));
            EXPECT(cut.ends == 0 && cut.resets == 1);
            return {};
        });
    }

    void connectionCloseIsHeeded()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            EXPECT(until([&] { return client.done(); }));
            EXPECT(until([&] {
                backend.peer(1).receives();
                return backend.peer(1).ended;
            }));
            return {};
        });
    }

    void anEarlyAnswerIsReadWhileTheUploadIsStuck()
    {
        // The response was not parsed as long as the request's output was congested.
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client = bench.post(std::size_t{64} << 20U);
            EXPECT(backend.asked(1));
            const std::string block(65536, 'x');
            for (int i = 0; i < 400 && client.reading; ++i) {
                client.sends(block);
                FakeBench::turn();
            }
            EXPECT(!client.reading); // it reads nothing of it any more
            backend.peer(1).sends("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
            EXPECT(until([&] { return client.done(); }));
            EXPECT(client.status() == 413 && client.finishes == 1);
            return {};
        });
    }

    void aRefusedConnectionIs502()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            backend.stops();
            FakeClient& client = bench.post(0);
            EXPECT(until([&] { return client.done(); }));
            EXPECT(client.status() == 502);
            EXPECT(bench.counted(0).connectErrors.value() == 1 && bench.leases() == 0);
            return {};
        });
    }

    void aConnectionWhoseClientWentBeforeItWasMadeServesTheNext()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& gone = bench.request("GET /gone HTTP/1.1\r\nHost: lab\r\n\r\n");
            gone.fails(StreamFailure::Reset);
            settle();
            FakeClient& next = bench.get();
            EXPECT(backend.asked(1));
            backend.peer(1).sends(kOk);
            EXPECT(until([&] { return next.done(); }));
            EXPECT(next.status() == 200 && next.body == "ok");
            EXPECT(backend.accepts() == 1);
            EXPECT(backend.peer(1).got.find("/gone") == std::string::npos);
            EXPECT(bench.leases() == 0 && bench.counted(0).connectErrors.value() == 0);
            return {};
        });
    }

    void oneThatCannotBeMadeForNobodyLeavesNothing()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend, [](config::Pool& pool) { pool.keepAlive.maxIdle = 1; });
            backend.stops();
            for (int i = 0; i < 3; ++i) {
                FakeClient& gone = bench.get();
                gone.fails(StreamFailure::Reset);
                EXPECT(until([&] { return bench.worker.cache.active.empty(); }));
            }
            EXPECT(bench.leases() == 0);
            return {};
        });
    }

    void aRequestCutShortLooksCutToTheServer()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client =
                bench.request("POST / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.sends("half");
            EXPECT(backend.asked(1, "half"));
            client.fails(StreamFailure::Closed);
            EXPECT(until([&] {
                backend.peer(1).receives();
                return backend.peer(1).ended || backend.peer(1).broken;
            }));
            EXPECT(backend.peer(1).broken);
            EXPECT(backend.peer(1).got.find("0\r\n\r\n") == std::string::npos);
            return {};
        });
    }

    void aTunnelsLastBytesReachTheServer()
    {
        // Both sides had ended, and what the server had not taken yet was thrown away.
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client = bench.request("GET / HTTP/1.1\r\nHost: lab\r\nConnection: "
                                               "Upgrade\r\nUpgrade: websocket\r\n\r\n");
            EXPECT(backend.asked(1));
            backend.peer(1).got.clear();
            backend.peer(1).sends("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                  "Upgrade: websocket\r\n\r\n");
            EXPECT(until([&] { return client.tunnels == 1; }));
            const std::string all(std::size_t{16} << 20U, 'x');
            client.sends(all);
            client.completes();
            backend.peer(1).sends("bye");
            backend.peer(1).halfCloses();
            EXPECT(until([&] { return client.done(); }));
            EXPECT(client.body == "bye" && client.finishes == 1);
            EXPECT(bench.worker.exchangesInFlight == 0);
            EXPECT(until([&] {
                backend.peer(1).receives();
                return backend.peer(1).ended || backend.peer(1).broken;
            }));
            EXPECT(backend.peer(1).got.size() == all.size());
            EXPECT(!backend.peer(1).broken);
            return {};
        });
    }

    void manySmallChunksAreAllRelayed()
    {
        VERIFY_BODY([]() -> std::string {
            Backend backend;
            ClientBench bench(backend);
            FakeClient& client = bench.get();
            EXPECT(backend.asked(1));
            std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            std::string expected;
            for (int i = 0; i < 20000; ++i) {
                const std::string piece = std::to_string(i);
                response += std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
                expected += piece;
            }
            response += "0\r\n\r\n";
            std::size_t sent = 0;
            EXPECT(until([&] {
                sent += backend.peer(1).sends(std::string_view(response).substr(sent));
                return client.done();
            }));
            EXPECT(client.body == expected && client.finishes == 1);
            return {};
        });
    }
};

STEELYARD_TEST(H1ClientConnectionTest)

#include "h1_client_connection_test.moc"
