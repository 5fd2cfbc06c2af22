/// Threads as workers: many requests, few slots. What must hold whatever the scheduler does: no
/// limit is exceeded; no wake-up is lost, so that whenever all pokes are answered no request waits
/// that a slot is there for; and the order is that of the arrivals but for one request of each
/// other worker.
#include "base/random.h"
#include "runtime/backend_state.h"
#include "runtime/request_queue.h"
#include "support/test_main.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <deque>
#include <thread>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

constexpr int kWorkers = 4;
constexpr std::size_t kBackends = 3;
constexpr std::uint32_t kLimits[kBackends] = {1, 2, 1};
constexpr int kNoBackend = -1;

struct Passage
{
    std::uint64_t arrival; ///< drawn before it entered the queue
    std::uint64_t left;    ///< drawn when it started or was called off
    bool started;
};

/// What the workers share.
struct Yard
{
    Yard()
        : queue(std::make_shared<RequestQueue>(
              kWorkers, [this](int worker) { ++pokes[static_cast<std::size_t>(worker)]; }))
    {
        for (std::size_t i = 0; i < kBackends; ++i)
            backends.push_back(std::make_shared<BackendState>("p", std::to_string(i), kWorkers));
    }

    [[nodiscard]] bool anySlot(int except) const
    {
        for (std::size_t i = 0; i < kBackends; ++i) {
            if (static_cast<int>(i) != except && backends[i]->hasSlot(kLimits[i]))
                return true;
        }
        return false;
    }

    [[nodiscard]] Lease acquire(RandomSource& random, int except, WorkerLoad& load)
    {
        const std::size_t first = random.below(kBackends);
        for (std::size_t i = 0; i < kBackends; ++i) {
            const std::size_t at = (first + i) % kBackends;
            if (static_cast<int>(at) == except)
                continue;
            Lease lease = Lease::tryAcquire(backends[at], kLimits[at], load);
            if (lease.state() == nullptr)
                continue;
            if (backends[at]->load.inFlight.load() > kLimits[at])
                exceeded = true;
            return lease;
        }
        return {};
    }

    [[nodiscard]] bool anyPoke() const
    {
        return std::any_of(pokes.begin(), pokes.end(), [](const auto& count) { return count > 0; });
    }

    std::array<std::atomic<int>, kWorkers> pokes{}; ///< the workers' mailboxes
    std::barrier<> together{kWorkers};
    std::shared_ptr<RequestQueue> queue;
    std::vector<std::shared_ptr<BackendState>> backends;
    std::atomic<std::uint64_t> arrivals{0}, passages{0};
    std::atomic<int> workersAtWork{kWorkers};
    std::atomic<bool> exceeded{false}, refused{false}, forgotten{false};
};

class Worker
{
public:
    Worker(Yard& yard, int index, std::uint64_t seed, int requests, bool picky, bool callOff)
        : m_yard(yard)
        , m_index(index)
        , m_random(seed)
        , m_toCome(requests)
        , m_picky(picky)
        , m_callOff(callOff)
        , m_queue(yard.queue, index)
    {
    }

    /// Rounds of hustle, each followed by a rest in which pokes are answered and nothing else
    /// happens.
    void run()
    {
        bool atWork = true;
        while (m_yard.workersAtWork > 0 && !m_yard.forgotten) {
            for (std::uint32_t i = m_random.below(40); i > 0; --i) {
                answer();
                act();
            }
            bool waiting = true;
            while (waiting) {
                answer();
                m_yard.together.arrive_and_wait();
                waiting = m_yard.anyPoke();
                m_yard.together.arrive_and_wait();
            }
            for (const auto& request : m_requests) {
                if (request->linked() && m_yard.anySlot(request->except))
                    m_yard.forgotten = true;
            }
            if (atWork && m_toCome == 0 && m_leases.empty() && m_queue.empty()) {
                atWork = false;
                --m_yard.workersAtWork;
            }
            m_yard.together.arrive_and_wait();
        }
    }

    std::vector<Passage> passages;
    int served = 0;

private:
    struct Request : QueuedRequest
    {
        explicit Request(Worker& asWorker)
            : worker(asWorker)
        {
        }

        Start startQueued() override
        {
            Lease lease = worker.m_yard.acquire(worker.m_random, except, worker.m_load);
            if (lease.state() == nullptr) {
                const bool notMine = except != kNoBackend && worker.m_yard.anySlot(kNoBackend);
                // Let others free slots between this look and what follows from it.
                if (worker.m_random.below(4) == 0)
                    std::this_thread::yield();
                return notMine ? Start::NotMine : Start::Full;
            }
            worker.begin(std::move(lease));
            passed(true);
            return Start::Left;
        }

        bool anySlotFree() const override { return worker.m_yard.anySlot(kNoBackend); }

        void passed(bool started)
        {
            worker.passages.push_back({arrival, worker.m_yard.passages.fetch_add(1), started});
        }

        Worker& worker;
        int except = kNoBackend;
        std::uint64_t arrival = 0;
    };

    void answer()
    {
        for (int i = m_yard.pokes[static_cast<std::size_t>(m_index)].exchange(0); i > 0; --i)
            m_queue.poked();
    }

    void begin(Lease lease)
    {
        ++served;
        m_leases.push_back(std::move(lease));
    }

    void act()
    {
        // In turns more come than go, and fewer: the queue is short, long, and empty at times.
        const std::uint32_t what = m_random.below(32);
        const std::uint32_t coming = m_toCome / 256 % 2 == 0 ? 1 : 16;
        if (what < coming && m_toCome > 0 && m_requests.size() < 50) {
            arrive();
        } else if (what < 28) {
            if (!m_leases.empty()) {
                m_leases.front().release();
                m_yard.queue->slotFreed();
                m_leases.pop_front();
            }
        } else if (m_callOff && !m_requests.empty()) {
            Request& request =
                *m_requests[m_random.below(static_cast<std::uint32_t>(m_requests.size()))];
            if (request.linked()) {
                m_queue.leave(request);
                request.passed(false);
            }
        }
        while (!m_requests.empty() && !m_requests.front()->linked())
            m_requests.pop_front();
    }

    void arrive()
    {
        --m_toCome;
        const int except = m_picky && m_random.below(10) == 0
                               ? static_cast<int>(m_random.below(kBackends))
                               : kNoBackend;
        if (m_yard.queue->waiting() == 0) {
            Lease lease = m_yard.acquire(m_random, except, m_load);
            if (lease.state() != nullptr)
                return begin(std::move(lease));
        }
        m_requests.push_back(std::make_unique<Request>(*this));
        Request& request = *m_requests.back();
        request.except = except;
        request.arrival = m_yard.arrivals.fetch_add(1);
        if (!m_queue.enter(request, except != kNoBackend && m_random.below(2) == 0)) {
            m_yard.refused = true; // the bound is far above what may wait here
            request.passed(false);
        }
    }

    Yard& m_yard;
    const int m_index;
    RandomSource m_random;
    int m_toCome;
    const bool m_picky, m_callOff;
    WorkerLoad m_load;
    std::deque<Lease> m_leases;
    std::deque<std::unique_ptr<Request>> m_requests;
    WorkerQueue m_queue;
};

/// The greatest number of older ones that still waited when one started.
std::size_t overtaken(std::vector<Passage> passages)
{
    std::sort(passages.begin(), passages.end(),
              [](const Passage& a, const Passage& b) { return a.left < b.left; });
    std::vector<bool> gone(passages.size());
    std::size_t oldest = 0;
    std::size_t greatest = 0;
    for (const Passage& passage : passages) {
        std::size_t older = 0;
        for (std::size_t i = oldest; passage.started && i < passage.arrival; ++i)
            older += gone[i] ? 0 : 1;
        greatest = std::max(greatest, older);
        gone[passage.arrival] = true;
        while (oldest < gone.size() && gone[oldest])
            ++oldest;
    }
    return greatest;
}

} // namespace

class RequestQueueStressTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void nothingIsLostExceededOrStarved_data()
    {
        QTest::addColumn<bool>("picky");
        QTest::addColumn<bool>("callOff");
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 4; ++seed) {
            QTest::addRow("plain %d", seed) << false << false << seed;
            QTest::addRow("picky %d", seed) << true << false << seed;
            QTest::addRow("called off %d", seed) << false << true << seed;
            QTest::addRow("picky and called off %d", seed) << true << true << seed;
        }
    }

    void nothingIsLostExceededOrStarved()
    {
        QFETCH(bool, picky);
        QFETCH(bool, callOff);
        QFETCH(int, seed);
        constexpr int kEach = 8192;
        Yard yard;
        std::vector<std::unique_ptr<Worker>> workers;
        for (int i = 0; i < kWorkers; ++i) {
            workers.push_back(std::make_unique<Worker>(
                yard, i, static_cast<std::uint64_t>(seed * 100 + i), kEach, picky, callOff));
        }
        std::vector<std::thread> threads;
        for (const auto& worker : workers)
            threads.emplace_back([&worker] { worker->run(); });
        for (std::thread& thread : threads)
            thread.join();

        QVERIFY2(!yard.forgotten, "a request waited while there was a slot: its wake-up was lost");
        QVERIFY(!yard.exceeded);
        QVERIFY(!yard.refused);
        QCOMPARE(yard.queue->waiting(), 0U);
        std::vector<Passage> passages;
        int served = 0;
        for (const auto& worker : workers) {
            passages.insert(passages.end(), worker->passages.begin(), worker->passages.end());
            served += worker->served;
            if (!picky) {
                std::uint64_t last = 0;
                for (const Passage& passage : worker->passages) {
                    QVERIFY(!passage.started || passage.arrival >= last);
                    last = passage.started ? passage.arrival : last;
                }
            }
        }
        QCOMPARE(passages.size(), static_cast<std::size_t>(yard.arrivals.load()));
        QVERIFY(passages.size() > kEach / 4); // there was a queue
        if (!callOff)
            QCOMPARE(served, kEach * kWorkers);
        for (const auto& backend : yard.backends)
            QCOMPARE(backend->load.inFlight.load(), 0U);
        const std::size_t greatest = overtaken(passages);
        qInfo("%zu of %d queued; at most %zu older ones overtaken", passages.size(),
              kEach * kWorkers, greatest);
        if (!picky) {
            QVERIFY2(greatest < kWorkers, std::to_string(greatest).c_str());
        }
    }
};

STEELYARD_TEST(RequestQueueStressTest)
#include "request_queue_stress_test.moc"
