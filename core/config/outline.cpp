#include "config/outline.h"

#include "config/outline_parts.h"
#include "config/values.h"

namespace steelyard::config {

using Kind = Outline::Kind;

namespace outlines {

Outline value(std::string key, std::string text, bool isDefault)
{
    return {Kind::Value, std::move(key), std::move(text), isDefault, {}};
}

Outline number(std::string key, int current, int standard)
{
    return value(std::move(key), std::to_string(current), current == standard);
}

Outline flag(std::string key, bool current, bool standard)
{
    return value(std::move(key), current ? "true" : "false", current == standard);
}

Outline duration(std::string key, milliseconds current, milliseconds standard)
{
    return value(std::move(key), durationText(current), current == standard);
}

Outline share(std::string key, double current, double standard)
{
    return value(std::move(key), shareText(current), current == standard);
}

Outline text(std::string key, std::string current, bool isDefault)
{
    return {Kind::Text, std::move(key), std::move(current), isDefault, {}};
}

Outline texts(std::string key, std::vector<std::string> all)
{
    Outline out{Kind::Texts, std::move(key), {}, all.empty(), {}};
    for (std::string& one : all)
        out.children.push_back(text({}, std::move(one)));
    return out;
}

Outline block(std::string key, std::vector<Outline> children)
{
    Outline out{Kind::Mapping, std::move(key), {}, true, std::move(children)};
    for (const Outline& child : out.children)
        out.isDefault = out.isDefault && child.isDefault;
    return out;
}

Outline present(std::string key, std::vector<Outline> children)
{
    return {Kind::Mapping, std::move(key), {}, false, std::move(children)};
}

Outline fields(std::string key, const std::vector<std::pair<std::string, std::string>>& all)
{
    Outline out{Kind::Mapping, std::move(key), {}, all.empty(), {}};
    for (const auto& [name, content] : all)
        out.children.push_back(text(name, content));
    return out;
}

Outline named(const std::string& name, std::vector<Outline> children)
{
    children.insert(children.begin(), text("name", name));
    return {Kind::Mapping, name, {}, false, std::move(children)};
}

} // namespace outlines

Outline outlineOf(const Config& config)
{
    using namespace outlines;
    std::vector<Outline> all;
    all.push_back(value("version", "1", false));
    all.push_back(value("workers", config.workers == 0 ? "auto" : std::to_string(config.workers),
                        config.workers == 0));
    std::vector<Outline> admin{text("socket", config.admin.socket, config.admin.socket == "auto")};
    if (config.admin.http)
        admin.push_back(text("http", config.admin.http->text()));
    all.push_back(block("admin", std::move(admin)));
    all.push_back(text("state_dir", config.stateDir, config.stateDir == "auto"));
    if (config.accessLog) {
        all.push_back(block("access_log",
                            {text("path", config.accessLog->path), value("format", "json", true)}));
    }
    std::vector<std::string> nameServers;
    for (const Address& server : config.resolver.servers)
        nameServers.push_back(server.port == Resolver::kPort ? server.host : server.text());
    const Resolver standard;
    all.push_back(
        block("resolver", {texts("servers", std::move(nameServers)),
                           duration("min_ttl", config.resolver.minTtl, standard.minTtl),
                           duration("max_ttl", config.resolver.maxTtl, standard.maxTtl)}));
    std::vector<std::string> proxies;
    for (const Cidr& range : config.trustedProxies)
        proxies.push_back(cidrText(range));
    all.push_back(texts("trusted_proxies", std::move(proxies)));
    Outline listeners{Kind::Items, "listeners", {}, false, {}};
    for (const Listener& listener : config.listeners)
        listeners.children.push_back(outlines::ofListener(listener));
    all.push_back(std::move(listeners));
    Outline pools{Kind::Items, "pools", {}, config.pools.empty(), {}};
    for (const Pool& pool : config.pools)
        pools.children.push_back(outlines::ofPool(pool));
    all.push_back(std::move(pools));
    return {Kind::Mapping, {}, {}, false, std::move(all)};
}

} // namespace steelyard::config
