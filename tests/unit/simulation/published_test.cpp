#include "config/reader.h"
#include "pools.h"
#include "simulation/read_workload.h"
#include "support/test_main.h"

#include <QTest>

#include <cmath>

using namespace steelyard;
using namespace steelyard::simulation;

namespace {

struct Prepared
{
    Workload workload;
    config::Pool pool;
};

/// A workload of resources/examples/simulations, with its pool.
Prepared example(const std::string& name)
{
    const WorkloadResult read =
        readWorkloadFile(STEELYARD_RESOURCES "/examples/simulations/" + name);
    if (!read.workload)
        qFatal("%s", read.diagnostics.front().text(name).c_str());
    const config::ReadResult configured = config::readFile(read.workload->configuration);
    if (!configured.config)
        qFatal("%s", configured.diagnostics.front().text(name).c_str());
    return {*read.workload, configured.config->pools.front()};
}

} // namespace

/// The published tables, from the files that the README names.
class PublishedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void powerOfTwosMeanTimesInTheSupermarketModel_data()
    {
        QTest::addColumn<int>("rate");
        QTest::addColumn<double>("published");
        QTest::newRow("load 0.50") << 50 << 1.27;
        QTest::newRow("load 0.70") << 70 << 1.62;
        QTest::newRow("load 0.90") << 90 << 2.69;
        QTest::newRow("load 0.95") << 95 << 3.48;
    }

    void powerOfTwosMeanTimesInTheSupermarketModel()
    {
        QFETCH(const int, rate);
        QFETCH(const double, published);
        auto [workload, pool] = example("supermarket.yaml");
        workload.rate = rate;
        const double mean = simulate(workload, pool).latencies.mean / 1000;
        qInfo("load %.2f: %.3f s, published %.2f", rate / 100.0, mean, published);
        QVERIFY(std::abs(mean / published - 1) < 0.03);
    }

    /// One random queue of many is M/M/1: 1 / (1 - load).
    void randomsMeanTimeIsThatOfASingleQueue()
    {
        auto [workload, pool] = example("supermarket.yaml");
        workload.rate = 70;
        pool.algorithm = Algorithm::Random;
        const double mean = simulate(workload, pool).latencies.mean / 1000;
        QVERIFY2(std::abs(mean / (1 / 0.3) - 1) < 0.03, qPrintable(QString::number(mean)));
    }

    void aSlowServerCostsPeakEwmaTheLeast_data()
    {
        QTest::addColumn<QString>("algorithm");
        QTest::addColumn<double>("published");
        QTest::newRow("round-robin") << QStringLiteral("round-robin") << 95.5;
        QTest::newRow("least-connections") << QStringLiteral("least-connections") << 99.6;
        QTest::newRow("peak-ewma") << QStringLiteral("peak-ewma") << 99.9;
    }

    void aSlowServerCostsPeakEwmaTheLeast()
    {
        QFETCH(const QString, algorithm);
        QFETCH(const double, published);
        auto [workload, pool] = example("slow-server.yaml");
        pool.algorithm = *algorithmFrom(algorithm.toStdString());
        for (const std::uint64_t seed : {1U, 2U, 3U}) {
            workload.seed = seed;
            const double success = simulate(workload, pool).success() * 100;
            qInfo("%s: %.2f %% within 1 s, published %.1f", qPrintable(algorithm), success,
                  published);
            QVERIFY(std::abs(success - published) < 0.1);
        }
    }
};

STEELYARD_TEST(PublishedTest)
#include "published_test.moc"
