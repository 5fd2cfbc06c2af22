#include "config/reader.h"

#include "config/draft.h"
#include "config/read_http.h"
#include "config/values.h"
#include "config/yaml_tree.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace steelyard::config {

namespace {

std::string resolved(const std::string& path, const std::string& directory)
{
    return (std::filesystem::path(directory) / path).lexically_normal().string();
}

/// A path, or "auto". Absolute afterwards.
void readPath(const MappingReader& in, std::string_view key, const std::string& directory,
              std::string_view unlessWord, std::string& out)
{
    std::string written;
    const Node* found = in.text(key, written);
    if (found == nullptr)
        return;
    if (written.empty() || written.find('\0') != std::string::npos) {
        in.findings().error(found->start, inQuotes(key) + " is not a path",
                            "write the name of a file or directory");
    } else if (written == unlessWord) {
        out = written;
    } else {
        out = resolved(written, directory);
    }
}

void readVersion(const MappingReader& top)
{
    const Node* version = top.require("version", "version: 1");
    if (version == nullptr)
        return;
    const auto number = version->plain && version->kind == Node::Kind::Scalar
                            ? parseInteger(version->text)
                            : Result<int>(Error{});
    if (!number) {
        reportType(top.findings(), *version, "version", "the number 1", "write version: 1");
    } else if (number.value() != 1) {
        top.findings().error(version->start,
                             "version " + version->text + " is not known to this program",
                             "write version: 1, or use a newer program");
    }
}

void readWorkers(const MappingReader& top, Config& config)
{
    constexpr int kMostWorkers = 256;
    const Node* workers = top.find("workers");
    if (workers == nullptr || (workers->kind == Node::Kind::Scalar && workers->text == "auto"))
        return;
    const bool number =
        workers->kind == Node::Kind::Scalar && workers->plain && parseInteger(workers->text).ok();
    if (number)
        top.integer("workers", config.workers, 1, kMostWorkers);
    else
        reportType(top.findings(), *workers, "workers", "auto or a number of threads",
                   "write auto or for example 4");
}

void readAdmin(const Node& node, const std::string& directory, Draft& draft, Findings& findings)
{
    const MappingReader in(node, sections::kAdmin, findings);
    Admin& admin = draft.config.admin;
    readPath(in, "socket", directory, "auto", admin.socket);
    if (admin.socket.size() >= sizeof(sockaddr_un::sun_path)) {
        findings.error(in.find("socket")->start,
                       "the path of the socket is longer than " +
                           std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes",
                       "the system allows no more; choose a shorter one");
    }
    if (const Node* http = in.find("http")) {
        admin.http = readAddress(*http, "http", true, findings);
        if (admin.http && !isIpLiteral(admin.http->host)) {
            findings.error(http->start,
                           "'http' needs an IP address to listen at, not the name " +
                               inQuotes(admin.http->host),
                           "write for example 127.0.0.1:" + std::to_string(admin.http->port));
            admin.http.reset();
        }
        if (admin.http)
            draft.adminHttp = http->start;
    }
}

void readAccessLog(const Node& node, const std::string& directory, Config& config,
                   Findings& findings)
{
    constexpr std::array<std::string_view, 1> kFormats{"json"};
    const MappingReader in(node, sections::kAccessLog, findings);
    AccessLog log;
    std::size_t format = 0;
    if (in.require("path", "path: access.log") != nullptr)
        readPath(in, "path", directory, "-", log.path);
    in.choice("format", kFormats, format);
    config.accessLog = log;
}

/// A name server: an IP address, with or without a port.
void readNameServer(const Node& node, Resolver& out, Findings& findings)
{
    const Node* scalar = scalarWithText(node, "servers", findings);
    if (scalar == nullptr)
        return;
    Address server{scalar->text, Resolver::kPort};
    if (!isIpLiteral(server.host)) {
        const auto withPort = parseAddress(scalar->text);
        if (!withPort || !isIpLiteral(withPort.value().host) || withPort.value().port == 0) {
            findings.error(scalar->start,
                           inQuotes(scalar->text) + " is not the IP address of a name server",
                           "write for example 127.0.0.53, or 127.0.0.1:5353");
            return;
        }
        server = withPort.value();
    }
    out.servers.push_back(std::move(server));
}

void readResolver(const Node& node, Resolver& out, Findings& findings)
{
    using namespace std::chrono_literals;
    constexpr std::size_t kMostServers = 16;
    const MappingReader in(node, sections::kResolver, findings);
    if (const Node* servers = in.find("servers")) {
        for (const Node& server : oneOrMore(*servers, "servers", "127.0.0.53", findings))
            readNameServer(server, out, findings);
        if (out.servers.size() > kMostServers) {
            findings.error(servers->start, "there are more than 16 name servers",
                           "one or two are enough");
        }
    }
    in.duration("min_ttl", out.minTtl, 1s, 24h);
    const Node* most = in.duration("max_ttl", out.maxTtl, 1s, 24h);
    if (out.maxTtl < out.minTtl) {
        findings.error((most != nullptr ? most : in.find("min_ttl"))->start,
                       "'max_ttl' " + durationText(out.maxTtl) + " is below 'min_ttl' " +
                           durationText(out.minTtl),
                       "an answer is believed for at least min_ttl and at most max_ttl");
    }
}

void readTrustedProxies(const Node& node, Config& config, Findings& findings)
{
    for (const Node& item : itemsOf(node, "trusted_proxies", findings))
        readRange(item, "trusted_proxies", config.trustedProxies, findings);
}

void readTop(const Node& root, const std::string& directory, Draft& draft, Findings& findings)
{
    const MappingReader top(root, sections::kTop, findings);
    if (!top.valid())
        return;
    readVersion(top);
    readWorkers(top, draft.config);
    if (const Node* admin = top.find("admin"))
        readAdmin(*admin, directory, draft, findings);
    readPath(top, "state_dir", directory, "auto", draft.config.stateDir);
    if (const Node* log = top.find("access_log"))
        readAccessLog(*log, directory, draft.config, findings);
    if (const Node* resolver = top.find("resolver"))
        readResolver(*resolver, draft.config.resolver, findings);
    if (const Node* proxies = top.find("trusted_proxies"))
        readTrustedProxies(*proxies, draft.config, findings);
    if (const Node* pools = top.find("pools")) {
        draft.poolsReadable = pools->kind == Node::Kind::Sequence;
        for (const Node& pool : itemsOf(*pools, "pools", findings))
            readPool(pool, draft, findings);
    }
    if (const Node* listeners =
            top.require("listeners", "a list of listeners, each with name, bind and routes")) {
        for (const Node& listener : itemsOf(*listeners, "listeners", findings))
            readListener(listener, draft, findings);
        if (listeners->kind == Node::Kind::Sequence && listeners->items.empty()) {
            findings.error(listeners->start, "there is no listener",
                           "add one with name, bind and routes");
        }
    }
}

ReadResult unreadable(const std::string& what, const std::string& hint)
{
    return {nullptr, {{Severity::Error, 0, 0, what, hint}}, {}};
}

/// Reads all bytes, at most one more than a configuration may have. The error is errno.
int readBytes(int fd, std::string& out)
{
    std::array<char, 65536> chunk{};
    while (out.size() <= kMaxTextBytes) {
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got == 0)
            return 0;
        if (got > 0)
            out.append(chunk.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

} // namespace

std::optional<Address> readAddress(const Node& node, std::string_view key, bool zeroPort,
                                   Findings& findings)
{
    const Node* scalar = scalarWithText(node, key, findings);
    if (scalar == nullptr)
        return std::nullopt;
    const auto address = parseAddress(scalar->text);
    if (!address) {
        reportType(findings, *scalar, key, address.error().detail, address.error().hint);
        return std::nullopt;
    }
    if (address.value().port == 0 && !zeroPort) {
        findings.error(scalar->start, inQuotes(key) + " has port 0",
                       "write the port that the server listens at");
        return std::nullopt;
    }
    return address.value();
}

ReadResult readText(std::string_view text, const std::string& directory)
{
    Findings findings;
    const Tree tree = parseYaml(text);
    for (const Diagnostic& diagnostic : tree.diagnostics)
        findings.add(diagnostic);
    Draft draft;
    if (tree.root) {
        readTop(*tree.root, directory, draft, findings);
        validate(draft, findings);
    }
    ReadResult result{nullptr, findings.take(), {}};
    for (const ListenerPlaces& listener : draft.listeners) {
        auto& places = result.routePlaces.emplace_back();
        for (const Mark& route : listener.routes)
            places.push_back({route.line, route.column});
    }
    if (!hasErrors(result.diagnostics))
        result.config = std::make_shared<const Config>(std::move(draft.config));
    return result;
}

ReadResult readFile(const std::string& path, std::string* textOut)
{
    // O_NONBLOCK: a FIFO without a writer must not hold us.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const std::string why = std::generic_category().message(errno);
        return unreadable("cannot open the file: " + why,
                          errno == ENOENT ? "check its name" : "check its permissions");
    }
    std::string text;

    struct stat about
    {
    };

    int failed = ::fstat(fd, &about) == 0 ? 0 : errno;
    if (failed == 0 && S_ISDIR(about.st_mode))
        failed = EISDIR;
    if (failed == 0)
        failed = readBytes(fd, text);
    ::close(fd);
    if (failed != 0)
        return unreadable(std::string("cannot read the file: ") +
                              std::generic_category().message(failed),
                          "name a readable file");

    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
    ReadResult result = readText(text, absolute.parent_path().string());
    if (textOut != nullptr)
        *textOut = std::move(text);
    return result;
}

} // namespace steelyard::config
