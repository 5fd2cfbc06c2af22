/// What operators changed at run time, kept as edits of the configuration model: a click *is*
/// configuration. An edit survives reloads and yields only where that very key changed in the file
/// since it was loaded last (contract.md). Thread: control.
#pragma once

#include "base/result.h"
#include "config/model.h"

#include <QJsonObject>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace steelyard::engine {

class RuntimeEdits
{
public:
    void setWeight(const std::string& pool, const std::string& server, int weight);
    void setState(const std::string& pool, const std::string& server, AdminState state);
    void setAlgorithm(const std::string& pool, Algorithm algorithm);
    /// A new pool without servers, or the one of that name that was removed, as it was then.
    void addPool(const std::string& name, Algorithm algorithm);
    void removePool(const std::string& name);
    void addServer(const std::string& pool, const config::Backend& server);
    /// As `server` in everything, and of the name of one that is there.
    void editServer(const std::string& pool, const config::Backend& server);
    void removeServer(const std::string& pool, const std::string& server);

    /// `base` with all edits. An edit equal to what the file says vanishes.
    [[nodiscard]] config::Config apply(const config::Config& base);
    /// A new file was loaded: drops the edits whose key changed from `before` to `after`, and those
    /// of servers that are gone.
    void yieldTo(const config::Config& before, const config::Config& after);
    /// The file's text with all edits spliced in.
    [[nodiscard]] Result<std::string> writeInto(std::string text) const;

    [[nodiscard]] bool empty() const
    {
        return m_servers.empty() && m_algorithms.empty() && m_pools.empty();
    }

    void clear();

    [[nodiscard]] QJsonObject toJson() const;
    /// Replaces all by what toJson() gave; what is none of its words is left out.
    void assign(const QJsonObject& json);

private:
    using Key = std::pair<std::string, std::string>; ///< pool, server

    struct ServerEdit
    {
        std::optional<int> weight;
        std::optional<AdminState> state;
        std::optional<config::Backend> added;
        bool removed = false;
        bool edited = false; ///< `added` is the file's server with changed keys

        [[nodiscard]] bool empty() const { return !weight && !state && !added && !removed; }
    };

    std::map<Key, ServerEdit> m_servers;

    struct PoolEdit
    {
        std::optional<Algorithm> added; ///< not in the file; at first with this algorithm
        bool removed = false;
    };

    [[nodiscard]] bool isRemoved(const std::string& pool) const;

    std::map<std::string, Algorithm> m_algorithms;
    std::map<std::string, PoolEdit> m_pools;
};

} // namespace steelyard::engine
