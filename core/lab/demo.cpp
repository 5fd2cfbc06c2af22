#include "lab/demo.h"

#include "lab/demo_backend.h"
#include "lab/lab_thread.h"

#include <algorithm>
#include <utility>

namespace steelyard::lab {

namespace {

const QString kShop = QStringLiteral("shop");
const QString kApi = QStringLiteral("api");
constexpr int kConnections = 24;

std::vector<LoadTarget> demoMix()
{
    return {{"GET", "shop.lab", "/", 0, 6},
            {"GET", "shop.lab", "/products", 0, 5},
            {"GET", "shop.lab", "/products/17?colour=green", 0, 4},
            {"GET", "www.shop.lab", "/style.css", 0, 3},
            {"POST", "shop.lab", "/cart", 200, 2},
            {"GET", "shop.lab", "/api/stock", 0, 4},
            {"GET", "shop.lab", "/api/orders", 0, 2},
            {"POST", "shop.lab", "/api/orders", 600, 1}};
}

/// "127.0.0.1:8080" or "[::1]:8080"; size 0 when it is neither.
net::SocketAddress parseAddress(const QString& hostPort)
{
    const auto colon = hostPort.lastIndexOf(QLatin1Char(':'));
    QString host = hostPort.left(colon);
    if (host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']')))
        host = host.mid(1, host.size() - 2);
    bool number = false;
    const auto port = hostPort.mid(colon + 1).toUShort(&number);
    if (colon < 0 || !number)
        return {};
    return net::SocketAddress::fromNumeric(host.toStdString(), port);
}

} // namespace

DemoServer::DemoServer(QString pool, QString name, const Conduct& conduct, LabThread& thread)
    : m_pool(std::move(pool))
    , m_name(std::move(name))
    , m_conduct(std::make_unique<Conduct>(conduct))
    , m_thread(&thread)
{
}

DemoServer::~DemoServer() = default;
DemoServer::DemoServer(DemoServer&&) noexcept = default;

QString DemoServer::address() const
{
    return QStringLiteral("127.0.0.1:%1").arg(m_port);
}

Result<> DemoServer::open(std::uint64_t seed)
{
    Result<> result;
    m_thread->call([&] {
        m_backend = std::make_unique<DemoBackend>(m_name.toStdString(), *m_conduct, seed);
        result = m_backend->listen();
        m_port = m_backend->port();
    });
    return result;
}

void DemoServer::close()
{
    m_thread->call([this] { m_backend.reset(); });
}

void DemoServer::apply()
{
    m_thread->post(
        [backend = m_backend.get(), conduct = *m_conduct] { backend->setConduct(conduct); });
}

int DemoServer::latency() const
{
    return static_cast<int>(m_conduct->latency.count());
}

double DemoServer::errorShare() const
{
    return m_conduct->errorShare;
}

bool DemoServer::refusing() const
{
    return m_conduct->refusing;
}

bool DemoServer::hanging() const
{
    return m_conduct->hanging;
}

void DemoServer::setLatency(int ms)
{
    m_conduct->latency = milliseconds(std::max(ms, 0));
    apply();
}

void DemoServer::setErrorShare(double share)
{
    m_conduct->errorShare = std::clamp(share, 0.0, 1.0);
    apply();
}

void DemoServer::setRefusing(bool refusing)
{
    m_conduct->refusing = refusing;
    apply();
}

void DemoServer::setHanging(bool hanging)
{
    m_conduct->hanging = hanging;
    apply();
}

std::uint64_t DemoServer::requests() const
{
    return m_backend->requests();
}

Demo::Demo(QObject* parent)
    : QObject(parent)
{
}

Demo::~Demo()
{
    stop();
}

Result<> Demo::start(int port)
{
    stop();
    m_port = port;
    m_thread = std::make_unique<LabThread>();
    const auto serve = [this](const QString& pool, const char* name, Conduct conduct) {
        m_servers.emplace_back(pool, QString::fromLatin1(name), conduct, *m_thread);
    };
    serve(kShop, "shop-1",
          {.latency = milliseconds(4), .jitter = milliseconds(2), .bodySize = 2048});
    serve(kShop, "shop-2",
          {.latency = milliseconds(5), .jitter = milliseconds(2), .bodySize = 2048});
    serve(kShop, "shop-3",
          {.latency = milliseconds(4), .jitter = milliseconds(3), .bodySize = 2048});
    serve(kShop, "shop-4",
          {.latency = milliseconds(18), .jitter = milliseconds(8), .bodySize = 2048});
    serve(kApi, "api-1", {.latency = milliseconds(8), .jitter = milliseconds(4), .bodySize = 512});
    serve(kApi, "api-2",
          {.latency = milliseconds(8),
           .jitter = milliseconds(4),
           .errorShare = 0.015,
           .bodySize = 512});
    std::uint64_t seed = 0;
    for (DemoServer& server : m_servers) {
        if (auto opened = server.open(++seed); !opened) {
            const Error error = opened.error();
            stop();
            return error;
        }
    }
    return {};
}

void Demo::stop()
{
    if (!m_thread)
        return;
    m_thread->call([this] { m_load.reset(); });
    for (DemoServer& server : m_servers)
        server.close();
    m_servers.clear();
    m_thread.reset();
}

QString Demo::configText() const
{
    if (m_servers.empty())
        return {};
    QString text =
        QStringLiteral("# The demo's configuration: six servers made for it on this machine.\n"
                       "version: 1\n"
                       "admin:\n"
                       "  http: 127.0.0.1:0\n"
                       "listeners:\n"
                       "  - name: web\n"
                       "    bind: 127.0.0.1:%1\n"
                       "    max_connections: 1000\n"
                       "    routes:\n"
                       "      - name: api\n"
                       "        match: { path: { prefix: /api } }\n"
                       "        pool: api\n"
                       "      - name: everything\n"
                       "        pool: shop\n"
                       "pools:\n")
            .arg(m_port);
    const QString* pool = nullptr;
    for (const DemoServer& server : m_servers) {
        if (pool == nullptr || *pool != server.pool()) {
            pool = &server.pool();
            text += QStringLiteral("  - name: %1\n"
                                   "    algorithm: %2\n"
                                   "    health_check: { type: http, path: /health, interval: 1s }\n"
                                   "    drain: { timeout: 30s }\n"
                                   "    backends:\n")
                        .arg(*pool, *pool == kShop ? QStringLiteral("least-connections")
                                                   : QStringLiteral("round-robin"));
        }
        text += QStringLiteral("      - { name: %1, address: %2 }\n")
                    .arg(server.name(), server.address());
    }
    return text;
}

QString Demo::summary(const QString& hostPort) const
{
    const QString web = hostPort.isEmpty() ? QStringLiteral("127.0.0.1:%1").arg(m_port) : hostPort;
    QString text =
        QStringLiteral(
            "http://%1/  the shop, four servers (shop-4 is slow)\n"
            "http://%1/api/stock  the api, two servers (api-2 fails 1.5 % of its requests)\n")
            .arg(web);
    for (const DemoServer& server : m_servers)
        text += QStringLiteral("http://%1/  %2/%3 itself\n")
                    .arg(server.address(), server.pool(), server.name());
    return text;
}

void Demo::startLoad(const QString& hostPort)
{
    const net::SocketAddress address = parseAddress(hostPort);
    if (!m_thread || address.size == 0)
        return;
    m_thread->call([&] {
        m_load = std::make_unique<LoadGenerator>(LoadPlan{
            .address = address, .rate = m_rate, .connections = kConnections, .targets = demoMix()});
    });
}

void Demo::setLoadRate(int perSecond)
{
    m_rate = std::clamp(perSecond, 0, LoadGenerator::kMaxRate);
    if (m_load)
        m_thread->post([load = m_load.get(), rate = m_rate] { load->setRate(rate); });
}

LoadCounts Demo::loadCounts() const
{
    return m_load ? m_load->counts() : LoadCounts{};
}

DemoServer* Demo::backend(const QString& pool, const QString& name)
{
    const auto found =
        std::find_if(m_servers.begin(), m_servers.end(), [&](const DemoServer& server) {
            return server.pool() == pool && server.name() == name;
        });
    return found == m_servers.end() ? nullptr : &*found;
}

} // namespace steelyard::lab
