/// What a route does: a pool, a split, a redirect or a fixed reply.
#include "config/draft.h"
#include "config/http_words.h"
#include "config/read_http.h"

#include <algorithm>
#include <array>
#include <map>

namespace steelyard::config {

namespace {

Redirect readRedirect(const Node& node, Findings& findings)
{
    constexpr std::array kStatuses{301, 302, 303, 307, 308};
    const MappingReader in(node, sections::kRedirect, findings);
    Redirect out;
    const bool given = in.require("location", "location: /new") != nullptr;
    if (const Node* found = given ? in.text("location", out.location) : nullptr) {
        const auto allowed = [](char c) { return c > 0x20 && c < 0x7F; };
        if (out.location.empty() ||
            !std::all_of(out.location.begin(), out.location.end(), allowed)) {
            findings.error(found->start, inQuotes(out.location) + " is not a location",
                           "write a path or a URL; percent-encode blanks and what is not ASCII");
        }
    }
    int status = out.status;
    if (const Node* found = in.integer("status", status, 300, 399)) {
        if (std::find(kStatuses.begin(), kStatuses.end(), status) == kStatuses.end()) {
            findings.error(found->start,
                           "'status' " + std::to_string(status) +
                               " is not a redirect that clients follow",
                           "use 301, 302, 303, 307 or 308");
        }
    }
    out.status = status;
    return out;
}

FixedReply readReply(const Node& node, Findings& findings)
{
    constexpr std::size_t kMostBody = 1U << 20U;
    const MappingReader in(node, sections::kReply, findings);
    FixedReply out;
    in.integer("status", out.status, 200, 599);
    if (const Node* body = in.text("body", out.body)) {
        if (out.body.size() > kMostBody) {
            findings.error(body->start, "the body is larger than 1 MiB", "let a server send it");
        } else if (!out.body.empty() && (out.status == 204 || out.status == 304)) {
            findings.error(body->start,
                           "a reply with status " + std::to_string(out.status) + " has no body",
                           "remove the body or choose another status");
        }
    }
    if (const Node* type = in.text("content_type", out.contentType)) {
        if (out.contentType.empty() || !isFieldValue(out.contentType)) {
            findings.error(type->start, inQuotes(out.contentType) + " is not a content type",
                           "write for example text/plain");
        }
    }
    return out;
}

void readSides(const Node& node, Split& out, ListenerPlaces& places, Findings& findings)
{
    constexpr std::size_t kMostSides = 256;
    constexpr int kMostWeight = 1'000'000;
    const std::span<const Node> items = itemsOf(node, "pools", findings);
    if (node.kind != Node::Kind::Sequence)
        return;
    if (items.empty() || items.size() > kMostSides) {
        findings.error(node.start,
                       items.empty()
                           ? "the split has no pool"
                           : "the split has more than " + std::to_string(kMostSides) + " pools",
                       "write for example [ { pool: a, weight: 90 }, { pool: b, weight: 10 } ]");
        return;
    }
    std::map<std::string, int> lines; // of each pool
    int sum = 0;
    bool whole = true;
    for (const Node& item : items) {
        const MappingReader in(item, sections::kSide, findings);
        Split::Side side;
        const Node* pool = in.require("pool", "pool: NAME");
        if (pool != nullptr && readPoolName(in, side.pool, places)) {
            const auto [first, isNew] = lines.emplace(side.pool, pool->start.line);
            if (!isNew) {
                findings.error(pool->start,
                               "pool " + inQuotes(side.pool) + " is in the split twice",
                               "the first is in line " + std::to_string(first->second) +
                                   "; add up their weights");
            }
        }
        const bool weighed =
            in.find("weight") == nullptr || in.integer("weight", side.weight, 0, kMostWeight);
        whole = whole && in.valid() && weighed;
        sum += side.weight;
        out.sides.push_back(std::move(side));
    }
    if (whole && sum == 0) {
        findings.error(node.start, "every weight of the split is 0",
                       "give at least one pool a weight, for example weight: 1");
    }
}

Split readSplit(const Node& node, ListenerPlaces& places, Findings& findings)
{
    const MappingReader in(node, sections::kSplit, findings);
    Split out;
    const Node* key = in.find("key");
    // "random" is the word for what holds without the key.
    if (key != nullptr && !(key->kind == Node::Kind::Scalar && key->text == "random"))
        out.key = readAffinityKey(in);
    if (const Node* pools = in.require("pools", "pools: [ { pool: NAME, weight: 90 }, ... ]"))
        readSides(*pools, out, places, findings);
    return out;
}

} // namespace

bool readPoolName(const MappingReader& in, std::string& out, ListenerPlaces& places)
{
    const Node* pool = in.text("pool", out);
    if (pool == nullptr)
        return false;
    if (out.empty()) {
        in.findings().error(pool->start, "'pool' is empty", "write the name of a pool");
        return false;
    }
    places.pools.push_back({out, pool->start});
    return true;
}

void readAction(const MappingReader& in, Route& route, ListenerPlaces& places)
{
    int actions = 0;
    if (in.find("pool") != nullptr) {
        ++actions;
        std::string name;
        static_cast<void>(readPoolName(in, name, places));
        route.action = name;
    }
    if (const Node* split = in.find("split")) {
        ++actions;
        route.action = readSplit(*split, places, in.findings());
    }
    if (const Node* redirect = in.find("redirect")) {
        ++actions;
        route.action = readRedirect(*redirect, in.findings());
    }
    if (const Node* reply = in.find("reply")) {
        ++actions;
        route.action = readReply(*reply, in.findings());
    }
    if (actions == 0) {
        in.findings().error(in.node().start, "the route does nothing",
                            "add one of pool, split, redirect, reply");
    } else if (actions > 1) {
        in.findings().error(in.node().start,
                            "the route has more than one of pool, split, redirect, reply",
                            "keep one of them");
    }
}

} // namespace steelyard::config
