/// Micro-benchmarks: recording a latency, arming a deadline, a turn of the event loop beside idle
/// descriptors, and calls between two loops. Those of the loop run on a QThread of their own.
#include "base/random.h"
#include "net/mailbox.h"
#include "stats/histogram.h"

#include <QThread>

#include <functional>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace steelyard {

namespace {

constexpr std::size_t kValues = 4096;

/// A thread on our dispatcher that runs one function.
class Loop final : public QThread
{
public:
    explicit Loop(std::function<void(net::EventDispatcher&)> body)
        : m_body(std::move(body))
    {
        setEventDispatcher(new net::EventDispatcher);
        start();
    }

    ~Loop() override { wait(); }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

private:
    void run() override { m_body(*net::EventDispatcher::current()); }

    std::function<void(net::EventDispatcher&)> m_body;
};

void histogramRecord(benchmark::State& state)
{
    stats::Histogram histogram;
    RandomSource random(3);
    std::vector<std::uint64_t> values(kValues);
    for (std::uint64_t& each : values)
        each = random.below(1U << (1 + random.below(24)));
    std::size_t next = 0;
    for ([[maybe_unused]] auto each : state)
        histogram.record(values[next++ % kValues]);
}

struct Deadline
{
    Deadline()
        : timer([](void*) {}, nullptr)
    {
    }

    net::Timer timer;
};

/// As each request does to its connection's: armed 30 s ahead, disarmed. range: how many timers.
void wheelArm(benchmark::State& state)
{
    TimePoint now{seconds(1000)};
    net::TimerWheel wheel(now);
    std::vector<std::unique_ptr<Deadline>> timers;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        timers.push_back(std::make_unique<Deadline>());
    std::size_t next = 0;
    for ([[maybe_unused]] auto each : state) {
        net::Timer& timer = timers[next++ % timers.size()]->timer;
        wheel.arm(timer, now + seconds(30));
        timer.disarm();
        now += microseconds(20);
        if (next % 1024 == 0)
            wheel.advance(now);
    }
}

/// Armed and left to fire, within a minute. range: how many are armed at a time.
void wheelFire(benchmark::State& state)
{
    TimePoint now{seconds(1000)};
    net::TimerWheel wheel(now);
    RandomSource random(5);
    std::vector<std::unique_ptr<Deadline>> timers;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        timers.push_back(std::make_unique<Deadline>());
    for ([[maybe_unused]] auto each : state) {
        for (const auto& one : timers)
            wheel.arm(one->timer, now + milliseconds(random.below(60'000)));
        for (int tick = 0; tick < 60; ++tick)
            wheel.advance(now += seconds(1));
        now += seconds(1);
        wheel.advance(now);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Never read: each write makes it ready anew.
class Descriptor final : public net::SocketWatcher
{
public:
    explicit Descriptor(net::EventDispatcher& loop)
        : m_loop(loop)
        , m_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
        , m_watch(loop.watch(m_fd, EPOLLIN | EPOLLET, *this))
    {
    }

    ~Descriptor()
    {
        m_loop.unwatch(m_watch);
        close(m_fd);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] bool valid() const noexcept { return m_fd >= 0 && m_watch.generation != 0; }

    void feed() const noexcept
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = write(m_fd, &one, sizeof one);
    }

    void socketReady(std::uint32_t) override { ++woken; }

    std::uint64_t woken = 0;

private:
    net::EventDispatcher& m_loop;
    int m_fd;
    net::WatchId m_watch;
};

/// One write to a descriptor and the turn that tells its watcher. range: idle ones beside it.
void loopTurn(benchmark::State& state)
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const Loop run([&state](net::EventDispatcher& loop) {
        std::vector<std::unique_ptr<Descriptor>> idle;
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            idle.push_back(std::make_unique<Descriptor>(loop));
            if (!idle.back()->valid()) {
                state.SkipWithError("no more descriptors");
                break;
            }
        }
        Descriptor busy(loop);
        std::uint64_t fed = 0;
        for ([[maybe_unused]] auto each : state) {
            busy.feed();
            ++fed;
            while (busy.woken < fed)
                loop.processEvents(QEventLoop::WaitForMoreEvents);
        }
    });
}

/// wakeUp() and the turn that it ends, on one thread.
void loopWakeUp(benchmark::State& state)
{
    const Loop run([&state](net::EventDispatcher& loop) {
        for ([[maybe_unused]] auto each : state) {
            loop.wakeUp();
            loop.processEvents(QEventLoop::WaitForMoreEvents);
        }
    });
}

/// A call to another loop's mailbox and one back: the time of both, with two wake-ups of threads.
void mailboxRoundTrip(benchmark::State& state)
{
    net::Mailbox there, here;
    bool stop = false; // of the thread `other`
    const Loop other([&](net::EventDispatcher& loop) {
        there.open();
        while (!stop)
            loop.processEvents(QEventLoop::WaitForMoreEvents);
        there.close();
    });
    const Loop run([&](net::EventDispatcher& loop) {
        here.open();
        for ([[maybe_unused]] auto each : state) {
            bool back = false;
            there.post([&] { here.post([&] { back = true; }); });
            while (!back)
                loop.processEvents(QEventLoop::WaitForMoreEvents);
        }
        here.close();
        there.post([&] { stop = true; });
    });
}

BENCHMARK(histogramRecord)->Name("histogram_record");
BENCHMARK(wheelArm)->Name("wheel_arm_disarm")->Arg(1)->Arg(10000)->Arg(100000);
BENCHMARK(wheelFire)->Name("wheel_fire")->Arg(1000)->Arg(100000);
BENCHMARK(loopTurn)->Name("loop_turn")->Arg(0)->Arg(1000)->Arg(10000);
BENCHMARK(loopWakeUp)->Name("loop_wake_up");
BENCHMARK(mailboxRoundTrip)->Name("mailbox_round_trip")->UseRealTime();

} // namespace

} // namespace steelyard
