/// Gentle HTTP load for demos and tests: open loop, so a request is due at its time whether or not
/// earlier ones were answered, and its latency counts from that time (no coordinated omission;
/// Tene, "How NOT to measure latency"). Thread: the loop it was created on (an EventDispatcher);
/// counts() from any.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "net/transport.h"
#include "stats/histogram.h"

#include <QBasicTimer>
#include <QObject>

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace steelyard::lab {

class LoadConnection;

/// One kind of request in the mix.
struct LoadTarget
{
    std::string method = "GET";
    std::string host;
    std::string path = "/";
    std::size_t bodySize = 0; ///< bytes of request body
    std::uint32_t share = 1;  ///< how often, in relation to the others
};

struct LoadPlan
{
    net::SocketAddress address;
    int rate = 0;                    ///< requests/s, 0-5,000 (cut to that); 0 rests
    int connections = 16;            ///< keep-alive connections at most, 1 or more
    std::vector<LoadTarget> targets; ///< one or more
    milliseconds timeout{10'000};    ///< beyond it a request counts as failed
    std::uint64_t seed = 1;
};

struct LoadCounts
{
    std::uint64_t due = 0;     ///< requests whose time has come
    std::uint64_t ok = 0;      ///< whole answers below 500
    std::uint64_t errors = 0;  ///< 5xx, resets, timeouts, refused connections
    std::uint64_t dropped = 0; ///< never sent: more than 1,000 were waiting for a connection
    double p50 = 0, p99 = 0;   ///< µs of whole answers, since the start
};

class LoadGenerator final : public QObject
{
public:
    explicit LoadGenerator(LoadPlan plan);
    ~LoadGenerator() override;

    void setRate(int perSecond);
    [[nodiscard]] LoadCounts counts() const;

    static constexpr int kMaxRate = 5000;

private:
    friend class LoadConnection;

    struct Due
    {
        const LoadTarget* target;
        TimePoint at;
    };

    void timerEvent(QTimerEvent* event) override;
    void schedule();
    void begin(const Due& due);
    [[nodiscard]] const LoadTarget& choose();
    /// From a connection: its request ended. An idle one asks for the next.
    void completed(bool ok, TimePoint due);
    void idle(LoadConnection& connection);
    void gone(LoadConnection& connection);

    LoadPlan m_plan;
    RandomSource m_random;
    std::uint32_t m_shares = 0;
    QBasicTimer m_timer;
    TimePoint m_next{};
    std::deque<Due> m_backlog;
    std::vector<LoadConnection*> m_all;
    std::vector<LoadConnection*> m_idle;
    std::atomic<std::uint64_t> m_due{0}, m_ok{0}, m_errors{0}, m_dropped{0};
    stats::Histogram m_latency;
};

} // namespace steelyard::lab
