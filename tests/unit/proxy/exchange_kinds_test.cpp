// What an exchange makes of the special kinds: informational responses, tunnels, trailers, orders
// of the control thread, routes that answer by themselves.
#include "base/random.h"
#include "support/test_main.h"
#include "unit/proxy/fake_streams.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

} // namespace

class ExchangeKindsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void informationalResponsesGoToThoseWhoUnderstandThem()
    {
        VERIFY_BODY([]() -> std::string {
            const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
            const std::string go = "HTTP/1.1 100 Continue\r\n\r\n";
            FakeBench bench;
            FakeClient& plain = bench.get();
            bench.backend().opens();
            bench.backend().answers(go); // nobody waits for it
            bench.backend().answers(early);
            bench.backend().answers(kOk);
            bench.backend().sends("ok");
            bench.backend().completes();
            EXPECT((plain.heads == std::vector<int>{103, 200}));

            FakeClient& waits = bench.request("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 2"
                                              "\r\nExpect: 100-continue\r\n\r\n");
            bench.backend().opens();
            bench.backend().answers(go);
            waits.sends("hi");
            waits.completes();
            bench.backend().answers(kOk);
            bench.backend().sends("ok");
            bench.backend().completes();
            EXPECT((waits.heads == std::vector<int>{100, 200}));

            FakeClient& old = bench.request("GET / HTTP/1.0\r\nHost: lab\r\n\r\n");
            bench.backend().opens();
            bench.backend().answers(early);
            bench.backend().answers(kOk);
            bench.backend().sends("ok");
            bench.backend().completes();
            EXPECT(old.heads == std::vector<int>{200});

            FakeClient& flooded = bench.get();
            bench.backend().opens();
            for (int i = 0; i < 17; ++i)
                bench.backend().answers(early);
            EXPECT(flooded.status() == 502 && flooded.heads.size() == 17);
            return bench.accounts();
        });
    }

    void aWebSocketBecomesATunnelAndIsCountedAtItsServer()
    {
        VERIFY_BODY([]() -> std::string {
            const std::string upgrade = "GET / HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\n"
                                        "Upgrade: websocket\r\n\r\n";
            const std::string switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade"
                                         "\r\nUpgrade: websocket\r\n\r\n";
            for (const bool clientFirst : {true, false}) {
                FakeBench bench(1);
                FakeClient& client = bench.request(upgrade);
                bench.backend().opens();
                bench.backend().answers(switched);
                EXPECT(client.status() == 101 && client.tunnels == 1);
                EXPECT(bench.backend().tunnels == 1);
                client.sends("ping");
                bench.backend().sends("pong");
                EXPECT(bench.backend().body == "ping" && client.body == "pong");
                EXPECT(bench.leases() == 1);
                FakeStream& first = clientFirst ? static_cast<FakeStream&>(client)
                                                : static_cast<FakeStream&>(bench.backend());
                FakeStream& second = clientFirst ? static_cast<FakeStream&>(bench.backend())
                                                 : static_cast<FakeStream&>(client);
                first.completes();
                EXPECT(second.ends == (clientFirst ? 2 : 1) && !client.done());
                second.sends("more"); // a half-closed tunnel goes on the other way
                EXPECT(first.body.substr(4) == "more");
                second.completes();
                EXPECT(client.finishes == 1 && bench.backend().finishes == 1);
                EXPECT(bench.counted(0).statusClass[1].value() == 1);
                EXPECT(bench.counted(0).bytesIn.value() + bench.counted(0).bytesOut.value() == 12);
                const std::string wrong = bench.accounts();
                if (!wrong.empty())
                    return wrong;
            }
            return {};
        });
    }

    void a101NobodyAskedForIs502()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            bench.backend().opens();
            bench.backend().answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                    "Upgrade: websocket\r\n\r\n");
            EXPECT(client.status() == 502 && client.tunnels == 0);
            return bench.accounts();
        });
    }

    void trailersPassBothWaysAndRuleAReplayOut()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            http::HeaderList trailers;
            trailers.add("X-Sum", "42");
            FakeClient& client =
                bench.request("PUT / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n");
            bench.backend().opens();
            client.sends("hi");
            client.completes(trailers);
            EXPECT(bench.backend().trailer == "42");
            bench.backend().answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            bench.backend().sends("ok");
            bench.backend().completes(trailers);
            EXPECT(client.trailer == "42");

            FakeClient& again =
                bench.request("PUT / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n");
            bench.backend().opens();
            again.sends("hi");
            again.completes(trailers);
            bench.backend().fails(StreamFailure::Closed);
            EXPECT(again.status() == 502 && bench.servers().opened == 2);
            return bench.accounts();
        });
    }

    void aCutAnswersWhereItStillCanAndEndsTheRest()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& waiting = bench.get();
            waiting.exchange->cut(Cause::DrainDeadline);
            EXPECT(waiting.status() == 503 && waiting.finishes == 1);
            FakeClient& relaying = bench.get();
            bench.backend().opens();
            bench.backend().answers(kOk);
            relaying.exchange->cut(Cause::DrainDeadline);
            EXPECT(relaying.resets == 1 && relaying.ends == 0);
            EXPECT(bench.replies(Cause::DrainDeadline) == 2);
            return bench.accounts();
        });
    }

    void aDrainedServerIsNotChosenAndALastOneLeftIs503()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            const auto& backends = bench.worker.snapshot->pools[0]->backends;
            // The candidates of this snapshot still have it: the choice looks once more.
            backends[0].state->admin.store(AdminState::Draining);
            for (int i = 0; i < 4; ++i) {
                bench.get();
                EXPECT(bench.backend().server == "b");
                bench.backend().answersWhole("ok");
            }
            backends[1].state->admin.store(AdminState::Maintenance);
            EXPECT(bench.get().status() == 503);
            EXPECT(bench.replies(Cause::NoServer) == 1);
            return bench.accounts();
        });
    }

    void routesAnswerWithoutAServer()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& pot = bench.get("/pot");
            EXPECT(pot.status() == 418 && pot.body == "short\n");
            FakeClient& old = bench.get("/old");
            EXPECT(old.status() == 308 && old.location == "/new");
            EXPECT(bench.request("GET / HTTP/1.1\r\nHost: other\r\n\r\n").status() == 404);
            EXPECT(bench.request("OPTIONS / HTTP/1.1\r\nHost: lab\r\nMax-Forwards: 0\r\n\r\n")
                       .status() == 200);
            EXPECT(bench.request("GET / HTTP/1.1\r\nHost: lab\r\nVia: 1.1 steelyard-test\r\n\r\n")
                       .status() == 508);
            EXPECT(
                bench.request("GET / HTTP/1.1\r\nHost: lab\r\nConnection: Host\r\n\r\n").status() ==
                400);
            EXPECT(bench.servers().opened == 0);
            return bench.accounts();
        });
    }

    void whatIsNoRequestIsRefusedAndCounted()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            bench.clients.push_back(
                std::make_unique<FakeClient>("GET / HTTP/1.1\r\nHost: lab\r\n\r\n"));
            FakeClient& client = *bench.clients.back();
            client.exchange = Exchange::begin(bench.worker);
            client.handler = client.exchange->clientSide();
            client.exchange->refuse(client, {"192.0.2.1", {}, 0, http::Version::Http11, nullptr},
                                    {414, "too long"});
            EXPECT(client.status() == 414 && bench.replies(Cause::BadRequest) == 1);
            return bench.accounts();
        });
    }

    void aSnapshotIsHeldToTheEnd()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.get();
            const std::weak_ptr<const runtime::Snapshot> before = bench.worker.snapshot;
            config::Config empty;
            bench.worker.snapshot = std::make_shared<runtime::Snapshot>();
            EXPECT(!before.expired());
            bench.backend().answersWhole("ok");
            EXPECT(client.status() == 200);
            FakeBench::turn();
            FakeBench::turn();
            bench.worker.snapshot = bench.compiler.compile(empty); // drops the compiler's last one
            EXPECT(before.expired());
            return {};
        });
    }
};

STEELYARD_TEST(ExchangeKindsTest)

#include "exchange_kinds_test.moc"
