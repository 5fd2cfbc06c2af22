#include "base/states.h"
#include "support/test_main.h"

#include <QTest>

#include <set>
#include <string_view>

using namespace steelyard;

class StatesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theWordsAreThoseOfTheContract()
    {
        QVERIFY(toString(AdminState::Ready) == "ready");
        QVERIFY(toString(AdminState::Draining) == "draining");
        QVERIFY(toString(AdminState::Maintenance) == "maintenance");
        QVERIFY(toString(HealthState::Checking) == "checking");
        QVERIFY(toString(HealthState::Healthy) == "healthy");
        QVERIFY(toString(HealthState::Unhealthy) == "unhealthy");
        QVERIFY(toString(Algorithm::RoundRobin) == "round-robin");
        QVERIFY(toString(Algorithm::LeastConnections) == "least-connections");
        QVERIFY(toString(Algorithm::PowerOfTwo) == "power-of-two");
        QVERIFY(toString(Algorithm::Random) == "random");
        QVERIFY(toString(Algorithm::PeakEwma) == "peak-ewma");
        QVERIFY(toString(Algorithm::RingHash) == "ring-hash");
        QVERIFY(toString(Algorithm::Maglev) == "maglev");
        QVERIFY(toString(Algorithm::RendezvousHash) == "rendezvous-hash");
        QVERIFY(toString(Algorithm::ClientIpHash) == "client-ip-hash");
        QVERIFY(toString(Algorithm::First) == "first");
        QVERIFY(toString(Algorithm::Prequal) == "prequal");
    }

    void everyWordLeadsBackToItsState()
    {
        for (const auto state : {AdminState::Ready, AdminState::Draining, AdminState::Maintenance})
            QVERIFY(adminStateFrom(toString(state)) == state);
        for (const auto state :
             {HealthState::Checking, HealthState::Healthy, HealthState::Unhealthy})
            QVERIFY(healthStateFrom(toString(state)) == state);
        for (const auto algorithm : kAlgorithms)
            QVERIFY(algorithmFrom(toString(algorithm)) == algorithm);
    }

    void everyAlgorithmHasAWordOfItsOwn()
    {
        std::set<std::string_view> words;
        for (const auto algorithm : kAlgorithms)
            words.insert(toString(algorithm));
        QCOMPARE(words.size(), kAlgorithms.size());
    }

    void otherWordsAreNoState()
    {
        for (const char* word :
             {"", "Ready", "ready ", "drain", "up", "round_robin", "maintenancee"}) {
            QVERIFY2(!adminStateFrom(word), word);
            QVERIFY2(!healthStateFrom(word), word);
            QVERIFY2(!algorithmFrom(word), word);
        }
        // A state of one axis is not one of the other.
        QVERIFY(!adminStateFrom("healthy"));
        QVERIFY(!healthStateFrom("ready"));
    }
};

STEELYARD_TEST(StatesTest)
#include "states_test.moc"
