/// The words of the glossary for a backend's state and for the algorithms, and their spelling in
/// files and commands. AdminState (what the operator wants) and HealthState (what checks and
/// traffic show) are separate axes, never merged. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace steelyard {

enum class AdminState : std::uint8_t
{
    Ready,
    Draining,
    Maintenance
};
enum class HealthState : std::uint8_t
{
    Checking,
    Healthy,
    Unhealthy
};

enum class Algorithm : std::uint8_t
{
    RoundRobin,
    LeastConnections,
    PowerOfTwo,
    Random,
    PeakEwma,
    RingHash,
    Maglev,
    RendezvousHash,
    ClientIpHash,
    First,
    Prequal
};

/// All algorithms that this engine has, in the order shown to people.
inline constexpr std::array kAlgorithms{
    Algorithm::RoundRobin, Algorithm::LeastConnections, Algorithm::PowerOfTwo,
    Algorithm::Random,     Algorithm::PeakEwma,         Algorithm::RingHash,
    Algorithm::Maglev,     Algorithm::RendezvousHash,   Algorithm::ClientIpHash,
    Algorithm::First,      Algorithm::Prequal};

[[nodiscard]] std::string_view
toString(AdminState state) noexcept; ///< "ready", "draining", "maintenance"
[[nodiscard]] std::string_view
toString(HealthState state) noexcept; ///< "checking", "healthy", "unhealthy"
[[nodiscard]] std::string_view
toString(Algorithm algorithm) noexcept; ///< "round-robin", "least-connections", ...

[[nodiscard]] std::optional<AdminState> adminStateFrom(std::string_view word) noexcept;
[[nodiscard]] std::optional<HealthState> healthStateFrom(std::string_view word) noexcept;
[[nodiscard]] std::optional<Algorithm> algorithmFrom(std::string_view word) noexcept;

} // namespace steelyard
