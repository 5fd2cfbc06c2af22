/// The cross references of a configuration (declared in draft.h).
#include "config/draft.h"
#include "config/suggestion.h"
#include "config/values.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace steelyard::config {

namespace {

/// Names already seen of one kind, to find the second one.
class Names
{
public:
    Names(std::string_view kind, Findings& findings)
        : m_kind(kind)
        , m_findings(findings)
    {
    }

    void add(const std::string& name, const Mark& place)
    {
        if (name.empty())
            return; // reported by the reader
        const auto [first, isNew] = m_lines.emplace(name, place.line);
        if (isNew)
            return;
        m_findings.error(place, std::string(m_kind) + " '" + name + "' exists already",
                         "the first is in line " + std::to_string(first->second) +
                             "; choose another name");
    }

private:
    std::string_view m_kind;
    Findings& m_findings;
    std::unordered_map<std::string, int> m_lines;
};

/// Addresses that are bound, to find two that cannot be bound both: the same one, or one and its
/// family's wildcard.
class Binds
{
public:
    explicit Binds(Findings& findings)
        : m_findings(findings)
    {
    }

    void add(const Address& address, const Mark& place)
    {
        if (address.port == 0)
            return; // the system chooses a free one
        const auto parsed = parseCidr(address.host);
        if (!parsed)
            return;
        const std::vector<std::uint8_t>& bytes = parsed.value().bytes;
        const bool wildcard =
            std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
        const std::string all(bytes.size(), '\0');
        const std::string own(bytes.begin(), bytes.end());
        auto& lines = m_ports[{address.port, bytes.size()}];
        auto other = lines.find(own);
        const bool same = other != lines.end();
        if (!same)
            other = wildcard ? lines.begin() : lines.find(all);
        if (other == lines.end()) {
            lines.emplace(own, place.line);
            return;
        }
        m_findings.error(place,
                         "'" + address.text() + "' " +
                             (same ? "is bound already" : "overlaps an earlier address"),
                         "the other is in line " + std::to_string(other->second) +
                             "; choose another port");
    }

private:
    using LineByAddress = std::map<std::string, int>; // the address in network order
    Findings& m_findings;
    std::map<std::pair<std::uint16_t, std::size_t>, LineByAddress>
        m_ports; // by port and address length
};

void validateListeners(const Draft& draft, std::span<const std::string_view> poolNames,
                       std::unordered_set<std::string_view>& used, Findings& findings)
{
    const std::unordered_set<std::string_view> known(poolNames.begin(), poolNames.end());
    Names listenerNames("listener", findings);
    Binds binds(findings);
    if (draft.adminHttp)
        binds.add(*draft.config.admin.http, *draft.adminHttp);
    for (std::size_t i = 0; i < draft.listeners.size(); ++i) {
        const Listener& listener = draft.config.listeners[i];
        const ListenerPlaces& places = draft.listeners[i];
        listenerNames.add(listener.name, places.name);
        for (std::size_t b = 0; b < listener.binds.size(); ++b)
            binds.add(listener.binds[b], places.binds[b]);
        Names routeNames("route", findings);
        for (std::size_t r = 0; r < listener.routes.size(); ++r)
            routeNames.add(listener.routes[r].name, places.routes[r]);
        for (const PoolUse& use : places.pools) {
            used.insert(use.name);
            if (known.contains(use.name) || !draft.poolsReadable)
                continue;
            std::string hint = "add it to 'pools'";
            if (!poolNames.empty() && !findings.full())
                hint = suggest(use.name, poolNames, "the pools are");
            findings.error(use.place, "there is no pool " + inQuotes(use.name), hint);
        }
    }
}

void validatePools(const Draft& draft, const std::unordered_set<std::string_view>& used,
                   Findings& findings)
{
    Names poolNames("pool", findings);
    for (std::size_t i = 0; i < draft.pools.size(); ++i) {
        const Pool& pool = draft.config.pools[i];
        const PoolPlaces& places = draft.pools[i];
        poolNames.add(pool.name, places.name);
        Names serverNames("server", findings);
        for (std::size_t b = 0; b < pool.backends.size(); ++b)
            serverNames.add(pool.backends[b].name, places.names[b]);
        const bool noWeight =
            std::all_of(pool.backends.begin(), pool.backends.end(),
                        [](const Backend& backend) { return backend.weight == 0; });
        if (noWeight && !pool.backends.empty()) {
            findings.warning(places.backends,
                             "every server of pool '" + pool.name + "' has weight 0",
                             "its requests are answered 503 until one has a weight");
        }
        const bool onlyBackups = std::all_of(pool.backends.begin(), pool.backends.end(),
                                             [](const Backend& backend) { return backend.backup; });
        if (onlyBackups && !pool.backends.empty()) {
            findings.warning(
                places.backends, "every server of pool '" + pool.name + "' is a backup",
                "they serve as if none was; remove 'backup' from those meant to serve");
        }
        if (!pool.name.empty() && !used.contains(pool.name)) {
            findings.warning(places.name, "pool '" + pool.name + "' is not used by any route",
                             "name it in a route, or remove it");
        }
    }
}

} // namespace

void validate(const Draft& draft, Findings& findings)
{
    std::vector<std::string_view> poolNames;
    for (const Pool& pool : draft.config.pools) {
        if (!pool.name.empty())
            poolNames.push_back(pool.name);
    }
    std::unordered_set<std::string_view> used;
    validateListeners(draft, poolNames, used, findings);
    validatePools(draft, used, findings);
}

} // namespace steelyard::config
