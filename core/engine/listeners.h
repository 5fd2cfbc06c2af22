/// The listening sockets by configuration: binds what is new before anything old goes, moves what
/// stays, and gives every worker its duplicate. Thread: control.
#pragma once

#include "base/result.h"
#include "config/model.h"
#include "engine/worker.h"
#include "net/listener.h"
#include "runtime/compiler.h"
#include "stats/snapshot.h"
#include "supervise/service_manager.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace steelyard::engine {

class Listeners
{
public:
    Listeners();
    ~Listeners();

    /// Sockets that `manager` was handed are used instead of binding, and it is given what is
    /// bound.
    void setManager(supervise::ServiceManager* manager) { m_manager = manager; }

    /// Binds whatever `config` wants and is not bound yet; nothing changes for the running ones
    /// before commit(). Errors: Io, with the listener's name and address.
    [[nodiscard]] Result<> prepare(const config::Config& config);

    /// What prepare() bound will not be committed.
    void dropPrepared() { m_prepared.clear(); }

    /// Closes the listening sockets, so that clients are refused and do not wait in a queue that
    /// nobody takes from; what is connected stays counted.
    void close();
    /// Starts the prepared ones on the workers, ends those that are gone. The snapshot must be
    /// installed before.
    void commit(runtime::Compiler& compiler, const std::vector<std::unique_ptr<Worker>>& workers);

    [[nodiscard]] std::vector<stats::ListenerRow> rows() const;
    [[nodiscard]] int connections() const; ///< of removed listeners too
    [[nodiscard]] std::string
    readyLine() const; ///< "web=127.0.0.1:8080 ..."; several binds with commas

private:
    struct Bound
    {
        std::string key; ///< address as configured and reuse_port: what makes two binds the same
        std::optional<net::ListeningSocket> socket; ///< empty: closed
        std::string address;                        ///< as bound

        [[nodiscard]] std::string sharing() const { return key.substr(key.find(' ')); }
    };

    struct Entry
    {
        std::string name;
        int maxConnections = 0;
        std::vector<std::shared_ptr<Bound>> sockets;
        std::shared_ptr<proxy::ListenerState> state;
    };

    [[nodiscard]] std::shared_ptr<Bound> bound(const std::string& listener,
                                               const std::string& key) const;
    [[nodiscard]] std::optional<net::ListeningSocket> inherited(const std::string& listener,
                                                                const config::Address& bind);
    void deposit(const Entry& entry) const;

    supervise::ServiceManager* m_manager = nullptr;
    std::vector<Entry> m_entries, m_prepared;
    std::vector<std::shared_ptr<proxy::ListenerState>> m_leaving;
};

} // namespace steelyard::engine
