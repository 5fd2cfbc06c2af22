// The exchange with fake clients and fake backends, which bring every event in every order: what it
// sends on, when it tries another server, when it stops reading, and that it ends and is accounted
// exactly once whatever happens.
#include "base/random.h"
#include "support/test_main.h"
#include "unit/proxy/fake_streams.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

namespace {

using Plan = FakeServers::Plan;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/// One step of a whole, well behaved exchange; false when there was none left.
bool step(FakeBackendStream& backend, const std::string& text, std::size_t at)
{
    switch (at) {
    case 0:
        backend.opens();
        return true;
    case 1:
        backend.answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        return true;
    case 2:
        backend.sends(text.substr(0, 1));
        return true;
    case 3:
        backend.sends(text.substr(1));
        return true;
    case 4:
        backend.completes();
        return true;
    default:
        return false;
    }
}

} // namespace

class ExchangeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void threeExchangesOfOneConnectionInterleaveInAnyOrder()
    {
        VERIFY_BODY([]() -> std::string {
            RandomSource random(1);
            for (int round = 0; round < 200; ++round) {
                FakeBench bench;
                const std::array<std::string, 3> texts{"alpha", "beta", "gamma"};
                for (int i = 0; i < 3; ++i)
                    bench.get("/" + texts[static_cast<std::size_t>(i)]);
                std::array<std::size_t, 3> at{};
                for (int left = 15; left > 0;) {
                    const auto i = static_cast<std::size_t>(random.next() % 3);
                    if (step(*bench.servers().streams[i], texts[i], at[i])) {
                        ++at[i];
                        --left;
                    }
                }
                for (std::size_t i = 0; i < 3; ++i) {
                    EXPECT(bench.clients[i]->status() == 200);
                    EXPECT(bench.clients[i]->body == texts[i]);
                    EXPECT(bench.clients[i]->ends == 1);
                    EXPECT(bench.servers().streams[i]->target == "/" + texts[i]);
                }
                const std::string wrong = bench.accounts();
                if (!wrong.empty())
                    return wrong;
            }
            return {};
        });
    }

    void anyEventsInAnyOrderEndAccountedOnce()
    {
        VERIFY_BODY([]() -> std::string {
            RandomSource random(2);
            const auto below = [&](std::uint64_t limit) {
                return static_cast<std::size_t>(random.next() % limit);
            };
            for (int round = 0; round < 2000; ++round) {
                FakeBench bench(3);
                for (int i = 0; i < 3; ++i) {
                    bench.servers().fallback = below(2) == 0 ? Plan::Kept : Plan::Connects;
                    if (below(8) == 0)
                        bench.servers().plans.push_back(Plan::NoDescriptor);
                    if (below(2) == 0) {
                        bench.get();
                    } else {
                        bench.post(8);
                    }
                }
                for (int event = 0; event < 40; ++event) {
                    FakeClient& client = *bench.clients[below(3)];
                    if (bench.servers().streams.empty() || below(3) == 0) {
                        const bool uploading =
                            !client.done() && !client.uploaded && client.request.method() == "POST";
                        switch (below(6)) {
                        case 0:
                            if (uploading)
                                client.sends("1234");
                            break;
                        case 1:
                            if (uploading) {
                                client.uploaded = true;
                                client.completes();
                            }
                            break;
                        case 2:
                            client.drains();
                            break;
                        case 3:
                            if (below(4) == 0)
                                client.fails(StreamFailure::Reset);
                            break;
                        case 4:
                            if (!client.done() && below(6) == 0)
                                client.exchange->cut(Cause::DrainDeadline);
                            break;
                        default:
                            client.full = below(2) == 0;
                        }
                        continue;
                    }
                    FakeBackendStream& backend =
                        *bench.servers().streams[below(bench.servers().streams.size())];
                    switch (below(9)) {
                    case 0:
                    case 1:
                        if (backend.connecting) {
                            if (below(4) == 0) {
                                backend.connecting = false;
                                backend.fails(StreamFailure::ConnectFailed);
                            } else {
                                backend.opens();
                            }
                        }
                        break;
                    case 2:
                    case 3:
                        if (!backend.connecting && !backend.answered) {
                            backend.answered = true;
                            backend.answers(below(3) == 0 ? "HTTP/1.1 503 No\r\nContent-Length: "
                                                            "2\r\n\r\n"
                                                          : kOk);
                        }
                        break;
                    case 4:
                        if (backend.answered)
                            backend.sends("x");
                        break;
                    case 5:
                        if (backend.answered)
                            backend.completes();
                        break;
                    case 6:
                        if (!backend.connecting && below(3) == 0)
                            backend.fails(below(2) == 0 ? StreamFailure::Reset
                                                        : StreamFailure::Malformed);
                        break;
                    case 7:
                        backend.drains();
                        break;
                    default:
                        if (below(10) == 0)
                            bench.pass(seconds(16));
                        backend.full = below(2) == 0;
                    }
                }
                bench.worker.activeExchanges.forEach(
                    [](Exchange& exchange) { exchange.cut(Cause::Shutdown); });
                const std::string wrong = bench.accounts();
                if (!wrong.empty())
                    return wrong + ", round " + std::to_string(round);
                FakeBench::turn(); // buries
            }
            return {};
        });
    }

    void aSlowClientStopsTheBackendAndADrainedOneLetsItGoOn()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.backend().answers(kOk);
            client.full = true;
            bench.backend().sends("o");
            EXPECT(!bench.backend().reading);
            client.drains();
            EXPECT(bench.backend().reading);
            bench.backend().sends("k");
            bench.backend().completes();
            EXPECT(client.body == "ok");
            return bench.accounts();
        });
    }

    void aSlowBackendStopsTheClientAndADrainedOneLetsItGoOn()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.post(2);
            bench.backend().opens();
            EXPECT(client.reading);
            bench.backend().full = true;
            client.sends("h");
            EXPECT(!client.reading);
            bench.backend().drains();
            EXPECT(client.reading);
            client.sends("i");
            client.completes();
            EXPECT(bench.backend().body == "hi");
            // One that is still full when the connection comes about is waited for.
            bench.servers().startsFull = true;
            FakeClient& next = bench.post(2);
            next.sends("h");
            FakeBackendStream& full = bench.backend();
            full.opens();
            EXPECT(!next.reading);
            full.drains();
            EXPECT(next.reading);
            next.sends("i");
            next.completes();
            for (const auto& each : bench.servers().streams) {
                each->answers(kOk);
                each->sends("ok");
                each->completes();
            }
            return bench.accounts();
        });
    }

    void aConnectThatTakesTooLongIsTriedElsewhereOnce()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench(3);
            FakeClient& client = bench.get();
            bench.pass(milliseconds(2100)); // connect: 2s
            EXPECT(bench.servers().opened == 2);
            bench.pass(milliseconds(2100));
            EXPECT(bench.servers().opened == 2);
            EXPECT(client.status() == 504 && bench.replies(Cause::ConnectTimeout) == 1);
            std::uint64_t timeouts = 0;
            std::uint64_t refused = 0;
            for (int i = 0; i < 3; ++i) {
                timeouts += bench.counted(i).timeouts.value();
                refused += bench.counted(i).connectErrors.value();
            }
            EXPECT(timeouts == 2 && refused == 0); // one error for one attempt
            return bench.accounts();
        });
    }

    void whatAServerDoesNotAnswerIsAskedElsewhereOnceAndThen504()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench(3);
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.pass(seconds(14));
            EXPECT(bench.servers().opened == 1);
            bench.pass(seconds(2)); // response_header: 15s
            EXPECT(bench.servers().opened == 2 && !client.done());
            bench.backend().opens();
            bench.pass(seconds(16));
            EXPECT(client.status() == 504 && bench.servers().opened == 2);
            EXPECT(bench.replies(Cause::ResponseTimeout) == 1);
            return bench.accounts();
        });
    }

    void aPostThatIsNotAnsweredIs504AndNotAskedElsewhere()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.post(2);
            client.sends("12");
            client.completes();
            bench.backend().opens();
            bench.pass(seconds(16));
            EXPECT(client.status() == 504 && bench.servers().opened == 1);
            EXPECT(bench.replies(Cause::ResponseTimeout) == 1);
            return bench.accounts();
        });
    }

    void anUploadMayTakeLongerThanTheAnswer()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.post(4);
            bench.backend().opens();
            client.sends("12");
            bench.pass(seconds(20));
            EXPECT(!client.done());
            client.sends("34");
            client.completes();
            bench.backend().answers(kOk);
            bench.backend().sends("ok");
            bench.backend().completes();
            EXPECT(client.status() == 200);
            return bench.accounts();
        });
    }

    void anIdleResponseIsCut()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.backend().answers(kOk);
            bench.backend().sends("o");
            bench.pass(seconds(299));
            EXPECT(!client.done());
            bench.pass(seconds(2)); // idle: 5m
            EXPECT(client.resets == 1 && client.finishes == 0 && client.ends == 0);
            EXPECT(bench.replies(Cause::IdleTimeout) == 1);
            return bench.accounts();
        });
    }

    void aClientThatGoesAtAnyPhaseTakesItsBackendAlong()
    {
        VERIFY_BODY([]() -> std::string {
            for (int phase = 0; phase < 5; ++phase) {
                FakeBench bench;
                FakeClient& client = phase == 1 ? bench.post(4) : bench.get();
                if (phase > 0)
                    bench.backend().opens();
                if (phase == 1)
                    client.sends("12");
                if (phase > 2)
                    bench.backend().answers(kOk);
                if (phase > 3)
                    bench.backend().sends("o");
                client.fails(phase % 2 == 0 ? StreamFailure::Closed : StreamFailure::Reset);
                // One that is still being made may serve another.
                const FakeBackendStream& backend = bench.backend();
                EXPECT(client.resets == 1 && backend.resets == (phase == 0 ? 0 : 1));
                EXPECT(backend.finishes == (phase == 0 ? 1 : 0));
                EXPECT(bench.counters.clientAborts.value() == 1);
                EXPECT(bench.counters.statusClass[phase > 2 ? 2 : 4].value() == 1);
                const std::string wrong = bench.accounts();
                if (!wrong.empty())
                    return wrong + ", phase " + std::to_string(phase);
            }
            return {};
        });
    }

    void aBodyThatTurnsBadIs400AndNeverLooksCompleteToTheBackend()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client =
                bench.request("POST / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n");
            bench.backend().opens();
            client.sends("12");
            client.fails(StreamFailure::Malformed);
            EXPECT(client.status() == 431); // what the fake's refusal() says
            EXPECT(bench.backend().ends == 0 && bench.backend().resets == 1);
            EXPECT(bench.replies(Cause::BadRequest) == 1);

            FakeClient& slow = bench.post(4);
            bench.backend().opens();
            slow.fails(StreamFailure::Timeout);
            EXPECT(slow.status() == 408 && bench.replies(Cause::RequestTimeout) == 1);
            return bench.accounts();
        });
    }

    void aBadAnswerIs502AndNotRetried()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.backend().fails(StreamFailure::Malformed);
            EXPECT(client.status() == 502 && bench.replies(Cause::BadResponse) == 1);
            FakeClient& liar = bench.get();
            bench.backend().opens();
            bench.backend().answers(
                "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\n");
            EXPECT(liar.heads == std::vector<int>{502});
            EXPECT(bench.servers().opened == 2);
            return bench.accounts();
        });
    }

    void aCutAnswerIsNeverEnded()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.backend().answers(kOk);
            bench.backend().sends("o");
            bench.backend().fails(StreamFailure::Closed);
            EXPECT(client.ends == 0 && client.resets == 1);
            EXPECT(bench.replies(Cause::ResponseCut) == 1);
            EXPECT(bench.counted(0).resets.value() + bench.counted(1).resets.value() == 1);
            return bench.accounts();
        });
    }
};

STEELYARD_TEST(ExchangeTest)

#include "exchange_test.moc"
