/// What Qt promises of socket notifiers, asked of our dispatcher and of Qt's own alike.
#include "loop_thread.h"
#include "support/test_main.h"

#include <QSocketNotifier>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <array>
#include <memory>
#include <vector>

namespace steelyard::net {

class QtNotifiersTest final : public QObject
{
    Q_OBJECT

    static std::string run(const Body& body)
    {
        QFETCH_GLOBAL(bool, ours);
        return runOn(ours ? Loop::Ours : Loop::Stock, body);
    }

private Q_SLOTS:

    void initTestCase_data()
    {
        QTest::addColumn<bool>("ours");
        QTest::newRow("ours") << true;
        QTest::newRow("stock") << false;
    }

    void notifiersAreLevelTriggered()
    {
        VERIFY_BODY([] {
            const SocketPair pair;
            int told = 0;
            QSocketNotifier notifier(pair.fd[0], QSocketNotifier::Read);
            QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
                if (++told == 3)
                    pair.drain();
            });
            pair.feed();
            EXPECT(runUntil([&] { return told == 3; }));
            runFor(milliseconds(20));
            EXPECT(told == 3);
            return std::string();
        });
    }

    void readWriteAndExceptionShareADescriptor()
    {
        VERIFY_BODY([] {
            const TcpPair pair;
            EXPECT(pair.valid);
            const int fd = pair.fd[0];
            const int peer = pair.fd[1];
            bool read = false;
            bool written = false;
            bool urgent = false;
            QSocketNotifier reader(fd, QSocketNotifier::Read);
            QSocketNotifier writer(fd, QSocketNotifier::Write);
            QSocketNotifier exception(fd, QSocketNotifier::Exception);
            QObject::connect(&reader, &QSocketNotifier::activated, [&] {
                char bytes[16];
                read = ::recv(fd, bytes, sizeof bytes, 0) > 0;
                reader.setEnabled(false);
            });
            QObject::connect(&writer, &QSocketNotifier::activated, [&] {
                written = true;
                writer.setEnabled(false);
            });
            QObject::connect(&exception, &QSocketNotifier::activated, [&] {
                char byte;
                urgent = ::recv(fd, &byte, 1, MSG_OOB) == 1;
                exception.setEnabled(false);
            });
            EXPECT(runUntil([&] { return written; }));
            EXPECT(!read && !urgent);
            EXPECT(::send(peer, "n", 1, 0) == 1);
            EXPECT(runUntil([&] { return read; }));
            EXPECT(!urgent);
            EXPECT(::send(peer, "u", 1, MSG_OOB) == 1);
            EXPECT(runUntil([&] { return urgent; }));
            return std::string();
        });
    }

    void aNotifierDisabledByAnothersHandlerIsNotActivated()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 6> pairs;
            std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
            int told = 0;
            for (const SocketPair& pair : pairs) {
                auto notifier =
                    std::make_unique<QSocketNotifier>(pair.fd[0], QSocketNotifier::Read);
                QObject::connect(notifier.get(), &QSocketNotifier::activated, [&] {
                    ++told;
                    for (const auto& each : notifiers)
                        each->setEnabled(false);
                });
                notifiers.push_back(std::move(notifier));
                pair.feed();
            }
            EXPECT(runUntil([&] { return told > 0; }));
            runFor(milliseconds(20));
            EXPECT(told == 1);
            // All enabled again inside a handler: nothing is lost.
            int again = 0;
            QTimer::singleShot(0, [&] {
                for (const auto& each : notifiers) {
                    QObject::disconnect(each.get(), nullptr, nullptr, nullptr);
                    QObject::connect(each.get(), &QSocketNotifier::activated,
                                     [&again, raw = each.get()] {
                                         ++again;
                                         raw->setEnabled(false);
                                     });
                    each->setEnabled(true);
                }
            });
            EXPECT(runUntil([&] { return again == 6; }));
            return std::string();
        });
    }

    void aNotifierDestroyedByAnothersHandlerIsForgotten()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 6> pairs;
            std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
            int told = 0;
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                notifiers.push_back(
                    std::make_unique<QSocketNotifier>(pairs[i].fd[0], QSocketNotifier::Read));
                QObject::connect(notifiers.back().get(), &QSocketNotifier::activated, [&, i] {
                    ++told;
                    pairs[i].drain();
                    for (std::size_t other = 0; other < notifiers.size(); ++other)
                        if (other != i)
                            notifiers[other].reset();
                });
                pairs[i].feed();
            }
            EXPECT(runUntil([&] { return told > 0; }));
            runFor(milliseconds(20));
            EXPECT(told == 1);
            return std::string();
        });
    }

    void aReusedDescriptorNumberIsWatchedAnew()
    {
        VERIFY_BODY([] {
            for (int round = 0; round < 3; ++round) {
                auto first = std::make_unique<SocketPair>();
                const int number = first->fd[0];
                QSocketNotifier old(number, QSocketNotifier::Read);
                QCoreApplication::processEvents();
                // Round 0 disables before closing, as it should be; the others close first, and
                // disable before or after the number stands for something else.
                if (round == 0)
                    old.setEnabled(false);
                first.reset();
                if (round == 1)
                    old.setEnabled(false);
                const SocketPair second;
                EXPECT(second.fd[0] == number);
                bool told = false;
                QSocketNotifier notifier(second.fd[0], QSocketNotifier::Read);
                QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
                    told = true;
                    second.drain();
                });
                if (round == 2)
                    old.setEnabled(false);
                second.feed();
                EXPECT(runUntil([&] { return told; }));
            }
            return std::string();
        });
    }

    void aNestedLoopServesTheOtherNotifiers()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 3> pairs;
            std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
            int entered = 0;
            int finished = 0;
            for (const SocketPair& pair : pairs) {
                notifiers.push_back(
                    std::make_unique<QSocketNotifier>(pair.fd[0], QSocketNotifier::Read));
                QObject::connect(notifiers.back().get(), &QSocketNotifier::activated, [&] {
                    pair.drain();
                    ++entered;
                    if (runUntil([&] { return entered == 3; }, milliseconds(3000)))
                        ++finished;
                });
                pair.feed();
            }
            EXPECT(runUntil([&] { return finished == 3; }));
            return std::string();
        });
    }

    void excludedNotifiersNeitherFireNorSpinNorGetLost()
    {
        VERIFY_BODY([] {
            const SocketPair pair;
            auto* dispatcher = QAbstractEventDispatcher::instance();
            int told = 0;
            QSocketNotifier notifier(pair.fd[0], QSocketNotifier::Read);
            QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
                ++told;
                pair.drain();
            });
            pair.feed();
            bool over = false;
            QTimer::singleShot(50, [&over] { over = true; });
            int turns = 0;
            while (!over) {
                dispatcher->processEvents(QEventLoop::WaitForMoreEvents |
                                          QEventLoop::ExcludeSocketNotifiers);
                ++turns;
            }
            EXPECT(told == 0);
            EXPECT(turns < 10);
            EXPECT(runUntil([&] { return told == 1; }));
            return std::string();
        });
    }

    void anExcludingLoopInsideAHandlerKeepsTheOtherEvents()
    {
        VERIFY_BODY([] {
            const std::array<SocketPair, 4> pairs;
            std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
            int told = 0;
            int toldInside = -1;
            for (const SocketPair& pair : pairs) {
                notifiers.push_back(
                    std::make_unique<QSocketNotifier>(pair.fd[0], QSocketNotifier::Read));
                QObject::connect(notifiers.back().get(), &QSocketNotifier::activated, [&] {
                    pair.drain();
                    if (++told > 1)
                        return;
                    QEventLoop loop;
                    QTimer::singleShot(20, &loop, &QEventLoop::quit);
                    loop.exec(QEventLoop::ExcludeSocketNotifiers);
                    toldInside = told;
                });
                pair.feed();
            }
            EXPECT(runUntil([&] { return told == 4; }));
            EXPECT(toldInside == 1);
            return std::string();
        });
    }

    void zeroTimersDoNotStarveNotifiers()
    {
        VERIFY_BODY([] {
            const SocketPair pair;
            int told = 0;
            QTimer zero;
            zero.start(0);
            QSocketNotifier notifier(pair.fd[0], QSocketNotifier::Read);
            QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
                pair.drain();
                if (++told < 100)
                    pair.feed();
            });
            pair.feed();
            EXPECT(runUntil([&] { return told == 100; }));
            return std::string();
        });
    }

    void qtsOwnSocketsTalk()
    {
        VERIFY_BODY([] {
            QTcpServer server;
            EXPECT(server.listen(QHostAddress::LocalHost));
            qint64 echoed = 0;
            QObject::connect(&server, &QTcpServer::newConnection, [&server] {
                QTcpSocket* socket = server.nextPendingConnection();
                QObject::connect(socket, &QTcpSocket::readyRead,
                                 [socket] { socket->write(socket->readAll()); });
            });
            QTcpSocket client;
            QObject::connect(&client, &QTcpSocket::readyRead,
                             [&] { echoed += client.readAll().size(); });
            client.connectToHost(QHostAddress::LocalHost, server.serverPort());
            client.write(QByteArray(1000000, 'x'));
            EXPECT(runUntil([&] { return echoed == 1000000; }));
            // Blocking use runs beside the loop, not in it.
            client.write("y", 1);
            EXPECT(client.waitForBytesWritten(3000));
            return std::string();
        });
    }
};

#ifndef STEELYARD_TSAN // see CMakeLists.txt
STEELYARD_TEST(QtNotifiersTest)
#endif

} // namespace steelyard::net

#include "qt_notifiers_test.moc"
