/// Configuration to Snapshot. Keeps what outlives one: backend states by (pool, name), pools'
/// cursors, listener slots, endpoint numbers; and shares what a change did not touch with the
/// snapshot before. Thread: control.
#pragma once

#include "config/model.h"
#include "runtime/snapshot.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace steelyard::runtime {

class Compiler
{
public:
    /// The present addresses of "host:port", null while its name is not resolved.
    using AddressesOf =
        std::function<std::shared_ptr<const net::AddressSet>(const config::Address&)>;

    /// Has that worker serve its requests that wait in that queue; called from any thread.
    using PokeQueue = std::function<void(int worker, const RequestQueue* queue)>;

    /// `pseudonym`: this engine's name in Via, its own at every start.
    Compiler(int workers, std::string pseudonym, AddressesOf addressesOf, PokeQueue pokeQueue = {});

    /// What is known of a backend from before a restart; it counts while the address is the same.
    struct Restored
    {
        HealthState health = HealthState::Checking;
        std::string address; ///< as configured
    };

    using Key = std::pair<std::string, std::string>; ///< pool, backend

    /// Before the first compile(): probed backends that begin otherwise than at Checking.
    void restore(std::map<Key, Restored> states) { m_restored = std::move(states); }

    /// What sticky pools share; without it they are not sticky.
    void setSessions(std::shared_ptr<Sessions> sessions);

    [[nodiscard]] const std::shared_ptr<Sessions>& sessions() const { return m_sessions; }

    /// Compiles `config`; admin states and weights are written to the backend states. A backend
    /// that is new, or whose address changed in a probed pool, starts at Checking; one in a pool
    /// that is not probed is Healthy.
    [[nodiscard]] SnapshotPtr compile(const config::Config& config);

    /// A listener's slot in every snapshot (new names get a new one; a removed one's slot stays
    /// null).
    [[nodiscard]] std::uint32_t listenerSlot(const std::string& name);

    /// Is that backend in the configuration compiled last?
    [[nodiscard]] bool present(const std::string& pool, const std::string& name) const;
    /// Backends that left the configuration and still have requests in flight.
    [[nodiscard]] std::vector<std::shared_ptr<BackendState>> ghosts();

private:
    struct Known
    {
        std::shared_ptr<BackendState> state;
        std::string address; ///< as configured, to see a change
        std::shared_ptr<const net::AddressSet> addresses;
        std::uint64_t endpoint = 0;
        bool probed = false;
        bool present = false; ///< in the configuration compiled last
    };

    [[nodiscard]] std::shared_ptr<const Pool> compilePool(const config::Pool& settings);
    [[nodiscard]] std::shared_ptr<PoolState> makePoolState() const;
    Backend compileBackend(const config::Pool& pool, const config::Backend& settings);
    [[nodiscard]] std::shared_ptr<const Listener>
    compileListener(const config::Listener& settings, const std::map<std::string, int>& poolIndexes,
                    const Listener* before);
    [[nodiscard]] std::shared_ptr<const ListenerCounters> countersOf(const std::string& listener);

    int m_workers;
    std::string m_pseudonym;
    AddressesOf m_addressesOf;
    PokeQueue m_pokeQueue;
    std::shared_ptr<Sessions> m_sessions;
    std::unique_ptr<TokenCodec> m_tags;
    std::map<Key, Restored> m_restored;
    std::map<Key, Known> m_backends;
    std::map<std::string, std::shared_ptr<PoolState>> m_pools;
    std::map<std::string, std::uint32_t> m_slots;
    std::map<std::string, std::shared_ptr<const ListenerCounters>> m_listenerCounters;
    std::uint64_t m_nextEndpoint = 1;
    std::uint64_t m_version = 0;
    SnapshotPtr m_last;
};

} // namespace steelyard::runtime
