#include "proxy/client_limits.h"
#include "support/test_main.h"

#include <QTest>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace steelyard;
using namespace std::chrono_literals;
using proxy::ClientLimits;
using Ticket = ClientLimits::Ticket;

namespace {

const TimePoint kStart = TimePoint() + 1000h;

config::ClientLimits connections(int most)
{
    config::ClientLimits settings;
    settings.connections = most;
    return settings;
}

config::ClientLimits rate(double perSecond, int burst = 0)
{
    config::ClientLimits settings;
    settings.requestsPerSecond = perSecond;
    settings.burst = burst;
    return settings;
}

IpAddress ip(const std::string& text)
{
    return IpAddress::from(text);
}

IpAddress numbered(int i)
{
    return ip("10." + std::to_string(i >> 16) + '.' + std::to_string((i >> 8) & 255) + '.' +
              std::to_string(i & 255));
}

/// How many requests in a row are allowed.
int allowed(Ticket& ticket, const config::ClientLimits& settings, TimePoint now, int tries = 100000)
{
    int count = 0;
    while (count < tries && ticket.request(settings, now) == Duration::zero())
        ++count;
    return count;
}

} // namespace

class ClientLimitsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aClientHasAtMostSoManyConnections()
    {
        ClientLimits limits;
        const auto two = connections(2);
        Ticket first = limits.accept(ip("10.0.0.1"), two, kStart);
        Ticket second = limits.accept(ip("10.0.0.1"), two, kStart);
        QVERIFY(first && second);
        QVERIFY(!limits.accept(ip("10.0.0.1"), two, kStart));
        QVERIFY(!limits.accept(ip("::ffff:10.0.0.1"), two, kStart));
        QVERIFY(bool(limits.accept(ip("10.0.0.2"), two, kStart)));
        Ticket moved = std::move(first);
        QVERIFY(!first); // NOLINT(bugprone-use-after-move): what it promises
        QVERIFY(!limits.accept(ip("10.0.0.1"), two, kStart));
        moved.release();
        moved.release();
        Ticket third = limits.accept(ip("10.0.0.1"), two, kStart);
        QVERIFY(bool(third));
        QVERIFY(!limits.accept(ip("10.0.0.1"), two, kStart));
        third = limits.accept(ip("10.0.0.3"), two, kStart); // gives the one before back
        QVERIFY(bool(limits.accept(ip("10.0.0.1"), two, kStart)));
        // A limit that a reload lowered refuses new ones only; without one there is none.
        QVERIFY(!limits.accept(ip("10.0.0.1"), connections(1), kStart));
        QVERIFY(bool(limits.accept(ip("10.0.0.1"), {}, kStart)));
    }

    void anIpv6ClientIsItsNetworkOf64Bits()
    {
        ClientLimits limits;
        const auto one = connections(1);
        const Ticket first = limits.accept(ip("2001:db8:0:1::1"), one, kStart);
        QVERIFY(bool(first));
        QVERIFY(!limits.accept(ip("2001:db8:0:1:ffff::9"), one, kStart));
        QVERIFY(bool(limits.accept(ip("2001:db8:0:2::1"), one, kStart)));
        // The same first bytes, another family.
        const Ticket v4 = limits.accept(ip("32.1.13.184"), one, kStart);
        QVERIFY(bool(v4));
        QVERIFY(bool(limits.accept(ip("2001:db8::1"), one, kStart)));
    }

    void aBurstIsAllowedAndThenTheRate()
    {
        ClientLimits limits;
        const auto settings = rate(10, 25);
        Ticket ticket = limits.accept(ip("10.0.0.1"), settings, kStart);
        QCOMPARE(allowed(ticket, settings, kStart), 25);
        QVERIFY(ticket.request(settings, kStart) == 100ms);
        QVERIFY(ticket.request(settings, kStart + 99ms) == 1ms); // refusing takes nothing
        QCOMPARE(allowed(ticket, settings, kStart + 100ms), 1);
        QCOMPARE(allowed(ticket, settings, kStart + 1100ms), 10);
        QCOMPARE(allowed(ticket, settings, kStart + 1h), 25); // no more than the bucket holds
        // Over a long time the rate, whatever the order.
        int count = 0;
        for (TimePoint now = kStart + 1h; now < kStart + 1h + 100s; now += 7ms)
            count += ticket.request(settings, now) == Duration::zero() ? 1 : 0;
        QVERIFY(count == 999 || count == 1000);
    }

    void withoutABurstOneSecondsWorthIsAllowedAtOnce()
    {
        ClientLimits limits;
        Ticket ticket = limits.accept(ip("10.0.0.1"), {}, kStart);
        QCOMPARE(allowed(ticket, rate(50), kStart), 50);
        Ticket slow = limits.accept(ip("10.0.0.2"), {}, kStart);
        QCOMPARE(allowed(slow, rate(0.1), kStart), 1);
        QVERIFY(slow.request(rate(0.1), kStart) == 10s);
        Ticket free = limits.accept(ip("10.0.0.3"), {}, kStart);
        QCOMPARE(allowed(free, {}, kStart, 1000), 1000);
        int address = 100;
        // The ends of the range neither overflow nor stop.
        for (const auto& settings : {rate(1e-6, 2000000000), rate(1e12, 2000000000), rate(1e12)}) {
            Ticket extreme = limits.accept(numbered(++address), {}, kStart);
            QCOMPARE(allowed(extreme, settings, kStart, 3), 3);
        }
        Ticket slowest = limits.accept(numbered(++address), {}, kStart);
        QCOMPARE(allowed(slowest, rate(1e-12), kStart), 1);
    }

    void allConnectionsOfAClientShareItsBucketAndReconnectingDoesNotFillIt()
    {
        ClientLimits limits;
        const auto settings = rate(10, 20);
        Ticket first = limits.accept(ip("10.0.0.1"), settings, kStart);
        QCOMPARE(allowed(first, settings, kStart, 12), 12);
        Ticket second = limits.accept(ip("10.0.0.1"), settings, kStart);
        QCOMPARE(allowed(second, settings, kStart), 8);
        first.release();
        second.release();
        Ticket again = limits.accept(ip("10.0.0.1"), settings, kStart + 500ms);
        QCOMPARE(allowed(again, settings, kStart + 500ms), 5);
        // New settings count at once, and nobody waits for what old ones would have him pay.
        Ticket debtor = limits.accept(ip("10.0.0.2"), settings, kStart);
        QCOMPARE(allowed(debtor, rate(0.001, 5), kStart), 5);
        QVERIFY(debtor.request(rate(100, 10), kStart) == 10ms);
        QCOMPARE(allowed(debtor, rate(100, 10), kStart + 100ms), 10);
    }

    // Workers take the time once a turn: a refusal by one that is behind must give nothing back.
    void aClockThatIsBehindGivesNothingBack()
    {
        ClientLimits limits;
        const auto settings = rate(10000, 100);
        Ticket ahead = limits.accept(ip("10.0.0.1"), settings, kStart);
        Ticket behind = limits.accept(ip("10.0.0.1"), settings, kStart);
        int count = 0;
        for (int i = 0; i < 1000; ++i) {
            count += allowed(ahead, settings, kStart + 5ms);
            count += allowed(behind, settings, kStart);
        }
        QCOMPARE(count, 100);
        QVERIFY(behind.request(settings, kStart) > 5ms);
    }

    void whoOwesNothingIsForgotten()
    {
        ClientLimits limits;
        for (int i = 0; i < 1000; ++i)
            QVERIFY(bool(limits.accept(numbered(i), connections(1), kStart)));
        QCOMPARE(limits.size(), std::size_t{0});
        const auto settings = rate(1);
        for (int i = 0; i < 1000; ++i) {
            Ticket ticket = limits.accept(numbered(i), settings, kStart);
            QCOMPARE(allowed(ticket, settings, kStart), 1);
        }
        QCOMPARE(limits.size(), std::size_t{1000});
        // Their buckets are full again: those that come later take them away, two at a time.
        std::vector<Ticket> others;
        for (int i = 0; i < 2000; ++i)
            others.push_back(limits.accept(numbered(100000 + i), settings, kStart + 2s));
        QCOMPARE(limits.size(), std::size_t{2000});
    }

    // An attacker with many addresses must neither fill the memory nor push out who is connected.
    void theTableIsBoundedAndForgetsOnlyTheIdle()
    {
        constexpr int kBound = 16 * 8;
        ClientLimits limits(kBound);
        auto settings = rate(0.001, 1);
        settings.connections = 1;
        Ticket busy = limits.accept(ip("192.168.0.1"), settings, kStart);
        QCOMPARE(allowed(busy, settings, kStart), 1);
        for (int i = 0; i < 5000; ++i) {
            Ticket ticket = limits.accept(numbered(i), settings, kStart);
            QVERIFY(bool(ticket));
            QCOMPARE(allowed(ticket, settings, kStart), 1);
        }
        QVERIFY(limits.size() <= std::size_t{kBound + 1});
        QVERIFY(limits.size() > std::size_t{kBound / 2});
        QVERIFY(!limits.accept(ip("192.168.0.1"), settings, kStart));
        QCOMPARE(allowed(busy, settings, kStart), 0);
        // The last ones are known still, the first ones are not.
        Ticket last = limits.accept(numbered(4999), settings, kStart);
        QCOMPARE(allowed(last, settings, kStart), 0);
        Ticket first = limits.accept(numbered(0), settings, kStart);
        QCOMPARE(allowed(first, settings, kStart), 1);
    }

    void bothLimitsAreExactOverThreads()
    {
        ClientLimits limits;
        auto settings = rate(1, 5000);
        settings.connections = 3;
        std::atomic<int> open{0};
        std::atomic<int> most{0};
        std::atomic<int> refused{0};
        std::atomic<int> served{0};
        std::vector<std::thread> workers;
        for (int w = 0; w < 4; ++w) {
            workers.emplace_back([&] {
                for (int i = 0; i < 20000; ++i) {
                    Ticket ticket = limits.accept(ip("10.0.0.1"), settings, kStart);
                    const Ticket other = limits.accept(numbered(i % 50 + 2), settings, kStart);
                    if (!ticket) {
                        ++refused;
                        continue;
                    }
                    const int now = ++open;
                    int seen = most.load();
                    while (now > seen && !most.compare_exchange_weak(seen, now)) {
                    }
                    if (ticket.request(settings, kStart) == Duration::zero())
                        ++served;
                    --open;
                }
            });
        }
        for (std::thread& worker : workers)
            worker.join();
        QVERIFY(most.load() <= 3);
        QCOMPARE(served.load(), 5000);
        QVERIFY(refused.load() < 80000);
        QCOMPARE(limits.size(), std::size_t{1});
    }

    void aWaitIsToldInWholeSeconds()
    {
        QCOMPARE(proxy::retryAfterSeconds(1ms), 1);
        QCOMPARE(proxy::retryAfterSeconds(1s), 1);
        QCOMPARE(proxy::retryAfterSeconds(1001ms), 2);
        QCOMPARE(proxy::retryAfterSeconds(0s), 1);
        QCOMPARE(proxy::retryAfterSeconds(100h), 86400);
    }

    void aRequestCostsLittle()
    {
        ClientLimits limits;
        const auto settings = rate(1e9, 1000000);
        Ticket ticket = limits.accept(ip("10.0.0.1"), settings, kStart);
        constexpr int kCount = 1000000;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kCount; ++i)
            (void)ticket.request(settings, kStart + i * 1us);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - start;
        qInfo("%.0f ns a request", took.count() / kCount);
        QVERIFY(took.count() / kCount < 2000);
    }
};

STEELYARD_TEST(ClientLimitsTest)
#include "client_limits_test.moc"
