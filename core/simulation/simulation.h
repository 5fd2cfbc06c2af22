/// One run of the simulator: its state, and the events that change it. Events of one time happen in
/// the order in which they were scheduled. Thread: one.
#pragma once

#include "base/hash.h"
#include "simulation/candidates.h"
#include "simulation/measures.h"
#include "simulation/simulator.h"

#include <queue>

#include <unordered_map>

namespace steelyard::simulation {

inline constexpr std::uint32_t kNoSession = ~0U;
inline constexpr double kRefusedUs = 200; ///< a refused connection is known so soon

struct Event
{
    enum class Kind
    {
        Arrival,
        End,     ///< of the server's next request
        Failure, ///< of a request's attempt
        Probe,
        ProbeEnd,
        Weights, ///< a period begins or ends
        QueueTimeout
    };
    double at = 0;
    std::uint64_t sequence = 0;
    Kind kind = Kind::Arrival;
    std::uint32_t subject = 0; ///< server or request
    std::uint64_t detail = 0;  ///< generation, or a probe's result

    bool operator>(const Event& other) const
    {
        return at != other.at ? at > other.at : sequence > other.sequence;
    }
};

struct Request
{
    double arrivedUs = 0;
    double attemptUs = 0; ///< when the present attempt began
    double recordedUs = 0;
    std::uint64_t key = 0;
    std::uint64_t number = 0; ///< unique: the slot is used again
    std::vector<std::uint32_t> tried;
    std::uint32_t session = kNoSession;
    std::uint32_t server = 0;
    int retriesLeft = 0;
    bool refused = false; ///< the present attempt's connection
    bool hasKey = false;
    bool waiting = false; ///< in the pool's queue
};

class Simulation
{
public:
    Simulation(const Workload& workload, const config::Pool& pool, bool keepOrder);
    Outcome run();

private:
    using Kind = Event::Kind;

    // Arrivals
    void scheduleArrival();
    void arrive();
    void identify(Request& request);
    // Attempts
    void dispatch(std::uint32_t id);
    void attempt(std::uint32_t id, std::uint32_t server);
    [[nodiscard]] int choose(Request& request);
    void ended(std::uint32_t server);
    void failed(std::uint32_t id);
    void leave(const Request& request);
    void finish(std::uint32_t id, bool good);
    void dispatchQueue();
    void rescheduleEnd(std::uint32_t server);
    // Health
    void probe(std::uint32_t server);
    void probed(std::uint32_t server, bool good);

    void push(double at, Kind kind, std::uint32_t subject = 0, std::uint64_t detail = 0)
    {
        m_events.push({at, m_sequence++, kind, subject, detail});
    }

    [[nodiscard]] RandomSource source(std::uint64_t purpose) const
    {
        return RandomSource(mixed(m_workload.seed + purpose * kGoldenStep));
    }

    const Workload& m_workload;
    const config::Pool& m_pool;
    Servers m_servers;
    Candidates m_candidates;
    RetryBudget m_budget;
    // One source for each purpose: every algorithm meets the same arrivals.
    RandomSource m_arrivals, m_clients, m_services, m_draws, m_probes;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> m_events;
    std::uint64_t m_sequence = 0;
    double m_now = 0;
    std::uint64_t m_cursor = 0;
    std::vector<Request> m_requests;
    std::vector<std::uint32_t> m_free;
    std::deque<std::uint32_t> m_queue; ///< requests that wait for room
    std::uint64_t m_arrived = 0;
    std::size_t m_open = 0;
    bool m_arriving = true;
    std::unordered_map<std::string, std::uint32_t> m_clientsByAddress;

    struct Session
    {
        int server = -1;
        bool moved = false;
    };

    std::vector<Session> m_sessions;
    bool m_keepOrder;
    Outcome m_outcome;
    LatencyLog m_latencies;
    std::vector<LatencyLog> m_serverLatencies;
};

} // namespace steelyard::simulation
