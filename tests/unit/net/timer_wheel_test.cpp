/// The wheel against a naive list of deadlines, with a manual clock.
#include "base/random.h"
#include "net/timer_wheel.h"
#include "support/test_main.h"

#include <QTest>

#include <memory>
#include <optional>
#include <vector>

namespace steelyard::net {

namespace {

struct Waiter
{
    Waiter()
        : timer([](void* self) { ++static_cast<Waiter*>(self)->fired; }, this)
    {
    }

    int fired = 0;
    Timer timer;
};

} // namespace

class TimerWheelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void agreesWithANaiveModelUnderRandomUse()
    {
        RandomSource random(20240607);
        TimePoint now{};
        now += seconds(1000);
        TimerWheel wheel(now);
        constexpr std::size_t kTimers = 300;
        std::vector<std::unique_ptr<Waiter>> waiters(kTimers);
        std::vector<std::optional<TimePoint>> model(kTimers);
        for (auto& waiter : waiters)
            waiter = std::make_unique<Waiter>();
        int fired = 0;
        for (int step = 0; step < 60000; ++step) {
            const std::size_t i = random.below(kTimers);
            switch (random.below(8)) {
            case 0:
                waiters[i]->timer.disarm();
                model[i].reset();
                break;
            case 1:
                waiters[i] = std::make_unique<Waiter>();
                model[i].reset();
                break;
            case 2: {
                const auto step_ms =
                    random.below(100) == 0 ? random.below(90000) : random.below(40);
                const TimePoint due = wheel.nextDue();
                now += milliseconds(step_ms);
                wheel.advance(now);
                for (std::size_t k = 0; k < kTimers; ++k) {
                    const int count = std::exchange(waiters[k]->fired, 0);
                    QVERIFY(count <= 1);
                    QVERIFY(count == 0 || (model[k] && *model[k] <= now)); // never early
                    // At most a tick late.
                    if (count == 0 && model[k])
                        QVERIFY(*model[k] + TimerWheel::kTick > now);
                    if (count == 1)
                        QVERIFY(due <= *model[k] + TimerWheel::kTick);
                    if (count == 1)
                        model[k].reset();
                    fired += count;
                    QCOMPARE(waiters[k]->timer.armed(), model[k].has_value());
                }
                break;
            }
            default: {
                // Some in the past, some beyond the horizon of 32 s.
                const auto ahead = random.below(4) == 0 ? random.below(80000) : random.below(300);
                const TimePoint deadline = now + milliseconds(ahead) - milliseconds(5);
                wheel.arm(waiters[i]->timer, deadline);
                model[i] = deadline;
                QVERIFY(wheel.nextDue() < deadline + TimerWheel::kTick || deadline <= now);
            }
            }
        }
        QVERIFY(fired > 5000);
    }

    void aDeadlineInThePastFiresAtTheNextAdvance()
    {
        TimePoint now{};
        now += seconds(5);
        TimerWheel wheel(now);
        now += milliseconds(100);
        wheel.advance(now);
        Waiter waiter;
        wheel.arm(waiter.timer, now - milliseconds(50));
        QVERIFY(wheel.nextDue() <= now);
        wheel.advance(now);
        QCOMPARE(waiter.fired, 1);
        wheel.arm(waiter.timer, now);
        wheel.advance(now);
        QCOMPARE(waiter.fired, 2);
        QCOMPARE(wheel.nextDue(), TimePoint::max());
    }

    void pushingADeadlineOutStoresItAndTheEntryMovesLater()
    {
        TimePoint now{};
        now += seconds(5);
        TimerWheel wheel(now);
        Waiter waiter;
        wheel.arm(waiter.timer, now + milliseconds(100));
        wheel.arm(waiter.timer, now + milliseconds(1000));
        QVERIFY(wheel.nextDue() <= now + milliseconds(116));
        wheel.advance(now + milliseconds(500));
        QCOMPARE(waiter.fired, 0);
        QVERIFY(wheel.nextDue() >= now + milliseconds(1000));
        wheel.arm(waiter.timer, now + milliseconds(600));
        wheel.advance(now + milliseconds(616));
        QCOMPARE(waiter.fired, 1);
    }

    void theFarthestDeadlineIsNoOverflow()
    {
        TimePoint now{};
        now += seconds(5);
        TimerWheel wheel(now);
        Waiter waiter;
        wheel.arm(waiter.timer, TimePoint::max());
        wheel.advance(now + std::chrono::hours(1));
        QCOMPARE(waiter.fired, 0);
        QVERIFY(waiter.timer.armed());
    }

    void callbacksMayArmDisarmAndDestroyAnyTimer()
    {
        struct Chain
        {
            TimerWheel wheel{TimePoint{} + seconds(1)};
            TimePoint now = TimePoint{} + seconds(1);
            int fired = 0;
            std::vector<std::unique_ptr<Timer>> timers;
        } chain;

        const auto callback = [](void* owner) {
            auto* all = static_cast<Chain*>(owner);
            ++all->fired;
            // All due together: the first destroys one half, disarms a quarter and pushes out the
            // rest.
            if (all->fired > 1)
                return;
            for (std::size_t i = 0; i < all->timers.size(); ++i) {
                if (i % 2 == 0)
                    all->timers[i].reset();
                else if (i % 4 == 1)
                    all->timers[i]->disarm();
                else
                    all->wheel.arm(*all->timers[i], all->now + milliseconds(500));
            }
        };
        for (int i = 0; i < 40; ++i) {
            chain.timers.push_back(std::make_unique<Timer>(callback, &chain));
            chain.wheel.arm(*chain.timers.back(), chain.now + milliseconds(50));
        }
        chain.now += milliseconds(70);
        chain.wheel.advance(chain.now);
        QCOMPARE(chain.fired, 1);
        chain.now += milliseconds(600);
        chain.wheel.advance(chain.now);
        QCOMPARE(chain.fired, 11);
    }

    void aTimerReArmedInItsCallbackForThePastDoesNotHoldTheWheel()
    {
        struct Again
        {
            TimerWheel wheel{TimePoint{}};
            Timer timer{[](void* owner) {
                            auto* self = static_cast<Again*>(owner);
                            ++self->fired;
                            self->wheel.arm(self->timer, TimePoint{});
                        },
                        this};
            int fired = 0;
        } again;

        again.wheel.arm(again.timer, TimePoint{});
        again.wheel.advance(TimePoint{} + milliseconds(100));
        QCOMPARE(again.fired, 1);
        again.wheel.advance(TimePoint{} + milliseconds(100));
        QCOMPARE(again.fired, 2);
    }

    void timersOutliveTheirWheel()
    {
        Waiter waiter;
        {
            TimerWheel wheel(TimePoint{});
            wheel.arm(waiter.timer, TimePoint{} + seconds(1));
        }
        QVERIFY(!waiter.timer.armed());
    }
};

STEELYARD_TEST(TimerWheelTest)

} // namespace steelyard::net

#include "timer_wheel_test.moc"
