#include "models/console_feed.h"

#include "base/clock.h"

#include <algorithm>

namespace steelyard::gui {

namespace {

constexpr int kDefaultInterval = 1000;
constexpr double kEnginePeriod = 0.25; // seconds between two snapshots of a live engine

double monotonicSeconds()
{
    return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

} // namespace

ConsoleFeed::ConsoleFeed(QObject* parent, Seconds now)
    : QObject(parent)
    , m_now(now ? std::move(now) : Seconds(monotonicSeconds))
{
    m_viewTimer.setInterval(kDefaultInterval);
    connect(&m_viewTimer, &QTimer::timeout, this, &ConsoleFeed::tick);
    m_historyTimer.setInterval(1000);
    connect(&m_historyTimer, &QTimer::timeout, this, &ConsoleFeed::sample);
}

void ConsoleFeed::setClient(engine::EngineClient* client)
{
    if (m_client)
        disconnect(m_client, nullptr, this, nullptr);
    m_client = client;
    m_history.clear();
    m_shown.reset();
    m_lastSequence = 0;
    m_lastNews = m_now();
    m_arrived = -1;
    m_lag = m_worstLag = 0;
    if (std::exchange(m_stale, false))
        Q_EMIT staleChanged(false, 0);
    if (client == nullptr) {
        m_viewTimer.stop();
        m_historyTimer.stop();
        Q_EMIT updated();
        return;
    }
    connect(client, &engine::EngineClient::snapshotArrived, this, [this] {
        timeArrival();
        if (!m_shown || std::exchange(m_expecting, false))
            take();
    });
    m_viewTimer.start();
    m_historyTimer.start();
    tick();
}

void ConsoleFeed::setInterval(int milliseconds)
{
    m_viewTimer.setInterval(std::clamp(milliseconds, 250, 5000));
}

void ConsoleFeed::setPaused(bool paused)
{
    m_paused = paused;
    if (!paused)
        tick();
}

void ConsoleFeed::tick()
{
    m_lag = std::exchange(m_worstLag, 0);
    if (!m_paused)
        take();
    checkSilence();
}

void ConsoleFeed::take()
{
    if (!m_client)
        return;
    const auto newest = m_client->latest();
    if (!newest || newest == m_shown)
        return;
    m_shown = newest;
    Q_EMIT updated();
}

void ConsoleFeed::timeArrival()
{
    const double now = m_now();
    if (m_arrived >= 0)
        m_worstLag = std::max(m_worstLag, now - m_arrived - kEnginePeriod);
    m_arrived = now;
}

void ConsoleFeed::sample()
{
    if (!m_client)
        return;
    const auto newest = m_client->latest();
    if (!newest)
        return;
    m_history.add(*newest);
    Q_EMIT sampled();
}

void ConsoleFeed::checkSilence()
{
    if (!m_client)
        return;
    const auto newest = m_client->latest();
    const quint64 sequence = newest ? newest->sequence : 0;
    const double now = m_now();
    if (sequence != m_lastSequence) {
        m_lastSequence = sequence;
        m_lastNews = now;
    }
    const double silent = now - m_lastNews;
    const bool stale = silent >= 3 * std::max(interval() / 1000.0, kEnginePeriod);
    if (stale || m_stale) {
        m_stale = stale;
        Q_EMIT staleChanged(stale, silent);
    }
}

} // namespace steelyard::gui
