#include "proxy/decision_log.h"

#include <atomic>

namespace steelyard::proxy {

void DecisionLog::recordAll(bool all)
{
    m_all = all;
    m_ring.clear();
    m_ring.shrink_to_fit();
    m_at = 0;
}

void DecisionLog::add(std::unique_ptr<runtime::Decision> decision)
{
    static std::atomic<std::uint64_t> next{1}; // numbers of all workers, for people to name one
    decision->id = next.fetch_add(1, std::memory_order_relaxed);
    if (m_ring.size() < (m_all ? kAll : kSampled)) {
        m_ring.push_back(std::move(decision));
        return;
    }
    m_ring[m_at] = std::move(decision);
    m_at = (m_at + 1) % m_ring.size();
}

std::vector<std::shared_ptr<const runtime::Decision>> DecisionLog::decisions() const
{
    std::vector<std::shared_ptr<const runtime::Decision>> all;
    all.reserve(m_ring.size());
    for (std::size_t i = 0; i < m_ring.size(); ++i)
        all.push_back(m_ring[(m_at + i) % m_ring.size()]);
    return all;
}

} // namespace steelyard::proxy
