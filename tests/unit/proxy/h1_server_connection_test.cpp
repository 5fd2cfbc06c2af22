// HTTP/1 towards clients, over real sockets with fake backends: framing whatever the pieces, the
// order of answers, time limits.
#include "support/test_main.h"
#include "unit/proxy/server_bench.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

class H1ServerConnectionTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRequestSplitAnywhereIsTheSame()
    {
        VERIFY_BODY([]() -> std::string {
            const std::array<std::string, 2> requests{
                "POST /x HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello",
                "POST /x HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"
                "2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 7\r\n\r\n"};
            ServerBench bench;
            auto client = bench.connect();
            std::size_t count = 0;
            for (const std::string& request : requests) {
                for (std::size_t split = 1; split <= request.size(); ++split) {
                    client->sends(request.substr(0, split));
                    settle();
                    client->sends(request.substr(split));
                    FakeBackendStream* backend = bench.served(++count);
                    EXPECT(backend != nullptr);
                    EXPECT(backend->target == "/x" && backend->body == "hello");
                    EXPECT(backend->trailer == (&request == &requests[1] ? "7" : ""));
                    backend->answersWhole("ok");
                    EXPECT(until([&] {
                        client->receives();
                        return bodyOf(client->got) == "ok";
                    }));
                    client->got.clear();
                }
            }
            EXPECT(bench.worker.exchangesInFlight == 0 && bench.leases() == 0);
            return {};
        });
    }

    void pipelinedRequestsAreAnsweredInOrderOneAtATime()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("GET /1 HTTP/1.1\r\nHost: lab\r\n\r\nPOST /2 HTTP/1.1\r\nHost: lab\r\n"
                          "Content-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: lab\r\n\r\n");
            for (const std::string target : {"/1", "/2", "/3"}) {
                FakeBackendStream* backend =
                    bench.served(static_cast<std::size_t>(target[1] - '0'));
                EXPECT(backend != nullptr && backend->target == target);
                settle();
                EXPECT(bench.worker.exchangesInFlight == 1);
                backend->answersWhole(target);
            }
            EXPECT(until([&] {
                client->receives();
                return countOf(client->got, "HTTP/1.1 200") == 3;
            }));
            EXPECT(client->got.find("/1") < client->got.find("/2"));
            EXPECT(client->got.find("/2") < client->got.find("/3"));
            return {};
        });
    }

    void theSmallRestOfARequestThatWasAnsweredEarlyIsDropped()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST /pot HTTP/1.1\r\nHost: lab\r\nContent-Length: 10\r\n\r\n01234");
            EXPECT(until([&] {
                client->receives();
                return client->got.find("418") != std::string::npos;
            }));
            EXPECT(client->got.find("close") == std::string::npos);
            client->sends("56789" + kGet);
            EXPECT(bench.served(1) != nullptr);
            bench.backend().answersWhole("next");
            EXPECT(until([&] {
                client->receives();
                return client->got.find("next") != std::string::npos;
            }));
            return {};
        });
    }

    void aLargeUploadThatWasAnsweredEarlyStillGetsItsAnswer()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST /pot HTTP/1.1\r\nHost: lab\r\nContent-Length: 99999999\r\n\r\n");
            const std::string block(65536, 'x');
            for (int i = 0; i < 30; ++i) {
                client->sends(block); // must not meet a reset that would destroy the answer
                FakeBench::turn();
            }
            client->halfCloses();
            EXPECT(until([&] {
                client->receives();
                return client->ended || client->broken;
            }));
            EXPECT(!client->broken);
            EXPECT(client->got.find("418") != std::string::npos);
            EXPECT(client->got.find("Connection: close") != std::string::npos);
            EXPECT(until([&] { return bench.state->share->total.load() == 0; }));
            return {};
        });
    }

    void aClientThatNeverEndsItsUploadIsClosedAfterASecond()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST /pot HTTP/1.1\r\nHost: lab\r\nContent-Length: 99999999\r\n\r\n");
            EXPECT(until([&] {
                client->receives();
                return client->ended; // at once: FIN follows the answer
            }));
            EXPECT(bench.state->share->total.load() == 1);
            bench.pass(milliseconds(1100));
            EXPECT(until([&] { return bench.state->share->total.load() == 0; }));
            return {};
        });
    }

    void aHeaderBlockThatDoesNotArriveInTimeIs408()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("GET / HTTP/1.1\r\n");
            settle();
            bench.pass(seconds(9));
            client->sends("Host: lab\r\n"); // a byte now and then does not extend it
            settle();
            EXPECT(bench.worker.exchangesInFlight == 0);
            bench.pass(seconds(2));
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.rfind("HTTP/1.1 408", 0) == 0);
            EXPECT(bench.replies(Cause::RequestTimeout) == 1);
            return {};
        });
    }

    void anIdleConnectionIsClosedWithoutAWord()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            settle();
            bench.pass(seconds(59));
            client->receives();
            EXPECT(!client->ended);
            bench.pass(seconds(2)); // keep_alive: 60s
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.empty() && bench.counters.requests.value() == 0);
            return {};
        });
    }

    void aBodyThatMakesNoProgressIs408()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhe");
            EXPECT(until([&] { return bench.servers().opened == 1; }));
            bench.backend().opens();
            settle();
            bench.pass(seconds(31)); // client_body: 30s
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.rfind("HTTP/1.1 408", 0) == 0);
            EXPECT(bench.backend().resets == 1);
            return {};
        });
    }

    void aBodyThatTheEngineDoesNotReadIsNotLate()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhe");
            EXPECT(until([&] { return bench.servers().opened == 1; }));
            settle(); // still connecting: reading is off
            bench.worker.loop.wheel().advance(bench.worker.loop.now() + milliseconds(1900));
            EXPECT(!bench.backend().done());
            bench.backend().opens();
            client->sends("llo");
            EXPECT(bench.served(1) != nullptr && bench.backend().body == "hello");
            return {};
        });
    }

    void continueReachesAClientThatWaits()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 2\r\n"
                          "Expect: 100-continue\r\n\r\n");
            EXPECT(until([&] { return bench.servers().opened == 1; }));
            bench.backend().opens();
            bench.backend().answers("HTTP/1.1 100 Continue\r\n\r\n");
            EXPECT(until([&] {
                client->receives();
                return client->got == "HTTP/1.1 100 Continue\r\n\r\n";
            }));
            client->sends("hi");
            EXPECT(bench.served(1) != nullptr);
            bench.backend().answersWhole("ok");
            EXPECT(until([&] {
                client->receives();
                return bodyOf(client->got).find("ok") != std::string::npos;
            }));
            EXPECT(client->got.find("close") == std::string::npos);
            return {};
        });
    }

    void aFinalAnswerInsteadOfContinueEndsTheConnection()
    {
        // Nobody can tell whether the body will come: what follows could be it or a request.
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("POST /pot HTTP/1.1\r\nHost: lab\r\nContent-Length: 2\r\n"
                          "Expect: 100-continue\r\n\r\n");
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(client->got.find("Connection: close") != std::string::npos);
            return {};
        });
    }

    void http10GetsRawBytesAndTheEnd()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("GET / HTTP/1.0\r\nHost: lab\r\nConnection: keep-alive\r\n\r\n");
            EXPECT(bench.served(1) != nullptr);
            bench.backend().opens();
            bench.backend().answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            bench.backend().sends("raw");
            bench.backend().completes();
            EXPECT(until([&] {
                client->receives();
                return client->ended;
            }));
            EXPECT(bodyOf(client->got) == "raw");
            EXPECT(client->got.find("chunked") == std::string::npos);
            return {};
        });
    }

    void answersWithoutABodyHaveNone()
    {
        VERIFY_BODY([]() -> std::string {
            ServerBench bench;
            auto client = bench.connect();
            client->sends("HEAD /pot HTTP/1.1\r\nHost: lab\r\n\r\n");
            EXPECT(until([&] {
                client->receives();
                return client->got.find("\r\n\r\n") != std::string::npos;
            }));
            EXPECT(client->got.find("Content-Length: 6") != std::string::npos);
            EXPECT(bodyOf(client->got).empty());
            for (const std::string status : {"204 No Content", "304 Not Modified"}) {
                client->got.clear();
                client->sends(kGet);
                EXPECT(bench.served(status[0] == '2' ? 1 : 2) != nullptr);
                bench.backend().opens();
                bench.backend().answers("HTTP/1.1 " + status + "\r\n\r\n");
                bench.backend().completes();
                EXPECT(until([&] {
                    client->receives();
                    return client->got.find("\r\n\r\n") != std::string::npos;
                }));
                settle();
                client->receives();
                EXPECT(bodyOf(client->got).empty());
                EXPECT(client->got.find("Transfer-Encoding") == std::string::npos);
            }
            client->sends(kGet); // the connection has stayed in step
            EXPECT(bench.served(3) != nullptr);
            return {};
        });
    }
};

STEELYARD_TEST(H1ServerConnectionTest)

#include "h1_server_connection_test.moc"
