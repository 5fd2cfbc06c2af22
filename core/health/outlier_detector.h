/// Passive health: judges one pool's backends by what live traffic shows of them, and says who is
/// ejected, for how long and why. Pure: totals and times in, events out; the same inputs give the
/// same events. The control plane calls update() four times a second, at once when a worker tells
/// that a run of errors is complete, and at once when a backend's states change.
///
/// Judged are errors in a row, the error share of a sliding window, and the mean latency of the
/// window against that of the others. The ejection lasts eject_for times the ejections in a row,
/// up to max_eject_for; each eject_for in service without one takes one off the count (as Envoy's
/// outlier detection does). Whatever happens, a backend that could serve is left in service, and at
/// most max(1, max_ejected of the pool) are out. Thread: control.
#pragma once

#include "base/clock.h"
#include "base/outcomes.h"
#include "config/model.h"

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::health {

struct OutlierEvent
{
    enum class Kind
    {
        Ejected,
        Returned,
        WouldEject, ///< mode observe
        Spared ///< would be ejected, but for the limit or because it is the last; told once a spell
    };
    Kind kind = Kind::Ejected;
    std::string backend;
    std::string cause; ///< "5 errors in a row: 503, 503, reset", "52 % errors of 40 requests in 10
                       ///< s", "mean 310 ms against 12 ms of the others", "30 s are over", ...
    milliseconds duration{0}; ///< Ejected, WouldEject: how long
    int inRow = 0;            ///< Ejected, WouldEject: the how manieth in a row
};

class OutlierDetector
{
public:
    /// What one backend shows at the time of a call.
    struct Sample
    {
        std::string_view name;
        OutcomeTotals totals;
        ErrorRun run;
        bool serves = true; ///< may be picked, but for an ejection: ready, healthy, weight above 0
    };

    explicit OutlierDetector(const config::OutlierDetection& settings);

    /// New settings; who is ejected stays so, but for observe, which returns everybody at the next
    /// update().
    void configure(const config::OutlierDetection& settings);

    /// Takes the whole pool's samples. `now` never goes back. After a Returned event the caller
    /// clears that backend's run of errors (BackendOutcomes::clearRun).
    [[nodiscard]] std::vector<OutlierEvent> update(TimePoint now, std::span<const Sample> pool);

    /// A good probe that began at `started`: ends the backend's ejection if it began after it.
    [[nodiscard]] std::optional<OutlierEvent> probeSucceeded(std::string_view backend,
                                                             TimePoint started, TimePoint now);

    [[nodiscard]] bool ejected(std::string_view backend) const;
    /// When its time is over; empty when it is not ejected.
    [[nodiscard]] std::optional<TimePoint> ejectedUntil(std::string_view backend) const;

private:
    struct Mark
    {
        TimePoint at;
        OutcomeTotals totals;
    };

    struct State
    {
        std::deque<Mark> marks; ///< the window's past, oldest first, at most kMarks + 2
        bool out = false;       ///< ejected, or with observe would be
        bool restart = false;   ///< the window begins at the next sample
        bool fresh = false;     ///< it began at this one: what the run says is of before
        bool accused = false;   ///< at the last update
        bool spared = false;    ///< told so in this spell
        bool serves = false;    ///< at the last update
        int inRow = 0;          ///< ejections, at the time of the last one
        TimePoint since{};      ///< out: ejected at; else in service since
        TimePoint until{};      ///< out: the end

        [[nodiscard]] bool judged() const { return serves && !out && !fresh; }
    };

    struct Window
    {
        std::uint64_t requests = 0, errors = 0, successes = 0, latencyMicros = 0;
        [[nodiscard]] double meanMs() const;
    };

    struct Verdict
    {
        const Sample* sample = nullptr;
        std::string cause;
    };

    [[nodiscard]] State& stateOf(const Sample& sample);
    void returnDue(TimePoint now, std::vector<OutlierEvent>& events);
    void record(State& state, const Sample& sample, TimePoint now) const;
    [[nodiscard]] Window windowOf(const State& state, const Sample& sample) const;
    [[nodiscard]] std::string errorCause(const Sample& sample, const Window& window) const;
    [[nodiscard]] std::optional<Verdict> slowest(std::span<const Sample> pool) const;
    void judge(const Verdict& verdict, TimePoint now, std::vector<OutlierEvent>& events);
    void putBack(const std::string& name, State& state, TimePoint now, std::string cause,
                 std::vector<OutlierEvent>& events);
    void returnFirst(TimePoint now, bool serving, std::string cause,
                     std::vector<OutlierEvent>& events);
    [[nodiscard]] int limit() const;
    [[nodiscard]] int outCount() const;
    [[nodiscard]] int inService() const;

    config::OutlierDetection m_settings;
    bool m_observed = false; ///< those out are so in mode observe only
    std::map<std::string, State, std::less<>> m_states;
};

} // namespace steelyard::health
