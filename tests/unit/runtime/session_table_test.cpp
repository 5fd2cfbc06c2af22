#include "base/random.h"
#include "runtime/session_table.h"
#include "support/test_main.h"

#include <QTest>

#include <list>
#include <map>
#include <thread>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

SessionId idOf(std::uint64_t number)
{
    RandomSource random(number);
    SessionId id;
    for (std::uint8_t& byte : id.bytes)
        byte = static_cast<std::uint8_t>(random.next());
    return id;
}

SessionToken tokenOf(std::uint64_t number, std::uint64_t backend, EpochSeconds issued = 100)
{
    return {backend, idOf(number), issued, issued};
}

/// The same rules in a few plain lines, to compare with: one shard, no expiry by operators.
class NaiveTable
{
public:
    explicit NaiveTable(std::size_t bound)
        : m_bound(bound)
    {
    }

    void see(const SessionToken& token, EpochSeconds now, EpochSeconds expires)
    {
        for (auto at = m_newestFirst.begin(); at != m_newestFirst.end(); ++at) {
            if (at->id == token.id) {
                at->seen = std::max(at->seen, now);
                at->expires = std::max(at->expires, expires);
                m_newestFirst.splice(m_newestFirst.begin(), m_newestFirst, at);
                return;
            }
        }
        if (m_newestFirst.size() == m_bound)
            m_newestFirst.pop_back();
        m_newestFirst.push_front({token.id, token.backend, token.issued, now, expires});
    }

    void forget(const SessionId& id)
    {
        m_newestFirst.remove_if([&](const Session& session) { return session.id == id; });
    }

    void sweep(EpochSeconds now)
    {
        m_newestFirst.remove_if([&](const Session& session) { return session.expires <= now; });
    }

    [[nodiscard]] std::vector<Session> list(EpochSeconds now) const
    {
        std::vector<Session> all;
        for (const Session& session : m_newestFirst) {
            if (session.expires > now)
                all.push_back(session);
        }
        return all;
    }

    [[nodiscard]] std::size_t size() const { return m_newestFirst.size(); }

private:
    std::size_t m_bound;
    std::list<Session> m_newestFirst;
};

bool same(const std::vector<Session>& a, const std::vector<Session>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Session& x, const Session& y) {
                          return x.id == y.id && x.backend == y.backend && x.created == y.created &&
                                 x.seen == y.seen && x.expires == y.expires;
                      });
}

} // namespace

class SessionTableTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void itAgreesWithANaiveTable()
    {
        RandomSource random(11);
        SessionTable table(50);
        NaiveTable naive(50);
        EpochSeconds now = 1000;
        for (int step = 0; step < 50'000; ++step) {
            now += random.below(3);
            const std::uint64_t number = random.below(120);
            switch (random.below(20)) {
            case 0:
                table.forget(idOf(number));
                naive.forget(idOf(number));
                break;
            case 1:
                table.sweepNext(now);
                naive.sweep(now);
                break;
            default: {
                const SessionToken token = tokenOf(number, number % 7, 900);
                const EpochSeconds expires = now + 1 + random.below(100);
                QVERIFY(table.see(token, now, expires));
                naive.see(token, now, expires);
            }
            }
            QCOMPARE(table.size(), naive.size());
            if (step % 100 == 0)
                QVERIFY(same(table.list(1000, now), naive.list(now)));
        }
        std::size_t counted = 0;
        for (const auto& [backend, count] : table.counts())
            counted += count;
        QCOMPARE(counted, naive.size());
        QVERIFY(table.pushedOut() > 0);
    }

    void theLongestUnseenIsPushedOut()
    {
        SessionTable table(3);
        for (std::uint64_t i = 0; i < 3; ++i)
            QVERIFY(table.see(tokenOf(i, 1), 100, 1000));
        QVERIFY(table.see(tokenOf(0, 1), 101, 1000));
        QVERIFY(table.see(tokenOf(3, 1), 102, 1000));
        QCOMPARE(table.size(), std::size_t{3});
        QCOMPARE(table.pushedOut(), std::uint64_t{1});
        QVERIFY(!table.find(idOf(1).hex()).ok());
        QVERIFY(table.find(idOf(0).hex()).ok());
    }

    void anExpiredSessionStopsCountingUntilItsCookieIsVoid()
    {
        SessionTable table(100);
        QVERIFY(table.see(tokenOf(1, 5), 100, 2000));
        QVERIFY(table.see(tokenOf(2, 5), 100, 2000));
        QVERIFY(table.expire(idOf(1), 110, 3000).ok());
        QVERIFY(!table.see(tokenOf(1, 5), 120, 2000));
        QVERIFY(table.see(tokenOf(2, 5), 120, 2000));
        QCOMPARE(table.size(), std::size_t{1});
        QCOMPARE(table.counts()[5], std::size_t{1});
        table.sweepNext(2999);
        QVERIFY(!table.see(tokenOf(1, 5), 2999, 3000));
        table.sweepNext(3000);
        QVERIFY(table.see(tokenOf(1, 5), 3000, 4000)); // its age ends it by now
    }

    void allOfABackendAreExpiredAlsoThoseNotInTheTable()
    {
        SessionTable table(10'000); // several shards
        for (std::uint64_t i = 0; i < 500; ++i)
            QVERIFY(table.see(tokenOf(i, i % 2), 150, 2000));
        const auto removed = table.expireBackend(1, 200, 5000);
        QVERIFY(removed.ok());
        QCOMPARE(removed.value(), std::size_t{250});
        QCOMPARE(table.size(), std::size_t{250});
        QVERIFY(table.counts().find(1) == table.counts().end());
        QVERIFY(!table.see(tokenOf(1, 1), 210, 2000));
        QVERIFY(!table.see(tokenOf(9999, 1, 200), 210, 2000)); // pinned in that second
        QVERIFY(table.see(tokenOf(9998, 1, 201), 210, 2000));
        QVERIFY(table.see(tokenOf(0, 0), 210, 2000));
        for (int shard = 0; shard < 64; ++shard)
            table.sweepNext(5000);
        QVERIFY(table.see(tokenOf(1, 1), 5000, 6000));
        QCOMPARE(table.size(), std::size_t{1}); // the others' time was over
    }

    void theListsOfWhatIsExpiredAreBounded()
    {
        SessionTable table(10);
        for (std::uint64_t i = 0; i < SessionTable::kMaxExpired; ++i)
            QVERIFY(table.expire(idOf(i), 100, 200).ok());
        QVERIFY(!table.expire(idOf(SessionTable::kMaxExpired), 100, 200).ok());
        QVERIFY(table.expire(idOf(5), 100, 300).ok()); // known already
        table.sweepNext(200);
        QVERIFY(table.expire(idOf(SessionTable::kMaxExpired), 200, 300).ok());
        for (std::uint64_t i = 0; i < SessionTable::kMaxExpiredBackends; ++i)
            QVERIFY(table.expireBackend(i, 200, 300).ok());
        QVERIFY(!table.expireBackend(SessionTable::kMaxExpiredBackends, 200, 300).ok());
        QVERIFY(table.expireBackend(7, 201, 300).ok());
    }

    void theListIsNewestFirstBoundedAndFiltered()
    {
        SessionTable table(10'000);
        for (std::uint64_t i = 0; i < 1000; ++i)
            QVERIFY(table.see(tokenOf(i, i % 3), static_cast<EpochSeconds>(100 + i), 5000));
        const auto newest = table.list(10, 2000);
        QCOMPARE(newest.size(), std::size_t{10});
        for (std::size_t i = 0; i < newest.size(); ++i)
            QVERIFY(newest[i].id == idOf(999 - i));
        const auto one = table.list(500, 2000, 2);
        QCOMPARE(one.size(), std::size_t{333});
        QVERIFY(std::all_of(one.begin(), one.end(),
                            [](const Session& session) { return session.backend == 2; }));
        QVERIFY(table.list(10, 5000).empty()); // all void
        QVERIFY(table.list(0, 2000).empty());
    }

    void aSessionIsFoundByTheBeginningOfItsId()
    {
        SessionTable table(10'000);
        for (std::uint64_t i = 0; i < 100; ++i)
            QVERIFY(table.see(tokenOf(i, i), 100, 5000));
        const std::string hex = idOf(42).hex();
        const auto found = table.find(hex.substr(0, 8));
        QVERIFY(found.ok());
        QCOMPARE(found.value().backend, std::uint64_t{42});
        QVERIFY(table.find("").error().code == ErrorCode::NotFound);
        QVERIFY(table.find("zz").error().code == ErrorCode::NotFound);
        QVERIFY(table.find(hex.substr(0, 1)).error().code == ErrorCode::Refused);
    }

    void workersAtOnceKeepTheBoundAndTheCounts()
    {
        constexpr std::size_t kBound = 6400;
        SessionTable table(kBound);
        std::vector<std::thread> workers;
        std::atomic<int> wrong{0};
        for (std::uint64_t worker = 0; worker < 4; ++worker) {
            workers.emplace_back([&, worker] {
                RandomSource random(worker);
                for (int i = 0; i < 50'000; ++i) {
                    const std::uint64_t number = random.below(20'000);
                    const SessionToken token = tokenOf(number, number % 5);
                    if (i % 50 == 0)
                        table.forget(token.id);
                    else if (!table.see(token, 100 + static_cast<EpochSeconds>(i), 1'000'000))
                        ++wrong;
                    if (i % 5000 == 0)
                        wrong += table.list(100, 1, worker).size() > 100 ? 1 : 0;
                    if (i % 1000 == 0 && worker == 0)
                        table.sweepNext(50);
                }
            });
        }
        for (std::thread& worker : workers)
            worker.join();
        QCOMPARE(wrong.load(), 0);
        QVERIFY(table.size() <= kBound && table.size() > kBound / 2);
        std::size_t counted = 0;
        for (const auto& [backend, count] : table.counts())
            counted += count;
        QCOMPARE(counted, table.size());
        QCOMPARE(table.list(100'000, 1).size(), table.size());
    }

    void costs()
    {
        SessionTable table(1'000'000);
        constexpr std::uint64_t kSessions = 300'000;
        std::vector<SessionToken> tokens;
        for (std::uint64_t i = 0; i < kSessions; ++i)
            tokens.push_back(tokenOf(i, i % 10));
        const auto nanosPer = [&](auto f) {
            const TimePoint begin = Clock::now();
            for (const SessionToken& token : tokens)
                f(token);
            return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
                   static_cast<double>(tokens.size());
        };
        std::uint64_t good = 0;
        const double enter = nanosPer([&](const auto& t) { good += table.see(t, 100, 9000); });
        const double touch = nanosPer([&](const auto& t) { good += table.see(t, 101, 9000); });
        std::vector<SessionToken> few(tokens.begin(), tokens.begin() + 1000);
        const TimePoint begin = Clock::now();
        for (int round = 0; round < 300; ++round) {
            for (const SessionToken& token : few)
                good += table.see(token, 102, 9000);
        }
        const double warm =
            std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / 300'000;
        const TimePoint sweep = Clock::now();
        table.sweepNext(200);
        const std::chrono::duration<double, std::micro> swept = Clock::now() - sweep;
        qInfo("enter %.0f ns; touch %.0f ns of 300,000, %.0f ns of 1,000; a sweep %.0f us", enter,
              touch, warm, swept.count());
        QCOMPARE(good, 3 * kSessions);
    }
};

STEELYARD_TEST(SessionTableTest)
#include "session_table_test.moc"
