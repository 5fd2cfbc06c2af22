#include "runtime/backend_state.h"
#include "runtime/request_queue.h"
#include "support/test_main.h"

#include <QTest>

#include <chrono>
#include <deque>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

/// Two workers on one thread: pokes are kept until they are delivered by hand.
struct Scene
{
    explicit Scene(std::uint32_t bound = RequestQueue::kBound)
        : shared(std::make_shared<RequestQueue>(
              2, [this](int worker) { pokes.push_back(worker); }, bound))
        , first(shared, 0)
        , second(shared, 1)
    {
    }

    void deliverAll()
    {
        while (!pokes.empty()) {
            const int worker = pokes.front();
            pokes.pop_front();
            (worker == 0 ? first : second).poked();
        }
    }

    std::deque<int> pokes;
    std::shared_ptr<RequestQueue> shared;
    WorkerQueue first, second;
    int slots = 0;
    std::vector<int> started;
};

struct Request : QueuedRequest
{
    Request(Scene& asScene, int asName)
        : scene(asScene)
        , name(asName)
    {
    }

    Start startQueued() override
    {
        if (scene.slots == 0)
            return Start::Full;
        if (picky)
            return Start::NotMine;
        --scene.slots;
        scene.started.push_back(name);
        if (onStart)
            onStart();
        return Start::Left;
    }

    bool anySlotFree() const override { return scene.slots > 0; }

    Scene& scene;
    const int name;
    bool picky = false;
    std::function<void()> onStart;
};

} // namespace

class RequestQueueTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void requestsStartInTheirOrderAcrossWorkers()
    {
        Scene scene;
        std::deque<Request> requests;
        for (int i = 0; i < 6; ++i) {
            requests.emplace_back(scene, i);
            QVERIFY((i % 3 == 0 ? scene.first : scene.second).enter(requests.back()));
        }
        QCOMPARE(scene.shared->waiting(), 6U);
        QVERIFY(scene.started.empty() && scene.pokes.empty());
        for (int i = 0; i < 6; ++i) {
            scene.slots = 1;
            scene.shared->slotFreed();
            scene.deliverAll();
            QCOMPARE(scene.started.size(), static_cast<std::size_t>(i + 1));
            QCOMPARE(scene.started.back(), i);
        }
        QCOMPARE(scene.shared->waiting(), 0U);
        QVERIFY(scene.first.empty() && scene.second.empty());
        scene.shared->slotFreed();
        QVERIFY(scene.pokes.empty());
    }

    void aSlotThatIsThereWhenItEntersIsTaken()
    {
        Scene scene;
        Request request(scene, 1);
        scene.slots = 1;
        QVERIFY(scene.first.enter(request));
        QVERIFY(!request.linked());
        QCOMPARE(scene.started.size(), std::size_t{1});
    }

    void anOlderOneOfAnotherWorkerGoesFirst()
    {
        Scene scene;
        Request old(scene, 1);
        Request young(scene, 2);
        QVERIFY(scene.first.enter(old));
        scene.slots = 1; // freed, but the poke is still on its way
        QVERIFY(scene.second.enter(young));
        QVERIFY(scene.started.empty());
        QCOMPARE(scene.pokes.size(), std::size_t{1});
        scene.deliverAll();
        QCOMPARE(scene.started, std::vector<int>{1});
        QVERIFY(young.linked());
        scene.second.leave(young);
    }

    void severalSlotsServeSeveralWithOnePoke()
    {
        Scene scene;
        std::deque<Request> requests;
        for (int i = 0; i < 4; ++i) {
            requests.emplace_back(scene, i);
            QVERIFY((i < 2 ? scene.first : scene.second).enter(requests.back()));
        }
        scene.slots = 4;
        scene.shared->slotFreed();
        scene.shared->slotFreed();
        QCOMPARE(scene.pokes.size(), std::size_t{1}); // never two on their way to one worker
        scene.deliverAll();
        QCOMPARE(scene.started, (std::vector<int>{0, 1, 2, 3}));
    }

    void leavingPassesThePokeOn()
    {
        Scene scene;
        Request gone(scene, 1);
        Request stays(scene, 2);
        QVERIFY(scene.first.enter(gone));
        QVERIFY(scene.second.enter(stays));
        scene.slots = 1;
        scene.shared->slotFreed(); // goes to the first worker
        scene.first.leave(gone);
        scene.first.leave(gone); // nothing more
        QCOMPARE(scene.shared->waiting(), 1U);
        scene.deliverAll();
        QCOMPARE(scene.started, std::vector<int>{2});
    }

    void theBoundHoldsOverAllWorkers()
    {
        Scene scene(2);
        Request a(scene, 1);
        Request b(scene, 2);
        Request c(scene, 3);
        QVERIFY(scene.first.enter(a));
        QVERIFY(scene.second.enter(b));
        QVERIFY(!scene.first.enter(c));
        QVERIFY(!c.linked());
        scene.first.leave(a);
        QVERIFY(scene.first.enter(c));
        scene.first.leave(c);
        scene.second.leave(b);
    }

    void pickyOnesHoldNobodyUpAndAreOfferedEverySlot()
    {
        Scene scene;
        Request picky(scene, 1);
        Request mine(scene, 2);
        Request other(scene, 3);
        picky.picky = true;
        QVERIFY(scene.first.enter(picky));
        QVERIFY(scene.first.enter(mine));
        QVERIFY(scene.second.enter(other));
        scene.slots = 2;
        scene.shared->slotFreed();
        scene.deliverAll();
        QCOMPARE(scene.started, (std::vector<int>{2, 3}));
        QCOMPARE(scene.shared->waiting(), 1U);
        picky.picky = false;
        scene.slots = 1;
        scene.shared->slotFreed();
        scene.deliverAll();
        QCOMPARE(scene.started.back(), 1);
        QCOMPARE(scene.shared->waiting(), 0U);
        scene.slots = 1;
        scene.shared->slotFreed();
        QVERIFY(scene.pokes.empty());
    }

    void onePinnedToAServerThatOthersDoNotGetIsNotHeldUpByThem()
    {
        // There is no slot for the others, who came first: its server drains, and has one.
        Scene scene;
        Request other(scene, 1);

        struct Pinned : Request
        {
            using Request::Request;

            Start startQueued() override
            {
                if (!freed)
                    return Start::NotMine;
                scene.started.push_back(name);
                return Start::Left;
            }

            bool freed = false;
        };

        Pinned pinned(scene, 2);
        QVERIFY(scene.first.enter(other));
        QVERIFY(scene.second.enter(pinned, true));
        QVERIFY(scene.started.empty());
        pinned.freed = true;
        scene.shared->slotFreed();
        scene.deliverAll();
        QCOMPARE(scene.started, std::vector<int>{2});
        QCOMPARE(scene.shared->waiting(), 1U);
        scene.first.leave(other);
    }

    void oneThatStartsMayEnterAgain()
    {
        // Its connection failed at once, and the servers left to try are full.
        Scene scene;
        Request request(scene, 1);
        QVERIFY(scene.first.enter(request));
        int times = 0;
        request.onStart = [&] {
            if (++times == 1)
                QVERIFY(scene.first.enter(request));
        };
        scene.slots = 2;
        scene.shared->slotFreed();
        scene.deliverAll();
        QCOMPARE(times, 2);
        QVERIFY(!request.linked());
        QCOMPARE(scene.shared->waiting(), 0U);
    }

    void oneThatEntersWhileAnotherStartsIsLookedAt()
    {
        Scene scene;
        Request first(scene, 1);
        Request second(scene, 2);
        first.picky = true;
        scene.slots = 2;
        QVERIFY(scene.first.enter(first)); // and becomes picky
        QVERIFY(scene.started.empty());
        first.picky = false;
        first.onStart = [&] { QVERIFY(scene.first.enter(second)); };
        scene.shared->slotFreed();
        scene.deliverAll();
        QCOMPARE(scene.started, (std::vector<int>{1, 2}));
        QCOMPARE(scene.shared->waiting(), 0U);
    }

    void aWorkerThatEndsLeavesTheOthersTheirSlots()
    {
        Scene scene;
        Request gone(scene, 1);
        Request stays(scene, 2);
        auto ending = std::make_unique<WorkerQueue>(scene.shared, 0);
        QVERIFY(ending->enter(gone));
        QVERIFY(scene.second.enter(stays));
        scene.slots = 1;
        ending.reset();
        QVERIFY(!gone.linked());
        scene.deliverAll();
        QCOMPARE(scene.started, std::vector<int>{2});
    }

    void costs()
    {
        Scene scene;
        const auto state = std::make_shared<BackendState>("p", "b", 1);
        constexpr int kTimes = 2'000'000;
        const auto begin = std::chrono::steady_clock::now();
        int got = 0;
        WorkerLoad load;
        for (int i = 0; i < kTimes; ++i) {
            Lease lease = Lease::tryAcquire(state, 4, load);
            got += lease.state() != nullptr ? 1 : 0;
            lease.release();
            scene.shared->slotFreed();
        }
        const std::chrono::duration<double, std::nano> passed =
            std::chrono::steady_clock::now() - begin;
        qInfo("%.0f ns to take and free a slot while nobody waits", passed.count() / kTimes);
        QCOMPARE(got, kTimes);
    }

    void aLeaseNeverExceedsTheLimit()
    {
        const auto state = std::make_shared<BackendState>("p", "b", 1);
        WorkerLoad load;
        QVERIFY(Lease::tryAcquire(state, 0, load).state() == nullptr);
        Lease one = Lease::tryAcquire(state, 2, load);
        {
            const Lease two = Lease::tryAcquire(state, 2, load);
            QVERIFY(one.state() != nullptr && two.state() != nullptr);
            QVERIFY(!state->hasSlot(2));
            QVERIFY(Lease::tryAcquire(state, 2, load).state() == nullptr);
            QCOMPARE(state->load.inFlight.load(), 2U);
            QCOMPARE(load.inFlight.load(), 2);
        }
        QVERIFY(state->hasSlot(2));
        one.release();
        QCOMPARE(state->load.inFlight.load(), 0U);
        QCOMPARE(load.inFlight.load(), 0);
    }
};

STEELYARD_TEST(RequestQueueTest)
#include "request_queue_test.moc"
