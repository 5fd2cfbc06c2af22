#include "lab/load_generator.h"

#include "lab/load_connection.h"

#include <algorithm>
#include <utility>

namespace steelyard::lab {

namespace {

constexpr std::size_t kMaxBacklog = 1000;

} // namespace

LoadGenerator::LoadGenerator(LoadPlan plan)
    : m_plan(std::move(plan))
    , m_random(m_plan.seed)
{
    for (const LoadTarget& target : m_plan.targets)
        m_shares += target.share;
    setRate(m_plan.rate);
}

LoadGenerator::~LoadGenerator()
{
    for (LoadConnection* connection : m_all)
        delete connection;
}

void LoadGenerator::setRate(int perSecond)
{
    m_plan.rate = std::clamp(perSecond, 0, kMaxRate);
    m_timer.stop();
    if (m_plan.rate == 0 || m_shares == 0) {
        m_backlog.clear();
        return;
    }
    m_next = Clock::now();
    schedule();
}

void LoadGenerator::schedule()
{
    const auto wait = std::chrono::ceil<milliseconds>(m_next - Clock::now());
    m_timer.start(static_cast<int>(std::max<std::int64_t>(wait.count(), 1)), Qt::PreciseTimer,
                  this);
}

void LoadGenerator::timerEvent(QTimerEvent* /*event*/)
{
    m_timer.stop();
    const TimePoint now = Clock::now();
    // After a standstill (a suspended laptop) the past is not made up for.
    m_next = std::max(m_next, now - seconds(1));
    const auto gap =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / m_plan.rate));
    while (m_next <= now) {
        m_due.fetch_add(1, std::memory_order_relaxed);
        begin({&choose(), m_next});
        m_next += gap;
    }
    schedule();
}

const LoadTarget& LoadGenerator::choose()
{
    std::uint32_t draw = m_random.below(m_shares);
    for (const LoadTarget& target : m_plan.targets) {
        if (draw < target.share)
            return target;
        draw -= target.share;
    }
    return m_plan.targets.back();
}

void LoadGenerator::begin(const Due& due)
{
    if (!m_idle.empty()) {
        LoadConnection* connection = m_idle.back();
        m_idle.pop_back();
        connection->send(*due.target, due.at);
        return;
    }
    if (m_all.size() < static_cast<std::size_t>(std::max(m_plan.connections, 1))) {
        int error = 0;
        auto transport = net::connectTcp(m_plan.address, error);
        if (!transport) {
            completed(false, due.at);
            return;
        }
        auto* connection = new LoadConnection(std::move(transport), *this); // ends itself
        m_all.push_back(connection);
        connection->send(*due.target, due.at);
        return;
    }
    if (m_backlog.size() < kMaxBacklog)
        m_backlog.push_back(due);
    else
        m_dropped.fetch_add(1, std::memory_order_relaxed);
}

void LoadGenerator::completed(bool ok, TimePoint due)
{
    (ok ? m_ok : m_errors).fetch_add(1, std::memory_order_relaxed);
    if (!ok)
        return;
    const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - due).count();
    m_latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(took, 0)));
}

void LoadGenerator::idle(LoadConnection& connection)
{
    if (m_backlog.empty()) {
        m_idle.push_back(&connection);
        return;
    }
    const Due due = m_backlog.front();
    m_backlog.pop_front();
    connection.send(*due.target, due.at);
}

void LoadGenerator::gone(LoadConnection& connection)
{
    std::erase(m_all, &connection);
    std::erase(m_idle, &connection);
    // Its place is free for one that waits.
    if (m_backlog.empty() || m_plan.rate == 0)
        return;
    const Due due = m_backlog.front();
    m_backlog.pop_front();
    begin(due);
}

LoadCounts LoadGenerator::counts() const
{
    LoadCounts counts;
    counts.due = m_due.load(std::memory_order_relaxed);
    counts.ok = m_ok.load(std::memory_order_relaxed);
    counts.errors = m_errors.load(std::memory_order_relaxed);
    counts.dropped = m_dropped.load(std::memory_order_relaxed);
    std::vector<std::uint64_t> buckets(stats::Histogram::kBuckets);
    m_latency.addTo(buckets);
    counts.p50 = stats::quantile(buckets, 0.50);
    counts.p99 = stats::quantile(buckets, 0.99);
    return counts;
}

} // namespace steelyard::lab
