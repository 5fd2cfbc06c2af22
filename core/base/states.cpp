#include "base/states.h"

namespace steelyard {

namespace {

constexpr std::array kAdminWords{"ready", "draining", "maintenance"};
constexpr std::array kHealthWords{"checking", "healthy", "unhealthy"};
constexpr std::array kAlgorithmWords{
    "round-robin", "least-connections", "power-of-two",   "random", "peak-ewma", "ring-hash",
    "maglev",      "rendezvous-hash",   "client-ip-hash", "first",  "prequal"};

template <typename Enum, std::size_t N>
std::optional<Enum> find(const std::array<const char*, N>& words, std::string_view word) noexcept
{
    for (std::size_t i = 0; i < N; ++i) {
        if (word == words[i])
            return static_cast<Enum>(i);
    }
    return std::nullopt;
}

} // namespace

std::string_view toString(AdminState state) noexcept
{
    return kAdminWords[static_cast<std::size_t>(state)];
}

std::string_view toString(HealthState state) noexcept
{
    return kHealthWords[static_cast<std::size_t>(state)];
}

std::string_view toString(Algorithm algorithm) noexcept
{
    return kAlgorithmWords[static_cast<std::size_t>(algorithm)];
}

std::optional<AdminState> adminStateFrom(std::string_view word) noexcept
{
    return find<AdminState>(kAdminWords, word);
}

std::optional<HealthState> healthStateFrom(std::string_view word) noexcept
{
    return find<HealthState>(kHealthWords, word);
}

std::optional<Algorithm> algorithmFrom(std::string_view word) noexcept
{
    return find<Algorithm>(kAlgorithmWords, word);
}

} // namespace steelyard
