#include "engine/listeners.h"

#include <algorithm>

namespace steelyard::engine {

namespace {

constexpr const char* kShared = " shared";
constexpr const char* kAlone = " alone";

std::string addressText(const net::SocketAddress& address)
{
    return config::Address{address.host(), address.port()}.text();
}

} // namespace

Listeners::Listeners() = default;
Listeners::~Listeners() = default;

std::shared_ptr<Listeners::Bound> Listeners::bound(const std::string& listener,
                                                   const std::string& key) const
{
    // A port 0 names a different socket for every listener; a real address is the same socket
    // whatever the listener is called now.
    const bool anyPort = key.find(":0 ") != std::string::npos;
    // Prepared and not committed yet: the engine waits until it is ready.
    for (const std::vector<Entry>* entries : {&m_entries, &m_prepared}) {
        for (const Entry& entry : *entries) {
            if (anyPort && entry.name != listener)
                continue;
            for (const auto& socket : entry.sockets) {
                // Bound with port 0, it may now be asked for by its real one.
                const bool real = socket->address + socket->sharing() == key;
                if (socket->key == key || real)
                    return socket;
            }
        }
    }
    return nullptr;
}

/// A real address is the same socket whatever it was called; with port 0 the name tells.
std::optional<net::ListeningSocket> Listeners::inherited(const std::string& listener,
                                                         const config::Address& bind)
{
    if (m_manager == nullptr)
        return std::nullopt;
    const net::SocketAddress wanted = net::SocketAddress::fromNumeric(bind.host, bind.port);
    std::vector<supervise::Inherited>& handed = m_manager->inherited();
    for (auto it = handed.begin(); it != handed.end(); ++it) {
        net::SocketAddress address;
        address.size = sizeof address.storage;
        auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
        if (::getsockname(it->descriptor.get(), raw, &address.size) != 0 ||
            address.storage.ss_family != wanted.storage.ss_family ||
            address.host() != wanted.host())
            continue;
        if (bind.port != 0 ? address.port() != bind.port : it->name != listener)
            continue;
        auto adopted = net::ListeningSocket::adopt(it->descriptor.release());
        handed.erase(it);
        if (!adopted)
            return std::nullopt;
        return std::move(adopted.value());
    }
    return std::nullopt;
}

/// What is kept for the next engine under the listener's name is now exactly its sockets.
void Listeners::deposit(const Entry& entry) const
{
    if (m_manager == nullptr)
        return;
    m_manager->forget(entry.name);
    for (const auto& socket : entry.sockets)
        m_manager->keep(entry.name, socket->socket->descriptor());
}

Result<> Listeners::prepare(const config::Config& config)
{
    std::vector<Entry> prepared;
    for (const config::Listener& listener : config.listeners) {
        Entry& entry = prepared.emplace_back();
        entry.name = listener.name;
        entry.maxConnections = listener.maxConnections;
        for (const config::Address& bind : listener.binds) {
            const std::string key = bind.text() + (listener.reusePort ? kShared : kAlone);
            std::shared_ptr<Bound> socket = bound(listener.name, key);
            if (!socket) {
                std::optional<net::ListeningSocket> made = inherited(listener.name, bind);
                if (!made) {
                    auto bound =
                        net::ListeningSocket::bind(bind.host, bind.port, listener.reusePort);
                    if (!bound) {
                        Error error = bound.error();
                        error.detail = "listener '" + listener.name + "': " + error.detail;
                        return error;
                    }
                    made.emplace(std::move(bound.value()));
                }
                const std::string address = addressText(made->address());
                socket = std::make_shared<Bound>(Bound{key, std::move(made), address});
            }
            entry.sockets.push_back(std::move(socket));
        }
    }
    m_prepared = std::move(prepared);
    return {};
}

void Listeners::commit(runtime::Compiler& compiler,
                       const std::vector<std::unique_ptr<Worker>>& workers)
{
    for (Entry& entry : m_prepared) {
        const auto old = std::find_if(m_entries.begin(), m_entries.end(),
                                      [&](const Entry& e) { return e.name == entry.name; });
        const std::uint32_t slot = compiler.listenerSlot(entry.name);
        const bool known = old != m_entries.end();
        entry.state =
            known ? old->state
                  : std::make_shared<proxy::ListenerState>(static_cast<int>(workers.size()));
        entry.state->share->limit.store(entry.maxConnections, std::memory_order_relaxed);
        if (known && old->sockets == entry.sockets)
            continue;
        for (const auto& worker : workers) {
            if (known)
                worker->removeListener(slot);
            for (const auto& socket : entry.sockets)
                worker->addListener(slot, entry.state, socket->socket->duplicate());
        }
        deposit(entry);
    }
    for (const Entry& entry : m_entries) {
        const bool stays = std::any_of(m_prepared.begin(), m_prepared.end(),
                                       [&](const Entry& e) { return e.name == entry.name; });
        if (stays)
            continue;
        entry.state->removed.store(true, std::memory_order_relaxed);
        if (m_manager != nullptr)
            m_manager->forget(entry.name);
        for (const auto& worker : workers)
            worker->removeListener(compiler.listenerSlot(entry.name));
        m_leaving.push_back(entry.state);
    }
    std::erase_if(m_leaving, [](const auto& state) {
        return state->share->total.load(std::memory_order_relaxed) == 0;
    });
    m_entries = std::move(m_prepared);
    m_prepared.clear();
}

void Listeners::close()
{
    for (const Entry& entry : m_entries) {
        for (const auto& socket : entry.sockets)
            socket->socket.reset();
    }
}

std::vector<stats::ListenerRow> Listeners::rows() const
{
    std::vector<stats::ListenerRow> rows;
    // Before the first commit: what will be served.
    for (const Entry& entry : m_entries.empty() ? m_prepared : m_entries) {
        stats::ListenerRow& row = rows.emplace_back();
        row.name = entry.name;
        for (const auto& socket : entry.sockets)
            row.addresses.push_back(socket->address);
        if (entry.state) {
            row.connections = static_cast<std::uint32_t>(
                std::max(0, entry.state->share->total.load(std::memory_order_relaxed)));
        }
        row.maxConnections = entry.maxConnections;
    }
    return rows;
}

int Listeners::connections() const
{
    int total = 0;
    for (const Entry& entry : m_entries)
        total += entry.state ? entry.state->share->total.load(std::memory_order_relaxed) : 0;
    for (const auto& state : m_leaving)
        total += state->share->total.load(std::memory_order_relaxed);
    return total;
}

std::string Listeners::readyLine() const
{
    std::string line;
    for (const stats::ListenerRow& row : rows()) {
        if (!line.empty())
            line += ' ';
        line += row.name + '=';
        for (std::size_t i = 0; i < row.addresses.size(); ++i)
            line += (i > 0 ? "," : "") + row.addresses[i];
    }
    return line;
}

} // namespace steelyard::engine
