/// Active health checking: which backend is probed when, and what follows from the results.
/// A target keeps its state over changes of the configuration as long as its key and address stay;
/// a changed address starts at Checking again, but not another answer of the name service: that is
/// probed at once. A server with several addresses is probed at each in turn, and where one does
/// not answer well at up to two others within the same probe; it is bad when none of them does.
/// Thread: control (an EventDispatcher's loop).
#pragma once

#include "base/random.h"
#include "config/model.h"
#include "health/probe.h"
#include "health/tracker.h"
#include "net/address_set.h"
#include "net/timer_wheel.h"

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace steelyard::health {

struct TargetKey
{
    std::string pool, server;
    auto operator<=>(const TargetKey&) const = default;
};

struct Target
{
    TargetKey key;
    /// Null: its name could not be resolved; every probe fails.
    std::shared_ptr<const net::AddressSet> addresses;
    /// As configured, e.g. "127.0.0.1:9001" or "lab.internal:80": Host of the request when the
    /// check names none.
    std::string authority;
    std::string unresolved; ///< why there are no addresses; empty: not known yet
    config::HealthCheck check;
    HealthState initial = HealthState::Checking; ///< of a new target: known from before a restart
};

class HealthMonitor
{
public:
    /// Called for every probe, then, if the state changed, the other. Both may call back into the
    /// monitor; a reference to the tracker is valid until then.
    using OnResult =
        std::function<void(const TargetKey&, const ProbeResult&, const HealthTracker&)>;
    /// `cause` in words: "3 probes failed: connection refused", "1 probe succeeded: 200 in 4 ms",
    /// "address changed".
    using OnStateChange = std::function<void(const TargetKey&, HealthState before, HealthState now,
                                             const std::string& cause)>;

    HealthMonitor(std::uint64_t seed, OnResult onResult, OnStateChange onStateChange);
    ~HealthMonitor();
    HealthMonitor(const HealthMonitor&) = delete;
    HealthMonitor& operator=(const HealthMonitor&) = delete;

    /// Replaces the set of targets. New ones are probed at once, many spread over up to half a
    /// second; removed ones end with their probe.
    void setTargets(std::vector<Target> targets);

    /// Probes one target, or all, now instead of at its time; one being probed already is left to
    /// it. False: no such target.
    bool checkNow(const TargetKey& key);
    void checkNow();

    /// Is every target's state known, by its first probe or from before? True without targets.
    [[nodiscard]] bool firstRoundDone() const noexcept;
    /// Null when there is no such target. Valid until the next setTargets().
    [[nodiscard]] const HealthTracker* tracker(const TargetKey& key) const;

private:
    struct Watched;
    void start(Watched& watched);
    void probeAt(Watched& watched, std::size_t place);
    [[nodiscard]] static std::size_t notAsked(const Watched& watched, TimePoint now);
    void probed(const TargetKey& key, ProbeResult result);
    void finished(const TargetKey& key, ProbeResult result);
    void scheduleNext(Watched& watched);
    void spread(const std::vector<Watched*>& those);

    std::map<TargetKey, std::unique_ptr<Watched>> m_targets;
    RandomSource m_random;
    OnResult m_onResult;
    OnStateChange m_onStateChange;
};

} // namespace steelyard::health
