#include "engine/control_server.h"
#include "engine/wire.h"
#include "fake_control_service.h"
#include "sample_snapshot.h"
#include "support/test_main.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::engine;
using namespace std::chrono_literals;

namespace {

/// Speaks the protocol from the client's side and keeps what it was told.
class RawClient
{
public:
    explicit RawClient(const QString& path, bool greet = true)
    {
        QObject::connect(&socket, &QLocalSocket::readyRead, &socket, [this] {
            reader.feed(socket.readAll());
            QJsonObject message;
            while (reader.next(message) == protocol::MessageReader::Status::Message)
                messages.append(message);
        });
        socket.connectToServer(path);
        if (greet)
            send(protocol::hello());
    }

    void send(const QJsonObject& message) { socket.write(protocol::frame(message)); }

    void subscribe(const QJsonArray& topics, qint64 since = 0)
    {
        send({{QStringLiteral("subscribe"), topics}, {QStringLiteral("since"), since}});
    }

    void command(qint64 id, const QString& name)
    {
        send({{QStringLiteral("id"), id}, {QStringLiteral("command"), name}});
    }

    [[nodiscard]] QList<QJsonObject> with(const char* key) const
    {
        QList<QJsonObject> found;
        for (const QJsonObject& message : messages) {
            if (message.contains(QLatin1String(key)))
                found.append(message);
        }
        return found;
    }

    [[nodiscard]] bool closed() const { return socket.state() == QLocalSocket::UnconnectedState; }

    [[nodiscard]] QString error() const
    {
        return with("error").value(0).value(QLatin1String("error")).toString();
    }

    QLocalSocket socket;
    protocol::MessageReader reader{protocol::kEngineMessageLimit};
    QList<QJsonObject> messages;
};

/// A connected socket that is only written to, never read.
class DeafClient
{
public:
    explicit DeafClient(const QString& path)
        : m_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        const QByteArray name = QFile::encodeName(path);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.constData(), static_cast<std::size_t>(name.size()));
        connected = ::connect(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    }

    ~DeafClient() { ::close(m_fd); }

    /// Bytes taken by the kernel.
    qsizetype send(const QByteArray& bytes)
    {
        return ::send(m_fd, bytes.constData(), static_cast<std::size_t>(bytes.size()),
                      MSG_NOSIGNAL);
    }

    bool connected = false;

private:
    int m_fd;
};

const QJsonArray kBoth{QStringLiteral("snapshots"), QStringLiteral("events")};

} // namespace

class ControlServerTest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;
    int m_count = 0;

    [[nodiscard]] QString freshPath()
    {
        return m_directory.filePath(QStringLiteral("s%1.sock").arg(++m_count));
    }

private Q_SLOTS:

    /// QtTest takes SIGPIPE for fatal where Qt's sockets have it ignored.
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }

    void theSocketIsForItsUserOnlyAndGoesWithTheServer()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        {
            ControlServer server(service);
            QVERIFY(server.listen(path));

            struct stat info
            {
            };

            QCOMPARE(::stat(QFile::encodeName(path).constData(), &info), 0);
            QVERIFY(S_ISSOCK(info.st_mode));
            QCOMPARE(info.st_mode & 0777U, 0600U);
        }
        QVERIFY(!QFile::exists(path));
    }

    void aLiveSocketIsAnErrorThatNamesItsHolder()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer first(service);
        QVERIFY(first.listen(path));
        ControlServer second(service);
        const auto refused = second.listen(path);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Refused);
        QCOMPARE(QString::fromStdString(refused.error().detail),
                 QStringLiteral("another engine (pid %1) is serving %2").arg(::getpid()).arg(path));
        RawClient client(path);
        client.command(1, QStringLiteral("status"));
        QTRY_COMPARE(client.with("result").size(), 1);
    }

    void aStaleSocketIsReplacedAndAFileIsNot()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        const QByteArray name = QFile::encodeName(path);
        {
            const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::memcpy(address.sun_path, name.constData(), static_cast<std::size_t>(name.size()));
            QCOMPARE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
            QCOMPARE(::listen(fd, 1), 0);
            ::close(fd); // as a killed process leaves it
        }
        QVERIFY(QFile::exists(path));
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RawClient client(path);
        QTRY_COMPARE(client.with("steelyard").size(), 1);

        const QString filePath = freshPath();
        QFile file(filePath);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("precious");
        file.close();
        ControlServer other(service);
        const auto refused = other.listen(filePath);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
        QCOMPARE(QFileInfo(filePath).size(), 8);
    }

    void pathsThatCannotBeAreErrorsWithWords()
    {
        test::FakeControlService service;
        ControlServer server(service);
        QCOMPARE(server.listen(QString()).error().code, ErrorCode::InvalidInput);
        QCOMPARE(server.listen(m_directory.filePath(QString(120, u'x'))).error().code,
                 ErrorCode::InvalidInput);
        const auto missing = server.listen(m_directory.filePath(QStringLiteral("none/s.sock")));
        QCOMPARE(missing.error().code, ErrorCode::Io);
        QVERIFY(!missing.error().hint.empty());
    }

    void anotherFileUnderTheSamePathIsNotRemoved()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        QVERIFY(QFile::remove(path));
        ControlServer next(service);
        QVERIFY(next.listen(path));
        server.close();
        QVERIFY(QFile::exists(path));
    }

    void theDefaultPathFollowsTheEnvironment()
    {
        const QByteArray before = qgetenv("XDG_RUNTIME_DIR");
        qputenv("XDG_RUNTIME_DIR", "/run/user/7");
        QCOMPARE(defaultSocketPath(), QStringLiteral("/run/user/7/steelyard.sock"));
        const QString fallback =
            ::getuid() == 0 ? QStringLiteral("/run/steelyard/steelyard.sock")
                            : QStringLiteral("/tmp/steelyard-%1/steelyard.sock").arg(::getuid());
        qputenv("XDG_RUNTIME_DIR", "relative");
        QCOMPARE(defaultSocketPath(), fallback);
        qunsetenv("XDG_RUNTIME_DIR");
        QCOMPARE(defaultSocketPath(), fallback);
        if (!before.isNull())
            qputenv("XDG_RUNTIME_DIR", before);
    }

    void commandsReachTheServiceAndAnswersTheirSender()
    {
        test::FakeControlService service;
        service.hold = true;
        service.answer = {Outcome::Refused, QStringLiteral("no"), QStringLiteral("force it"), {}};
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RawClient one(path);
        RawClient two(path);
        one.send({{QStringLiteral("id"), 5},
                  {QStringLiteral("command"), QStringLiteral("drain")},
                  {QStringLiteral("arguments"),
                   QJsonObject{{QStringLiteral("server"), QStringLiteral("shop/a")}}}});
        QTRY_COMPARE(service.held.size(), std::size_t{1});
        QCOMPARE(service.commands[0].name, QStringLiteral("drain"));
        QCOMPARE(service.commands[0].arguments.value(QLatin1String("server")).toString(),
                 QStringLiteral("shop/a"));
        service.answerHeld();
        QTRY_COMPARE(one.with("result").size(), 1);
        QCOMPARE(one.with("result")[0].value(QLatin1String("id")).toInt(), 5);
        const CommandResult result =
            resultFromJson(one.with("result")[0].value(QLatin1String("result")).toObject());
        QCOMPARE(result.outcome, Outcome::Refused);
        QCOMPARE(result.hint, QStringLiteral("force it"));
        QVERIFY(two.with("result").isEmpty());
    }

    void anAnswerForAClientThatLeftIsDropped()
    {
        test::FakeControlService service;
        service.hold = true;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        {
            RawClient client(path);
            client.command(1, QStringLiteral("status"));
            QTRY_COMPARE(service.held.size(), std::size_t{1});
        }
        QTRY_COMPARE(server.clients(), 0);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        service.answerHeld();
    }

    void malformedInputClosesWithAReasonAndHurtsNobodyElse_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("greet");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const QByteArray& bytes, const char* reason,
                            bool greet = true) {
            QTest::newRow(name) << bytes << greet << QString(QLatin1String(reason));
        };
        row("garbage", "\x01\x02\xff\n", "not JSON");
        row("array", "[]\n", "not a JSON object");
        row("no message", "{}\n", "neither a command nor a subscription");
        row("id is text", "{\"id\":\"1\",\"command\":\"status\"}\n", "needs an id");
        row("id is negative", "{\"id\":-1,\"command\":\"status\"}\n", "needs an id");
        row("id is a fraction", "{\"id\":1.5,\"command\":\"status\"}\n", "needs an id");
        row("id is missing", "{\"command\":\"status\"}\n", "needs an id");
        row("command is a number", "{\"id\":1,\"command\":7}\n", "needs an id");
        row("arguments are a list", "{\"id\":1,\"command\":\"x\",\"arguments\":[]}\n",
            "needs an id");
        row("topics are text", "{\"subscribe\":\"events\"}\n", "list of topics");
        row("since is negative", "{\"subscribe\":[],\"since\":-4}\n", "list of topics");
        row("no hello", "{\"id\":1,\"command\":\"status\"}\n", "did not say hello", false);
        row("another version", "{\"steelyard\":\"9\"}\n", "speaks protocol 9", false);
        row("endless", QByteArray(2 * 1024 * 1024, 'x'), "longer than");
        row("deep", QByteArray(100000, '[') + '\n', "not JSON");
    }

    void malformedInputClosesWithAReasonAndHurtsNobodyElse()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, greet);
        QFETCH(QString, reason);
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service);
        QSignalSpy dropped(&server, &ControlServer::clientDropped);
        QVERIFY(server.listen(path));
        RawClient good(path);
        RawClient bad(path, greet);
        bad.socket.write(bytes);
        QTRY_VERIFY(bad.closed());
        QVERIFY2(bad.error().contains(reason), qPrintable(bad.error()));
        QTRY_COMPARE(server.clients(), 1);
        QCOMPARE(dropped.count(), 1);
        QVERIFY(service.commands.empty());
        good.command(1, QStringLiteral("status"));
        QTRY_COMPARE(good.with("result").size(), 1);
    }

    void twoSubscribersGetEventsInOrderAndTheNewestSnapshot()
    {
        test::FakeControlService service;
        for (int i = 0; i < 10; ++i)
            service.publishEvent("before");
        service.publish(test::sampleSnapshot());
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RawClient all(path);
        RawClient late(path);
        RawClient quiet(path);
        all.subscribe(kBoth);
        late.subscribe(kBoth, 8);
        quiet.command(1, QStringLiteral("status"));
        QTRY_COMPARE(all.with("event").size(), 10);
        QTRY_COMPARE(late.with("event").size(), 2);
        QTRY_COMPARE(all.with("snapshot").size(), 1);
        QTRY_COMPARE(late.with("snapshot").size(), 1);
        for (int i = 0; i < 50; ++i)
            service.publishEvent("after");
        QTRY_COMPARE(all.with("event").size(), 60);
        QTRY_COMPARE(late.with("event").size(), 52);
        for (int i = 0; i < 60; ++i) {
            QCOMPARE(eventFromJson(all.with("event")[i].value(QLatin1String("event")).toObject())
                         .sequence,
                     quint64(i + 1));
        }
        stats::Snapshot next = test::sampleSnapshot();
        next.sequence = 8;
        service.publish(next);
        QTRY_COMPARE(all.with("snapshot").size(), 2);
        const auto last = snapshotFromJson(
            all.with("snapshot").last().value(QLatin1String("snapshot")).toObject());
        QCOMPARE(last.sequence, std::uint64_t{8});
        QTRY_COMPARE(quiet.with("result").size(), 1);
        QVERIFY(quiet.with("snapshot").isEmpty());
        QVERIFY(quiet.with("event").isEmpty());
    }

    void aSlowReaderGetsTheNewestSnapshotOnlyAndNoQueueGrows()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        test::SnapshotMaker maker(1);
        stats::Snapshot big = maker.make(8, 80); // does not fit the kernel's buffer
        DeafClient deaf(path);
        RawClient reading(path);
        deaf.send(protocol::frame(protocol::hello()) +
                  "{\"subscribe\":[\"snapshots\",\"events\"]}\n");
        reading.subscribe(kBoth);
        QTRY_COMPARE(server.clients(), 2);
        const auto* slow = server.findChildren<ControlConnection*>().value(0);
        QVERIFY(slow != nullptr);
        qint64 most = 0;
        for (std::uint64_t i = 1; i <= 10; ++i) {
            big.sequence = i;
            service.publish(big);
            for (int k = 0; k < 50; ++k)
                service.publishEvent(std::string(1000, 'x'));
            QTRY_COMPARE(reading.with("snapshot").size(), qsizetype(i));
            for (const auto* client : server.findChildren<ControlConnection*>())
                most = std::max(most, client->waiting());
        }
        const qint64 one = protocol::frame({{QStringLiteral("snapshot"), toJson(big)}}).size();
        QVERIFY2(most <= one + 2 * 1024 * 1024, qPrintable(QString::number(most)));
        QVERIFY(most > 0);
        QTRY_COMPARE(reading.with("event").size(), 500);
    }

    void aClientThatDoesNotReadIsDroppedWithAReason()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service, {.stall = 150ms});
        QSignalSpy dropped(&server, &ControlServer::clientDropped);
        QVERIFY(server.listen(path));
        DeafClient deaf(path);
        deaf.send(protocol::frame(protocol::hello()) + "{\"subscribe\":[\"snapshots\"]}\n");
        QTRY_COMPARE(server.clients(), 1);
        service.publish(test::SnapshotMaker(1).make(10, 200));
        QTRY_COMPARE(dropped.count(), 1);
        QVERIFY(dropped[0][0].toString().contains(QStringLiteral("did not read")));
        QTRY_COMPARE(server.clients(), 0);
    }

    void aClientThatSaysNothingIsDropped()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service, {.hello = 50ms});
        QSignalSpy dropped(&server, &ControlServer::clientDropped);
        QVERIFY(server.listen(path));
        const DeafClient silent(path);
        QVERIFY(silent.connected);
        QTRY_COMPARE(dropped.count(), 1);
        QTRY_COMPARE(server.clients(), 0);
    }

    void aFloodOfCommandsIsHeldBackAndAllAreAnsweredInTheEnd()
    {
        test::FakeControlService service;
        service.hold = true;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        RawClient flood(path);
        RawClient other(path);
        constexpr int kCommands = 5000;
        for (int i = 0; i < kCommands; ++i)
            flood.command(i, QStringLiteral("status"));
        QTRY_COMPARE(service.held.size(), std::size_t{32});
        other.command(1, QStringLiteral("servers"));
        QTRY_COMPARE(service.held.size(),
                     std::size_t{33}); // no more of the flood came through meanwhile
        service.hold = false;
        service.answerHeld();
        QTRY_COMPARE(flood.with("result").size(), kCommands);
        for (int i = 0; i < kCommands; ++i)
            QCOMPARE(flood.messages[i + 1].value(QLatin1String("id")).toInt(), i);
        QCOMPARE(other.with("result").size(), 1);
    }

    void theSixtyFifthClientIsToldSo()
    {
        test::FakeControlService service;
        const QString path = freshPath();
        ControlServer server(service);
        QVERIFY(server.listen(path));
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < ControlServer::kMaxClients; ++i) {
            clients.push_back(std::make_unique<RawClient>(path));
            QTRY_COMPARE(clients.back()->with("steelyard").size(), 1);
        }
        RawClient extra(path);
        QTRY_VERIFY(extra.closed());
        QCOMPARE(extra.error(), QStringLiteral("64 clients are connected already"));
        clients.pop_back();
        QTRY_COMPARE(server.clients(), ControlServer::kMaxClients - 1);
        RawClient again(path);
        again.command(1, QStringLiteral("status"));
        QTRY_COMPARE(again.with("result").size(), 1);
    }
};

STEELYARD_TEST(ControlServerTest)
#include "control_server_test.moc"
