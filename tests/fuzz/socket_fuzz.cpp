// The command socket: any bytes, and commands put together from the names and arguments that there
// are, against a real control plane. Each whole command is answered once and in JSON; what is no
// message is refused with words. Input: a mode, bytes a piece, then bytes or choices.
#include "config/reader.h"
#include "engine/control_connection.h"
#include "engine/control_plane.h"
#include "engine/wire.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/main_loop.h"

#include <QJsonDocument>

#include <array>

#include <sys/socket.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::fuzz;
using engine::protocol::MessageReader;

namespace {

/// Never taken down: a sanitizer build must not look for leaks in what lives for ever.
engine::ControlPlane& plane()
{
    static engine::ControlPlane* made = [] {
        mainLoop();
        auto* mailbox = new net::Mailbox;
        auto* control = new engine::ControlPlane(*mailbox);
        mailbox->open();
        const std::string text =
            "version: 1\nworkers: 1\nlisteners:\n  - name: web\n    bind: 127.0.0.1:0\n"
            "    routes: [ { name: all, pool: shop } ]\npools:\n  - name: shop\n"
            "    backends:\n      - { name: a, address: 127.0.0.1:9 }\n"
            "      - { name: b, address: 127.0.0.1:9 }\n";
        config::ReadResult read = config::readText(text, "/");
        engine::EngineOptions options;
        options.serveSocket = false;
        const auto begun = control->begin({read.config, text, {}}, options);
        require(begun.ok(), "the control plane does not begin");
        return control;
    }();
    return *made;
}

QByteArray commandFrom(Choices& choices, int id)
{
    static constexpr std::string_view kNames[] = {
        "status", "servers",     "events", "config", "save",    "reload",    "drain",
        "ready",  "maintenance", "weight", "add",    "remove",  "algorithm", "check-now",
        "probe",  "sessions",    "expire", "route",  "explain", "nothing"};
    static constexpr std::string_view kKeys[] = {
        "server",   "pool",   "weight", "algorithm", "name",   "address", "force",  "since",
        "id",       "method", "url",    "target",    "host",   "headers", "count",  "follow",
        "deadline", "reason", "last",   "all",       "client", "verify",  "record", "state"};
    static constexpr std::string_view kValues[] = {"\"shop/a\"",
                                                   "\"shop\"",
                                                   "\"a\"",
                                                   "0",
                                                   "1",
                                                   "256",
                                                   "-1",
                                                   "1e300",
                                                   "-1e300",
                                                   "null",
                                                   "true",
                                                   "false",
                                                   "[]",
                                                   "{}",
                                                   "\"\"",
                                                   "\"127.0.0.1:9\"",
                                                   "\"random\"",
                                                   "\"GET\"",
                                                   "\"/a?b\"",
                                                   "[\"a: b\"]",
                                                   "{\"a\":\"b\"}",
                                                   "9007199254740993",
                                                   "0.5",
                                                   "\"http://lab/x\"",
                                                   "\"shop/zz\"",
                                                   "[[\"a\",\"b\"]]"};
    QByteArray line = "{\"id\":" + QByteArray::number(id) + ",\"command\":\"";
    const std::string_view name = choices.of(kNames);
    line += QByteArray(name.data(), static_cast<qsizetype>(name.size())) + "\",\"arguments\":{";
    for (std::size_t i = choices.below(5), first = i; i > 0; --i) {
        const std::string_view key = choices.of(kKeys);
        const std::string_view value = choices.of(kValues);
        line += i == first ? "\"" : ",\"";
        line += QByteArray(key.data(), static_cast<qsizetype>(key.size())) +
                "\":" + QByteArray(value.data(), static_cast<qsizetype>(value.size()));
    }
    return line + "}}\n";
}

/// One client: sends, reads what comes, until the plane is done with it.
class Client
{
public:
    Client()
    {
        int fds[2];
        require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0, "no socket pair");
        m_fd = fds[1];
        m_connection = std::make_unique<engine::ControlConnection>(
            fds[0], plane(), QStringLiteral("fuzz"), engine::ControlConnection::Limits{}, nullptr);
        QObject::connect(m_connection.get(), &engine::ControlConnection::closed,
                         [this] { m_closed = true; });
    }

    ~Client()
    {
        m_connection.reset();
        ::close(m_fd);
    }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes)
    {
        while (!bytes.empty() && !m_ended) {
            const ssize_t sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN)
                return; // refused and closed
            if (sent > 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            turn();
        }
    }

    void turn()
    {
        mainLoop().processEvents(QEventLoop::AllEvents);
        std::array<char, 65536> buffer;
        ssize_t count = 0;
        while ((count = ::recv(m_fd, buffer.data(), buffer.size(), 0)) > 0) {
            m_reader.feed(QByteArray(buffer.data(), count));
            QJsonObject message;
            MessageReader::Status status;
            while ((status = m_reader.next(message)) == MessageReader::Status::Message) {
                answers += message.contains(QLatin1String("result")) ? 1 : 0;
                refusals += message.contains(QLatin1String("error")) ? 1 : 0;
            }
            require(status == MessageReader::Status::NeedMore, "what the engine says is no message",
                    m_reader.problem().toStdString());
        }
        m_ended = m_ended || count == 0;
    }

    /// Until the engine has answered `wanted` commands or refused to go on. Some answers come from
    /// a worker's thread, so this waits for events, not for time.
    void settle(int wanted)
    {
        for (int i = 0; i < 20000 && answers < wanted && refusals == 0; ++i) {
            turn();
            if (answers < wanted && refusals == 0)
                mainLoop().processEvents(QEventLoop::WaitForMoreEvents);
        }
    }

    [[nodiscard]] bool ended() const { return m_ended || m_closed; }

    int answers = 0, refusals = 0;

private:
    int m_fd = -1;
    bool m_ended = false, m_closed = false;
    std::unique_ptr<engine::ControlConnection> m_connection;
    MessageReader m_reader{engine::protocol::kEngineMessageLimit};
};

/// The reader alone: in pieces as at once, and what it hands out comes back the same.
void readBothWays(std::string_view bytes, std::size_t step)
{
    const auto read = [&bytes](std::size_t size) {
        MessageReader reader(4096);
        QByteArray out;
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            const std::string_view piece = bytes.substr(at, size);
            reader.feed(QByteArray(piece.data(), static_cast<qsizetype>(piece.size())));
            QJsonObject message;
            MessageReader::Status status;
            while ((status = reader.next(message)) == MessageReader::Status::Message) {
                out += engine::protocol::frame(message);
                const auto command = engine::commandFromJson(message);
                if (command)
                    require(engine::commandFromJson(engine::toJson(*command)).has_value(),
                            "a command does not come back");
                (void)engine::snapshotFromJson(message);
                (void)engine::eventFromJson(message);
                (void)engine::resultFromJson(message);
            }
            if (status == MessageReader::Status::Bad) {
                require(!reader.problem().isEmpty(), "refused without a word");
                return out + "BAD";
            }
        }
        return out;
    };
    if (bytes.size() < 4096) // the limit may be met earlier or later in pieces
        require(read(std::max<std::size_t>(bytes.size(), 1)) == read(step),
                "pieces change the messages");
}

} // namespace

FUZZ_TARGET(socket)
{
    Choices choices(input);
    const bool raw = choices.below(2) == 1;
    const std::size_t step = 1 + choices.below(64);
    if (raw) {
        readBothWays(choices.rest(), step);
        Client client;
        client.send("{\"steelyard\":\"1\",\"version\":\"0\"}\n");
        client.send(choices.rest());
        for (int i = 0; i < 4; ++i)
            client.turn();
        return;
    }
    Client client;
    client.send("{\"steelyard\":\"1\",\"version\":\"0\"}\n");
    int sent = 0;
    while (sent < 8 && !choices.empty())
        client.send(commandFrom(choices, sent++).toStdString());
    client.settle(sent);
    require(client.answers == sent && client.refusals == 0, "a command has no answer");
}
