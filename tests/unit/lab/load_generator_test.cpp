#include "lab/demo_backend.h"
#include "lab/lab_thread.h"
#include "lab/load_generator.h"
#include "support/test_main.h"

#include <QElapsedTimer>
#include <QTest>

#include <memory>

using namespace steelyard;
using namespace steelyard::lab;

namespace {

/// A demo backend and a load generator in front of it, on one lab thread.
class Rig
{
public:
    Rig(const Conduct& conduct, LoadPlan plan)
    {
        m_thread.call([&] {
            m_backend = std::make_unique<DemoBackend>("srv", conduct, 1);
            m_listening = m_backend->listen().ok();
            plan.address = net::SocketAddress::fromNumeric("127.0.0.1", m_backend->port());
            m_load = std::make_unique<LoadGenerator>(std::move(plan));
        });
    }

    ~Rig()
    {
        m_thread.call([this] {
            m_load.reset();
            m_backend.reset();
        });
    }

    void set(const Conduct& conduct)
    {
        m_thread.call([&] { m_backend->setConduct(conduct); });
    }

    void setRate(int rate)
    {
        m_thread.call([&] { m_load->setRate(rate); });
    }

    [[nodiscard]] std::size_t connections()
    {
        std::size_t count = 0;
        m_thread.call([&] { count = m_backend->connections(); });
        return count;
    }

    [[nodiscard]] LoadCounts counts() const { return m_load->counts(); }

    [[nodiscard]] std::uint64_t received() const { return m_backend->requests(); }

    [[nodiscard]] bool listening() const { return m_listening; }

private:
    LabThread m_thread;
    std::unique_ptr<DemoBackend> m_backend;
    std::unique_ptr<LoadGenerator> m_load;
    bool m_listening = false;
};

LoadPlan plan(int rate, int connections = 8)
{
    return {.address = {},
            .rate = rate,
            .connections = connections,
            .targets = {{"GET", "a.lab", "/", 0, 3}, {"POST", "a.lab", "/form", 300, 1}}};
}

} // namespace

class LoadGeneratorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void keepsItsRateAndLosesNothing()
    {
        QElapsedTimer timer;
        timer.start();
        Rig rig({}, plan(1000));
        QVERIFY(rig.listening());
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().ok >= 500, 20'000);
        const auto elapsed = timer.elapsed();
        rig.setRate(0);
        const auto due = rig.counts().due;
        // An open loop is never ahead of its time, however fast the answers are.
        QVERIFY2(due <= static_cast<quint64>(elapsed) + 100, qPrintable(QString::number(due)));
        QTRY_COMPARE(rig.counts().ok, due);
        QCOMPARE(rig.counts().errors, 0U);
        QCOMPARE(rig.received(), due);
        QVERIFY(rig.counts().p50 > 0 && rig.counts().p50 <= rig.counts().p99);
    }

    void holdsNoMoreConnectionsThanPlanned()
    {
        Rig rig({.latency = milliseconds(30)}, plan(1000, 3));
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().ok >= 60, 20'000);
        QCOMPARE(rig.connections(), 3U);
    }

    void countsTheWaitForAConnectionAsLatency()
    {
        // One connection, 50 ms an answer, 100 requests/s: the queue grows, and so does what a user
        // would feel.
        Rig rig({.latency = milliseconds(50)}, plan(100, 1));
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().ok >= 10, 20'000);
        QVERIFY2(rig.counts().p99 > 150'000, qPrintable(QString::number(rig.counts().p99)));
    }

    void dropsWhatMoreThanAThousandWaitFor()
    {
        Rig rig({.hanging = true}, plan(5000, 1));
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().dropped > 0, 20'000);
        rig.setRate(0);
        QCOMPARE(rig.counts().due, 1 + 1000 + rig.counts().dropped);
        QCOMPARE(rig.received(), 1U);
    }

    void countsServerErrorsAsErrors()
    {
        Rig rig({.errorShare = 1.0}, plan(500));
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().errors >= 50, 20'000);
        QCOMPARE(rig.counts().ok, 0U);
    }

    void survivesAServerThatDiesAndComesBack()
    {
        Rig rig({}, plan(500));
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().ok >= 50, 20'000);
        rig.set({.refusing = true});
        const auto errors = rig.counts().errors;
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().errors >= errors + 20, 20'000);
        rig.set({});
        const auto ok = rig.counts().ok;
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().ok >= ok + 50, 20'000);
    }

    void givesUpOnAnAnswerThatDoesNotCome()
    {
        auto slow = plan(20, 2);
        slow.timeout = milliseconds(80);
        Rig rig({.hanging = true}, slow);
        QTRY_VERIFY_WITH_TIMEOUT(rig.counts().errors >= 4, 20'000);
        QCOMPARE(rig.counts().ok, 0U);
    }
};

STEELYARD_TEST(LoadGeneratorTest)
#include "load_generator_test.moc"
