/// Micro-benchmark: which route takes a request, with 2 to 10,000 routes, half of them told apart
/// by host and half by path. Requests go to routes drawn beforehand, so that large tables miss the
/// caches as they would.
#include "base/random.h"
#include "routing/router.h"

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace steelyard::routing {

namespace {

constexpr std::size_t kRequests = 4096;

config::Route numbered(int number)
{
    config::Route route;
    route.name = std::to_string(number);
    if (number % 2 == 0)
        route.match.host = "host" + route.name + ".shop.lab";
    route.match.path.kind = config::PathMatch::Kind::Prefix;
    route.match.path.text = number % 2 == 0 ? "/api/v1" : "/service" + route.name + "/v1";
    route.action = std::string("pool");
    return route;
}

struct Target
{
    std::string host, path;
    int route;
};

void route(benchmark::State& state)
{
    const auto count = static_cast<int>(state.range(0));
    std::vector<config::Route> routes;
    for (int i = 0; i < count; ++i)
        routes.push_back(numbered(i));
    const Router router(routes);
    RandomSource random(22);
    std::vector<Target> targets;
    for (std::size_t i = 0; i < kRequests; ++i) {
        const auto pick = static_cast<int>(random.below(static_cast<std::uint32_t>(count)));
        const std::string number = std::to_string(pick);
        if (pick % 2 == 0)
            targets.push_back({"host" + number + ".shop.lab:80", "/api/v1/items/42?x=1", pick});
        else
            targets.push_back({"www.shop.lab", "/service" + number + "/v1/items/42?x=1", pick});
    }
    std::size_t next = 0;
    for ([[maybe_unused]] auto each : state) {
        const Target& target = targets[next++ % kRequests];
        if (router.match({"GET", target.host, target.path, nullptr, {}}) != target.route) {
            state.SkipWithError("another route");
            break;
        }
    }
}

BENCHMARK(route)->Arg(2)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);

} // namespace

} // namespace steelyard::routing
