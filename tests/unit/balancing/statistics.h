/// Do counts follow the shares they should?
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace steelyard::balancing {

/// Sum of squared differences over expectation: above `limit` the counts do not follow the shares.
inline double chiSquare(const std::vector<std::uint64_t>& counts, const std::vector<double>& shares)
{
    double total = 0;
    for (const std::uint64_t count : counts)
        total += static_cast<double>(count);
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double expected = total * shares[i];
        sum += (static_cast<double>(counts[i]) - expected) *
               (static_cast<double>(counts[i]) - expected) / expected;
    }
    return sum;
}

/// 99.99 % of a chi-square distribution (Wilson and Hilferty's approximation).
inline double chiSquareLimit(std::size_t cells)
{
    const double k = static_cast<double>(cells - 1);
    const double a = 2.0 / (9.0 * k);
    return k * std::pow(1 - a + 3.719 * std::sqrt(a), 3);
}

} // namespace steelyard::balancing
