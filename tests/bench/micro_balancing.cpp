/// Micro-benchmark: one choice of every algorithm among 2 to 10,000 backends, with loads, draws and
/// keys made beforehand. "pick/NAME/N"; "bounded" are the hashes with a bounded load of 125 %.
#include "balancing/balancer.h"
#include "base/random.h"
#include "unit/balancing/pool_of_loads.h"

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace steelyard::balancing {

namespace {

constexpr std::size_t kInputs = 4096;
constexpr std::uint64_t kNowUs = 1'000'000'000;

void pick(benchmark::State& state, const BalancerOptions& options)
{
    RandomSource random(7);
    PoolOfLoads pool(std::vector<std::uint32_t>(static_cast<std::size_t>(state.range(0)), 100));
    for (std::size_t i = 0; i < pool.size(); ++i) {
        pool.inFlight(i) = 1 + random.below(20);
        pool.load(i).recordLatency(1000 + random.below(50'000), kNowUs - random.below(5'000'000));
    }
    // Only the last has room: `first` has to look at all. The others do not look at limits.
    for (std::size_t i = 0; i + 1 < pool.size(); ++i)
        pool.candidates()[i].limit = pool.inFlight(i);
    const auto balancer = makeBalancer(options, pool.candidates());
    std::int64_t together = 0;
    for (std::size_t i = 0; i < pool.size(); ++i)
        together += pool.inFlight(i);
    std::vector<PickInputs> inputs(kInputs);
    for (PickInputs& each : inputs) {
        each.draw = random.next();
        each.key = random.next();
        each.cursor = random.next() >> 32U;
        each.hasKey = true;
        each.nowUs = kNowUs;
        each.together = together;
    }
    std::size_t next = 0;
    for ([[maybe_unused]] auto each : state) {
        const int chosen = balancer->pick(inputs[next++ % kInputs]);
        if (chosen < 0) {
            state.SkipWithError("nobody was chosen");
            break;
        }
        benchmark::DoNotOptimize(chosen);
    }
}

[[maybe_unused]] const bool kRegistered = [] {
    for (const Algorithm algorithm : kAlgorithms) {
        for (const bool bounded : {false, true}) {
            if (bounded && !usesKey(algorithm))
                continue;
            BalancerOptions options{.algorithm = algorithm};
            if (bounded)
                options.boundedLoad = 1.25;
            const std::string name =
                "pick/" + std::string(toString(algorithm)) + (bounded ? ",bounded" : "");
            for (const int count : {2, 10, 100, 1000, 10000})
                benchmark::RegisterBenchmark(name.c_str(), pick, options)->Arg(count);
        }
    }
    return true;
}();

} // namespace

} // namespace steelyard::balancing
