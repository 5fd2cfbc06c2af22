/// Processor sharing in virtual work: every request in the server advances at one speed, so it is
/// done when the common work reaches what it was at its arrival plus its own. Thread: one.
#include "simulation/server_model.h"

#include <algorithm>

namespace steelyard::simulation {

double ServerModel::speed() const
{
    if (!m_sharing || m_concurrency == 0 || m_running.size() <= m_concurrency)
        return 1;
    return static_cast<double>(m_concurrency) / static_cast<double>(m_running.size());
}

void ServerModel::start(std::uint32_t request, double serviceUs, double nowUs)
{
    if (m_sharing) {
        m_worked += (nowUs - m_at) * speed();
        m_at = nowUs;
        m_running.emplace(m_worked + serviceUs, request);
    } else if (m_concurrency == 0 || m_running.size() < m_concurrency) {
        m_running.emplace(nowUs + serviceUs, request);
    } else {
        m_waiting.emplace_back(request, serviceUs);
    }
}

std::optional<double> ServerModel::nextEnd() const
{
    if (m_running.empty())
        return std::nullopt;
    const double end = m_running.top().first;
    return m_sharing ? m_at + std::max(0.0, end - m_worked) / speed() : end;
}

std::uint32_t ServerModel::finish(double nowUs)
{
    const auto [end, request] = m_running.top();
    m_running.pop();
    if (m_sharing) {
        m_worked = std::max(m_worked, end);
        m_at = nowUs;
    } else if (!m_waiting.empty()) {
        m_running.emplace(nowUs + m_waiting.front().second, m_waiting.front().first);
        m_waiting.pop_front();
    }
    return request;
}

} // namespace steelyard::simulation
