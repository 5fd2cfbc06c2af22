#include "engine/wire.h"
#include "sample_snapshot.h"
#include "support/test_main.h"

#include <QJsonDocument>
#include <QTest>

#include <cmath>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

template <typename T>
QJsonObject overTheWire(const T& value)
{
    return QJsonDocument::fromJson(QJsonDocument(toJson(value)).toJson(QJsonDocument::Compact))
        .object();
}

bool sameBackend(const stats::BackendRow& a, const stats::BackendRow& b)
{
    return a.pool == b.pool && a.name == b.name && a.address == b.address && a.weight == b.weight &&
           a.admin == b.admin && a.health == b.health && a.probed == b.probed &&
           a.pending == b.pending && a.needed == b.needed && a.stateSeconds == b.stateSeconds &&
           a.reason == b.reason && a.selectable == b.selectable && a.ghost == b.ghost &&
           a.configuredShare == b.configuredShare && a.actualShare == b.actualShare &&
           a.inFlight == b.inFlight && a.requestsPerSecond == b.requestsPerSecond &&
           a.errorsPerSecond == b.errorsPerSecond && a.latency == b.latency &&
           a.ownMean == b.ownMean && a.totals == b.totals && a.probe.done == b.probe.done &&
           a.probe.good == b.probe.good && a.probe.text == b.probe.text &&
           a.probe.ageSeconds == b.probe.ageSeconds && a.probe.durationMs == b.probe.durationMs &&
           a.drainSecondsLeft == b.drainSecondsLeft;
}

bool samePool(const stats::PoolRow& a, const stats::PoolRow& b)
{
    return a.name == b.name && a.algorithm == b.algorithm && a.selectable == b.selectable &&
           a.allDown == b.allDown && a.failOpen == b.failOpen && a.inFlight == b.inFlight &&
           a.requestsPerSecond == b.requestsPerSecond && a.errorsPerSecond == b.errorsPerSecond &&
           a.latency == b.latency && a.ownMean == b.ownMean &&
           std::ranges::equal(a.backends, b.backends, sameBackend);
}

bool sameListener(const stats::ListenerRow& a, const stats::ListenerRow& b)
{
    return a.name == b.name && a.addresses == b.addresses && a.connections == b.connections &&
           a.maxConnections == b.maxConnections && a.requestsPerSecond == b.requestsPerSecond &&
           a.errorsPerSecond == b.errorsPerSecond && a.latency == b.latency &&
           a.ownMean == b.ownMean;
}

bool same(const stats::Snapshot& a, const stats::Snapshot& b)
{
    return a.sequence == b.sequence && a.monotonicSeconds == b.monotonicSeconds &&
           a.wallMs == b.wallMs && a.state == b.state && a.configVersion == b.configVersion &&
           a.configPath == b.configPath && a.unsavedChanges == b.unsavedChanges &&
           a.workers == b.workers && a.uptimeSeconds == b.uptimeSeconds &&
           std::ranges::equal(a.listeners, b.listeners, sameListener) &&
           std::ranges::equal(a.pools, b.pools, samePool) && a.connections == b.connections &&
           a.requestsPerSecond == b.requestsPerSecond && a.errorsPerSecond == b.errorsPerSecond &&
           a.latency == b.latency && a.own == b.own && a.cpuShare == b.cpuShare &&
           a.totals == b.totals;
}

} // namespace

class WireTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void randomSnapshotsComeBackExactly()
    {
        test::SnapshotMaker maker(42);
        for (int i = 0; i < 100; ++i) {
            const stats::Snapshot made = maker.make(i % 4, i % 5);
            QVERIFY2(same(snapshotFromJson(overTheWire(made)), made),
                     qPrintable(QStringLiteral("round %1").arg(i)));
        }
    }

    void aSnapshotsFrameSaysTheSame()
    {
        const auto read = [](const stats::Snapshot& made) {
            const QByteArray frame = snapshotFrame(made);
            return frame.endsWith('\n') && frame.count('\n') == 1
                       ? QJsonDocument::fromJson(frame).object()
                       : QJsonObject();
        };
        test::SnapshotMaker maker(43);
        for (int i = 0; i < 100; ++i) {
            stats::Snapshot made = maker.make(i % 4, i % 5);
            made.configPath = i % 2 == 0 ? "/etc/s\"t\\eel\n\x01\x7fyard/\u00fc" : "\xff\xc3";
            made.cpuShare = i == 7 ? std::nan("") : i == 8 ? HUGE_VAL : 1e300 / (i + 1);
            made.totals.bytesIn = ~std::uint64_t{0} - static_cast<std::uint64_t>(i);
            QCOMPARE(read(made), (QJsonObject{{QStringLiteral("snapshot"), overTheWire(made)}}));
        }
        QCOMPARE(read({}),
                 (QJsonObject{{QStringLiteral("snapshot"), overTheWire(stats::Snapshot())}}));
    }

    void eventsAndResultsComeBackExactly()
    {
        const stats::Event event{9'000'000'000'000'000'001U, -5, stats::Level::Error, "shop/a",
                                 "down: \"refused\"\n"};
        const stats::Event back = eventFromJson(overTheWire(event));
        QCOMPARE(back.sequence, event.sequence);
        QCOMPARE(back.wallMs, event.wallMs);
        QCOMPARE(back.level, event.level);
        QCOMPARE(back.source, event.source);
        QCOMPARE(back.text, event.text);
        for (const Outcome outcome : {Outcome::Done, Outcome::Nothing, Outcome::Partly,
                                      Outcome::Refused, Outcome::Unreachable}) {
            const CommandResult result{outcome,
                                       QStringLiteral("text"),
                                       QStringLiteral("hint"),
                                       {{QStringLiteral("n"), 1}}};
            const CommandResult read = resultFromJson(overTheWire(result));
            QCOMPARE(read.outcome, outcome);
            QCOMPARE(read.text, result.text);
            QCOMPARE(read.hint, result.hint);
            QCOMPARE(read.data, result.data);
        }
    }

    void commandsComeBackAndWrongOnesDoNot()
    {
        const Command command{QStringLiteral("weight"),
                              {{QStringLiteral("server"), QStringLiteral("shop/a")}}};
        const auto back = commandFromJson(overTheWire(command));
        QVERIFY(back);
        QCOMPARE(back->name, command.name);
        QCOMPARE(back->arguments, command.arguments);
        QVERIFY(commandFromJson({{QStringLiteral("command"), QStringLiteral("status")}}));
        QVERIFY(!commandFromJson({}));
        QVERIFY(!commandFromJson({{QStringLiteral("command"), 5}}));
        QVERIFY(!commandFromJson({{QStringLiteral("command"), QString(65, u'x')}}));
        QVERIFY(!commandFromJson(
            {{QStringLiteral("command"), QStringLiteral("x")}, {QStringLiteral("arguments"), 1}}));
    }

    void unknownKeysAndWrongTypesLeaveDefaults()
    {
        QJsonObject object = toJson(test::sampleSnapshot());
        object.insert(QStringLiteral("of_a_newer_release"), QJsonArray{1, 2});
        QVERIFY(same(snapshotFromJson(object), test::sampleSnapshot()));
        for (const QString& key : object.keys()) {
            for (const QJsonValue& wrong :
                 {QJsonValue(), QJsonValue(1.5), QJsonValue(QStringLiteral("x")), QJsonValue(true),
                  QJsonValue(QJsonArray{1, QStringLiteral("x"), QJsonArray{}}),
                  QJsonValue(QJsonObject{{QStringLiteral("servers"), 3}}), QJsonValue(1e300)}) {
                QJsonObject bad = object;
                bad.insert(key, wrong);
                (void)snapshotFromJson(bad);
            }
        }
        object.insert(QStringLiteral("workers"), 1e300);
        object.insert(QStringLiteral("sequence"), -1);
        object.insert(QStringLiteral("state"), QStringLiteral("dancing"));
        const stats::Snapshot read = snapshotFromJson(object);
        QCOMPARE(read.workers, 0);
        QCOMPARE(read.sequence, std::uint64_t{0});
        QCOMPARE(read.state, stats::EngineState::Stopped);
    }

    void rowsBeyondTheBoundAreDropped()
    {
        QJsonArray many;
        for (qsizetype i = 0; i < kMaxRows + 10; ++i)
            many.append(QJsonObject{});
        QCOMPARE(snapshotFromJson({{QStringLiteral("listeners"), many}}).listeners.size(),
                 static_cast<std::size_t>(kMaxRows));
        QCOMPARE(eventsFromJson(many).size(), kMaxRows);
    }
};

STEELYARD_TEST(WireTest)
#include "wire_test.moc"
