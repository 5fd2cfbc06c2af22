/// TCP transports over the loopback: echo with backpressure, half-close, reset, refused
/// connections.
#include "loop_thread.h"
#include "net/transport.h"
#include "support/test_main.h"

#include <QTest>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace steelyard::net {

namespace {

std::string run(const Body& body)
{
    return runOn(Loop::Ours, body);
}

struct Handler final : TransportHandler
{
    void transportReadable() override
    {
        ++readable;
        if (onReadable)
            onReadable();
    }

    void transportWritable() override
    {
        ++writable;
        if (onWritable)
            onWritable();
    }

    int readable = 0;
    int writable = 0;
    std::function<void()> onReadable;
    std::function<void()> onWritable;
};

IoResult writeText(Transport& transport, const char* text)
{
    const iovec part{const_cast<char*>(text), std::strlen(text)};
    return transport.write(&part, 1);
}

} // namespace

class TransportTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void echoesMegabytesThroughFullBuffersAndHalfCloses()
    {
        VERIFY_BODY([] {
            constexpr std::size_t kTotal = 8U << 20U;
            TcpPair pair;
            EXPECT(pair.valid);
            // Fixed and small: the kernel would grow them until everything fits.
            const int bufferSize = 65536;
            for (const int fd : pair.fd)
                for (const int option : {SO_SNDBUF, SO_RCVBUF})
                    EXPECT(::setsockopt(fd, SOL_SOCKET, option, &bufferSize, sizeof bufferSize) ==
                           0);
            const auto client = adoptTcp(std::exchange(pair.fd[1], -1));
            const auto server = adoptTcp(std::exchange(pair.fd[0], -1));
            // The echo keeps at most one buffer: it does not read while it cannot write.
            std::string held;
            bool ended = false;
            Handler echo;
            std::array<char, 30000> buffer;
            const auto pump = [&] {
                for (;;) {
                    if (!held.empty()) {
                        const iovec part{held.data(), held.size()};
                        const IoResult result = server->write(&part, 1);
                        if (result.kind == IoResult::Kind::Bytes)
                            held.erase(0, result.bytes);
                        if (!held.empty())
                            return;
                    }
                    if (ended || !server->readable())
                        return;
                    const IoResult result = server->read(buffer.data(), buffer.size());
                    if (result.kind == IoResult::Kind::End) {
                        ended = true;
                        server->shutdownWrite();
                    }
                    if (result.kind != IoResult::Kind::Bytes)
                        return;
                    held.assign(buffer.data(), result.bytes);
                }
            };
            echo.onReadable = pump;
            echo.onWritable = pump;
            server->setHandler(&echo);

            std::size_t sent = 0;
            std::size_t received = 0;
            bool same = true;
            bool clientEnded = false;
            bool mayRead = false;
            Handler user;
            const auto byteAt = [](std::size_t i) { return static_cast<char>(i % 251); };
            const auto send = [&] {
                std::array<char, 50000> chunk;
                while (sent < kTotal) {
                    const std::size_t size = std::min(chunk.size(), kTotal - sent);
                    for (std::size_t i = 0; i < size; ++i)
                        chunk[i] = byteAt(sent + i);
                    const iovec parts[2] = {{chunk.data(), size / 2},
                                            {chunk.data() + size / 2, size - size / 2}};
                    const IoResult result = client->write(parts, 2);
                    if (result.kind != IoResult::Kind::Bytes)
                        return;
                    sent += result.bytes;
                    if (!client->writable())
                        return;
                }
                client->shutdownWrite();
            };
            const auto receive = [&] {
                std::array<char, 20000> chunk;
                while (mayRead && client->readable() && !clientEnded) {
                    const IoResult result = client->read(chunk.data(), chunk.size());
                    clientEnded = result.kind == IoResult::Kind::End;
                    if (result.kind != IoResult::Kind::Bytes)
                        return;
                    for (std::size_t i = 0; i < result.bytes; ++i)
                        same = same && chunk[i] == byteAt(received + i);
                    received += result.bytes;
                }
            };
            user.onReadable = receive;
            user.onWritable = send;
            client->setHandler(&user);
            send();
            // Nobody reads at the far end: all must come to a stop, told once.
            EXPECT(runUntil([&] { return !server->writable() && !client->writable(); }));
            runFor(milliseconds(50));
            EXPECT(sent < kTotal);
            EXPECT(user.readable == 1);
            mayRead = true;
            client->resumeReading();
            EXPECT(user.readable == 1); // from the loop, not from here
            EXPECT(runUntil([&] { return clientEnded; }));
            EXPECT(received == kTotal && same);
            EXPECT(server->peerClosed() && client->peerClosed());
            return std::string();
        });
    }

    void aShortReadLowersReadable()
    {
        VERIFY_BODY([] {
            TcpPair pair;
            const auto transport = adoptTcp(std::exchange(pair.fd[0], -1));
            Handler handler;
            transport->setHandler(&handler);
            EXPECT(!transport->readable() && transport->writable());
            EXPECT(::send(pair.fd[1], "hello", 5, 0) == 5);
            EXPECT(runUntil([&] { return handler.readable == 1; }));
            char bytes[16];
            EXPECT(transport->read(bytes, 2).bytes == 2);
            EXPECT(transport->readable());
            EXPECT(transport->read(bytes, sizeof bytes).bytes == 3);
            EXPECT(!transport->readable());
            EXPECT(transport->read(bytes, sizeof bytes).kind == IoResult::Kind::WouldBlock);
            ::shutdown(pair.fd[1], SHUT_WR);
            EXPECT(runUntil([&] { return handler.readable == 2; }));
            EXPECT(transport->peerClosed());
            EXPECT(transport->read(bytes, sizeof bytes).kind == IoResult::Kind::End);
            // The other direction still works.
            EXPECT(writeText(*transport, "bye").bytes == 3);
            EXPECT(::recv(pair.fd[1], bytes, 3, 0) == 3);
            return std::string();
        });
    }

    void bytesBeforeTheEndAreReadToTheEnd()
    {
        VERIFY_BODY([] {
            TcpPair pair;
            const auto transport = adoptTcp(std::exchange(pair.fd[0], -1));
            Handler handler;
            transport->setHandler(&handler);
            EXPECT(::send(pair.fd[1], "hello", 5, 0) == 5);
            ::shutdown(pair.fd[1], SHUT_WR);
            EXPECT(runUntil([&] { return transport->peerClosed(); }));
            char bytes[64];
            EXPECT(transport->read(bytes, sizeof bytes).bytes == 5);
            EXPECT(transport->readable()); // the end is known to follow
            EXPECT(transport->read(bytes, sizeof bytes).kind == IoResult::Kind::End);
            return std::string();
        });
    }

    void aResetIsReadAsAnError()
    {
        VERIFY_BODY([] {
            TcpPair pair;
            const auto victim = adoptTcp(std::exchange(pair.fd[0], -1));
            auto attacker = adoptTcp(std::exchange(pair.fd[1], -1));
            Handler handler;
            victim->setHandler(&handler);
            attacker->resetOnClose();
            attacker.reset();
            EXPECT(runUntil([&] { return handler.readable == 1; }));
            char byte;
            const IoResult result = victim->read(&byte, 1);
            EXPECT(result.kind == IoResult::Kind::Failed && result.error == ECONNRESET);
            EXPECT(writeText(*victim, "x").kind == IoResult::Kind::Failed);
            EXPECT(victim->peerClosed());
            return std::string();
        });
    }

    void connectsAndIsToldWritable()
    {
        VERIFY_BODY([] {
            const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
            SocketAddress address = SocketAddress::fromNumeric("127.0.0.1", 0);
            auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
            EXPECT(::bind(listener, raw, address.size) == 0 && ::listen(listener, 5) == 0);
            EXPECT(::getsockname(listener, raw, &address.size) == 0);
            EXPECT(address.host() == "127.0.0.1" && address.port() != 0);
            int error = 0;
            const auto early = connectTcp(address, error);
            const auto late = connectTcp(address, error);
            EXPECT(early && late && error == 0);
            Handler handlers[2];
            early->setHandler(&handlers[0]);
            late->setHandler(&handlers[1]);
            EXPECT(!late->writable());
            const IoResult tried = writeText(*early, "hi");
            EXPECT(tried.kind != IoResult::Kind::Failed);
            EXPECT(
                runUntil([&] { return handlers[0].writable == 1 && handlers[1].writable == 1; }));
            EXPECT(handlers[0].readable == 0 && handlers[1].readable == 0);
            ::close(listener);
            return std::string();
        });
    }

    void aRefusedConnectionIsReadAsAnError()
    {
        VERIFY_BODY([] {
            // Bound and not listening: nobody else can take the port.
            const int holder = ::socket(AF_INET, SOCK_STREAM, 0);
            SocketAddress address = SocketAddress::fromNumeric("127.0.0.1", 0);
            auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
            EXPECT(::bind(holder, raw, address.size) == 0);
            EXPECT(::getsockname(holder, raw, &address.size) == 0);
            int error = 0;
            const auto transport = connectTcp(address, error);
            EXPECT(transport != nullptr);
            Handler handler;
            transport->setHandler(&handler);
            EXPECT(runUntil([&] { return handler.readable == 1; }));
            EXPECT(handler.writable == 0);
            char byte;
            for (int again = 0; again < 2; ++again) {
                const IoResult result = transport->read(&byte, 1);
                EXPECT(result.kind == IoResult::Kind::Failed && result.error == ECONNREFUSED);
            }
            ::close(holder);
            return std::string();
        });
    }

    void aHandlerMayDestroyItsTransportInAnyCall()
    {
        VERIFY_BODY([] {
            for (const bool fromWritable : {false, true}) {
                TcpPair pair;
                auto transport = adoptTcp(std::exchange(pair.fd[0], -1));
                Handler handler;
                transport->setHandler(&handler);
                // Fill it, so that one event brings room and bytes together.
                const std::string block(1U << 20U, 'x');
                while (transport->writable())
                    writeText(*transport, block.c_str());
                QCoreApplication::processEvents();
                const auto destroy = [&] { transport.reset(); };
                (fromWritable ? handler.onWritable : handler.onReadable) = destroy;
                std::string sink(1U << 20U, ' ');
                while (::recv(pair.fd[1], sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
                }
                EXPECT(::send(pair.fd[1], "y", 1, 0) == 1);
                EXPECT(runUntil([&] {
                    while (::recv(pair.fd[1], sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
                    }
                    return transport == nullptr;
                }));
                // resumeReading() dies with the transport.
                TcpPair other;
                auto second = adoptTcp(std::exchange(other.fd[0], -1));
                Handler never;
                second->setHandler(&never);
                second->resumeReading();
                second.reset();
                QCoreApplication::processEvents();
                EXPECT(never.readable == 0);
            }
            return std::string();
        });
    }

    void addressesAreReadAndWritten()
    {
        const SocketAddress v6 = SocketAddress::fromNumeric("::1", 8080);
        QCOMPARE(v6.host(), std::string("::1"));
        QCOMPARE(v6.port(), std::uint16_t{8080});
        QCOMPARE(SocketAddress::fromNumeric("localhost", 1).size, socklen_t{0});
        for (const char* text : {"0.0.0.0", "203.0.113.255", "10.0.200.1"})
            QCOMPARE(SocketAddress::fromNumeric(text, 1).host(), std::string(text));
        QCOMPARE(SocketAddress{}.host(), std::string());
    }
};

STEELYARD_TEST(TransportTest)

} // namespace steelyard::net

#include "transport_test.moc"
