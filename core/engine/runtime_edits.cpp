#include "engine/runtime_edits.h"

#include "config/writer.h"

#include <algorithm>

namespace steelyard::engine {

namespace {

config::Pool* findPool(config::Config& config, const std::string& name)
{
    for (config::Pool& pool : config.pools) {
        if (pool.name == name)
            return &pool;
    }
    return nullptr;
}

const config::Backend* findServer(const config::Config& config, const std::string& pool,
                                  const std::string& server)
{
    const config::Pool* found = config.pool(pool);
    if (found == nullptr)
        return nullptr;
    for (const config::Backend& backend : found->backends) {
        if (backend.name == server)
            return &backend;
    }
    return nullptr;
}

config::Backend* findServer(config::Pool& pool, const std::string& server)
{
    for (config::Backend& backend : pool.backends) {
        if (backend.name == server)
            return &backend;
    }
    return nullptr;
}

/// std::erase_if whose predicate may change the values.
template <typename Map, typename Predicate>
void eraseWhere(Map& map, Predicate predicate)
{
    for (auto it = map.begin(); it != map.end();) {
        it = predicate(*it) ? map.erase(it) : std::next(it);
    }
}

} // namespace

void RuntimeEdits::setWeight(const std::string& pool, const std::string& server, int weight)
{
    ServerEdit& edit = m_servers[{pool, server}];
    if (edit.added) {
        edit.added->weight = weight;
    } else {
        edit.weight = weight;
    }
}

void RuntimeEdits::setState(const std::string& pool, const std::string& server, AdminState state)
{
    ServerEdit& edit = m_servers[{pool, server}];
    if (edit.added) {
        edit.added->state = state;
    } else {
        edit.state = state;
    }
}

void RuntimeEdits::setAlgorithm(const std::string& pool, Algorithm algorithm)
{
    m_algorithms[pool] = algorithm;
}

void RuntimeEdits::addPool(const std::string& name, Algorithm algorithm)
{
    const auto found = m_pools.find(name);
    if (found == m_pools.end())
        m_pools[name].added = algorithm;
    else if (found->second.added)
        found->second.removed = false;
    else
        m_pools.erase(found); // the file's is back
}

void RuntimeEdits::removePool(const std::string& name)
{
    m_pools[name].removed = true;
}

bool RuntimeEdits::isRemoved(const std::string& pool) const
{
    const auto found = m_pools.find(pool);
    return found != m_pools.end() && found->second.removed;
}

void RuntimeEdits::addServer(const std::string& pool, const config::Backend& server)
{
    ServerEdit& edit = m_servers[{pool, server.name}];
    edit = {};
    edit.added = server;
}

void RuntimeEdits::editServer(const std::string& pool, const config::Backend& server)
{
    addServer(pool, server);
    m_servers[{pool, server.name}].edited = true;
}

void RuntimeEdits::removeServer(const std::string& pool, const std::string& server)
{
    ServerEdit& edit = m_servers[{pool, server}];
    edit = {};
    edit.removed = true;
}

config::Config RuntimeEdits::apply(const config::Config& base)
{
    config::Config config = base;
    for (const auto& [name, edit] : m_pools) {
        if (edit.removed) {
            std::erase_if(config.pools, [&removed = name](const config::Pool& pool) {
                return pool.name == removed;
            });
        } else if (edit.added) {
            config.pools.emplace_back();
            config.pools.back().name = name;
            config.pools.back().algorithm = *edit.added;
        }
    }
    std::erase_if(m_algorithms, [&](const auto& edit) {
        config::Pool* pool = findPool(config, edit.first);
        if (pool == nullptr)
            return !isRemoved(edit.first); // it may come back
        if (pool->algorithm == edit.second)
            return true;
        pool->algorithm = edit.second;
        return false;
    });
    eraseWhere(m_servers, [&](auto& entry) {
        // Not a structured binding: clang 14 lets no lambda capture one.
        const std::string& serverName = entry.first.second;
        ServerEdit& edit = entry.second;
        config::Pool* pool = findPool(config, entry.first.first);
        if (pool == nullptr)
            return !isRemoved(entry.first.first);
        config::Backend* server = findServer(*pool, serverName);
        if (edit.removed) {
            if (server == nullptr)
                return true;
            std::erase_if(pool->backends,
                          [&](const config::Backend& each) { return each.name == serverName; });
            return false;
        }
        if (edit.added) {
            // The file's server of that name was removed at run time and added again otherwise: the
            // edit stands for both.
            if (server != nullptr) {
                config::Backend moved = *server;
                moved.weight = edit.added->weight;
                moved.state = edit.added->state;
                if (edit.edited ? !(moved == *edit.added)
                                : !(server->address == edit.added->address)) {
                    *server = *edit.added;
                    return false;
                }
                // The same server is back: only what differs is an edit, its line in the file
                // stays.
                edit = {edit.added->weight, edit.added->state, std::nullopt};
            } else {
                pool->backends.push_back(*edit.added);
                return false;
            }
        }
        if (server == nullptr)
            return true;
        if (edit.weight && *edit.weight == server->weight)
            edit.weight.reset();
        if (edit.state && *edit.state == server->state)
            edit.state.reset();
        if (edit.weight)
            server->weight = *edit.weight;
        if (edit.state)
            server->state = *edit.state;
        return edit.empty();
    });
    return config;
}

void RuntimeEdits::yieldTo(const config::Config& before, const config::Config& after)
{
    std::erase_if(m_pools, [&](const auto& entry) {
        const auto& [name, edit] = entry;
        const config::Pool* then = before.pool(name);
        const config::Pool* now = after.pool(name);
        if (edit.added)
            return now != nullptr;
        return now == nullptr || (then != nullptr && !(*then == *now));
    });
    const auto knows = [&](const std::string& pool) {
        return after.pool(pool) != nullptr || m_pools.contains(pool);
    };
    std::erase_if(m_algorithms, [&](const auto& edit) {
        const config::Pool* then = before.pool(edit.first);
        const config::Pool* now = after.pool(edit.first);
        return !knows(edit.first) ||
               (then != nullptr && now != nullptr && then->algorithm != now->algorithm);
    });
    eraseWhere(m_servers, [&](auto& entry) {
        const auto& [pool, server] = entry.first;
        ServerEdit& edit = entry.second;
        const config::Backend* then = findServer(before, pool, server);
        const config::Backend* now = findServer(after, pool, server);
        if (edit.added) {
            // The file now says something of its own about that name.
            const bool fileSpoke = now != nullptr && (then == nullptr || !(*then == *now));
            return !knows(pool) || fileSpoke;
        }
        if (now == nullptr)
            return true;
        if (edit.removed)
            return then != nullptr && !(*then == *now);
        if (then != nullptr && then->weight != now->weight)
            edit.weight.reset();
        if (then != nullptr && then->state != now->state)
            edit.state.reset();
        return edit.empty();
    });
}

Result<std::string> RuntimeEdits::writeInto(std::string text) const
{
    for (const auto& [name, edit] : m_pools) {
        if (edit.removed == edit.added.has_value())
            continue; // added and removed again
        auto next = edit.removed ? config::withoutPool(text, name)
                                 : config::withPool(text, name, *edit.added);
        if (!next)
            return next;
        text = std::move(next.value());
    }
    for (const auto& [pool, algorithm] : m_algorithms) {
        if (isRemoved(pool))
            continue;
        auto next = config::withAlgorithm(text, pool, algorithm);
        if (!next)
            return next;
        text = std::move(next.value());
    }
    for (const auto& [key, edit] : m_servers) {
        const auto& [pool, server] = key;
        if (isRemoved(pool))
            continue;
        if (edit.removed || edit.added) {
            auto next = config::withoutServer(text, pool, server);
            if (next) {
                text = std::move(next.value());
            } else if (edit.removed || next.error().code != ErrorCode::NotFound) {
                return next;
            }
        }
        if (edit.added) {
            auto next = config::withServer(text, pool, *edit.added);
            if (!next)
                return next;
            text = std::move(next.value());
        }
        if (edit.weight) {
            auto next = config::withWeight(text, pool, server, *edit.weight);
            if (!next)
                return next;
            text = std::move(next.value());
        }
        if (edit.state) {
            auto next = config::withState(text, pool, server, *edit.state);
            if (!next)
                return next;
            text = std::move(next.value());
        }
    }
    return text;
}

void RuntimeEdits::clear()
{
    m_servers.clear();
    m_algorithms.clear();
    m_pools.clear();
}

} // namespace steelyard::engine
