// When an exchange is tried again and when it is not: failed connects, resets, stale kept
// connections, replayed bodies, the budget.
#include "support/test_main.h"
#include "unit/proxy/fake_streams.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::proxy;

namespace {

using Plan = FakeServers::Plan;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

} // namespace

class RetryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aFailedConnectGoesElsewhereForAnyMethod()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& client = bench.post(5);
            client.sends("hello");
            EXPECT(!client.reading); // all of it must stay replayable until there is a connection
            client.completes();
            const std::string first = bench.backend().server;
            bench.backend().fails(StreamFailure::ConnectFailed);
            EXPECT(bench.servers().opened == 2);
            EXPECT(bench.backend().server != first);
            EXPECT(bench.backend().body == "hello" && bench.backend().ends == 1);
            bench.backend().answersWhole("ok");
            EXPECT(client.reading);
            EXPECT(client.status() == 200 && client.body == "ok");
            EXPECT(bench.counters.retries.value() == 1);
            EXPECT(bench.counted(0).connectErrors.value() +
                       bench.counted(1).connectErrors.value() ==
                   1);
            return bench.accounts();
        });
    }

    void noServerLeftIsAnsweredWithTheLastFailure()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench(3);
            FakeClient& client = bench.get();
            for (int i = 0; i < 3; ++i)
                bench.backend().fails(StreamFailure::ConnectFailed);
            EXPECT(bench.servers().opened == 3);
            EXPECT(client.status() == 502 && client.finishes == 1);
            EXPECT(bench.replies(Cause::ConnectFailed) == 1);
            return bench.accounts();
        });
    }

    void withoutDescriptorsTheAnswerIs503()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            bench.servers().plans = {Plan::NoDescriptor, Plan::NoDescriptor};
            FakeClient& client = bench.get();
            EXPECT(client.status() == 503);
            EXPECT(bench.replies(Cause::OutOfResources) == 1);
            return bench.accounts();
        });
    }

    void aResetBeforeTheFirstByteIsRetriedForIdempotentMethodsOnly()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            FakeClient& get = bench.get();
            const std::string first = bench.backend().server;
            bench.backend().opens();
            bench.backend().fails(StreamFailure::Reset);
            EXPECT(bench.servers().opened == 2 && bench.backend().server != first);
            bench.backend().answersWhole("ok");
            EXPECT(get.status() == 200);

            FakeClient& post = bench.post(2);
            post.sends("hi");
            bench.backend().opens();
            post.completes();
            bench.backend().fails(StreamFailure::Reset);
            EXPECT(bench.servers().opened == 3); // never sent twice
            EXPECT(post.status() == 502);
            EXPECT(bench.replies(Cause::ServerReset) == 1);
            return bench.accounts();
        });
    }

    void oneRetryAfterTheFirstTryIsAll()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench(3);
            FakeClient& client = bench.get();
            for (int i = 0; i < 2; ++i) {
                bench.backend().opens();
                bench.backend().fails(StreamFailure::Closed);
            }
            EXPECT(bench.servers().opened == 2);
            EXPECT(client.status() == 502);
            return bench.accounts();
        });
    }

    void withoutRetriesNothingIsTriedTwice()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench(2, [](config::Config& c) { c.pools[0].retry.attempts = 0; });
            FakeClient& client = bench.get();
            // A kept connection that turns out stale could not be replaced: it is looked at before.
            EXPECT(bench.backend().checkStale);
            bench.backend().fails(StreamFailure::ConnectFailed);
            EXPECT(client.status() == 502 && bench.servers().opened == 1);
            return bench.accounts();
        });
    }

    void aStaleKeptConnectionIsReplacedAtTheSameServerFreeOfBudget()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            for (int i = 0; i < 20; ++i) {
                bench.servers().plans = {Plan::Kept};
                FakeClient& client = bench.get();
                const std::string first = bench.backend().server;
                EXPECT(!bench.backend().checkStale);
                bench.backend().fails(i % 2 == 0 ? StreamFailure::Closed : StreamFailure::Reset);
                EXPECT(bench.backend().fresh && bench.backend().server == first);
                bench.backend().answersWhole("ok");
                EXPECT(client.status() == 200);
            }
            EXPECT(bench.counted(0).resets.value() + bench.counted(1).resets.value() == 0);
            return bench.accounts();
        });
    }

    void aPostOnAKeptConnectionLooksWhetherItIsStale()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            bench.servers().plans = {Plan::Kept};
            FakeClient& client = bench.post(0);
            EXPECT(bench.backend().checkStale);
            bench.backend().fails(StreamFailure::Closed);
            EXPECT(bench.servers().opened == 1 && client.status() == 502);
            return bench.accounts();
        });
    }

    void aRetryOnAKeptConnectionReadsTheRestOfTheBody()
    {
        // The failed connect had switched the client's reading off, and a kept connection brings no
        // streamOpened() to switch it on again: uploads hung.
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            bench.servers().plans = {Plan::Connects, Plan::Kept};
            FakeClient& client = bench.post(10);
            client.sends("hello");
            EXPECT(!client.reading);
            bench.backend().fails(StreamFailure::ConnectFailed);
            EXPECT(client.reading);
            EXPECT(bench.backend().body == "hello");
            client.sends("world");
            client.completes();
            EXPECT(bench.backend().body == "helloworld");
            bench.backend().answersWhole("ok");
            return bench.accounts();
        });
    }

    void bodiesAreReplayedUpTo64KiB()
    {
        VERIFY_BODY([]() -> std::string {
            for (const std::size_t size : {std::size_t{65536}, std::size_t{65537}}) {
                FakeBench bench;
                FakeClient& client = bench.request(
                    "PUT / HTTP/1.1\r\nHost: lab\r\nContent-Length: " + std::to_string(size) +
                    "\r\n\r\n");
                bench.backend().opens();
                client.sends(std::string(60000, 'x'));
                client.sends(std::string(size - 60000, 'y'));
                client.completes();
                bench.backend().fails(StreamFailure::Closed);
                if (size == 65536) {
                    EXPECT(bench.servers().opened == 2);
                    EXPECT(bench.backend().body ==
                           std::string(60000, 'x') + std::string(5536, 'y'));
                    EXPECT(bench.backend().ends == 1);
                    bench.backend().answersWhole("ok");
                    EXPECT(client.status() == 200);
                } else {
                    EXPECT(bench.servers().opened == 1);
                    EXPECT(client.status() == 502);
                }
                const std::string wrong = bench.accounts();
                if (!wrong.empty())
                    return wrong;
            }
            return {};
        });
    }

    void theBudgetEndsRetriesOfWhatWasSent()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            int retried = 0;
            for (int i = 0; i < 10; ++i) {
                bench.get();
                bench.backend().opens();
                const int before = bench.servers().opened;
                bench.backend().fails(StreamFailure::Closed);
                if (bench.servers().opened > before) {
                    ++retried;
                    bench.backend().answersWhole("ok");
                }
            }
            EXPECT(retried == 3); // of 10 requests 20 % would be 2; three are always allowed
            EXPECT(bench.replies(Cause::ServerReset) == 7);
            return bench.accounts();
        });
    }

    void unavailableAnswersOfIdempotentRequestsAreTriedElsewhere()
    {
        VERIFY_BODY([]() -> std::string {
            FakeBench bench;
            const std::string no = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
            FakeClient& get = bench.get();
            bench.backend().opens();
            bench.backend().answers(no);
            EXPECT(get.heads.empty() && bench.servers().opened == 2);
            bench.backend().opens();
            bench.backend().answers(no); // the last one's answer is the client's
            bench.backend().completes();
            EXPECT(get.status() == 503 && get.finishes == 1);
            EXPECT(bench.replies(Cause::ServerReset) == 0);

            FakeClient& post = bench.post(0);
            bench.backend().opens();
            bench.backend().answers(no);
            bench.backend().completes();
            EXPECT(post.status() == 503 && bench.servers().opened == 3);
            return bench.accounts();
        });
    }
};

STEELYARD_TEST(RetryTest)

#include "retry_test.moc"
