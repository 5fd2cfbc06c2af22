/// The workload's keys, read like those of the configuration.
/// Thread: any.
#include "simulation/read_workload.h"

#include "config/mapping_reader.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace steelyard::simulation {

namespace {

using config::Findings;
using config::Key;
using config::MappingReader;
using config::Node;
using namespace std::chrono_literals;

constexpr Key kTopKeys[] = {{"version"},  {"configuration"},  {"pool"},     {"seed"},
                            {"duration"}, {"warm_up"},        {"arrivals"}, {"access_log"},
                            {"sessions"}, {"success_within"}, {"servers"}};
constexpr Key kArrivalKeys[] = {{"rate"}, {"process"}};
constexpr Key kServerKeys[] = {{"name"},      {"time"},     {"concurrency"},
                               {"when_busy"}, {"failures"}, {"periods"}};
constexpr Key kTimeKeys[] = {{"fixed"}, {"exponential"}, {"normal"}, {"deviation"}};
constexpr Key kPeriodKeys[] = {{"from"}, {"to"}, {"time"}, {"failures"}, {"weight"}, {"down"}};
constexpr config::Section kTop{"", kTopKeys}, kArrivals{"arrivals", kArrivalKeys},
    kServer{"servers[]", kServerKeys}, kTime{"servers[].time", kTimeKeys},
    kPeriod{"servers[].periods[]", kPeriodKeys};

constexpr milliseconds kLongest{366 * 24h};
constexpr double kMostRequests = 50e6;

bool readMilliseconds(const MappingReader& in, std::string_view key, microseconds& out)
{
    milliseconds read{};
    if (in.duration(key, read, 0ms, kLongest) == nullptr)
        return false;
    out = read;
    return true;
}

void readTime(const Node& node, ServiceTime& out, Findings& findings)
{
    const MappingReader in(node, kTime, findings);
    if (!in.valid())
        return;
    microseconds mean{};
    int given = 0;
    for (const auto& [key, kind] : {std::pair{"fixed", ServiceTime::Kind::Fixed},
                                    std::pair{"exponential", ServiceTime::Kind::Exponential},
                                    std::pair{"normal", ServiceTime::Kind::Normal}}) {
        given += in.has(key) ? 1 : 0;
        if (readMilliseconds(in, key, mean))
            out = {kind, static_cast<double>(mean.count()), 0};
    }
    if (given != 1) {
        findings.error(node.start, "'time' needs one of fixed, exponential and normal",
                       "write for example time: { exponential: 20ms }");
    }
    if (readMilliseconds(in, "deviation", mean)) {
        out.deviationUs = static_cast<double>(mean.count());
        if (out.kind != ServiceTime::Kind::Normal)
            findings.error(in.find("deviation")->start, "'deviation' goes with normal only",
                           "remove it");
    }
}

Period readPeriod(const Node& node, Findings& findings)
{
    Period out;
    const MappingReader in(node, kPeriod, findings);
    if (!in.valid())
        return out;
    readMilliseconds(in, "from", out.from);
    readMilliseconds(in, "to", out.to);
    if (out.to <= out.from)
        findings.error(node.start, "the period ends before it begins", "write from before to");
    if (const Node* time = in.find("time"))
        readTime(*time, out.time.emplace(), findings);
    double failures = 0;
    if (in.share("failures", failures, 0.0, 1.0) != nullptr)
        out.failures = failures;
    int weight = 0;
    if (in.integer("weight", weight, 0, 256) != nullptr)
        out.weight = weight;
    in.boolean("down", out.down);
    return out;
}

/// An entry of `servers`: with a name it speaks of one, without of all that have no entry.
void readServer(const Node& node, Workload& workload, Findings& findings)
{
    const MappingReader in(node, kServer, findings);
    if (!in.valid())
        return;
    ServerBehaviour behaviour = workload.everyServer;
    std::string name;
    const Node* named = in.text("name", name);
    if (const Node* time = in.find("time"))
        readTime(*time, behaviour.time, findings);
    in.integer("concurrency", behaviour.concurrency, 0, 1'000'000);
    constexpr std::array<std::string_view, 2> kWhenBusy{"queue", "share"};
    std::size_t whenBusy = behaviour.sharing ? 1 : 0;
    in.choice("when_busy", kWhenBusy, whenBusy);
    behaviour.sharing = whenBusy == 1;
    in.share("failures", behaviour.failures, 0.0, 1.0);
    if (const Node* periods = in.find("periods")) {
        behaviour.periods.clear();
        for (const Node& period : config::itemsOf(*periods, "periods", findings))
            behaviour.periods.push_back(readPeriod(period, findings));
    }
    if (named == nullptr) {
        if (!workload.servers.empty())
            findings.error(node.start, "the entry for all servers must come first",
                           "move the one without a name to the top");
        workload.everyServer = std::move(behaviour);
    } else if (!workload.servers.emplace(name, std::move(behaviour)).second) {
        findings.error(named->start, "there are two entries for " + config::inQuotes(name),
                       "merge them");
    }
}

void readArrivals(const Node& node, Workload& workload, Findings& findings)
{
    const MappingReader in(node, kArrivals, findings);
    if (in.require("rate", "rate: 100 (requests per second)") != nullptr)
        in.integer("rate", workload.rate, 1, 10'000'000);
    constexpr std::array<std::string_view, 2> kProcesses{"poisson", "fixed"};
    std::size_t process = 0;
    in.choice("process", kProcesses, process);
    workload.poisson = process == 0;
}

std::string resolved(const std::string& path, const std::string& directory)
{
    return (std::filesystem::path(directory) / path).lexically_normal().string();
}

std::optional<std::string> bytesOf(const std::string& path)
{
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed))
        return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

void readLog(const MappingReader& in, Workload& workload, const std::string& directory)
{
    std::string path;
    const Node* named = in.text("access_log", path);
    if (named == nullptr)
        return;
    const auto text = bytesOf(resolved(path, directory));
    if (!text) {
        in.findings().error(named->start, "cannot read " + config::inQuotes(path),
                            "name an access log that this engine wrote");
        return;
    }
    workload.recorded = readAccessLog(*text);
    if (workload.recorded.empty())
        in.findings().error(named->start, config::inQuotes(path) + " has no served request",
                            "name an access log that this engine wrote");
    workload.everyServer.time.kind = ServiceTime::Kind::Recorded;
}

void readTop(const Node& root, const std::string& directory, Workload& workload, Findings& findings)
{
    const MappingReader in(root, kTop, findings);
    if (!in.valid())
        return;
    int version = 0;
    if (in.require("version", "version: 1") != nullptr)
        in.integer("version", version, 1, 1);
    if (in.require("configuration", "configuration: shop.yaml") != nullptr &&
        in.text("configuration", workload.configuration) != nullptr)
        workload.configuration = resolved(workload.configuration, directory);
    in.text("pool", workload.pool);
    int seed = 1;
    in.integer("seed", seed, 0, std::numeric_limits<int>::max());
    workload.seed = static_cast<std::uint64_t>(seed);
    readMilliseconds(in, "duration", workload.duration);
    readMilliseconds(in, "warm_up", workload.warmUp);
    in.integer("sessions", workload.sessions, 0, 10'000'000);
    microseconds within{};
    if (readMilliseconds(in, "success_within", within))
        workload.successWithin = within;
    readLog(in, workload, directory);
    const Node* arrivals = in.find("arrivals");
    if (arrivals != nullptr && in.has("access_log"))
        findings.error(arrivals->start, "'arrivals' and 'access_log' exclude each other",
                       "remove one");
    else if (arrivals != nullptr)
        readArrivals(*arrivals, workload, findings);
    if (isTooLarge(workload))
        findings.error(root.start, "these are more than 50,000,000 requests",
                       "shorten the duration or lower the rate");
    if (const Node* servers = in.find("servers")) {
        for (const Node& server : config::itemsOf(*servers, "servers", findings))
            readServer(server, workload, findings);
    }
}

} // namespace

bool isTooLarge(const Workload& workload)
{
    return workload.rate * (static_cast<double>(workload.duration.count()) / 1e6) > kMostRequests;
}

WorkloadResult readWorkload(std::string_view text, const std::string& directory)
{
    Findings findings;
    const config::Tree tree = config::parseYaml(text);
    for (const config::Diagnostic& diagnostic : tree.diagnostics)
        findings.add(diagnostic);
    Workload workload;
    if (tree.root)
        readTop(*tree.root, directory, workload, findings);
    WorkloadResult result{std::nullopt, findings.take()};
    if (!config::hasErrors(result.diagnostics))
        result.workload = std::move(workload);
    return result;
}

WorkloadResult readWorkloadFile(const std::string& path)
{
    const auto text = bytesOf(path);
    if (!text) {
        return {std::nullopt,
                {{config::Severity::Error, 0, 0, "cannot read the file", "name a readable file"}}};
    }
    std::error_code ignored;
    return readWorkload(*text, std::filesystem::absolute(path, ignored).parent_path().string());
}

} // namespace steelyard::simulation
