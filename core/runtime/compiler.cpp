#include "runtime/compiler.h"

namespace steelyard::runtime {

Compiler::Compiler(int workers, std::string pseudonym, AddressesOf addressesOf, PokeQueue pokeQueue)
    : m_workers(workers)
    , m_pseudonym(std::move(pseudonym))
    , m_addressesOf(std::move(addressesOf))
    , m_pokeQueue(std::move(pokeQueue))
{
}

void Compiler::setSessions(std::shared_ptr<Sessions> sessions)
{
    m_sessions = std::move(sessions);
    m_tags = m_sessions ? std::make_unique<TokenCodec>(m_sessions->key) : nullptr;
}

SnapshotPtr Compiler::compile(const config::Config& config)
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->version = ++m_version;
    snapshot->pseudonym = m_pseudonym;
    snapshot->trustedProxies = config.trustedProxies;
    snapshot->sessions = m_sessions;

    for (auto& [key, known] : m_backends)
        known.present = false;
    std::map<std::string, int> poolIndexes;
    for (const config::Pool& pool : config.pools) {
        poolIndexes[pool.name] = static_cast<int>(snapshot->pools.size());
        snapshot->pools.push_back(compilePool(pool));
    }
    // What left and is empty is forgotten; what is still in flight stays as a ghost until it is.
    std::erase_if(m_backends, [](const auto& entry) {
        const Known& known = entry.second;
        return !known.present && known.state->load.inFlight.load(std::memory_order_relaxed) == 0;
    });
    std::erase_if(m_pools, [&](const auto& entry) { return poolIndexes.count(entry.first) == 0; });

    for (const config::Listener& listener : config.listeners)
        (void)listenerSlot(listener.name);
    snapshot->listeners.resize(m_slots.size());
    for (const config::Listener& listener : config.listeners) {
        const std::uint32_t slot = listenerSlot(listener.name);
        const Listener* before = nullptr;
        if (m_last && slot < m_last->listeners.size())
            before = m_last->listeners[slot].get();
        auto compiled = compileListener(listener, poolIndexes, before);
        snapshot->listeners[slot] = compiled ? std::move(compiled) : m_last->listeners[slot];
    }
    m_restored.clear(); // of the first time
    m_last = snapshot;
    return snapshot;
}

std::shared_ptr<const Pool> Compiler::compilePool(const config::Pool& settings)
{
    auto pool = std::make_shared<Pool>();
    pool->settings = std::make_shared<const config::Pool>(settings);
    auto& state = m_pools[settings.name];
    if (!state)
        state = makePoolState();
    pool->state = state;
    for (const config::Backend& backend : settings.backends) {
        Backend& made = pool->backends.emplace_back(compileBackend(settings, backend));
        pool->limited = pool->limited || made.maxRequests > 0;
        if (settings.stickiness && m_tags) {
            made.tag = m_tags->backendTag(settings.name, backend.name);
            pool->byTag[made.tag] = static_cast<std::uint32_t>(pool->backends.size() - 1);
        }
    }
    std::shared_ptr<const Pool> before;
    for (std::size_t i = 0; m_last && i < m_last->pools.size() && !before; ++i) {
        if (m_last->pools[i]->state == state)
            before = m_last->pools[i];
    }
    return buildCandidates(*pool, Clock::now(), before.get()) ? std::move(pool) : before;
}

std::shared_ptr<PoolState> Compiler::makePoolState() const
{
    auto state = std::make_shared<PoolState>();
    state->workers = std::vector<WorkerLoad>(static_cast<std::size_t>(m_workers));
    // The queue tells which one it is, and is not known before it is made.
    auto self = std::make_shared<const RequestQueue*>(nullptr);
    state->queue =
        std::make_shared<RequestQueue>(m_workers, [poke = m_pokeQueue, self](int worker) {
            if (poke)
                poke(worker, *self);
        });
    *self = state->queue.get();
    return state;
}

Backend Compiler::compileBackend(const config::Pool& pool, const config::Backend& settings)
{
    const bool probed = pool.healthCheck.has_value();
    const std::string address = settings.address.text();
    const std::shared_ptr<const net::AddressSet> addresses = m_addressesOf(settings.address);

    Known& known = m_backends[{pool.name, settings.name}];
    const bool isNew = known.state == nullptr;
    if (isNew)
        known.state = std::make_shared<BackendState>(pool.name, settings.name, m_workers);
    if (!probed) {
        known.state->health.store(HealthState::Healthy, std::memory_order_relaxed);
    } else if (isNew || known.address != address) {
        const auto restored = m_restored.find({pool.name, settings.name});
        const bool same =
            isNew && restored != m_restored.end() && restored->second.address == address;
        known.state->health.store(same ? restored->second.health : HealthState::Checking,
                                  std::memory_order_relaxed);
    }
    const bool same = addresses && known.addresses && addresses->sameAs(*known.addresses);
    if (known.endpoint == 0 || known.address != address ||
        (!same && (addresses || known.addresses))) {
        known.endpoint = m_nextEndpoint;
        m_nextEndpoint += addresses ? addresses->size() : 1;
    }
    known.address = address;
    known.addresses = addresses;
    known.probed = probed;
    known.present = true;
    known.state->admin.store(settings.state, std::memory_order_relaxed);
    if (!pool.outlierDetection)
        known.state->ejected.store(false, std::memory_order_relaxed);
    return {known.state,
            addresses ? addresses->at(0) : net::SocketAddress{},
            known.endpoint,
            static_cast<std::uint32_t>(settings.weight),
            static_cast<std::uint32_t>(settings.maxRequests.value_or(0)),
            0,
            settings.backup,
            addresses && addresses->size() > 1 ? addresses : nullptr};
}

std::shared_ptr<const Listener>
Compiler::compileListener(const config::Listener& settings,
                          const std::map<std::string, int>& poolIndexes, const Listener* before)
{
    std::vector<std::vector<int>> routePools;
    std::vector<int> mirrorPools;
    for (const config::Route& route : settings.routes) {
        std::vector<int>& pools = routePools.emplace_back();
        if (const auto* pool = std::get_if<std::string>(&route.action))
            pools.push_back(poolIndexes.at(*pool));
        if (const auto* split = std::get_if<config::Split>(&route.action)) {
            for (const config::Split::Side& side : split->sides)
                pools.push_back(poolIndexes.at(side.pool));
        }
        mirrorPools.push_back(route.mirror ? poolIndexes.at(route.mirror->pool) : -1);
    }
    // Thousands of routes are not compiled anew because a server was drained.
    if (before != nullptr && before->settings == settings && before->routePools == routePools &&
        before->mirrorPools == mirrorPools)
        return nullptr;
    auto listener = std::make_shared<Listener>();
    listener->settings = settings;
    listener->router = std::make_unique<const routing::Router>(listener->settings.routes);
    listener->routePools = std::move(routePools);
    listener->mirrorPools = std::move(mirrorPools);
    listener->counters = countersOf(settings.name);
    return listener;
}

std::shared_ptr<const ListenerCounters> Compiler::countersOf(const std::string& listener)
{
    std::shared_ptr<const ListenerCounters>& known = m_listenerCounters[listener];
    if (!known) {
        auto made = std::make_shared<ListenerCounters>();
        for (int i = 0; i < m_workers; ++i)
            made->push_back(std::make_unique<stats::ListenerCounters>());
        known = std::move(made);
    }
    return known;
}

std::uint32_t Compiler::listenerSlot(const std::string& name)
{
    return m_slots.try_emplace(name, static_cast<std::uint32_t>(m_slots.size())).first->second;
}

bool Compiler::present(const std::string& pool, const std::string& name) const
{
    const auto found = m_backends.find({pool, name});
    return found != m_backends.end() && found->second.present;
}

std::vector<std::shared_ptr<BackendState>> Compiler::ghosts()
{
    std::vector<std::shared_ptr<BackendState>> found;
    for (const auto& [key, known] : m_backends) {
        if (!known.present && known.state->load.inFlight.load(std::memory_order_relaxed) > 0)
            found.push_back(known.state);
    }
    return found;
}

} // namespace steelyard::runtime
