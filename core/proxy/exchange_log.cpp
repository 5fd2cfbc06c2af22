// What the exchange tells the access log.
#include "proxy/exchange.h"
#include "stats/access_record.h"

namespace steelyard::proxy {

namespace {

std::int64_t micros(TimePoint from, TimePoint to) noexcept
{
    if (from == TimePoint{} || to == TimePoint{})
        return -1;
    return std::chrono::duration_cast<microseconds>(to - from).count();
}

} // namespace

void Exchange::log()
{
    stats::AccessRecord record;
    // Display only: durations come from the monotonic clock.
    const auto wall =
        std::chrono::system_clock::now().time_since_epoch() - (m_finished - m_started);
    record.wallMs = std::chrono::duration_cast<milliseconds>(wall).count();
    if (m_listener != nullptr)
        record.listener = m_listener->settings.name;
    record.client = m_info.address;
    record.host = m_logHost;
    record.target = m_logTarget;
    record.httpVersion = m_info.version == http::Version::Http10 ? "1.0" : "1.1";
    if (m_request != nullptr) {
        record.method = m_request->method();
        record.requestId = m_request->headers.find(http::FieldId::XRequestId);
    }
    if (m_route != nullptr)
        record.route = m_route->name;
    if (m_pool != nullptr)
        record.pool = m_pool->settings->name;
    record.reason = rule(m_cause).word;
    if (m_cause != Cause::None)
        record.detail = m_detail;
    record.status = m_status;
    record.bytesIn = m_bytesIn;
    record.bytesOut = m_bytesOut;

    std::array<stats::AccessAttempt, balancing::Tried::kMax> attempts;
    std::size_t count = 0;
    for (const Attempt& attempt : m_attempts) {
        if (count == attempts.size())
            break;
        attempts[count++] = {attempt.backend->name, attempt.result,
                             attempt.reused ? 0 : micros(attempt.started, attempt.connected),
                             micros(attempt.started, attempt.firstByte)};
    }
    record.attempts = {attempts.data(), count};
    record.phases.total = micros(m_started, m_finished);
    if (m_queuedAt != TimePoint{}) {
        // One that never got a server waited to its end.
        const Duration waited = m_waited.count() > 0 ? m_waited : m_finished - m_queuedAt;
        record.phases.queue = std::chrono::duration_cast<microseconds>(waited).count();
    }
    if (!m_attempts.empty()) {
        const Attempt& last = m_attempts.back();
        record.phases.connect = attempts[count - 1].connectMicros;
        record.phases.firstByte = micros(m_started, last.firstByte);
        record.phases.body = micros(last.firstByte, m_finished);
        record.phases.own = std::chrono::duration_cast<microseconds>(m_own).count();
    }
    m_worker.accessLog->append(m_worker.index, m_worker.accessLine.write(record));
}

void Exchange::recordDecision()
{
    runtime::Decision& decision = *m_decision;
    const auto wall =
        std::chrono::system_clock::now().time_since_epoch() - (m_finished - m_started);
    decision.wallMs = std::chrono::duration_cast<milliseconds>(wall).count();
    if (m_listener != nullptr)
        decision.listener = m_listener->settings.name;
    if (m_route != nullptr)
        decision.route = m_route->name;
    if (m_pool != nullptr) {
        // The snapshot's own handle lives as long as this exchange only.
        for (const auto& pool : m_snapshot->pools) {
            if (pool.get() == m_pool)
                decision.pool = pool;
        }
    }
    constexpr std::size_t kMostText = 256;
    decision.client = m_info.address;
    decision.host = m_logHost.substr(0, kMostText);
    decision.target = m_logTarget.substr(0, kMostText);
    if (m_request != nullptr)
        decision.method = m_request->method();
    for (const Attempt& attempt : m_attempts) {
        const bool kept = attempt.reused;
        decision.attempts.push_back(
            {attempt.backend->name, attempt.result, micros(m_started, attempt.started),
             kept ? -1 : micros(m_started, attempt.connected), micros(m_started, attempt.firstByte),
             micros(m_started, attempt.ended), kept});
    }
    decision.queued = std::chrono::duration_cast<microseconds>(m_waited).count();
    decision.total = micros(m_started, m_finished);
    decision.status = m_status;
    decision.reason = rule(m_cause).word;
    m_worker.decisions.add(std::move(m_decision));
}

} // namespace steelyard::proxy
