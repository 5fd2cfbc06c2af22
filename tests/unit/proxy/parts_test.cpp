// The proxy's small parts: the retry budget, the table of our own replies.
#include "proxy/replies.h"
#include "proxy/retry_budget.h"
#include "stats/counters.h"
#include "support/test_main.h"

#include <QTest>

#include <cstring>
#include <set>

using namespace steelyard;
using namespace steelyard::proxy;

class RetryBudgetTest : public QObject
{
    Q_OBJECT

    static constexpr TimePoint kStart{std::chrono::hours(1)};

    static int taken(RetryBudget& budget, TimePoint now, double share, std::uint32_t inFlight)
    {
        int count = 0;
        while (count < 1000 && budget.take(now, share, inFlight))
            ++count;
        return count;
    }

private Q_SLOTS:

    void threeAreAlwaysAllowed()
    {
        RetryBudget budget;
        QCOMPARE(taken(budget, kStart, 0.2, 0), 3);
    }

    void aShareOfTheLastTenSecondsIsAllowed()
    {
        RetryBudget budget;
        for (int i = 0; i < 100; ++i)
            budget.countRequest(kStart + milliseconds(i * 99));
        QCOMPARE(taken(budget, kStart + milliseconds(9900), 0.2, 0), 20);
    }

    void whatWasInFlightWhenAFaultBeganIsAllowed()
    {
        RetryBudget budget;
        QCOMPARE(taken(budget, kStart, 0.2, 64), 64);
    }

    void oldRequestsAndOldRetriesAreForgotten()
    {
        RetryBudget budget;
        for (int i = 0; i < 100; ++i)
            budget.countRequest(kStart);
        QCOMPARE(taken(budget, kStart + seconds(9), 0.2, 0), 20);
        QCOMPARE(taken(budget, kStart + seconds(10), 0.2, 0), 0); // the requests are gone first
        QCOMPARE(taken(budget, kStart + seconds(19), 0.2, 0), 3); // the retries ten seconds later
    }

    void aLongSilenceLeavesNothingBehind()
    {
        RetryBudget budget;
        for (int i = 0; i < 100; ++i)
            budget.countRequest(kStart + seconds(i % 10));
        QCOMPARE(taken(budget, kStart + std::chrono::hours(5), 0.2, 0), 3);
    }
};

class RepliesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void everyCauseHasAStatusAndAWordOfItsOwn()
    {
        std::set<std::string> words;
        for (std::size_t i = 1; i < kCauses; ++i) {
            const ReplyRule& each = rule(static_cast<Cause>(i));
            QVERIFY(each.status >= 200 && each.status < 600);
            QVERIFY(std::strlen(each.word) > 0);
            QVERIFY2(words.insert(each.word).second, each.word);
        }
        QCOMPARE(static_cast<std::size_t>(Cause::ConnectionLimit) + 1, kCauses);
        QCOMPARE(rule(Cause::None).status, 0);
        QVERIFY(kCauses <= std::size(stats::WorkerCounters{}.replies));
    }

    void aReplyIsFramedAndDated()
    {
        http::MessageHead head;
        const std::string body =
            makeReply(Cause::NoServer, 0, "Tue, 24 Nov 2026 08:00:00 GMT", head);
        QCOMPARE(head.status, 503);
        QCOMPARE(body, std::string("503 Service Unavailable: No server of the pool is "
                                   "available.\n"));
        QVERIFY(head.body.kind == http::BodyKind::Length);
        QCOMPARE(head.body.length, std::uint64_t{body.size()});
        QVERIFY(head.headers.find("Retry-After") == "1");
        QVERIFY(head.headers.find(http::FieldId::Date) == "Tue, 24 Nov 2026 08:00:00 GMT");
    }

    void aGivenStatusGoesBeforeTheTables()
    {
        http::MessageHead head;
        (void)makeReply(Cause::BadRequest, 431, "", head);
        QCOMPARE(head.status, 431);
        (void)makeReply(Cause::BadRequest, 0, "", head);
        QCOMPARE(head.status, 400);
        QVERIFY(head.headers.find("Retry-After").empty());
    }
};

STEELYARD_TEST(RetryBudgetTest)
STEELYARD_TEST(RepliesTest)

#include "parts_test.moc"
