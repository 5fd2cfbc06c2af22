/// Returns first, then errors in the pool's order, then latency from the slowest down.
/// Thread: see outlier_detector.h.
#include "health/outlier_detector.h"

#include <algorithm>
#include <cmath>

namespace steelyard::health {

namespace {

/// Marks a window: it slides in steps of a fortieth, four a second for the usual 10 s.
constexpr int kMarks = 40;
/// Means closer than this are never told apart: below it scheduling decides, not the server.
constexpr double kLatencyNoiseMs = 1.0;

std::string failureText(Failure failure)
{
    switch (failure) {
    case Failure::None:
        break;
    case Failure::Connect:
        return "connect failed";
    case Failure::Timeout:
        return "timeout";
    case Failure::Reset:
        return "reset";
    }
    return std::to_string(static_cast<int>(failure));
}

std::string runText(const ErrorRun& run)
{
    std::string text =
        std::to_string(run.count) + (run.count == 1 ? " error" : " errors") + " in a row: ";
    const std::size_t shown = std::min<std::size_t>(run.count, run.last.size());
    if (run.count > shown)
        text += "..., ";
    for (std::size_t i = shown; i-- > 0;) {
        text += failureText(run.last[i]);
        if (i > 0)
            text += ", ";
    }
    return text;
}

/// "10 s", "1.5 s", "250 ms".
std::string durationText(milliseconds duration)
{
    const auto ms = duration.count();
    if (ms < 1000)
        return std::to_string(ms) + " ms";
    std::string text = std::to_string(ms / 1000);
    if (ms % 1000 >= 100)
        text += "." + std::to_string(ms % 1000 / 100);
    return text + " s";
}

std::string msText(double ms)
{
    if (ms >= 10)
        return std::to_string(std::lround(ms)) + " ms";
    const long tenths = std::lround(ms * 10);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

} // namespace

double OutlierDetector::Window::meanMs() const
{
    return successes == 0
               ? 0
               : static_cast<double>(latencyMicros) / static_cast<double>(successes) / 1000;
}

OutlierDetector::OutlierDetector(const config::OutlierDetection& settings)
    : m_settings(settings)
    , m_observed(settings.observe)
{
}

void OutlierDetector::configure(const config::OutlierDetection& settings)
{
    m_settings = settings;
}

std::vector<OutlierEvent> OutlierDetector::update(TimePoint now, std::span<const Sample> pool)
{
    std::vector<OutlierEvent> events;
    for (const Sample& sample : pool) {
        const auto [entry, isNew] = m_states.try_emplace(std::string(sample.name));
        if (isNew)
            entry->second.since = now;
        entry->second.serves = sample.serves;
    }
    if (m_states.size() > pool.size()) {
        std::erase_if(m_states, [pool](const auto& entry) {
            return std::none_of(pool.begin(), pool.end(),
                                [&](const Sample& sample) { return sample.name == entry.first; });
        });
    }
    returnDue(now, events);
    for (const Sample& sample : pool)
        record(stateOf(sample), sample, now);

    for (const Sample& sample : pool) {
        State& state = stateOf(sample);
        if (!state.judged())
            continue;
        std::string cause = errorCause(sample, windowOf(state, sample));
        if (!cause.empty())
            judge({&sample, std::move(cause)}, now, events);
    }
    while (const auto verdict = slowest(pool)) {
        judge(*verdict, now, events);
        if (!stateOf(*verdict->sample).out)
            break; // spared, and so are the less slow ones
    }
    for (auto& [name, state] : m_states)
        state.spared = state.spared && state.accused;

    // The pool shrank, or the others went down: whoever is out is better than nobody.
    while (outCount() > limit())
        returnFirst(now, false, "the pool became smaller", events);
    if (inService() == 0)
        returnFirst(now, true, "no other server is left in service", events);
    return events;
}

std::optional<OutlierEvent> OutlierDetector::probeSucceeded(std::string_view backend,
                                                            TimePoint started, TimePoint now)
{
    const auto found = m_states.find(backend);
    if (found == m_states.end() || !found->second.out || started < found->second.since)
        return std::nullopt;
    std::vector<OutlierEvent> events;
    putBack(found->first, found->second, now, "a good probe", events);
    if (events.empty())
        return std::nullopt;
    return events.front();
}

bool OutlierDetector::ejected(std::string_view backend) const
{
    return ejectedUntil(backend).has_value();
}

std::optional<TimePoint> OutlierDetector::ejectedUntil(std::string_view backend) const
{
    const auto found = m_states.find(backend);
    if (found == m_states.end() || !found->second.out || m_observed)
        return std::nullopt;
    return found->second.until;
}

OutlierDetector::State& OutlierDetector::stateOf(const Sample& sample)
{
    return m_states.find(sample.name)->second;
}

void OutlierDetector::returnDue(TimePoint now, std::vector<OutlierEvent>& events)
{
    const bool modeChanged = m_observed != m_settings.observe;
    for (auto& [name, state] : m_states) {
        if (state.out && modeChanged) {
            putBack(name, state, now, "the mode is observe now", events);
        } else if (state.out && now >= state.until) {
            const auto lasted = std::chrono::duration_cast<milliseconds>(state.until - state.since);
            putBack(name, state, now, durationText(lasted) + " are over", events);
        }
    }
    m_observed = m_settings.observe;
}

void OutlierDetector::record(State& state, const Sample& sample, TimePoint now) const
{
    // Fewer than before: another backend under the same name.
    const bool another =
        !state.marks.empty() && sample.totals.requests() < state.marks.back().totals.requests();
    if (state.restart || another)
        state.marks.clear();
    state.fresh = state.restart;
    state.restart = false;
    state.accused = false;
    // The front is the last mark at or before the window's beginning.
    while (state.marks.size() > 1 && state.marks[1].at <= now - m_settings.window)
        state.marks.pop_front();
    if (state.marks.empty() || now - state.marks.back().at >= m_settings.window / kMarks)
        state.marks.push_back({now, sample.totals});
}

OutlierDetector::Window OutlierDetector::windowOf(const State& state, const Sample& sample) const
{
    const OutcomeTotals& before = state.marks.front().totals;
    Window window;
    window.requests = sample.totals.requests() - before.requests();
    window.errors = sample.totals.errors - before.errors;
    window.successes = sample.totals.successes - before.successes;
    window.latencyMicros = sample.totals.latencyMicros - before.latencyMicros;
    return window;
}

std::string OutlierDetector::errorCause(const Sample& sample, const Window& window) const
{
    if (m_settings.consecutiveErrors > 0 &&
        sample.run.count >= static_cast<std::uint32_t>(m_settings.consecutiveErrors)) {
        return runText(sample.run);
    }
    if (m_settings.errorRate <= 0 || window.errors == 0 ||
        window.requests < static_cast<std::uint64_t>(m_settings.minRequests)) {
        return {};
    }
    const double share = static_cast<double>(window.errors) / static_cast<double>(window.requests);
    if (share < m_settings.errorRate)
        return {};
    return std::to_string(std::lround(share * 100)) + " % errors of " +
           std::to_string(window.requests) + " requests in " + durationText(m_settings.window);
}

std::optional<OutlierDetector::Verdict> OutlierDetector::slowest(std::span<const Sample> pool) const
{
    if (!m_settings.latencyFactor)
        return std::nullopt;
    const auto enough = static_cast<std::uint64_t>(m_settings.minRequests);
    const Sample* worst = nullptr;
    Window worstWindow;
    Window all;
    for (const Sample& sample : pool) {
        const State& state = m_states.find(sample.name)->second;
        if (!state.judged())
            continue;
        const Window window = windowOf(state, sample);
        all.requests += window.requests;
        all.successes += window.successes;
        all.latencyMicros += window.latencyMicros;
        if (window.requests >= enough && window.successes > 0 &&
            (worst == nullptr || window.meanMs() > worstWindow.meanMs())) {
            worst = &sample;
            worstWindow = window;
        }
    }
    if (worst == nullptr)
        return std::nullopt;
    Window others;
    others.requests = all.requests - worstWindow.requests;
    others.successes = all.successes - worstWindow.successes;
    others.latencyMicros = all.latencyMicros - worstWindow.latencyMicros;
    const double mean = worstWindow.meanMs();
    if (others.requests < enough || others.successes == 0 ||
        mean <= *m_settings.latencyFactor * others.meanMs() ||
        mean - others.meanMs() < kLatencyNoiseMs) {
        return std::nullopt;
    }
    return Verdict{worst, "mean " + msText(mean) + " against " + msText(others.meanMs()) +
                              " of the others"};
}

void OutlierDetector::judge(const Verdict& verdict, TimePoint now,
                            std::vector<OutlierEvent>& events)
{
    const std::string name(verdict.sample->name);
    State& state = stateOf(*verdict.sample);
    state.accused = true;
    const char* spared = nullptr;
    if (inService() < 2)
        spared = "the last one in service";
    else if (outCount() >= limit())
        spared = "as many as allowed are ejected";
    if (spared != nullptr) {
        if (!state.spared) {
            events.push_back({OutlierEvent::Kind::Spared, name,
                              verdict.cause + "; not ejected: " + spared, milliseconds(0), 0});
        }
        state.spared = true;
        return;
    }
    const Duration apart = std::max<Duration>(m_settings.ejectFor, milliseconds(1));
    const auto healthy =
        static_cast<int>(std::min<std::int64_t>((now - state.since) / apart, state.inRow));
    state.inRow += 1 - healthy;
    const milliseconds duration =
        std::min(m_settings.maxEjectFor, m_settings.ejectFor * state.inRow);
    state.out = true;
    state.spared = false;
    state.since = now;
    state.until = now + duration;
    events.push_back({m_observed ? OutlierEvent::Kind::WouldEject : OutlierEvent::Kind::Ejected,
                      name, verdict.cause, duration, state.inRow});
}

void OutlierDetector::putBack(const std::string& name, State& state, TimePoint now,
                              std::string cause, std::vector<OutlierEvent>& events)
{
    state.out = false;
    state.restart = true;
    state.since = now;
    if (!m_observed)
        events.push_back(
            {OutlierEvent::Kind::Returned, name, std::move(cause), milliseconds(0), 0});
}

/// Returns the one whose time ends first; with `serving` one that can serve.
void OutlierDetector::returnFirst(TimePoint now, bool serving, std::string cause,
                                  std::vector<OutlierEvent>& events)
{
    auto first = m_states.end();
    for (auto entry = m_states.begin(); entry != m_states.end(); ++entry) {
        const State& state = entry->second;
        if (state.out && (state.serves || !serving) &&
            (first == m_states.end() || state.until < first->second.until)) {
            first = entry;
        }
    }
    if (first != m_states.end())
        putBack(first->first, first->second, now, std::move(cause), events);
}

int OutlierDetector::limit() const
{
    // 0.7 of 10 is 7, though the product is a hair below.
    const double share = m_settings.maxEjected * static_cast<double>(m_states.size()) + 1e-9;
    return std::max(1, static_cast<int>(share));
}

int OutlierDetector::outCount() const
{
    return static_cast<int>(std::count_if(m_states.begin(), m_states.end(),
                                          [](const auto& entry) { return entry.second.out; }));
}

int OutlierDetector::inService() const
{
    return static_cast<int>(std::count_if(m_states.begin(), m_states.end(), [](const auto& entry) {
        return entry.second.serves && !entry.second.out;
    }));
}

} // namespace steelyard::health
