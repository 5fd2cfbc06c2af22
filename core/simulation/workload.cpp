#include "simulation/workload.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace steelyard::simulation {

double ServiceTime::draw(RandomSource& random, double recordedUs) const
{
    switch (kind) {
    case Kind::Recorded:
        return recordedUs;
    case Kind::Fixed:
        return meanUs;
    case Kind::Exponential:
        return -meanUs * std::log(1 - random.unit());
    case Kind::Normal: { // Box and Muller
        const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
        const double angle = 2 * std::numbers::pi * random.unit();
        return std::max(0.0, meanUs + deviationUs * radius * std::cos(angle));
    }
    }
    return meanUs;
}

} // namespace steelyard::simulation
