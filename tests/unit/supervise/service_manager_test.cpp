#include "supervise/engine_process.h"
#include "supervise/service_manager.h"
#include "support/test_main.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace steelyard::supervise {

namespace {

struct Pair
{
    Pair()
    {
        int made[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, made) != 0)
            qFatal("no socket pair");
        parent = Descriptor(made[0]);
        child = Descriptor(made[1]);
    }

    Descriptor parent, child;
};

bool isOpen(int descriptor)
{
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

} // namespace

class ServiceManagerTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void cleanup()
    {
        for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                                 "STEELYARD_SUPERVISOR", "STEELYARD_REASON"})
            qunsetenv(name);
    }

    void nobodyIsFineToo()
    {
        const ServiceManager manager = ServiceManager::fromEnvironment();
        QVERIFY(!manager.present());
        QVERIFY(manager.supervisor() < 0);
        manager.tell("READY=1");
        manager.keep("web", 0);
    }

    void socketsOfAnotherProcessAreNotTaken()
    {
        qputenv("LISTEN_FDS", "1");
        qputenv("LISTEN_PID", "1");
        ServiceManager manager = ServiceManager::fromEnvironment();
        QVERIFY(manager.inherited().empty());
        QVERIFY(!qEnvironmentVariableIsSet("LISTEN_FDS")); // no child takes them either
    }

    void oneThatKeepsDescriptorsGetsThemWithTheirNames()
    {
        Pair pair;
        qputenv("STEELYARD_SUPERVISOR", QByteArray::number(::dup(pair.child.get())));
        qputenv("STEELYARD_REASON", "it was killed");
        ServiceManager manager = ServiceManager::fromEnvironment();
        QVERIFY(manager.present() && manager.startsAgain());
        QCOMPARE(manager.reason(), std::string("it was killed"));
        EngineProcess engine(0, {}, {});
        Message message;
        manager.keep("a:b\n", pair.child.get());
        QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Message);
        engine.updateStore(message);
        QCOMPARE(engine.store.size(), std::size_t(1));
        QCOMPARE(engine.store[0].name, std::string("a_b_")); // LISTEN_FDNAMES has colons between
        const int kept = engine.store[0].descriptor->get();
        QVERIFY(isOpen(kept));
        manager.forget("a:b\n");
        QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Message);
        engine.updateStore(message);
        QVERIFY(engine.store.empty() && !isOpen(kept));
        QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Nothing);
    }

    void whatIsKeptHasABound()
    {
        Pair pair;
        EngineProcess engine(0, {}, {});
        for (std::size_t i = 0; i < EngineProcess::kMostStored + 5; ++i) {
            QVERIFY(sendMessage(pair.child.get(), "FDSTORE=1\nFDNAME=x", pair.child.get()));
            Message message;
            QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Message);
            engine.updateStore(message);
        }
        QCOMPARE(engine.store.size(), EngineProcess::kMostStored);
    }

    void theOtherSidesEndIsSeen()
    {
        Pair pair;
        QVERIFY(sendMessage(pair.child.get(), "READY=1\nSTATUS=a=b"));
        pair.child.close();
        Message message;
        QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Message);
        QCOMPARE(std::string(message.value("READY")), std::string("1"));
        QCOMPARE(std::string(message.value("STATUS")), std::string("a=b"));
        QVERIFY(message.value("READ").empty());
        QVERIFY(receiveMessage(pair.parent.get(), message) == Received::Ended);
    }

    void systemdsSocketIsAPathOrAnAbstractName()
    {
        const QTemporaryDir folder;
        for (const QByteArray& name :
             {folder.filePath(QStringLiteral("notify")).toUtf8(),
              QByteArray("@steelyard-test-") + QByteArray::number(::getpid())}) {
            const Descriptor systemd(::socket(AF_UNIX, SOCK_DGRAM, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::memcpy(address.sun_path, name.constData(), static_cast<std::size_t>(name.size()));
            if (name.startsWith('@'))
                address.sun_path[0] = '\0';
            const auto size =
                offsetof(sockaddr_un, sun_path) + static_cast<std::size_t>(name.size());
            QCOMPARE(::bind(systemd.get(), reinterpret_cast<const sockaddr*>(&address),
                            static_cast<socklen_t>(size)),
                     0);
            qputenv("NOTIFY_SOCKET", name);
            const ServiceManager manager = ServiceManager::fromEnvironment();
            QVERIFY(manager.present() && manager.supervisor() < 0);
            manager.tell("READY=1");
            Message message;
            QVERIFY(receiveMessage(systemd.get(), message) == Received::Message);
            QCOMPARE(message.text, std::string("READY=1"));
        }
    }
};

STEELYARD_TEST(ServiceManagerTest)

} // namespace steelyard::supervise

#include "service_manager_test.moc"
