// Starting and stopping the engine, with work under way or not, leaves nothing behind and nobody
// without an answer.
#include "support/test_main.h"
#include "unit/engine/engine_bench.h"

#include <QDir>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

int entriesOf(const QString& directory)
{
    return static_cast<int>(
        QDir(directory).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::System).size());
}

} // namespace

class EngineStopTest : public EngineBench
{
    Q_OBJECT

private Q_SLOTS:

    void init() { setUp(); }

    void cleanup() { tearDown(); }

    void aStopFinishesWhatIsInFlightAndRefusesNewOnes()
    {
        start();
        const quint16 where = port();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        QSignalSpy stopped(m_engine.get(), &Engine::stopped);
        m_engine->stop(10000);
        QTRY_VERIFY(m_client->latest()->state == stats::EngineState::Draining);
        // Refused at once, and not left waiting in a queue that nobody takes from.
        QTRY_VERIFY([&] {
            Request late(where);
            return QTest::qWaitFor([&] { return late.ended(); }, 1000) &&
                   late.error() == QAbstractSocket::ConnectionRefusedError;
        }());
        QCOMPARE(onA(QStringLiteral("drain")).outcome, Outcome::Refused);
        QCOMPARE(run(QStringLiteral("reload")).outcome, Outcome::Refused);
        QCOMPARE(stopped.count(), 0);
        m_a->release();
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->body(), QByteArray("a"));
        QTRY_COMPARE(stopped.count(), 1);
    }

    void aStopsDeadlineCutsWhatIsLeft()
    {
        start();
        const auto held = holdAtA();
        QVERIFY(held != nullptr);
        stopAndWait(200);
        QTRY_VERIFY(held->ended());
        QCOMPARE(held->status(), 503);
    }

    void stoppingTwiceStopsOnce()
    {
        start();
        QSignalSpy stopped(m_engine.get(), &Engine::stopped);
        for (int i = 0; i < 5; ++i)
            m_engine->stop(0);
        // The next engine must not be hit by what was left of the one before.
        bool restarted = false;
        const auto again = connect(m_engine.get(), &Engine::stopped, this, [&] {
            if (!std::exchange(restarted, true))
                QVERIFY(m_engine->start(path(), {}, {QString(), false}).ok());
        });
        QTRY_VERIFY(restarted);
        QTRY_VERIFY(m_client->latest() && m_client->latest()->sequence > 4);
        QCOMPARE(stopped.count(), 1);
        QVERIFY(m_engine->running());
        disconnect(again);
    }

    void aCommandIsAnsweredOnceAlsoWhenTheEngineStops()
    {
        start();
        int answers = 0;
        int unreachable = 0;
        const auto count = [&](const CommandResult& result) {
            ++answers;
            unreachable += result.outcome == Outcome::Unreachable ? 1 : 0;
        };
        for (int i = 1; i <= 10; ++i)
            m_client->send({QStringLiteral("weight"),
                            {{QStringLiteral("server"), QStringLiteral("shop/a")},
                             {QStringLiteral("weight"), i}}},
                           count);
        m_engine->stop(0);
        for (int i = 0; i < 10; ++i)
            m_client->send({QStringLiteral("status"), {}}, count);
        QTRY_COMPARE(answers, 20);
        QVERIFY(!m_engine->running());
        // One whose asker is gone is answered to nobody.
        QVERIFY(m_engine->start(path(), {}, {QString(), false}).ok());
        auto other = m_engine->makeClient();
        other->send({QStringLiteral("status"), {}}, count);
        other.reset();
        QCOMPARE(run(QStringLiteral("status")).outcome, Outcome::Done);
        QCOMPARE(answers, 20);
    }

    void whatCannotStartLeavesNothing()
    {
        const int descriptors = entriesOf(QStringLiteral("/proc/self/fd"));
        QTcpServer taken;
        QVERIFY(taken.listen(QHostAddress::LocalHost));
        QString text = textOf();
        text.replace(QStringLiteral("bind: 127.0.0.1:0"),
                     QStringLiteral("bind: 127.0.0.1:%1").arg(taken.serverPort()));
        const auto failed = m_engine->start({}, text, {QString(), false});
        QVERIFY(!failed.ok());
        QVERIFY(failed.error().detail.find("web") != std::string::npos);
        QVERIFY(!m_engine->running());
        QVERIFY(!m_engine->start({}, QStringLiteral("version: 2"), {QString(), false}).ok());
        QVERIFY(!m_engine->diagnostics().empty());
        taken.close();
        QTRY_COMPARE(entriesOf(QStringLiteral("/proc/self/fd")), descriptors);
        start();
        QVERIFY(!m_engine->start(path(), {}, {QString(), false}).ok()); // it runs already
        QCOMPARE(served(2), QByteArray("ab"));
    }

    void startingAndStoppingLeavesNoDescriptorAndNoThread()
    {
        start();
        QCOMPARE(served(4).size(), 4);
        stopAndWait();
        const auto descriptors = [] { return entriesOf(QStringLiteral("/proc/self/fd")); };
        const auto threads = [] { return entriesOf(QStringLiteral("/proc/self/task")); };
        (void)QTest::qWaitFor([&] {
            return m_a->findChildren<QTcpSocket*>().isEmpty() &&
                   m_b->findChildren<QTcpSocket*>().isEmpty();
        });
        const int descriptorsBefore = descriptors();
        const int threadsBefore = threads();
        for (int i = 0; i < 20; ++i) {
            start();
            QCOMPARE(served(2).size(), 2);
            const auto held = holdAtA();
            QVERIFY(held != nullptr);
            stopAndWait(i % 2 == 0 ? 0 : 50); // also with work under way
        }
        m_a->release();
        QTRY_COMPARE(descriptors(), descriptorsBefore);
        QTRY_COMPARE(threads(), threadsBefore);
    }
};

STEELYARD_TEST(EngineStopTest)

#include "engine_stop_test.moc"
