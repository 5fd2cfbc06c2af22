// Listening sockets over reloads: what stays is moved, what fails changes nothing.
#include "engine/listeners.h"
#include "support/test_main.h"

#include <QTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::engine;

namespace {

config::Listener listener(const std::string& name, std::uint16_t port)
{
    config::Listener made;
    made.name = name;
    made.binds = {{"127.0.0.1", port}};
    return made;
}

config::Config with(std::vector<config::Listener> listeners)
{
    config::Config config;
    config.listeners = std::move(listeners);
    return config;
}

bool accepts(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const net::SocketAddress to = net::SocketAddress::fromNumeric("127.0.0.1", port);
    const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0;
    ::close(fd);
    return ok;
}

} // namespace

class ListenersTest : public QObject
{
    Q_OBJECT

    std::unique_ptr<runtime::Compiler> m_compiler;
    std::vector<std::unique_ptr<Worker>> m_workers;

    [[nodiscard]] static std::uint16_t portOf(const Listeners& listeners, std::size_t row = 0)
    {
        const std::string address = listeners.rows()[row].addresses[0];
        return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    }

    /// As control does it: bind, compile and install, start.
    Result<> load(Listeners& listeners, const config::Config& config)
    {
        if (auto prepared = listeners.prepare(config); !prepared)
            return prepared;
        const runtime::SnapshotPtr snapshot = m_compiler->compile(config);
        for (const auto& worker : m_workers)
            worker->install(snapshot, nullptr, [] {});
        listeners.commit(*m_compiler, m_workers);
        return {};
    }

private Q_SLOTS:

    void init()
    {
        m_compiler = std::make_unique<runtime::Compiler>(
            2, "t", [](const config::Address&) { return nullptr; });
        for (int i = 0; i < 2; ++i) {
            m_workers.push_back(std::make_unique<Worker>(i, [] {}));
            m_workers.back()->start();
        }
    }

    void cleanup() { m_workers.clear(); }

    void portZeroIsKeptOverReloads()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        const std::string line = listeners.readyLine();
        QVERIFY(line.rfind("web=127.0.0.1:", 0) == 0 && portOf(listeners) != 0);
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        QCOMPARE(listeners.readyLine(), line);
        // Asked for by its real port it is the same socket too.
        QVERIFY(load(listeners, with({listener("web", portOf(listeners))})).ok());
        QCOMPARE(listeners.readyLine(), line);
        QVERIFY(accepts(portOf(listeners)));
    }

    void twoListenersWithPortZeroAreTwoSockets()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("a", 0), listener("b", 0)})).ok());
        QVERIFY(portOf(listeners, 0) != portOf(listeners, 1));
        const std::string line = listeners.readyLine();
        QVERIFY(load(listeners, with({listener("a", 0), listener("b", 0)})).ok());
        QCOMPARE(listeners.readyLine(), line);
    }

    void aSocketMovesToAListenerOfAnotherName()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("old", 0)})).ok());
        const std::uint16_t port = portOf(listeners);
        QVERIFY(load(listeners, with({listener("new", port)})).ok());
        QCOMPARE(listeners.readyLine(), "new=127.0.0.1:" + std::to_string(port));
        QVERIFY(accepts(port));
        QTRY_COMPARE(listeners.connections(), 0); // it was closed again by the test
    }

    void twoListenersMaySwapTheirSockets()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("a", 0), listener("b", 0)})).ok());
        const std::uint16_t a = portOf(listeners, 0);
        const std::uint16_t b = portOf(listeners, 1);
        QVERIFY(load(listeners, with({listener("a", b), listener("b", a)})).ok());
        QCOMPARE(portOf(listeners, 0), b);
        QCOMPARE(portOf(listeners, 1), a);
        QVERIFY(accepts(a) && accepts(b));
    }

    void whatCannotBeBoundChangesNothing()
    {
        auto taken = net::ListeningSocket::bind("127.0.0.1", 0, false);
        QVERIFY(taken.ok());
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        const std::string line = listeners.readyLine();
        const auto failed =
            load(listeners,
                 with({listener("more", 0), listener("admin", taken.value().address().port())}));
        QVERIFY(!failed.ok());
        QVERIFY(failed.error().detail.find("listener 'admin'") != std::string::npos);
        QCOMPARE(listeners.readyLine(), line);
        QVERIFY(accepts(portOf(listeners)));
    }

    void aRemovedListenerRefuses()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("web", 0), listener("gone", 0)})).ok());
        const std::uint16_t port = portOf(listeners, 1);
        QVERIFY(accepts(port));
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        QTRY_VERIFY(!accepts(port));
        QVERIFY(accepts(portOf(listeners)));
    }

    void whatWasPreparedInVainIsClosed()
    {
        std::uint16_t port = 0;
        {
            auto free = net::ListeningSocket::bind("127.0.0.1", 0, false);
            QVERIFY(free.ok());
            port = free.value().address().port();
        }
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        QVERIFY(listeners.prepare(with({listener("web", 0), listener("more", port)})).ok());
        QVERIFY(accepts(port));
        listeners.dropPrepared();
        QVERIFY(!accepts(port));
        QVERIFY(accepts(portOf(listeners)));
    }

    void closedOnesRefuseAndAreStillShown()
    {
        Listeners listeners;
        QVERIFY(load(listeners, with({listener("web", 0)})).ok());
        const std::string line = listeners.readyLine();
        for (const auto& worker : m_workers)
            worker->drain(false);
        listeners.close();
        QTRY_VERIFY(!accepts(portOf(listeners)));
        QCOMPARE(listeners.readyLine(), line);
    }

    void aChangedLimitHoldsForTheRunningListener()
    {
        Listeners listeners;
        config::Config config = with({listener("web", 0)});
        QVERIFY(load(listeners, config).ok());
        config.listeners[0].maxConnections = 7;
        QVERIFY(load(listeners, config).ok());
        QCOMPARE(listeners.rows()[0].maxConnections, 7);
    }
};

STEELYARD_TEST(ListenersTest)

#include "listeners_test.moc"
