// Configuration to snapshot: what is kept by (pool, name) and what a change of address renews.
#include "runtime/compiler.h"
#include "support/test_main.h"

#include <QTest>

#include <map>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

config::Backend backend(const std::string& name, std::uint16_t port,
                        const std::string& host = "127.0.0.1")
{
    return {name, {host, port}, 100, AdminState::Ready};
}

config::Config simple()
{
    config::Config config;
    config::Pool& pool = config.pools.emplace_back();
    pool.name = "shop";
    pool.healthCheck.emplace();
    pool.backends = {backend("a", 9001), backend("b", 9002)};
    config::Listener& listener = config.listeners.emplace_back();
    listener.name = "web";
    config::Route& route = listener.routes.emplace_back();
    route.name = "all";
    route.action = std::string("shop");
    return config;
}

} // namespace

class CompilerTest : public QObject
{
    Q_OBJECT

    /// Names known to the "resolver", with one address or more; numeric hosts always are.
    std::map<std::string, std::vector<std::string>> m_names;

    Compiler compiler()
    {
        return Compiler(2, "engine-1", [this](const config::Address& address) {
            const auto known = m_names.find(address.host);
            if (known == m_names.end())
                return net::AddressSet::fromNumeric(address.host, address.port);
            std::vector<net::SocketAddress> all;
            for (const std::string& each : known->second)
                all.push_back(net::SocketAddress::fromNumeric(each, address.port));
            return std::make_shared<const net::AddressSet>(std::move(all));
        });
    }

    static const Backend& find(const SnapshotPtr& snapshot, const std::string& name)
    {
        for (const auto& pool : snapshot->pools) {
            for (const Backend& each : pool->backends) {
                if (each.state->name == name)
                    return each;
            }
        }
        qFatal("no such backend");
    }

private Q_SLOTS:

    void init() { m_names.clear(); }

    void statesAreKeptByPoolAndName()
    {
        Compiler it = compiler();
        config::Config config = simple();
        const SnapshotPtr before = it.compile(config);
        find(before, "a").state->health.store(HealthState::Healthy);
        find(before, "a").state->counters[1]->requests.add(7);
        std::swap(config.pools[0].backends[0], config.pools[0].backends[1]);
        config.pools[0].backends[1].weight = 7;
        const SnapshotPtr after = it.compile(config);
        QCOMPARE(find(after, "a").state.get(), find(before, "a").state.get());
        QCOMPARE(find(after, "a").endpoint, find(before, "a").endpoint);
        QCOMPARE(find(after, "a").weight, 7U);
        QVERIFY(find(after, "a").state->health.load() == HealthState::Healthy);
        QCOMPARE(find(after, "a").state->counters[1]->requests.value(), 7U);
        QVERIFY(after->version > before->version);
        QCOMPARE(after->pools[0]->state.get(), before->pools[0]->state.get());
    }

    void anotherPoolsServerOfThatNameIsAnother()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.pools.push_back(config.pools[0]);
        config.pools[1].name = "api";
        const SnapshotPtr snapshot = it.compile(config);
        QVERIFY(snapshot->pools[0]->backends[0].state != snapshot->pools[1]->backends[0].state);
        QVERIFY(snapshot->pools[0]->backends[0].endpoint !=
                snapshot->pools[1]->backends[0].endpoint);
    }

    void aChangedAddressStartsAtCheckingWithANewEndpoint()
    {
        Compiler it = compiler();
        config::Config config = simple();
        const SnapshotPtr before = it.compile(config);
        for (const char* name : {"a", "b"})
            find(before, name).state->health.store(HealthState::Healthy);
        config.pools[0].backends[0].address.port = 9009;
        const SnapshotPtr after = it.compile(config);
        QCOMPARE(find(after, "a").state.get(), find(before, "a").state.get());
        QVERIFY(find(after, "a").state->health.load() == HealthState::Checking);
        QVERIFY(find(after, "a").endpoint != find(before, "a").endpoint);
        QCOMPARE(find(after, "a").address.port(), std::uint16_t{9009});
        QVERIFY(find(after, "b").state->health.load() == HealthState::Healthy);
        QCOMPARE(find(after, "b").endpoint, find(before, "b").endpoint);
    }

    void aNameThatMovesGetsANewEndpoint()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.pools[0].healthCheck.reset();
        config.pools[0].backends = {backend("a", 80, "a.lab")};
        const SnapshotPtr unresolved = it.compile(config);
        QVERIFY(find(unresolved, "a").address.size == 0);
        QVERIFY(unresolved->pools[0]->candidates.backends.empty());
        m_names["a.lab"] = {"10.0.0.1"};
        const SnapshotPtr there = it.compile(config);
        QCOMPARE(find(there, "a").address.host(), std::string("10.0.0.1"));
        QCOMPARE(there->pools[0]->candidates.backends.size(), std::size_t{1});
        m_names["a.lab"] = {"10.0.0.2"};
        const SnapshotPtr moved = it.compile(config);
        QVERIFY(find(moved, "a").endpoint != find(there, "a").endpoint);
        QCOMPARE(find(it.compile(config), "a").endpoint, find(moved, "a").endpoint);
    }

    void aNameWithSeveralAddressesHasAnEndpointForEach()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.pools[0].healthCheck.reset();
        config.pools[0].backends = {backend("a", 80, "a.lab"), backend("b", 81, "10.0.0.9")};
        m_names["a.lab"] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
        const SnapshotPtr snapshot = it.compile(config);
        const Backend& several = find(snapshot, "a");
        QCOMPARE(several.address.host(), std::string("10.0.0.1"));
        QCOMPARE(several.addresses->size(), std::size_t{3});
        QCOMPARE(several.addresses->at(2).host(), std::string("10.0.0.3"));
        QVERIFY(find(snapshot, "b").addresses == nullptr);
        QCOMPARE(find(snapshot, "b").endpoint, several.endpoint + 3);
        // The same answer keeps the connections, another one does not.
        QCOMPARE(find(it.compile(config), "a").endpoint, several.endpoint);
        m_names["a.lab"].pop_back();
        QVERIFY(find(it.compile(config), "a").endpoint >= several.endpoint + 4);
    }

    void whatIsNotProbedIsHealthy()
    {
        Compiler it = compiler();
        config::Config config = simple();
        QVERIFY(find(it.compile(config), "a").state->health.load() == HealthState::Checking);
        config.pools[0].healthCheck.reset();
        QVERIFY(find(it.compile(config), "a").state->health.load() == HealthState::Healthy);
    }

    void theConfiguredStateIsWrittenToTheBackend()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.pools[0].backends[0].state = AdminState::Maintenance;
        QVERIFY(find(it.compile(config), "a").state->admin.load() == AdminState::Maintenance);
        config.pools[0].backends[0].state = AdminState::Ready;
        QVERIFY(find(it.compile(config), "a").state->admin.load() == AdminState::Ready);
    }

    void anUntouchedListenerIsShared()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.listeners.push_back(config.listeners[0]);
        config.listeners[1].name = "other";
        const SnapshotPtr before = it.compile(config);
        config.pools[0].backends[0].weight = 5;
        const SnapshotPtr weighted = it.compile(config);
        QCOMPARE(weighted->listeners[0].get(), before->listeners[0].get());
        config.listeners[0].routes[0].match.host = "lab";
        const SnapshotPtr routed = it.compile(config);
        QVERIFY(routed->listeners[0].get() != before->listeners[0].get());
        QCOMPARE(routed->listeners[1].get(), before->listeners[1].get());
        // A pool in front moves the indexes: the routes must follow.
        config.pools.insert(config.pools.begin(), config.pools[0]);
        config.pools[0].name = "first";
        const SnapshotPtr moved = it.compile(config);
        QCOMPARE(moved->listeners[1]->routePools, (std::vector<std::vector<int>>{{1}}));
    }

    void slotsStayWithTheirNames()
    {
        Compiler it = compiler();
        config::Config config = simple();
        config.listeners.push_back(config.listeners[0]);
        config.listeners[1].name = "other";
        (void)it.compile(config);
        const std::uint32_t slot = it.listenerSlot("other");
        config.listeners.erase(config.listeners.begin());
        const SnapshotPtr without = it.compile(config);
        QCOMPARE(it.listenerSlot("other"), slot);
        QVERIFY(without->listeners[it.listenerSlot("web")] == nullptr);
        QVERIFY(without->listeners[slot] != nullptr);
        config.listeners[0].name = "new";
        QVERIFY(it.compile(config)->listeners[it.listenerSlot("new")] != nullptr);
        QVERIFY(it.listenerSlot("new") != slot);
    }

    void whatLeavesStaysAsAGhostUntilItIsEmpty()
    {
        Compiler it = compiler();
        config::Config config = simple();
        const SnapshotPtr before = it.compile(config);
        std::shared_ptr<BackendState> leaving = find(before, "a").state;
        WorkerLoad load;
        Lease lease(leaving, load);
        config.pools[0].backends.erase(config.pools[0].backends.begin());
        (void)it.compile(config);
        QVERIFY(!it.present("shop", "a") && it.present("shop", "b"));
        QCOMPARE(it.ghosts().size(), std::size_t{1});
        QCOMPARE(it.ghosts()[0].get(), leaving.get());
        // It comes back as the one it was.
        config = simple();
        QCOMPARE(find(it.compile(config), "a").state.get(), leaving.get());
        QVERIFY(it.ghosts().empty());
        config.pools[0].backends.erase(config.pools[0].backends.begin());
        (void)it.compile(config);
        lease.release();
        QVERIFY(it.ghosts().empty());
        (void)it.compile(config);
        config = simple();
        QVERIFY(find(it.compile(config), "a").state.get() != leaving.get());
    }

    void aLeaseCountsOnceHoweverItIsMoved()
    {
        auto state = std::make_shared<BackendState>("p", "s", 1);
        WorkerLoad load;
        {
            Lease first(state, load);
            Lease second(std::move(first));
            QCOMPARE(state->load.inFlight.load(), 1U);
            first = Lease(state, load);
            QCOMPARE(state->load.inFlight.load(), 2U);
            second = std::move(first);
            QCOMPARE(state->load.inFlight.load(), 1U);
            QCOMPARE(load.inFlight.load(), 1);
            second.release();
            second.release();
        }
        QCOMPARE(state->load.inFlight.load(), 0U);
        QCOMPARE(load.inFlight.load(), 0);
    }
};

STEELYARD_TEST(CompilerTest)

#include "compiler_test.moc"
