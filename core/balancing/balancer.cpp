/// From an algorithm's name to its balancer.
/// Thread: any.
#include "balancing/balancer.h"

#include "balancing/algorithms.h"

#include <cstdio>

namespace steelyard::balancing {

std::unique_ptr<Balancer> makeBalancer(const BalancerOptions& options, Candidates candidates)
{
    switch (options.algorithm) {
    case Algorithm::RoundRobin:
        return makeRoundRobin(options, std::move(candidates));
    case Algorithm::LeastConnections:
        return makeLeastConnections(options, std::move(candidates));
    case Algorithm::PowerOfTwo:
        return makePowerOfTwo(options, std::move(candidates));
    case Algorithm::Random:
        return makeRandom(options, std::move(candidates));
    case Algorithm::PeakEwma:
        return makePeakEwma(options, std::move(candidates));
    case Algorithm::RingHash:
        return makeRingHash(options, std::move(candidates));
    case Algorithm::Maglev:
    case Algorithm::ClientIpHash: // maglev; the caller's key is the client's address
        return makeMaglev(options, std::move(candidates));
    case Algorithm::RendezvousHash:
        return makeRendezvousHash(options, std::move(candidates));
    case Algorithm::First:
        return makeFirst(options, std::move(candidates));
    case Algorithm::Prequal:
        return makePrequal(options, std::move(candidates));
    }
    return nullptr;
}

bool usesKey(Algorithm algorithm) noexcept
{
    return algorithm == Algorithm::RingHash || algorithm == Algorithm::Maglev ||
           algorithm == Algorithm::RendezvousHash || algorithm == Algorithm::ClientIpHash;
}

bool usesLatency(Algorithm algorithm) noexcept
{
    return algorithm == Algorithm::PeakEwma || algorithm == Algorithm::Prequal;
}

std::string figure(double value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.4g", value);
    return text;
}

std::string latencyFigure(float us)
{
    return us > 0 ? figure(static_cast<double>(us) / 1000) + " ms" : "unmeasured";
}

} // namespace steelyard::balancing
