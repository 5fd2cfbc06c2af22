/// The data path's own side of the dispatcher: watchers, stale events, deferred calls, timers of
/// the wheel.
#include "loop_thread.h"
#include "support/test_main.h"

#include <QTest>

#include <array>
#include <memory>
#include <vector>

#include <sys/epoll.h>

namespace steelyard::net {

namespace {

class Watcher final : public SocketWatcher
{
public:
    Watcher(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready)
        : m_ready(std::move(ready))
        , id(EventDispatcher::current()->watch(fd, events, *this))
    {
    }

    ~Watcher() { EventDispatcher::current()->unwatch(id, false); }

    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

private:
    void socketReady(std::uint32_t events) override { m_ready(events); }

    std::function<void(std::uint32_t)> m_ready;

public:
    const WatchId id;
};

std::string run(const Body& body)
{
    return runOn(Loop::Ours, body);
}

} // namespace

class WatcherTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aWatcherMayDestroyTheOthersOfItsBatch()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 20> pairs;
            std::vector<std::unique_ptr<Watcher>> watchers(pairs.size());
            int called = 0;
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                watchers[i] =
                    std::make_unique<Watcher>(pairs[i].fd[0], EPOLLIN | EPOLLET, [&, i](auto) {
                        ++called;
                        for (std::size_t k = 0; k < watchers.size(); ++k)
                            if (k != i)
                                watchers[k].reset();
                    });
                pairs[i].feed();
            }
            EXPECT(runUntil([&] { return called > 0; }));
            runFor(milliseconds(10));
            EXPECT(called == 1);
            return std::string();
        });
    }

    void aStaleEventDoesNotReachTheSlotsNextOwner()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 2> pairs;
            const SocketPair quiet;
            std::vector<std::unique_ptr<Watcher>> watchers(2);
            int called = 0;
            int wrongly = 0;
            std::unique_ptr<Watcher> successor;
            for (std::size_t i = 0; i < 2; ++i) {
                watchers[i] = std::make_unique<Watcher>(pairs[i].fd[0], EPOLLIN, [&, i](auto) {
                    ++called;
                    const WatchId old = watchers[1 - i]->id;
                    watchers[1 - i].reset();
                    successor =
                        std::make_unique<Watcher>(quiet.fd[0], EPOLLIN, [&](auto) { ++wrongly; });
                    if (successor->id.slot != old.slot ||
                        successor->id.generation == old.generation)
                        ++wrongly;
                    EventDispatcher::current()->unwatch(old); // harmless by now
                    pairs[i].drain();
                });
                pairs[i].feed();
            }
            EXPECT(runUntil([&] { return called > 0; }));
            runFor(milliseconds(10));
            EXPECT(called == 1);
            EXPECT(wrongly == 0);
            EXPECT(EventDispatcher::current()->watching(successor->id));
            return std::string();
        });
    }

    void aNestedLoopDeliversTheRestOfTheBatch()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 10> pairs;
            std::vector<std::unique_ptr<Watcher>> watchers;
            int called = 0;
            bool all = false;
            for (const SocketPair& pair : pairs) {
                watchers.push_back(
                    std::make_unique<Watcher>(pair.fd[0], EPOLLIN | EPOLLET, [&](auto) {
                        if (++called == 1)
                            all = runUntil([&] { return called == 10; }, milliseconds(3000));
                    }));
                pair.feed();
            }
            EXPECT(runUntil([&] { return called == 10; }));
            EXPECT(all);
            return std::string();
        });
    }

    void watchersGoOnWhileNotifiersAreExcluded()
    {
        VERIFY_BODY([] {
            const SocketPair pair;
            bool called = false;
            const Watcher watcher(pair.fd[0], EPOLLIN | EPOLLET, [&](auto) { called = true; });
            pair.feed();
            EXPECT(EventDispatcher::current()->processEvents(QEventLoop::ExcludeSocketNotifiers));
            EXPECT(called);
            return std::string();
        });
    }

    void deferredCallsRunInOrderOnceAndAfterSocketsWhenAskedAgain()
    {
        VERIFY_BODY([] {
            struct Note
            {
                std::string* log;
                char letter;
                Deferred* next;
            };
            std::string log;
            const auto write = [](void* owner) {
                const auto* note = static_cast<Note*>(owner);
                *note->log += note->letter;
                if (note->next != nullptr)
                    EventDispatcher::current()->defer(*note->next);
            };
            Note later{&log, 'd', nullptr};
            Deferred d(write, &later);
            Note notes[4] = {
                {&log, 'a', &d}, {&log, 'b', nullptr}, {&log, 'c', nullptr}, {&log, 'x', nullptr}};
            Deferred a(write, &notes[0]);
            Deferred b(write, &notes[1]);
            Deferred c(write, &notes[2]);
            auto x = std::make_unique<Deferred>(write, &notes[3]);
            auto* dispatcher = EventDispatcher::current();
            for (Deferred* each : {&a, &b, x.get(), &c, &a})
                dispatcher->defer(*each);
            x.reset();
            EXPECT(a.pending() && !d.pending());
            const SocketPair pair;
            const Watcher watcher(pair.fd[0], EPOLLIN | EPOLLET, [&](auto) { log += '|'; });
            pair.feed();
            // Waits for nothing: d is pending after a has run.
            dispatcher->processEvents(QEventLoop::WaitForMoreEvents);
            EXPECT(log == "abc|");
            dispatcher->processEvents(QEventLoop::AllEvents);
            EXPECT(log == "abc|d");
            return std::string();
        });
    }

    void aDeferredCallMayDestroyTheOthers()
    {
        VERIFY_BODY([] {
            std::vector<std::unique_ptr<Deferred>> all;
            int called = 0;
            struct Owner
            {
                decltype(all)* list;
                int* called;
            } owner{&all, &called};
            for (int i = 0; i < 5; ++i) {
                all.push_back(std::make_unique<Deferred>(
                    [](void* self) {
                        auto* each = static_cast<Owner*>(self);
                        ++*each->called;
                        each->list->clear();
                    },
                    &owner));
                EventDispatcher::current()->defer(*all.back());
            }
            QCoreApplication::processEvents();
            EXPECT(called == 1);
            return std::string();
        });
    }

    void wheelTimersEndTheWaitAndAreNeverEarly()
    {
        VERIFY_BODY([] {
            bool fired = false;
            Timer timer([](void* flag) { *static_cast<bool*>(flag) = true; }, &fired);
            for (const int delay : {1, 20, 50}) {
                fired = false;
                const TimePoint deadline = Clock::now() + milliseconds(delay);
                EventDispatcher::current()->wheel().arm(timer, deadline);
                EXPECT(runUntil([&] { return fired; }));
                EXPECT(EventDispatcher::current()->now() >= deadline);
                EXPECT(Clock::now() < deadline + seconds(2));
            }
            return std::string();
        });
    }
};

STEELYARD_TEST(WatcherTest)

} // namespace steelyard::net

#include "watcher_test.moc"
