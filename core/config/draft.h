/// A configuration while it is read: the model, and beside it the places in the text that the
/// validator may have to point at. Both have the same shape. Thread: one.
#pragma once

#include "config/findings.h"
#include "config/mapping_reader.h"
#include "config/model.h"

#include <optional>
#include <string>
#include <vector>

namespace steelyard::config {

/// A pool's name in a route.
struct PoolUse
{
    std::string name; ///< not empty
    Mark place;
};

struct ListenerPlaces
{
    Mark name;
    std::vector<Mark> binds;
    std::vector<Mark> routes;   ///< their names
    std::vector<PoolUse> pools; ///< named by actions, splits and mirrors
};

struct PoolPlaces
{
    Mark name;
    Mark backends;           ///< the list, or the pool where it is absent
    std::vector<Mark> names; ///< of each backend
};

struct Draft
{
    Config config;
    std::optional<Mark> adminHttp;
    std::vector<ListenerPlaces> listeners;
    std::vector<PoolPlaces> pools;
    bool poolsReadable = true; ///< false: 'pools' is no list, so that no name can be looked up
};

// The reader, by concern. Each appends to the draft what it could read.
void readListener(const Node& node, Draft& draft, Findings& findings);
[[nodiscard]] Route readRoute(const Node& node, Findings& findings, ListenerPlaces& places);
[[nodiscard]] RouteMatch readMatch(const Node& node, Findings& findings);
/// Exactly one of pool, split, redirect and reply.
void readAction(const MappingReader& in, Route& route, ListenerPlaces& places);
/// The key `pool`. False: it is absent or bad.
[[nodiscard]] bool readPoolName(const MappingReader& in, std::string& out, ListenerPlaces& places);
void readPool(const Node& node, Draft& draft, Findings& findings);
[[nodiscard]] HealthCheck readHealthCheck(const Node& node, Findings& findings);
/// The key `algorithm`. False: it is there and bad.
[[nodiscard]] bool readAlgorithm(const MappingReader& in, Algorithm& out);
/// `algorithm` is the pool's; absent: unknown.
[[nodiscard]] Affinity readAffinity(const Node& node, std::optional<Algorithm> algorithm,
                                    Findings& findings);
[[nodiscard]] OutlierDetection readOutlierDetection(const Node& node, Findings& findings);
[[nodiscard]] Stickiness readStickiness(const Node& node, Findings& findings);
[[nodiscard]] SlowStart readSlowStart(const Node& node, Findings& findings);

/// `host:port` of a text node; reported and absent where it is none. A port of 0 only where
/// `zeroPort`.
[[nodiscard]] std::optional<Address> readAddress(const Node& node, std::string_view key,
                                                 bool zeroPort, Findings& findings);

/// What no single value shows: names given twice, pools that do not exist, binds that collide, what
/// is never used.
void validate(const Draft& draft, Findings& findings);

} // namespace steelyard::config
