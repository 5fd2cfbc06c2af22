/// Valid configurations at random, with every part of the model in use somewhere, for the
/// properties of reader, writer and comparison.
#pragma once

#include "base/random.h"
#include "config/model.h"

#include <string>

namespace steelyard::config::test {

class RandomConfig
{
public:
    explicit RandomConfig(std::uint64_t seed)
        : m_random(seed)
    {
    }

    Config next()
    {
        Config out;
        out.workers = pick(0, 256);
        out.admin.socket = coin() ? "auto" : "/run/f" + name();
        if (coin())
            out.admin.http = Address{"127.0.0.1", port()};
        out.stateDir = coin() ? "auto" : "/var/käse: #" + name();
        if (coin())
            out.accessLog = AccessLog{coin() ? "-" : "/var/log/f" + name()};
        if (coin())
            out.resolver = resolver();
        for (int i = pick(0, 2); i > 0; --i)
            out.trustedProxies.push_back(range());
        for (int i = pick(0, 3); i > 0; --i)
            out.pools.push_back(pool("pool" + std::to_string(i)));
        for (int i = pick(1, 3); i > 0; --i)
            out.listeners.push_back(listener("listener" + std::to_string(i), out));
        return out;
    }

    /// `config` with one thing changed; the result may equal it when chance picks the old value.
    Config changed(Config config)
    {
        const Config other = next();
        switch (pick(0, 7)) {
        case 0:
            config.workers = other.workers;
            break;
        case 1:
            config.admin = other.admin;
            break;
        case 2:
            config.accessLog = other.accessLog;
            break;
        case 3:
            config.trustedProxies = other.trustedProxies;
            break;
        case 4:
            std::swap(config.listeners.front(), config.listeners.back());
            break;
        case 5:
            std::swap(config.listeners[0].routes.front(), config.listeners[0].routes.back());
            break;
        case 6:
            config.resolver = other.resolver;
            break;
        default:
            if (!config.pools.empty())
                config.pools[0] = pool(config.pools[0].name);
        }
        return config;
    }

    int pick(int least, int most)
    {
        return least +
               static_cast<int>(m_random.below(static_cast<std::uint32_t>(most - least + 1)));
    }

    bool coin() { return m_random.below(2) == 0; }

    /// Anything that UTF-8 can say, with what YAML makes difficult over-represented.
    std::string text()
    {
        static const std::string kParts[] = {"a",
                                             "Z",
                                             "0",
                                             " ",
                                             ":",
                                             ": ",
                                             " #",
                                             "#",
                                             "-",
                                             "\"",
                                             "'",
                                             "\\",
                                             "\n",
                                             "\r",
                                             "\t",
                                             "{",
                                             "}",
                                             "[",
                                             "]",
                                             ",",
                                             "&",
                                             "*",
                                             "!",
                                             "|",
                                             ">",
                                             "%",
                                             "@",
                                             "`",
                                             "?",
                                             "~",
                                             "null",
                                             "true",
                                             "1e3",
                                             "ä",
                                             "\u2028",
                                             "\uFEFF",
                                             "\u0085",
                                             "\x7F",
                                             "\x01",
                                             "\U0001F600",
                                             "\xEF\xBF\xBF",
                                             "..",
                                             "/",
                                             "=",
                                             "<<"};
        std::string out;
        for (int i = pick(1, 8); i > 0; --i)
            out += kParts[m_random.below(std::size(kParts))];
        return out;
    }

private:
    Resolver resolver()
    {
        Resolver out;
        for (int i = pick(0, 3); i > 0; --i)
            out.servers.push_back(
                {coin() ? "::1" : "127.0.0.1", coin() ? Resolver::kPort : port()});
        out.minTtl = seconds(pick(1, 60));
        out.maxTtl = out.minTtl + seconds(pick(0, 600));
        return out;
    }

    std::string name()
    {
        static constexpr std::string_view kLetters = "abcXYZ019._-";
        std::string out;
        for (int i = pick(1, 12); i > 0; --i)
            out += kLetters[m_random.below(kLetters.size())];
        return out;
    }

    std::uint16_t port() { return static_cast<std::uint16_t>(m_nextPort++); }

    milliseconds time(int least)
    {
        return milliseconds{coin() ? pick(least, 3000) : 1000 * pick(1, 3600)};
    }

    double share(int mostPercent) { return pick(0, mostPercent * 100) / 10000.0; }

    Cidr range()
    {
        Cidr out{{10, static_cast<std::uint8_t>(pick(0, 255)), 0, 0}, 16};
        if (coin())
            out = {std::vector<std::uint8_t>(16, 0), pick(0, 128)};
        return out;
    }

    std::vector<std::pair<std::string, std::string>> fields()
    {
        static constexpr std::string_view kValues[] = {"1", "yes", "a: b", "\"q\"",
                                                       "",  "#x",  "käse", "-"};
        std::vector<std::pair<std::string, std::string>> out;
        for (int i = pick(0, 2); i > 0; --i) {
            out.emplace_back("x-" + std::to_string(i), kValues[m_random.below(std::size(kValues))]);
        }
        return out;
    }

    HealthCheck check()
    {
        HealthCheck out;
        out.type = coin() ? HealthCheck::Type::Http : HealthCheck::Type::Tcp;
        if (out.type == HealthCheck::Type::Http) {
            out.method = coin() ? "GET" : "OPTIONS";
            out.path = coin() ? "/" : "/health?x=" + std::to_string(pick(0, 9));
            out.host = coin() ? "" : "shop.lab:80";
            out.headers = fields();
            if (coin())
                out.expectStatus = {{pick(100, 300), pick(300, 599)}, {404, 404}};
            out.expectHeaders = fields();
            if (coin())
                out.expectBody = text();
        }
        if (coin())
            out.port = static_cast<std::uint16_t>(pick(1, 65535));
        out.interval = time(10);
        out.fastInterval = time(10);
        out.timeout = time(1);
        out.fall = pick(1, 100);
        out.rise = pick(1, 100);
        out.jitter = share(50);
        return out;
    }

    AffinityKey key()
    {
        using Source = AffinityKey::Source;
        switch (pick(0, 4)) {
        case 0:
            return {Source::Header, "x-" + std::to_string(pick(0, 9))};
        case 1:
            return {Source::Cookie, "Uid" + std::to_string(pick(0, 9))};
        case 2:
            return {Source::Query, coin() ? "u" : "käse: \"x\" {, "};
        case 3:
            return {Source::Path, {}};
        default:
            return {};
        }
    }

    OutlierDetection outliers()
    {
        OutlierDetection out;
        if (coin())
            return out;
        out.consecutiveErrors = pick(0, 1000);
        out.errorRate = share(100);
        out.minRequests = pick(1, 1'000'000);
        out.window = milliseconds{pick(1000, 3'600'000)};
        if (coin())
            out.latencyFactor = pick(101, 100'000) / 100.0;
        out.ejectFor = time(1);
        out.maxEjectFor = out.ejectFor + milliseconds{pick(0, 5000)};
        out.maxEjected = share(100);
        out.observe = coin();
        return out;
    }

    Stickiness stickiness()
    {
        Stickiness out;
        if (coin())
            return out;
        out.cookie = "C" + std::to_string(pick(0, 9));
        out.idle = time(1);
        out.max = out.idle + milliseconds{pick(0, 5000)};
        out.whenDraining = static_cast<Stickiness::WhenDraining>(pick(0, 2));
        return out;
    }

    Pool pool(const std::string& called)
    {
        Pool out;
        out.name = called;
        out.algorithm = kAlgorithms[m_random.below(kAlgorithms.size())];
        if (coin())
            out.healthCheck = check();
        out.affinity.key = key();
        if (coin())
            out.affinity.boundedLoad = pick(10'000, 100'000) / 10000.0;
        if (coin())
            out.outlierDetection = outliers();
        if (coin())
            out.stickiness = stickiness();
        if (coin())
            out.slowStart = SlowStart{time(1), share(100)};
        out.drainTimeout = coin() ? milliseconds{0} : time(1);
        out.retry = {pick(0, 8), share(100)};
        out.timeouts = {time(1), time(1), time(1), milliseconds{pick(0, 5000)}};
        out.keepAlive = {pick(0, 65536), time(1)};
        out.failOpen = coin();
        for (int i = pick(0, 4); i > 0; --i) {
            const std::string host = coin() ? "10.0.0.1" : coin() ? "::1" : "lab-c.internal";
            out.backends.push_back({name() + std::to_string(i),
                                    {host, static_cast<std::uint16_t>(pick(1, 65535))},
                                    pick(0, 256),
                                    static_cast<AdminState>(pick(0, 2)),
                                    coin() ? std::optional(pick(1, 1'000'000)) : std::nullopt,
                                    coin()});
        }
        return out;
    }

    std::string expression()
    {
        static constexpr std::string_view kExpressions[] = {"/a/[0-9]+", "(?i)x: \\d{2,3} #", "a|b",
                                                            "[^/]*", ".*\"'käse"};
        return std::string(kExpressions[m_random.below(std::size(kExpressions))]);
    }

    std::vector<FieldMatch> conditions()
    {
        using Kind = FieldMatch::Kind;
        std::vector<FieldMatch> out;
        for (int i = pick(0, 2); i > 0; --i) {
            const std::string called = "n" + std::to_string(i);
            switch (pick(0, 3)) {
            case 0:
                out.push_back({called, Kind::Regex, expression()});
                break;
            case 1:
                out.push_back({called, Kind::Present, {}});
                break;
            case 2: // looks like a mapping
                out.push_back({called, Kind::Exact, "{ regex: " + expression() + " }"});
                break;
            default:
                out.push_back({called, Kind::Exact, coin() ? "" : "1"});
            }
        }
        return out;
    }

    RouteMatch match()
    {
        RouteMatch out;
        if (coin())
            out.host = coin() ? "*.shop.lab" : "::1";
        if (coin()) {
            out.path = {coin() ? PathMatch::Kind::Exact : PathMatch::Kind::Prefix,
                        "/api/" + std::to_string(pick(0, 9))};
        } else if (coin()) {
            out.path = {PathMatch::Kind::Regex, expression()};
        }
        if (coin())
            out.methods = {"GET", coin() ? "POST" : "X-1"};
        out.headers = conditions();
        out.query = conditions();
        out.cookies = conditions();
        for (int i = pick(0, 2); i > 0; --i)
            out.clients.push_back(range());
        return out;
    }

    HeaderEdits edits()
    {
        HeaderEdits out{fields(), fields(), {}};
        for (int i = pick(0, 2); i > 0; --i)
            out.remove.push_back("X-Gone-" + std::to_string(i));
        return out;
    }

    std::string anyPool(const Config& config)
    {
        return config.pools[m_random.below(static_cast<std::uint32_t>(config.pools.size()))].name;
    }

    Split split(const Config& config)
    {
        Split out;
        if (coin())
            out.key = key();
        for (const Pool& each : config.pools)
            out.sides.push_back({each.name, pick(0, 1'000'000)});
        out.sides.front().weight += out.sides.front().weight == 0 ? 1 : 0;
        return out;
    }

    Route route(const std::string& called, const Config& config)
    {
        Route out;
        out.name = called;
        out.match = match();
        if (coin() && out.match.path.kind != PathMatch::Kind::Regex)
            out.rewrite.path = "/v" + std::to_string(pick(0, 9));
        if (coin())
            out.rewrite.host = coin() ? "api.internal" : "[::1]:80";
        out.requestHeaders = edits();
        out.responseHeaders = edits();
        if (coin() && !config.pools.empty())
            out.mirror = Mirror{anyPool(config), coin() ? 1.0 : share(100)};
        const int action = pick(config.pools.empty() ? 2 : 0, 3);
        if (action == 0)
            out.action = anyPool(config);
        else if (action == 1)
            out.action = split(config);
        else if (action == 2)
            out.action = Redirect{"/new?a=b#c", coin() ? 308 : 301};
        else
            out.action = FixedReply{pick(400, 599), coin() ? "" : text(),
                                    coin() ? "text/plain" : "text/html; charset=\"utf-8\""};
        return out;
    }

    Listener listener(const std::string& called, const Config& config)
    {
        Listener out;
        out.name = called;
        for (int i = pick(1, 3); i > 0; --i)
            out.binds.push_back({coin() ? "127.0.0.1" : "::1", coin() ? port() : std::uint16_t{0}});
        out.reusePort = coin();
        out.maxConnections = pick(1, 10'000'000);
        out.timeouts = {time(1), time(1), milliseconds{pick(0, 5000)}};
        if (coin()) {
            out.limits = ClientLimits{};
            if (coin())
                out.limits->requestsPerSecond = pick(1, 100'000'000) / 100.0;
            out.limits->burst = coin() ? 0 : pick(1, 1'000'000);
            if (coin())
                out.limits->connections = pick(1, 1'000'000);
        }
        out.headers = {coin(), coin(), coin(), coin(), coin(), coin()};
        for (int i = pick(1, 4); i > 0; --i)
            out.routes.push_back(route("route" + std::to_string(i), config));
        return out;
    }

    RandomSource m_random;
    int m_nextPort = 1000; // binds must differ
};

} // namespace steelyard::config::test
