#include "proxy/connection_cache.h"

#include "proxy/h1_client_connection.h"

#include <cerrno>

namespace steelyard::proxy {

ConnectionCache::ConnectionCache(WorkerContext& worker)
    : m_worker(worker)
{
}

ConnectionCache::~ConnectionCache() = default;

BackendStream ConnectionCache::open(const runtime::Backend& backend, const config::Pool& pool,
                                    bool fresh, bool checkStale)
{
    if (m_source != nullptr)
        return m_source->open(backend, pool, fresh, checkStale);
    BackendStream opened;
    if (backend.addresses)
        opened.place = backend.addresses->next(m_worker.loop.now());
    const auto found = m_endpoints.find(backend.endpoint + opened.place);
    Endpoint* endpoint = found != m_endpoints.end() ? found->second.get() : nullptr;
    if (!fresh && endpoint != nullptr) {
        while (!endpoint->idle.empty()) {
            H1ClientConnection& kept = endpoint->idle.front();
            if (kept.isKnownStale() || (checkStale && kept.isStale())) {
                kept.closeIdle();
                continue;
            }
            kept.leaveCache();
            return {&kept, true, false, 0, opened.place};
        }
    }
    if (backend.address.size == 0) {
        opened.error = EADDRNOTAVAIL;
        return opened;
    }
    const net::SocketAddress& to =
        backend.addresses ? backend.addresses->at(opened.place) : backend.address;
    auto transport = net::connectTcp(to, opened.error);
    if (!transport)
        return opened;
    opened.connecting = true;
    opened.stream =
        new H1ClientConnection(m_worker, std::move(transport), endpoint, pool.keepAlive, true);
    return opened;
}

bool ConnectionCache::reserve(H1ClientConnection& connection)
{
    Endpoint* endpoint = connection.endpoint();
    if (endpoint == nullptr || endpoint->count >= connection.maxIdle())
        return false;
    ++endpoint->count;
    return true;
}

void ConnectionCache::release(H1ClientConnection& connection)
{
    if (connection.endpoint() != nullptr)
        --connection.endpoint()->count;
}

void ConnectionCache::keep(H1ClientConnection& connection)
{
    connection.endpoint()->idle.pushFront(connection);
}

void ConnectionCache::setEndpoints(const runtime::Snapshot& snapshot)
{
    for (auto& [id, endpoint] : m_endpoints)
        endpoint->known = false;
    for (const auto& pool : snapshot.pools) {
        for (const runtime::Backend& backend : pool->backends) {
            const std::size_t places = backend.addresses ? backend.addresses->size() : 1;
            for (std::size_t place = 0; place < places; ++place) {
                auto& endpoint = m_endpoints[backend.endpoint + place];
                if (!endpoint)
                    endpoint = std::make_unique<Endpoint>();
                endpoint->known = true;
            }
        }
    }
    for (auto it = m_endpoints.begin(); it != m_endpoints.end();) {
        if (it->second->known) {
            ++it;
            continue;
        }
        while (!it->second->idle.empty())
            it->second->idle.front().closeIdle();
        active.forEach([gone = it->second.get()](H1ClientConnection& each) {
            if (each.endpoint() == gone)
                each.forgetEndpoint();
        });
        it = m_endpoints.erase(it);
    }
}

void ConnectionCache::closeAll()
{
    for (auto& [id, endpoint] : m_endpoints) {
        while (!endpoint->idle.empty())
            endpoint->idle.front().closeIdle();
    }
    while (!active.empty()) {
        H1ClientConnection& connection = active.front();
        connection.unlink();
        connection.reset();
    }
}

} // namespace steelyard::proxy
