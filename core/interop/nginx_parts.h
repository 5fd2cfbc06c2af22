/// The pieces of the nginx writer. What it makes of routes: maps find the route's name for a
/// request, one after the other in the order of precedence, and each route is a named location.
/// nginx's own choice of server and location cannot say it: it looks at host and path only, and
/// never goes on to the next one. Thread: one writer's.
#pragma once

#include "interop/notes.h"
#include "interop/routes.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace steelyard::interop::nginx {

/// Header fields that a location sends to servers: names, and values with variables.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Writer
{
    explicit Writer(const config::Config& source)
        : config(source)
        , ports(source)
    {
    }

    const config::Config& config;
    Ports ports;
    Names names; ///< of variables (all begin with sy_), upstreams and zones
    Notes notes;
    std::string http;      ///< what stands before the server that is being written
    std::string server;    ///< what stands in it
    std::string locations; ///< its locations but the first
    std::map<std::string, std::string> upstreams; ///< the name there of each pool

    void top(const std::string& words) { http += "    " + words + '\n'; }

    void own(const std::string& words) { server += "        " + words + '\n'; }

    void in(const std::string& words) { locations += "            " + words + '\n'; }

    void open(const std::string& title) { locations += "\n        location " + title + " {\n"; }

    void close() { locations += "        }\n"; }

    /// A map of one entry beside its default; the variable's name with its "$".
    [[nodiscard]] std::string map(const std::string& wanted, const std::string& source,
                                  const std::vector<std::string>& entries,
                                  const std::string& standard);

    /// "127.0.0.1:8080"; a port 0 is replaced, with a note.
    [[nodiscard]] std::string listenText(const config::Address& address, const Place& place);
    /// Fresh, with its "$".
    [[nodiscard]] std::string variable(const std::string& wanted);
};

void writeServer(Writer& out, const config::Listener& listener);
void writeUpstream(Writer& out, const config::Pool& pool);
/// How long, and how often again, a location that proxies to the pool tries.
void writePoolTimes(Writer& out, const config::Pool& pool);
/// The variable that is 1 where the route matches; empty: it always does.
[[nodiscard]] std::string writeMatch(Writer& out, const config::Route& route,
                                     const std::string& base, const Place& place);
/// Writes the locations of a route; the word to put behind "@" for it: a name, or a variable.
[[nodiscard]] std::string writeRoute(Writer& out, const config::Route& route, const Fields& fields,
                                     const std::string& base, const Place& place);
/// The variable of a key; where a request has none, a random one.
[[nodiscard]] std::string writeKey(Writer& out, const config::AffinityKey& key,
                                   const std::string& base);
[[nodiscard]] Fields forwardedFields(Writer& out, const config::Listener& listener,
                                     const std::string& base, const Place& place);

} // namespace steelyard::interop::nginx
