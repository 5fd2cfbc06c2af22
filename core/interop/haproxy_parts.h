/// The pieces of the HAProxy writer. What it makes of routes: the listener's rules find the route
/// once and keep its name in txn.route; everything after asks for that, so that what a rule changes
/// cannot change the route. Thread: one writer's.
#pragma once

#include "interop/notes.h"
#include "interop/routes.h"

#include <map>
#include <string>
#include <vector>

namespace steelyard::interop::haproxy {

struct Writer
{
    explicit Writer(const config::Config& source)
        : config(source)
        , ports(source)
    {
    }

    const config::Config& config;
    Ports ports;
    Notes notes;
    std::string text;
    std::map<std::string, std::string> openPools; ///< the backend that takes over when all of the
                                                  ///< pool's servers are down (fail-open)

    std::string uses; ///< a frontend's use_backend lines, which must be its last

    void section(const std::string& title) { text += '\n' + title + '\n'; }

    void line(const std::string& words) { text += "    " + words + '\n'; }

    void comment(const std::string& words) { line("# " + words); }

    /// "127.0.0.1:8080"; a port 0 is replaced, with a note.
    [[nodiscard]] std::string bindText(const config::Address& address, const Place& place);
};

void writeFrontend(Writer& out, const config::Listener& listener);
/// The rules that find the route, and those that do what it says.
void writeRoutes(Writer& out, const config::Listener& listener, const Place& place);
/// The ACLs of a route; the condition's words: " api.host api.path", each with a blank before it.
[[nodiscard]] std::string writeMatch(Writer& out, const config::Route& route, const Place& place);
void writeForwarding(Writer& out, const config::Listener& listener, const Place& place);
void writePool(Writer& out, const config::Pool& pool);
/// Does the pool's outlier detection become something here? Only errors in a row do.
[[nodiscard]] bool judges(const config::Pool& pool);
/// The pool's health checks and what they say about each of its servers: words of default-server.
[[nodiscard]] std::string writeHealth(Writer& out, const config::Pool& pool, const Place& place);

} // namespace steelyard::interop::haproxy
