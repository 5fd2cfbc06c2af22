/// Who may be picked, and how. This alone decides eligibility; no algorithm repeats any of it.
/// Thread: built by control when weights or states change, never per request; then immutable.
#pragma once

#include "balancing/balancer.h"
#include "base/clock.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace steelyard::runtime {

struct Pool;

/// Eligible is who is Ready, Healthy, not ejected, of a weight above 0 and of a known address.
/// Those that are no backups come first; when there is none, the backups; when there is none of
/// these either and the pool fails open, every Ready one whatever its health.
struct CandidateSet
{
    enum class Tier : std::uint8_t
    {
        Primary,
        Backup,
        FailedOpen
    };
    Tier tier = Tier::Primary;
    std::vector<std::uint32_t> backends; ///< indexes into Pool::backends, by candidate index
    std::vector<const char*> excluded; ///< by backend: why it is no candidate; "" for those who are
    std::unique_ptr<const balancing::Balancer> balancer;
    std::vector<std::uint32_t> slowStartParts; ///< by backend: of kSlowStartParts
    std::optional<TimePoint> nextStep;         ///< when one of them changes next

    /// The share of a backend's weight that counts now, 0-1.
    [[nodiscard]] double slowStart(std::size_t backend) const noexcept;

    [[nodiscard]] bool failedOpen() const noexcept { return tier == Tier::FailedOpen; }
};

/// Fills `pool.candidates` from its settings and its backends' present states. False when
/// `before`, an earlier value of the same pool, is equal in everything and can serve on: then its
/// tables, which may be large, are not built anew, and `pool` is to be dropped.
bool buildCandidates(Pool& pool, TimePoint now, const Pool* before = nullptr);

} // namespace steelyard::runtime
