/// Pools and workloads for the simulation's tests.
#pragma once

#include "config/model.h"
#include "simulation/simulator.h"

#include <string>
#include <vector>

namespace steelyard::simulation {

inline config::Pool poolOf(const std::vector<int>& weights, Algorithm algorithm)
{
    config::Pool pool;
    pool.name = "shop";
    pool.algorithm = algorithm;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        config::Backend backend;
        backend.name = "s" + std::to_string(i);
        backend.weight = weights[i];
        pool.backends.push_back(backend);
    }
    return pool;
}

inline ServiceTime fixedTime(milliseconds time)
{
    return {ServiceTime::Kind::Fixed, static_cast<double>(microseconds(time).count()), 0};
}

/// Fixed arrivals for `seconds`, each taking 10 ms.
inline Workload workloadOf(int rate, int forSeconds)
{
    Workload workload;
    workload.rate = rate;
    workload.poisson = false;
    workload.duration = seconds(forSeconds);
    workload.everyServer.time = fixedTime(milliseconds(10));
    return workload;
}

} // namespace steelyard::simulation
