#include "pools.h"
#include "simulation/read_workload.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::simulation;

namespace {

std::string firstFinding(const std::string& text)
{
    const WorkloadResult read = readWorkload(text, "/somewhere");
    return read.diagnostics.empty() ? std::string() : read.diagnostics.front().text("w");
}

const std::string kHead = "version: 1\nconfiguration: shop.yaml\n";

} // namespace

class ReadWorkloadTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void readsEveryKey()
    {
        const WorkloadResult read =
            readWorkload(kHead + "pool: shop\nseed: 7\nduration: 90s\nwarm_up: 1500ms\n"
                                 "arrivals: { rate: 250, process: fixed }\nsessions: 40\n"
                                 "success_within: 1s\nservers:\n"
                                 "  - { time: { exponential: 20ms }, concurrency: 4 }\n"
                                 "  - name: a\n    when_busy: share\n    failures: 2.5%\n"
                                 "    time: { normal: 30ms, deviation: 3ms }\n"
                                 "    periods:\n"
                                 "      - { from: 10s, to: 20s, down: true, weight: 3 }\n"
                                 "      - { from: 30s, failures: 50%, time: { fixed: 1s } }\n",
                         "/somewhere");
        QVERIFY2(read.workload,
                 read.diagnostics.empty() ? "" : read.diagnostics.front().text("w").c_str());
        const Workload& workload = *read.workload;
        QCOMPARE(workload.configuration, std::string("/somewhere/shop.yaml"));
        QCOMPARE(workload.pool, std::string("shop"));
        QCOMPARE(workload.seed, std::uint64_t{7});
        QCOMPARE(workload.duration.count(), 90'000'000);
        QCOMPARE(workload.warmUp.count(), 1'500'000);
        QCOMPARE(workload.rate, 250);
        QVERIFY(!workload.poisson);
        QCOMPARE(workload.sessions, 40);
        QCOMPARE(workload.successWithin->count(), 1'000'000);
        QVERIFY(workload.everyServer.time.kind == ServiceTime::Kind::Exponential);
        QCOMPARE(workload.everyServer.time.meanUs, 20'000.0);
        const ServerBehaviour& a = workload.servers.at("a");
        QCOMPARE(a.concurrency, 4); // of the entry for all
        QVERIFY(a.sharing);
        QCOMPARE(a.failures, 0.025);
        QCOMPARE(a.time.deviationUs, 3'000.0);
        QVERIFY(a.periods[0].down);
        QCOMPARE(a.periods[0].weight, std::optional<int>(3));
        QCOMPARE(a.periods[0].to.count(), 20'000'000);
        QCOMPARE(a.periods[1].failures, std::optional<double>(0.5));
        QCOMPARE(a.periods[1].time->meanUs, 1'000'000.0);
        QVERIFY(a.periods[1].to > std::chrono::hours(24 * 366));
    }

    void tellsWhatIsWrong_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("finding");
        const auto row = [](const char* name, const std::string& lines, const char* finding) {
            QTest::newRow(name) << QString::fromStdString(kHead + lines)
                                << QString::fromUtf8(finding);
        };
        row("unknown key", "sesions: 3\n", "did you mean 'sessions'?");
        row("no unit", "duration: 60\n", "w:3:11: error: 'duration'");
        row("two times", "servers: [ { time: { fixed: 1s, normal: 1s } } ]\n", "one of fixed");
        row("no time", "servers: [ { time: {} } ]\n", "one of fixed");
        row("deviation", "servers: [ { time: { fixed: 1s, deviation: 1s } } ]\n", "normal only");
        row("order", "servers: [ { name: a }, { failures: 1% } ]\n", "must come first");
        row("twice", "servers: [ { name: a }, { name: a } ]\n", "two entries");
        row("period", "servers: [ { periods: [ { from: 2s, to: 1s } ] } ]\n", "ends before");
        row("no rate", "arrivals: { process: fixed }\n", "'rate' is missing");
        row("too many", "duration: 24h\narrivals: { rate: 1000 }\n", "50,000,000");
        row("no log", "access_log: gone.log\n", "cannot read 'gone.log'");
        row("both", "access_log: gone.log\narrivals: { rate: 1 }\n", "cannot read");
        QTest::newRow("no configuration")
            << QStringLiteral("version: 1\n") << QStringLiteral("'configuration' is missing");
    }

    void tellsWhatIsWrong()
    {
        QFETCH(const QString, text);
        QFETCH(const QString, finding);
        const std::string first = firstFinding(text.toStdString());
        QVERIFY2(first.find(finding.toStdString()) != std::string::npos, first.c_str());
    }

    void anAccessLogsServedRequestsAreReplayed()
    {
        // In the order of their ends, with a refused one, a torn line and one without an attempt.
        const std::string log =
            R"({"time":"2026-05-01T12:00:01.500Z","client":"10.0.0.2","target":"/b?x=1","status":200,"pool":"shop",)"
            R"("attempts":[{"server":"a","result":"ok"}],"phases_us":{"queue":100,"total":5100,"own":30}})"
            "\n"
            R"({"time":"2026-05-01T12:00:01.000Z","client":"10.0.0.1","target":"/a","status":200,)"
            R"("attempts":[{"server":"b","result":"ok"}],"phases_us":{"total":700000}})"
            "\n"
            R"({"time":"2026-05-01T12:00:02.000Z","client":"10.0.0.1","status":503,"reason":"no-server",)"
            R"("attempts":[{"server":"b","result":"refused"}],"phases_us":{"total":9}})"
            "\n"
            R"({"time":"2026-05-01T12:00:03.000Z","client":"10.0.0.1","status":200,"attempts":[],)"
            R"("phases_us":{"total":9}})"
            "\n{\"time\":\"2026";
        const std::vector<RecordedRequest> requests = readAccessLog(log);
        QCOMPARE(requests.size(), std::size_t{2});
        QCOMPARE(requests[0].atUs, 0);
        QCOMPARE(requests[0].client, std::string("10.0.0.1"));
        QCOMPARE(requests[0].serviceUs, 700'000.0);
        QCOMPARE(requests[1].atUs, 500'000);
        QCOMPARE(requests[1].serviceUs, 4'970.0);
        QCOMPARE(requests[1].target, std::string("/b?x=1"));
        QCOMPARE(requests[1].pool, std::string("shop"));

        Workload workload;
        workload.everyServer.time.kind = ServiceTime::Kind::Recorded;
        for (int i = 0; i < 1000; ++i) {
            RecordedRequest request = requests[static_cast<std::size_t>(i % 2)];
            request.atUs = i * 1000;
            request.client = "10.0.0." + std::to_string(i % 50);
            workload.recorded.push_back(request);
        }
        const Outcome outcome =
            simulate(workload, poolOf({100, 100, 100}, Algorithm::ClientIpHash));
        QCOMPARE(outcome.requests, std::uint64_t{1000});
        QCOMPARE(outcome.sessions, std::uint64_t{50});
        QCOMPARE(outcome.movedSessions, std::uint64_t{0});
        QCOMPARE(outcome.latencies.mean, (700 + 4.97) / 2);
    }
};

STEELYARD_TEST(ReadWorkloadTest)
#include "read_workload_test.moc"
