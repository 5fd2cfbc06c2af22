// The control plane's part in stickiness: the key, who is pinned where, ending sessions.
#include "engine/answers.h"
#include "engine/control_plane.h"
#include "engine/state_directory.h"
#include "runtime/stickiness.h"
#include "runtime/stickiness_key.h"

#include <QJsonArray>

#include <algorithm>

namespace steelyard::engine {

namespace {

constexpr std::size_t kMostListed = 1000;

bool isSticky(const config::Config& config)
{
    return std::any_of(config.pools.begin(), config.pools.end(),
                       [](const config::Pool& pool) { return pool.stickiness.has_value(); });
}

} // namespace

Result<> ControlPlane::prepareSessions(const config::Config& config)
{
    if (m_sessions || !isSticky(config))
        return {};
    auto key = runtime::loadStickinessKey(stateDirectory(config));
    if (!key) {
        Error error = key.error();
        error.detail = "stickiness: " + error.detail;
        return error;
    }
    m_sessions = std::shared_ptr<runtime::Sessions>(new runtime::Sessions{
        key.value(), runtime::SessionClock(Clock::now(), std::chrono::system_clock::now()),
        runtime::SessionTable()});
    return {};
}

runtime::EpochSeconds ControlPlane::sessionNow() const
{
    return m_sessions->clock.seconds(Clock::now());
}

/// Has a draining server clients that stay pinned to it?
bool ControlPlane::keepsPins(const runtime::BackendState& state) const
{
    using When = config::Stickiness::WhenDraining;
    if (!m_sessions)
        return false;
    for (const auto& pool : m_snapshot->pools) {
        const auto& stickiness = pool->settings->stickiness;
        if (pool->settings->name != state.pool || !stickiness ||
            stickiness->whenDraining != When::Keep)
            continue;
        for (const runtime::Backend& backend : pool->backends) {
            if (backend.state.get() == &state)
                return !m_sessions->table.list(1, sessionNow(), backend.tag).empty();
        }
    }
    return false;
}

/// A drain with `when_draining: cut` begins: what pinned clients have in flight is closed.
void ControlPlane::cutPinned(const ServerRef& server)
{
    const auto& stickiness = server.pool->stickiness;
    if (!stickiness || stickiness->whenDraining != config::Stickiness::WhenDraining::Cut)
        return;
    for (const auto& worker : m_workers)
        worker->cut(server.info->state, proxy::Cause::DrainDeadline, true);
}

void ControlPlane::listSessions(const QJsonObject& arguments, const Done& done)
{
    if (!m_sessions) {
        refuse(done, QStringLiteral("no pool has stickiness"),
               QStringLiteral("add \"stickiness: {}\" to a pool and reload"));
        return;
    }
    const std::string pool = arguments.value(QStringLiteral("pool")).toString().toStdString();
    const std::string server = arguments.value(QStringLiteral("name")).toString().toStdString();
    runtime::PinNames names;
    for (const auto& each : m_snapshot->pools) {
        for (const auto& [tag, index] : each->byTag)
            names[tag] = {each->settings->name, each->backends[index].state->name};
    }
    const runtime::EpochSeconds now = sessionNow();
    QJsonArray counts;
    std::vector<runtime::Session> sessions;
    const auto counted = m_sessions->table.counts();
    for (const auto& [tag, name] : names) {
        if ((!pool.empty() && name.first != pool) || (!server.empty() && name.second != server))
            continue;
        const auto found = counted.find(tag);
        const std::size_t count = found == counted.end() ? 0 : found->second;
        counts.append(QJsonObject{{QStringLiteral("server"), qs(name.first + '/' + name.second)},
                                  {QStringLiteral("sessions"), static_cast<qint64>(count)}});
        if (!pool.empty()) {
            const auto some = m_sessions->table.list(kMostListed, now, tag);
            sessions.insert(sessions.end(), some.begin(), some.end());
        }
    }
    if (pool.empty())
        sessions = m_sessions->table.list(kMostListed, now);
    QJsonArray rows;
    for (const runtime::SessionRow& row : runtime::sessionRows(sessions, names, now)) {
        rows.append(
            QJsonObject{{QStringLiteral("id"), qs(row.id.hex())},
                        {QStringLiteral("server"),
                         row.pool.empty() ? QString() : qs(row.pool + '/' + row.backend)},
                        {QStringLiteral("age_seconds"), static_cast<qint64>(row.ageSeconds)},
                        {QStringLiteral("idle_seconds"), static_cast<qint64>(row.idleSeconds)},
                        {QStringLiteral("left_seconds"), static_cast<qint64>(row.leftSeconds)}});
    }
    answer(done, Outcome::Done, QStringLiteral("%1 sessions").arg(rows.size()), {},
           {{QStringLiteral("sessions"), rows},
            {QStringLiteral("counts"), counts},
            {QStringLiteral("total"), static_cast<qint64>(m_sessions->table.size())}});
}

void ControlPlane::expireSessions(const QJsonObject& arguments, const Done& done)
{
    if (!m_sessions) {
        refuse(done, QStringLiteral("no pool has stickiness"));
        return;
    }
    const runtime::EpochSeconds now = sessionNow();
    std::int64_t longest = 0;
    for (const config::Pool& pool : m_effective.pools) {
        if (pool.stickiness)
            longest = std::max<std::int64_t>(longest, pool.stickiness->max.count() / 1000 + 1);
    }
    const auto until = static_cast<runtime::EpochSeconds>(now + longest);
    const std::string id = arguments.value(QStringLiteral("session")).toString().toStdString();
    if (!id.empty()) {
        const auto session = m_sessions->table.find(id);
        const auto expired =
            session ? m_sessions->table.expire(session.value().id, now, until) : session.error();
        if (!expired) {
            refuse(done, qs(expired.error().detail), qs(expired.error().hint));
            return;
        }
        event(stats::Level::Info, "operator", "session " + id + " expired");
        answer(done, Outcome::Done, QStringLiteral("expired session %1").arg(qs(id)));
        return;
    }
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    for (const auto& pool : m_snapshot->pools) {
        if (pool->settings->name != server.pool->name)
            continue;
        for (const auto& [tag, index] : pool->byTag) {
            if (pool->backends[index].state->name != server.server->name)
                continue;
            const auto expired = m_sessions->table.expireBackend(tag, now, until);
            if (!expired) {
                refuse(done, qs(expired.error().detail), qs(expired.error().hint));
                return;
            }
            const auto count = static_cast<qint64>(expired.value());
            event(stats::Level::Info, server.name,
                  std::to_string(count) + " sessions expired by the operator");
            answer(done, Outcome::Done,
                   QStringLiteral("expired %1 sessions of %2").arg(count).arg(qs(server.name)), {},
                   {{QStringLiteral("sessions"), count}});
            return;
        }
    }
    refuse(done, QStringLiteral("pool '%1' has no stickiness").arg(qs(server.pool->name)));
}

} // namespace steelyard::engine
