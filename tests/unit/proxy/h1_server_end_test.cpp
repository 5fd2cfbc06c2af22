// HTTP/1 towards clients, over real sockets with fake backends: clients that do not read, and how a
// connection ends.
#include "support/test_main.h"
#include "unit/proxy/server_bench.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

class H1ServerEndTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatOneWriteTakesAtOnceLetsTheBackendGoOn()
    {
        // Many small pieces raise the output above the high mark; when one write took them all no
        // event followed, and the backend stayed unread until the idle timeout.
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends(kGet);
            EXPECT(bench.served(1) != nullptr);
            FakeBackendStream& backend = bench.backend();
            backend.opens();
            backend.answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            const std::string piece(1000, 'x');
            int pieces = 0;
            for (; backend.reading && pieces < 1000; ++pieces)
                backend.handler->streamData(piece);
            EXPECT(pieces < 1000); // it was told to stop
            backend.pauses();
            EXPECT(until([&] {
                client->receives();
                return backend.reading;
            }));
            backend.completes();
            EXPECT(until([&] {
                client->receives();
                return client->got.size() > 5 &&
                       client->got.compare(client->got.size() - 5, 5, "0\r\n\r\n") == 0;
            }));
            EXPECT(countOf(client->got, piece) == pieces);
            return {};
        });
    }

    void aClientThatAsksAndNeverReadsIsNotBufferedWithoutBound()
    {
        // Requests kept coming in while the output was congested, and piled up unparsed.
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect(32768);
            const std::string ask = "GET /pot HTTP/1.1\r\nHost: lab\r\n\r\n";
            std::string block;
            while (block.size() < 60000)
                block += ask;
            std::size_t sent = 0;
            std::size_t at = 0;
            for (int quiet = 0; quiet < 300 && sent < (std::size_t{16} << 20U); ++quiet) {
                const std::size_t count = client->sends(std::string_view(block).substr(at));
                at = (at + count) % block.size();
                sent += count;
                if (count > 0)
                    quiet = 0;
                FakeBench::turn();
            }
            EXPECT(sent < (std::size_t{4} << 20U));
            // Once it reads, every whole request gets its answer.
            const int whole = static_cast<int>(sent / ask.size());
            EXPECT(until([&] {
                client->receives();
                return countOf(client->got, "HTTP/1.1 418") == whole;
            }));
            return {};
        });
    }

    void aSlowReaderIsNotCutByKeepAlive()
    {
        // The time between requests ran while the answer was still being taken.
        VERIFY_BODY([]() -> std::string {
            ServerBench bench([](config::Listener& l) { l.timeouts.keepAlive = seconds(1); });
            auto client = bench.connect(16384);
            client->sends(kGet);
            EXPECT(bench.served(1) != nullptr);
            const std::string text(1000000, 'x');
            bench.backend().answersWhole(text);
            settle();
            EXPECT(bench.worker.exchangesInFlight == 0);
            bench.pass(seconds(2));
            EXPECT(until([&] {
                client->receives(8192);
                return bodyOf(client->got).size() == text.size();
            }));
            // But a second after that it is idle.
            settle();
            bench.pass(seconds(2));
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            return {};
        });
    }

    void aReaderThatStopsIsCutInTheEnd()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect(16384);
            client->sends("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 200000\r\n\r\nbegin");
            EXPECT(until([&] { return bench.servers().opened == 1; }));
            bench.backend().opens();
            bench.backend().answersWhole(std::string(1000000, 'x'));
            settle();
            std::size_t left = 200000 - 5;
            const std::string block(left, 'y');
            // The rest of the request arrives meanwhile and ends: the deadline must stay.
            until([&] {
                left -= client->sends(std::string_view(block).substr(0, left));
                return left == 0;
            });
            settle();
            EXPECT(bench.state->share->total.load() == 1);
            bench.pass(seconds(31));
            EXPECT(until([&] { return bench.state->share->total.load() == 0; }));
            return {};
        });
    }

    void aHalfClosedClientStillGetsItsAnswers()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends(kGet + kGet);
            client->halfCloses();
            for (std::size_t n = 1; n <= 2; ++n) {
                EXPECT(bench.served(n) != nullptr);
                settle();
                bench.backend().answersWhole("ok");
            }
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(countOf(client->got, "HTTP/1.1 200") == 2);
            EXPECT(!client->broken);
            return {};
        });
    }

    void aClientThatBreaksAbortsItsExchange()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends(kGet);
            EXPECT(bench.served(1) != nullptr);
            client->breaks();
            EXPECT(until([&] { return bench.backend().resets == 1; }));
            EXPECT(bench.counters.clientAborts.value() == 1 && bench.leases() == 0);
            EXPECT(until([&] { return bench.state->share->total.load() == 0; }));
            return {};
        });
    }

    void nothingAfterConnectionCloseIsProcessed()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n" + kGet);
            EXPECT(bench.served(1) != nullptr);
            bench.backend().answersWhole("ok");
            client->halfCloses();
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(countOf(client->got, "HTTP/1.1 ") == 1 && bench.servers().opened == 1);
            return {};
        });
    }

    void whatIsNoRequestIs400AndTheEnd()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("GET / HTTP/1.1\r\nHost : lab\r\n\r\n" + kGet);
            client->halfCloses();
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.rfind("HTTP/1.1 400", 0) == 0);
            EXPECT(countOf(client->got, "HTTP/1.1 ") == 1 && bench.servers().opened == 0);
            return {};
        });
    }

    void whatIsNotToBeSentOnEndsTheConnection()
    {
        VERIFY_BODY([]() -> std::string {
            for (const std::string line : {"Connection: Host", "Connection: x, content-length"}) {
                ServerBench bench;
                auto client = bench.connect();
                client->sends("GET / HTTP/1.1\r\nHost: lab\r\n" + line + "\r\n\r\n" + kGet);
                EXPECT(until([&] {
                    client->receives();
                    return client->ended;
                }));
                EXPECT(countOf(client->got, "HTTP/1.1 ") == 1);
                EXPECT(client->got.starts_with("HTTP/1.1 400 "));
                EXPECT(countOf(client->got, "Connection: close\r\n") == 1);
                EXPECT(bench.servers().opened == 0);
            }
            ServerBench bench;
            auto client = bench.connect();
            client->sends("OPTIONS / HTTP/1.1\r\nHost: lab\r\nMax-Forwards: 0\r\n\r\n" + kGet);
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.starts_with("HTTP/1.1 200 ") && bench.servers().opened == 0);
            return {};
        });
    }

    void keepAliveZeroMeansOneRequest()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench([](config::Listener& l) { l.timeouts.keepAlive = seconds(0); });
            auto client = bench.connect();
            client->sends(kGet);
            EXPECT(bench.served(1) != nullptr);
            bench.backend().answersWhole("ok");
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.find("Connection: close") != std::string::npos);
            return {};
        });
    }

    void drainingClosesIdleOnesNowAndBusyOnesAfterTheirAnswer()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto idle = bench.connect();
            auto busy = bench.connect();
            busy->sends(kGet + kGet);
            EXPECT(bench.served(1) != nullptr);
            bench.worker.draining = true;
            bench.worker.clients.forEach([](H1ServerConnection& each) { each.drain(); });
            EXPECT(until([&] {
                idle->receives();
                return idle->ended;
            }));
            busy->receives();
            EXPECT(!busy->ended);
            bench.backend().answersWhole("ok");
            EXPECT(until([&] {
                busy->receives();
                return busy->ended;
            }));
            EXPECT(busy->got.find("Connection: close") != std::string::npos);
            EXPECT(bodyOf(busy->got) == "ok");
            idle->closes();
            busy->closes();
            EXPECT(until([&] { return bench.state->share->total.load() == 0; }));
            return {};
        });
    }

    void aCutAnswerLooksCut()
    {
        VERIFY_BODY([]() -> std::string {
            for (const bool old : {false, true}) {
                ServerBench bench;
                auto client = bench.connect();
                client->sends(old ? "GET / HTTP/1.0\r\nHost: lab\r\n\r\n" : kGet);
                EXPECT(bench.served(1) != nullptr);
                bench.backend().opens();
                bench.backend().answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                bench.backend().sends("half");
                settle();
                bench.backend().fails(StreamFailure::Closed);
                EXPECT(until([&] {
                    client->receives();
                    return client->ended || client->broken;
                }));
                // HTTP/1.0 knows no other sign than a reset.
                EXPECT(client->broken == old);
                EXPECT(client->got.find("0\r\n\r\n") == std::string::npos);
            }
            return {};
        });
    }
};

STEELYARD_TEST(H1ServerEndTest)

#include "h1_server_end_test.moc"
