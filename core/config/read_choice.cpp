/// The keys of a pool that decide which server gets a request: algorithm, affinity, outlier
/// detection, stickiness, slow start.
#include "config/draft.h"
#include "config/http_words.h"
#include "config/read_http.h"
#include "config/suggestion.h"
#include "config/values.h"

#include <algorithm>
#include <array>

namespace steelyard::config {

namespace {

using namespace std::chrono_literals;

/// The algorithms that look at the affinity's key, and those that heed its bound: by name, which is
/// what files know them by.
constexpr std::array<std::string_view, 3> kKeyed{"ring-hash", "maglev", "rendezvous-hash"};
constexpr std::array<std::string_view, 4> kBounded{"ring-hash", "maglev", "rendezvous-hash",
                                                   "client-ip-hash"};

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& words, std::string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

bool readAlgorithm(const MappingReader& in, Algorithm& out)
{
    std::array<std::string_view, kAlgorithms.size()> words{};
    std::transform(kAlgorithms.begin(), kAlgorithms.end(), words.begin(),
                   [](Algorithm a) { return toString(a); });
    std::size_t index = 0;
    if (in.choice("algorithm", words, index) == nullptr)
        return !in.has("algorithm");
    out = kAlgorithms[index];
    return true;
}

Affinity readAffinity(const Node& node, std::optional<Algorithm> algorithm, Findings& findings)
{
    const MappingReader in(node, sections::kAffinity, findings);
    Affinity out;
    const auto key = readAffinityKey(in);
    if (key)
        out.key = *key;
    double bound = 0;
    if (in.share("bounded_load", bound, 1.0, 10.0) != nullptr)
        out.boundedLoad = bound;
    if (!algorithm)
        return out;
    const std::string word(toString(*algorithm));
    const auto warn = [&](std::string_view which) {
        findings.warning(in.find(which)->start,
                         inQuotes(which) + " has no effect with algorithm " + word,
                         "remove it, or use maglev, ring-hash or rendezvous-hash");
    };
    // What client-ip-hash does anyway may be said.
    const bool redundant = word == "client-ip-hash" && out.key == AffinityKey{};
    if (key && !isOneOf(kKeyed, word) && !redundant)
        warn("key");
    if (out.boundedLoad && !isOneOf(kBounded, word))
        warn("bounded_load");
    return out;
}

OutlierDetection readOutlierDetection(const Node& node, Findings& findings)
{
    constexpr std::array<std::string_view, 2> kModes{"enforce", "observe"};
    constexpr int kMostErrors = 1000;
    constexpr int kMostRequests = 1'000'000;
    constexpr int kMostFactor = 1000;
    const MappingReader in(node, sections::kOutlierDetection, findings);
    OutlierDetection out;
    in.integer("consecutive_errors", out.consecutiveErrors, 0, kMostErrors);
    in.share("error_rate", out.errorRate, 0.0, 1.0);
    in.integer("min_requests", out.minRequests, 1, kMostRequests);
    in.duration("window", out.window, 1s, 1h);
    double factor = 0;
    if (in.number("latency_factor", factor, 1, kMostFactor) != nullptr)
        out.latencyFactor = factor;
    const Node* ejectFor = in.duration("eject_for", out.ejectFor, 1ms, 24h);
    const Node* most = in.duration("max_eject_for", out.maxEjectFor, 1ms, 24h);
    if ((ejectFor != nullptr || most != nullptr) && out.ejectFor > out.maxEjectFor) {
        findings.error((ejectFor != nullptr ? ejectFor : most)->start,
                       "'eject_for' (" + durationText(out.ejectFor) +
                           ") is longer than max_eject_for (" + durationText(out.maxEjectFor) + ")",
                       "make it shorter, or max_eject_for longer");
    }
    in.share("max_ejected", out.maxEjected, 0.0, 1.0);
    std::size_t mode = 0;
    if (in.choice("mode", kModes, mode) != nullptr)
        out.observe = mode == 1;
    if (out.consecutiveErrors == 0 && out.errorRate == 0 && !in.has("latency_factor")) {
        findings.warning(node.start, "'outlier_detection' looks at nothing",
                         "set consecutive_errors, error_rate or latency_factor, or remove it");
    }
    return out;
}

Stickiness readStickiness(const Node& node, Findings& findings)
{
    using WhenDraining = Stickiness::WhenDraining;
    constexpr std::array<std::string_view, 3> kWords{"keep", "repin", "cut"};
    constexpr std::array kWhenDraining{WhenDraining::Keep, WhenDraining::Repin, WhenDraining::Cut};
    constexpr milliseconds kLongest = 366 * 24h;
    const MappingReader in(node, sections::kStickiness, findings);
    Stickiness out;
    if (const Node* cookie = in.text("cookie", out.cookie);
        cookie != nullptr && !isToken(out.cookie)) {
        findings.error(cookie->start, inQuotes(out.cookie) + " is not the name of a cookie",
                       "use letters, digits, - and _ only, for example SYSERVER");
    }
    const Node* idle = in.duration("idle", out.idle, 1ms, kLongest);
    const Node* max = in.duration("max", out.max, 1ms, kLongest);
    if ((idle != nullptr || max != nullptr) && out.idle > out.max) {
        findings.error((idle != nullptr ? idle : max)->start,
                       "'idle' (" + durationText(out.idle) + ") is longer than max (" +
                           durationText(out.max) + ")",
                       "make it shorter, or max longer");
    }
    std::size_t whenDraining = 0;
    if (in.choice("when_draining", kWords, whenDraining) != nullptr)
        out.whenDraining = kWhenDraining[whenDraining];
    return out;
}

SlowStart readSlowStart(const Node& node, Findings& findings)
{
    const MappingReader in(node, sections::kSlowStart, findings);
    SlowStart out;
    in.duration("window", out.window, 1ms, 24h);
    in.share("from", out.from, 0.0, 1.0);
    return out;
}

} // namespace steelyard::config
