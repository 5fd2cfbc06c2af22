/// Scheduling of probes on the loop's timer wheel: one timer per target, which waits or has a probe
/// running. Thread: control.
#include "health/monitor.h"

#include <algorithm>

namespace steelyard::health {

namespace {

/// Many targets at once: 2 ms apart, but all within this.
constexpr milliseconds kSpread{500};
constexpr milliseconds kApart{2};
constexpr std::size_t kMostAsked = 3; ///< addresses of one server in one probe

/// The same server? Not when it was configured with another address, or had none.
bool sameServer(const Target& a, const Target& b)
{
    return a.authority == b.authority && a.check.port == b.check.port &&
           (a.addresses == nullptr) == (b.addresses == nullptr);
}

bool sameAddresses(const Target& a, const Target& b)
{
    return a.addresses == b.addresses ||
           (a.addresses && b.addresses && a.addresses->sameAs(*b.addresses));
}

std::string causeText(int count, const ProbeResult& result)
{
    return std::to_string(count) + (count == 1 ? " probe " : " probes ") +
           (result.good ? "succeeded: " : "failed: ") + result.text;
}

} // namespace

struct HealthMonitor::Watched
{
    Watched(HealthMonitor& owner, Target asTarget)
        : monitor(owner)
        , target(std::move(asTarget))
        , tracker(target.check.rise, target.check.fall, target.initial)
        , timer(
              [](void* self) {
                  auto* watched = static_cast<Watched*>(self);
                  watched->monitor.start(*watched);
              },
              this)
    {
    }

    HealthMonitor& monitor;
    Target target;
    HealthTracker tracker;
    net::Timer timer;
    std::unique_ptr<Probe> probe;   ///< while one runs
    std::size_t turn = 0;           ///< counts probes, to go round the addresses
    std::size_t place = 0;          ///< the address being probed
    std::vector<std::size_t> asked; ///< addresses, by this probe
    TimePoint started{};
    std::optional<ProbeResult> last;
};

HealthMonitor::HealthMonitor(std::uint64_t seed, OnResult onResult, OnStateChange onStateChange)
    : m_random(seed)
    , m_onResult(std::move(onResult))
    , m_onStateChange(std::move(onStateChange))
{
}

HealthMonitor::~HealthMonitor() = default;

void HealthMonitor::setTargets(std::vector<Target> targets)
{
    std::map<TargetKey, std::unique_ptr<Watched>> old = std::move(m_targets);
    m_targets.clear();
    std::vector<Watched*> toProbe;

    struct Moved
    {
        TargetKey key;
        HealthState before;
        const char* cause;
    };

    std::vector<Moved> moved;
    for (Target& target : targets) {
        const TargetKey key = target.key;
        const auto known = old.find(key);
        const bool stays = known != old.end() && sameServer(known->second->target, target);
        if (known != old.end() && !stays &&
            known->second->tracker.state() != HealthState::Checking) {
            const bool named = known->second->target.addresses == nullptr;
            moved.push_back(
                {key, known->second->tracker.state(), named ? "name resolved" : "address changed"});
        }
        const auto [entry, isNew] = m_targets.try_emplace(key);
        if (!isNew)
            continue;
        std::unique_ptr<Watched>& place = entry->second;
        if (!stays) {
            place = std::make_unique<Watched>(*this, std::move(target));
            toProbe.push_back(place.get());
            continue;
        }
        place = std::move(known->second);
        old.erase(known);
        const bool changed =
            !(place->target.check == target.check) || !sameAddresses(place->target, target);
        place->target = std::move(target);
        place->tracker.configure(place->target.check.rise, place->target.check.fall);
        // A running probe ends under the old terms; the new ones are tried at once after a change.
        if (changed && place->probe == nullptr)
            toProbe.push_back(place.get());
    }
    old.clear();
    spread(toProbe);
    for (const Moved& each : moved)
        m_onStateChange(each.key, each.before, HealthState::Checking, each.cause);
}

void HealthMonitor::spread(const std::vector<Watched*>& those)
{
    if (those.empty())
        return;
    const Duration apart =
        std::min<Duration>(kApart, Duration(kSpread) / static_cast<long>(those.size()));
    TimePoint at = Clock::now();
    for (Watched* watched : those) {
        net::EventDispatcher::current()->wheel().arm(watched->timer, at);
        at += apart;
    }
}

bool HealthMonitor::checkNow(const TargetKey& key)
{
    const auto found = m_targets.find(key);
    if (found == m_targets.end())
        return false;
    if (found->second->probe == nullptr)
        spread({found->second.get()});
    return true;
}

void HealthMonitor::checkNow()
{
    std::vector<Watched*> waiting;
    for (const auto& [key, watched] : m_targets) {
        if (watched->probe == nullptr)
            waiting.push_back(watched.get());
    }
    spread(waiting);
}

void HealthMonitor::start(Watched& watched)
{
    watched.started = Clock::now();
    if (!watched.target.addresses) {
        std::string why = "name not resolved";
        if (!watched.target.unresolved.empty())
            why += ": " + watched.target.unresolved;
        return finished(TargetKey(watched.target.key), {false, why, 0, "resolve", 0, {}});
    }
    watched.asked.clear();
    probeAt(watched, watched.turn++ % watched.target.addresses->size());
}

void HealthMonitor::probeAt(Watched& watched, std::size_t place)
{
    watched.place = place;
    watched.asked.push_back(place);
    watched.probe = std::make_unique<Probe>(
        watched.target.addresses->at(place), watched.target.authority, watched.target.check,
        [this, key = watched.target.key](ProbeResult result) { probed(key, std::move(result)); });
}

void HealthMonitor::probed(const TargetKey& key, ProbeResult result)
{
    Watched& watched =
        *m_targets.at(key); // a removed target's probe is cancelled and never reports
    const auto& addresses = watched.target.addresses;
    // It may have got other addresses, or lost them, meanwhile: then this one stands for them all.
    if (addresses && addresses->size() > 1 && !result.inconclusive &&
        watched.place < addresses->size()) {
        const TimePoint now = Clock::now();
        addresses->mark(watched.place, result.good, now);
        if (!result.good && watched.asked.size() < std::min(kMostAsked, addresses->size()))
            return probeAt(watched, notAsked(watched, now));
        result.text += " (" + addresses->at(watched.place).host() + ')';
    }
    finished(key, std::move(result));
}

/// An address that this probe has not asked, one that is not left out if there is such: nobody is
/// waited for twice. There must be one.
std::size_t HealthMonitor::notAsked(const Watched& watched, TimePoint now)
{
    const net::AddressSet& addresses = *watched.target.addresses;
    std::size_t someone = watched.place;
    for (std::size_t step = addresses.size() - 1; step > 0; --step) {
        const std::size_t place = (watched.place + step) % addresses.size();
        if (std::find(watched.asked.begin(), watched.asked.end(), place) != watched.asked.end())
            continue;
        someone = place;
        if (!addresses.leftOut(place, now))
            break;
    }
    return someone;
}

void HealthMonitor::finished(const TargetKey& key, ProbeResult result)
{
    Watched& watched = *m_targets.at(key);
    watched.probe.reset();
    if (result.inconclusive) {
        result.pending = watched.tracker.pending();
        result.needed = watched.tracker.needed();
        watched.last = result;
        scheduleNext(watched);
        return m_onResult(key, result, watched.tracker);
    }
    const bool alike = watched.last && watched.last->good == result.good;
    result.inRow = alike ? watched.last->inRow + 1 : 1;
    const HealthState before = watched.tracker.state();
    const bool firstGood = before == HealthState::Checking && result.good;
    const int count = firstGood ? 1 : watched.tracker.pending() + 1;
    const bool changed = watched.tracker.record(result.good);
    const HealthState now = watched.tracker.state();
    result.pending = watched.tracker.pending();
    result.needed = watched.tracker.needed();
    watched.last = result;
    scheduleNext(watched);
    m_onResult(key, result, watched.tracker); // may remove the target
    if (changed)
        m_onStateChange(key, before, now, causeText(count, result));
}

void HealthMonitor::scheduleNext(Watched& watched)
{
    const config::HealthCheck& check = watched.target.check;
    const milliseconds interval =
        watched.tracker.changing() ? std::min(check.fastInterval, check.interval) : check.interval;
    const double factor = 1 + check.jitter * (2 * m_random.unit() - 1);
    const auto wait = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::milli>(interval) * factor);
    net::EventDispatcher::current()->wheel().arm(watched.timer,
                                                 std::max(watched.started + wait, Clock::now()));
}

bool HealthMonitor::firstRoundDone() const noexcept
{
    return std::all_of(m_targets.begin(), m_targets.end(), [](const auto& entry) {
        return entry.second->last.has_value() ||
               entry.second->tracker.state() != HealthState::Checking;
    });
}

const HealthTracker* HealthMonitor::tracker(const TargetKey& key) const
{
    const auto found = m_targets.find(key);
    return found == m_targets.end() ? nullptr : &found->second->tracker;
}

} // namespace steelyard::health
