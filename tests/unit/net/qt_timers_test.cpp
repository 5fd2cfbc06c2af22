/// What Qt promises of timers, posted events and nested loops, asked of our dispatcher and of Qt's
/// own alike.
#include "loop_thread.h"
#include "support/test_main.h"

#include <QPointer>
#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

namespace steelyard::net {

namespace {

/// Counts timer events by id.
class Ticker final : public QObject
{
public:
    std::function<void(int)> ticked;

protected:
    void timerEvent(QTimerEvent* event) override { ticked(event->timerId()); }
};

} // namespace

class QtTimersTest final : public QObject
{
    Q_OBJECT

    static void bothLoops()
    {
        QTest::addColumn<bool>("ours");
        QTest::newRow("ours") << true;
        QTest::newRow("stock") << false;
    }

    static std::string run(const Body& body)
    {
        QFETCH_GLOBAL(bool, ours);
        return runOn(ours ? Loop::Ours : Loop::Stock, body);
    }

private Q_SLOTS:

    void initTestCase_data() { bothLoops(); }

    void zeroTimersFireOnceATurn()
    {
        VERIFY_BODY([] {
            int fired = 0;
            QTimer zero;
            QObject::connect(&zero, &QTimer::timeout, [&fired] { ++fired; });
            zero.start(0);
            for (int turn = 0; turn < 10; ++turn)
                QCoreApplication::processEvents();
            EXPECT(fired >= 9 && fired <= 11);
            return std::string();
        });
    }

    void timersFireInOrderOfDueTime()
    {
        VERIFY_BODY([] {
            std::vector<int> order;
            QTimer timers[4];
            const int intervals[4] = {45, 15, 30, 0};
            for (int i = 0; i < 4; ++i) {
                timers[i].setSingleShot(true);
                timers[i].setTimerType(Qt::PreciseTimer);
                QObject::connect(&timers[i], &QTimer::timeout, [&order, i] { order.push_back(i); });
                timers[i].start(intervals[i]);
            }
            EXPECT(runUntil([&] { return order.size() == 4; }));
            EXPECT((order == std::vector<int>{3, 1, 2, 0}));
            return std::string();
        });
    }

    void preciseTimersAreNeverEarly()
    {
        VERIFY_BODY([] {
            for (int round = 0; round < 10; ++round) {
                bool fired = false;
                const TimePoint start = Clock::now();
                QTimer::singleShot(milliseconds(3), Qt::PreciseTimer, [&fired] { fired = true; });
                EXPECT(runUntil([&] { return fired; }));
                // Qt's own rounds to whole milliseconds of the clock, and so may be up to one
                // early.
                EXPECT(Clock::now() - start >= milliseconds(2));
            }
            return std::string();
        });
    }

    void coarseTypesKeepTheirTolerance()
    {
        VERIFY_BODY([] {
            int fired = 0;
            const TimePoint start = Clock::now();
            TimePoint coarse;
            QTimer::singleShot(milliseconds(200), Qt::CoarseTimer, [&] {
                coarse = Clock::now();
                ++fired;
            });
            QTimer::singleShot(milliseconds(1000), Qt::VeryCoarseTimer, [&fired] { ++fired; });
            EXPECT(runUntil([&] { return fired == 2; }));
            EXPECT(coarse - start >= milliseconds(189));
            EXPECT(Clock::now() - start >= milliseconds(499));
            return std::string();
        });
    }

    void aTimerKilledByAnothersHandlerDoesNotFire()
    {
        VERIFY_BODY([] {
            Ticker ticker;
            std::vector<int> fired;
            int first = 0;
            int second = 0;
            ticker.ticked = [&](int id) {
                fired.push_back(id);
                ticker.killTimer(first);
                ticker.killTimer(second);
            };
            first = ticker.startTimer(5, Qt::PreciseTimer);
            second = ticker.startTimer(5, Qt::PreciseTimer);
            QThread::msleep(10); // lint: both must be due in one turn
            runFor(milliseconds(30));
            EXPECT(fired.size() == 1);
            return std::string();
        });
    }

    void aHandlerMayDestroyItsTimerAndStartOthers()
    {
        VERIFY_BODY([] {
            auto* doomed = new QTimer;
            bool later = false;
            QObject::connect(doomed, &QTimer::timeout, [&] {
                delete doomed;
                QTimer::singleShot(0, [&later] { later = true; });
            });
            doomed->start(1);
            EXPECT(runUntil([&] { return later; }));
            return std::string();
        });
    }

    void timersStartedByHandlersWaitForTheNextTurn()
    {
        VERIFY_BODY([] {
            int depth = 0;
            std::function<void()> again = [&] {
                if (++depth < 1000)
                    QTimer::singleShot(0, again);
            };
            QTimer::singleShot(0, again);
            QCoreApplication::processEvents();
            QCoreApplication::processEvents();
            EXPECT(depth < 10);
            EXPECT(runUntil([&] { return depth == 1000; }));
            return std::string();
        });
    }

    void aTimerDoesNotFireInsideItsOwnHandlerButOthersDo()
    {
        VERIFY_BODY([] {
            int depth = 0;
            int deepest = 0;
            int others = 0;
            bool done = false;
            QTimer outer;
            QTimer other;
            QObject::connect(&other, &QTimer::timeout, [&others] { ++others; });
            QObject::connect(&outer, &QTimer::timeout, [&] {
                deepest = std::max(deepest, ++depth);
                runFor(milliseconds(40));
                --depth;
                outer.stop();
                done = true;
            });
            outer.start(2);
            other.start(2);
            EXPECT(runUntil([&] { return done; }));
            EXPECT(deepest == 1);
            EXPECT(others >= 4);
            return std::string();
        });
    }

    void aNestedLoopInAZeroTimersHandlerSleeps()
    {
        VERIFY_BODY([] {
            QTimer zero;
            int turns = 0;
            bool done = false;
            QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake,
                             &zero, [&turns] { ++turns; });
            QObject::connect(&zero, &QTimer::timeout, [&] {
                zero.stop();
                zero.start(0);
                turns = 0;
                // The restarted one is a new timer: only the one that fires now must not keep the
                // loop awake.
                zero.stop();
                runFor(milliseconds(30));
                done = true;
            });
            zero.start(0);
            EXPECT(runUntil([&] { return done; }));
            EXPECT(turns < 20);
            return std::string();
        });
    }

    void remainingTimeAndRegisteredTimersTellTheTruth()
    {
        VERIFY_BODY([] {
            auto* dispatcher = QAbstractEventDispatcher::instance();
            Ticker ticker;
            ticker.ticked = [](int) {};
            const int precise = ticker.startTimer(1000, Qt::PreciseTimer);
            const int coarse = ticker.startTimer(2000, Qt::CoarseTimer);
            EXPECT(dispatcher->remainingTime(precise) > 900);
            EXPECT(dispatcher->remainingTime(precise) <= 1000);
            EXPECT(dispatcher->registeredTimers(&ticker).size() == 2);
            for (const auto& info : dispatcher->registeredTimers(&ticker)) {
                EXPECT(info.timerId == precise || info.timerId == coarse);
                EXPECT(info.interval == (info.timerId == precise ? 1000 : 2000));
            }
            ticker.killTimer(coarse);
            EXPECT(dispatcher->registeredTimers(&ticker).size() == 1);
            EXPECT(dispatcher->unregisterTimers(&ticker));
            EXPECT(!dispatcher->unregisterTimers(&ticker));
            EXPECT(dispatcher->registeredTimers(&ticker).isEmpty());
            return std::string();
        });
    }

    void excludedTimersStaySilentUntilIncluded()
    {
        VERIFY_BODY([] {
            auto* dispatcher = QAbstractEventDispatcher::instance();
            int fired = 0;
            QTimer timer;
            QObject::connect(&timer, &QTimer::timeout, [&fired] { ++fired; });
            timer.start(1);
            QThread::msleep(5); // lint: the timer must be overdue
            for (int i = 0; i < 5; ++i)
                dispatcher->processEvents(QEventLoop::X11ExcludeTimers);
            EXPECT(fired == 0);
            EXPECT(runUntil([&] { return fired > 0; }));
            return std::string();
        });
    }

    void processEventsTellsWhetherAnythingHappened()
    {
        VERIFY_BODY([] {
            auto* dispatcher = QAbstractEventDispatcher::instance();
            while (dispatcher->processEvents(QEventLoop::AllEvents)) {
            }
            EXPECT(!dispatcher->processEvents(QEventLoop::AllEvents));
            Ticker ticker;
            ticker.ticked = [](int) {};
            ticker.startTimer(1, Qt::PreciseTimer);
            EXPECT(dispatcher->processEvents(QEventLoop::WaitForMoreEvents));
            return std::string();
        });
    }

    void postedEventsKeepTheLoopFromBlocking()
    {
        VERIFY_BODY([] {
            QObject target;
            int calls = 0;
            std::function<void()> again = [&] {
                if (++calls < 500)
                    QMetaObject::invokeMethod(&target, again, Qt::QueuedConnection);
            };
            QMetaObject::invokeMethod(&target, again, Qt::QueuedConnection);
            EXPECT(runUntil([&] { return calls == 500; }));
            return std::string();
        });
    }

    void anEventPostedWhenAboutToBlockIsNotLeftLying()
    {
        VERIFY_BODY([] {
            QObject target;
            bool posted = false;
            bool called = false;
            QObject::connect(QAbstractEventDispatcher::instance(),
                             &QAbstractEventDispatcher::aboutToBlock, &target, [&] {
                                 if (std::exchange(posted, true))
                                     return;
                                 QMetaObject::invokeMethod(
                                     &target, [&called] { called = true; }, Qt::QueuedConnection);
                             });
            EXPECT(runUntil([&] { return called; }, milliseconds(3000)));
            EXPECT(posted);
            return std::string();
        });
    }

    void aNestedLoopDoesNotSwallowTheOutersWakeUp()
    {
        VERIFY_BODY([] {
            QObject target;
            bool called = false;
            bool nested = false;
            QObject::connect(QAbstractEventDispatcher::instance(),
                             &QAbstractEventDispatcher::aboutToBlock, &target, [&] {
                                 if (std::exchange(nested, true))
                                     return;
                                 QMetaObject::invokeMethod(
                                     &target, [] {}, Qt::QueuedConnection);
                                 QCoreApplication::processEvents();
                                 QMetaObject::invokeMethod(
                                     &target, [&called] { called = true; }, Qt::QueuedConnection);
                                 QAbstractEventDispatcher::instance()->wakeUp();
                             });
            EXPECT(runUntil([&] { return called; }, milliseconds(3000)));
            return std::string();
        });
    }

    void deleteLaterInNestedLoopsWorks()
    {
        VERIFY_BODY([] {
            QPointer<QObject> inner;
            bool left = false;
            QTimer::singleShot(0, [&] {
                QEventLoop loop;
                QTimer::singleShot(0, [&] {
                    inner = new QObject;
                    inner->deleteLater();
                });
                QTimer::singleShot(20, &loop, &QEventLoop::quit);
                loop.exec();
                left = true;
            });
            QEventLoop outer;
            QTimer::singleShot(60, &outer, &QEventLoop::quit);
            outer.exec();
            EXPECT(left);
            EXPECT(inner.isNull());
            return std::string();
        });
    }

    void queuedCallsFromManyThreadsAllArriveInOrder()
    {
        VERIFY_BODY([] {
            constexpr int kSenders = 3;
            constexpr int kCalls = 5000;
            QObject target;
            int next[kSenders] = {};
            bool inOrder = true;
            std::vector<std::thread> senders;
            for (int sender = 0; sender < kSenders; ++sender)
                senders.emplace_back([&, sender] {
                    for (int call = 0; call < kCalls; ++call)
                        QMetaObject::invokeMethod(
                            &target,
                            [&, sender, call] {
                                inOrder = inOrder && next[sender] == call;
                                ++next[sender];
                            },
                            Qt::QueuedConnection);
                });
            const bool all = runUntil(
                [&] { return next[0] == kCalls && next[1] == kCalls && next[2] == kCalls; });
            for (std::thread& sender : senders)
                sender.join();
            EXPECT(all);
            EXPECT(inOrder);
            return std::string();
        });
    }

    void everySingleWakeUpEndsAWait()
    {
        VERIFY_BODY([] {
            auto* dispatcher = QAbstractEventDispatcher::instance();
            // Ping-pong: a lost wake-up stops the game.
            std::atomic<int> ball{0};
            std::thread other([&] {
                for (int round = 0; round < 2000; ++round) {
                    ball.wait(2 * round);
                    ball.store(2 * round + 2);
                    dispatcher->wakeUp();
                }
            });
            bool all = true;
            for (int round = 0; round < 2000 && all; ++round) {
                ball.store(2 * round + 1);
                ball.notify_one();
                all = runUntil([&] { return ball.load() == 2 * round + 2; });
            }
            if (all)
                other.join();
            else
                other.detach();
            EXPECT(all);
            return std::string();
        });
    }

    void quitEndsALoopInTheMidstOfAStorm()
    {
        VERIFY_BODY([] {
            for (int round = 0; round < 20; ++round) {
                QEventLoop loop;
                QObject target;
                std::atomic<bool> stop{false};
                std::atomic<bool> inside{false};
                QTimer::singleShot(0, [&inside] {
                    inside = true;
                    inside.notify_one();
                });
                std::thread storm([&] {
                    inside.wait(false); // exit() before exec() would not count
                    for (int i = 0; i < 200000 && !stop; ++i) {
                        QMetaObject::invokeMethod(
                            &target, [] {}, Qt::QueuedConnection);
                        if (i == 300)
                            loop.exit(7);
                    }
                });
                const int code = loop.exec();
                stop = true;
                storm.join();
                EXPECT(code == 7);
            }
            return std::string();
        });
    }
};

#ifndef STEELYARD_TSAN // see CMakeLists.txt
STEELYARD_TEST(QtTimersTest)
#endif

} // namespace steelyard::net

#include "qt_timers_test.moc"
