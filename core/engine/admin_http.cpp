#include "engine/admin_http.h"

#include "http/h1_parser.h"
#include "stats/prometheus.h"

#include <QHostAddress>
#include <QTcpSocket>
#include <QTimer>

#include <sys/socket.h>

namespace steelyard::engine {

namespace {

constexpr http::Limits kLimits{.startLine = 4096, .headerBlock = 8192, .headerLines = 100};

QByteArray replyText(int status, const char* phrase, const QByteArray& body, bool withBody = true,
                     const QByteArray& fields = "Content-Type: text/plain; charset=utf-8\r\n")
{
    return "HTTP/1.1 " + QByteArray::number(status) + ' ' + phrase + "\r\n" + fields +
           "Content-Length: " + QByteArray::number(body.size()) +
           "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: "
           "close\r\n\r\n" +
           (withBody ? body : QByteArray());
}

QByteArray replyToBad(const http::ParseError& error)
{
    const QByteArray body = QByteArray(error.reason) + '\n';
    switch (error.status) {
    case 405:
        return replyText(405, "Method Not Allowed", body);
    case 414:
        return replyText(414, "URI Too Long", body);
    case 417:
        return replyText(417, "Expectation Failed", body);
    case 431:
        return replyText(431, "Request Header Fields Too Large", body);
    case 501:
        return replyText(501, "Not Implemented", body);
    case 505:
        return replyText(505, "HTTP Version Not Supported", body);
    default:
        return replyText(400, "Bad Request", body);
    }
}

/// One accepted connection: collects a head, replies, and waits for the peer to close, so that
/// bytes still on their way in do not turn the close into a reset that eats the reply.
class Connection final : public QObject
{
public:
    Connection(QTcpSocket* socket, const AdminHttp& server, std::chrono::milliseconds deadline)
        : QObject(socket)
        , m_socket(socket)
        , m_server(server)
    {
        m_timer.setInterval(deadline);
        m_timer.setSingleShot(true);
        m_timer.start();
        connect(&m_timer, &QTimer::timeout, socket, &QTcpSocket::abort);
        connect(socket, &QTcpSocket::readyRead, this, [this] { read(); });
        connect(socket, &QTcpSocket::bytesWritten, this, [this] {
            if (m_socket->bytesToWrite() == 0)
                ::shutdown(static_cast<int>(m_socket->socketDescriptor()), SHUT_WR);
        });
    }

private:
    void read()
    {
        const QByteArray bytes = m_socket->readAll();
        if (m_replied)
            return;
        m_received += bytes;
        const std::string_view input(m_received.constData(),
                                     static_cast<std::size_t>(m_received.size()));
        switch (m_parser.parse(input, m_head)) {
        case http::ParseStatus::NeedMore:
            return;
        case http::ParseStatus::Bad:
            reply(replyToBad(m_parser.error()));
            return;
        case http::ParseStatus::Done:
            break;
        }
        const bool hasBody = m_head.body.kind == http::BodyKind::Chunked || m_head.body.length > 0;
        reply(hasBody ? replyText(413, "Content Too Large", "requests here have no body\n")
                      : m_server.reply(m_head.method(), m_head.target(), m_head.host(),
                                       m_head.headers.find("Origin").data() != nullptr));
    }

    void reply(const QByteArray& bytes)
    {
        m_replied = true;
        m_received.clear();
        m_timer.start();
        m_socket->write(bytes);
    }

    QTcpSocket* m_socket;
    const AdminHttp& m_server;
    QTimer m_timer;
    QByteArray m_received;
    http::HeadParser m_parser{http::HeadParser::Kind::Request, kLimits};
    http::MessageHead m_head;
    bool m_replied = false;
};

/// The host of "host", "host:port", "[v6]" or "[v6]:port".
std::string_view withoutPort(std::string_view host)
{
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
    }
    return host.substr(0, host.rfind(':'));
}

QString text(std::string_view bytes)
{
    return QString::fromLatin1(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

} // namespace

AdminHttp::AdminHttp(ControlService& service, std::chrono::milliseconds deadline, QObject* parent)
    : QObject(parent)
    , m_service(service)
    , m_deadline(deadline)
{
    connect(&m_server, &QTcpServer::newConnection, this, &AdminHttp::accept);
    // Without descriptors QTcpServer stops for good; what waits in the backlog is taken when there
    // are some again.
    connect(&m_server, &QTcpServer::acceptError, this, [this] {
        QTimer::singleShot(std::chrono::milliseconds(200), &m_server, &QTcpServer::resumeAccepting);
    });
}

bool AdminHttp::adopt(const QHostAddress& host, std::uint16_t port,
                      supervise::ServiceManager& manager)
{
    supervise::Descriptor handed = manager.take(supervise::kAdminHttpName);
    if (!handed.valid() || !m_server.setSocketDescriptor(handed.get()))
        return false;
    (void)handed.release(); // the server's from now on
    if (m_server.serverAddress() == host && (port == 0 || m_server.serverPort() == port))
        return true;
    m_server.close(); // another address is wanted now
    return false;
}

Result<> AdminHttp::listen(const config::Address& address, supervise::ServiceManager* manager,
                           bool accepting)
{
    QHostAddress host(QString::fromStdString(address.host));
    if (http::equalsIgnoreCase(address.host, "localhost"))
        host = QHostAddress(QHostAddress::LocalHost);
    if (host.isNull()) {
        return Error{ErrorCode::InvalidInput, "\"" + address.host + "\" is not an IP address",
                     "write an address such as 127.0.0.1"};
    }
    close();
    m_bindHost = address.host;
    const bool adopted = manager != nullptr && adopt(host, address.port, *manager);
    if (!adopted && !m_server.listen(host, address.port)) {
        return Error{ErrorCode::Io,
                     "cannot bind " + address.text() + ": " + m_server.errorString().toStdString(),
                     "admin.http names it; another program may hold it"};
    }
    if (!accepting)
        m_server.pauseAccepting();
    if (manager != nullptr) {
        manager->forget(supervise::kAdminHttpName);
        manager->keep(supervise::kAdminHttpName, static_cast<int>(m_server.socketDescriptor()));
    }
    return {};
}

void AdminHttp::close()
{
    m_server.close();
    const auto sockets = m_server.findChildren<QTcpSocket*>();
    for (QTcpSocket* socket : sockets)
        socket->abort();
}

config::Address AdminHttp::address() const
{
    return {m_server.serverAddress().toString().toStdString(), m_server.serverPort()};
}

void AdminHttp::accept()
{
    while (QTcpSocket* socket = m_server.nextPendingConnection()) {
        if (m_connections >= kMaxConnections) {
            delete socket;
            continue;
        }
        ++m_connections;
        socket->setReadBufferSize(16 * 1024);
        connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
            --m_connections;
            socket->deleteLater();
        });
        new Connection(socket, *this, m_deadline);
    }
}

bool AdminHttp::hostAllowed(std::string_view host) const
{
    if (host.data() == nullptr)
        return true; // HTTP/1.0 without Host: no browser sends that
    const std::string_view name = withoutPort(host);
    if (http::equalsIgnoreCase(name, "localhost") || http::equalsIgnoreCase(name, m_bindHost))
        return true;
    return !QHostAddress(text(name)).isNull();
}

QByteArray AdminHttp::reply(std::string_view method, std::string_view target, std::string_view host,
                            bool hasOrigin) const
{
    if (hasOrigin) // a browser, on behalf of a page
        return replyText(403, "Forbidden", "not for web pages\n", method != "HEAD");
    if (!hostAllowed(host)) {
        return replyText(421, "Misdirected Request", "the Host is not an address of this machine\n",
                         method != "HEAD");
    }
    if (method != "GET" && method != "HEAD") {
        return replyText(405, "Method Not Allowed", "only GET and HEAD\n", true,
                         "Allow: GET, HEAD\r\nContent-Type: text/plain; charset=utf-8\r\n");
    }
    const bool withBody = method == "GET";
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/healthz")
        return replyText(200, "OK", "ok\n", withBody);
    const auto snapshot = m_service.latest();
    if (path == "/readyz") {
        if (m_service.isReady())
            return replyText(200, "OK", "ready\n", withBody);
        const auto state = snapshot ? snapshot->state : stats::EngineState::Starting;
        const QByteArray why =
            state == stats::EngineState::Serving ? "not ready" : stats::toString(state);
        return replyText(503, "Service Unavailable", why + '\n', withBody);
    }
    if (path == "/metrics") {
        const std::string metrics =
            stats::prometheusText(snapshot ? *snapshot : stats::Snapshot(), STEELYARD_VERSION);
        return replyText(200, "OK", QByteArray::fromStdString(metrics), withBody,
                         "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    }
    return replyText(404, "Not Found", "try /metrics, /healthz or /readyz\n", withBody);
}

} // namespace steelyard::engine
