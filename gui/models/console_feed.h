/// The console's pulse. Takes the newest snapshot at the operator's rhythm (latest wins), samples
/// the history once a second whatever that rhythm is, and says when the engine has gone silent.
/// Thread: main. Owner: MainWindow.
#pragma once

#include "engine/engine_client.h"
#include "models/history.h"

#include <QPointer>
#include <QTimer>

#include <functional>

namespace steelyard::gui {

class ConsoleFeed : public QObject
{
    Q_OBJECT

public:
    using Seconds = std::function<double()>; ///< monotonic time, in seconds
    explicit ConsoleFeed(QObject* parent = nullptr, Seconds now = {});

    /// Null: nothing to show. The client is not owned.
    void setClient(engine::EngineClient* client);

    [[nodiscard]] engine::EngineClient* client() const { return m_client; }

    void setInterval(int milliseconds); ///< 250 to 5000

    [[nodiscard]] int interval() const { return m_viewTimer.interval(); }

    void setPaused(bool paused);

    [[nodiscard]] bool paused() const { return m_paused; }

    /// Shows the next snapshot as soon as it comes: after a command one does not want to wait for
    /// the tick.
    void expectChange() { m_expecting = true; }

    [[nodiscard]] const History& history() const { return m_history; }

    /// What is shown now; null before the first.
    [[nodiscard]] std::shared_ptr<const stats::Snapshot> shown() const { return m_shown; }

    /// How much later than its beat of 250 ms the latest of the engine's snapshots came, of those
    /// between the last two ticks; seconds.
    [[nodiscard]] double lag() const { return m_lag; }

    [[nodiscard]] bool stale() const { return m_stale; }

public Q_SLOTS:
    void tick();
    /// Adds the newest figures to the history; its own timer does it once a second.
    void sample();

Q_SIGNALS:
    void updated(); ///< shown() is new, or is null after the client went away
    void sampled(); ///< the history has one sample more
    void staleChanged(bool stale,
                      double silentSeconds); ///< repeated while stale, as the seconds grow

private:
    void take();
    void checkSilence();
    void timeArrival();

    Seconds m_now;
    QPointer<engine::EngineClient> m_client;
    QTimer m_viewTimer, m_historyTimer;
    History m_history;
    std::shared_ptr<const stats::Snapshot> m_shown;
    quint64 m_lastSequence = 0;
    double m_lastNews = 0;
    double m_arrived = -1, m_lag = 0, m_worstLag = 0; ///< seconds; -1: nothing came yet
    bool m_paused = false, m_stale = false, m_expecting = false;
};

} // namespace steelyard::gui
