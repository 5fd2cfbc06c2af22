/// What the operator's actions are made of: for each one the commands that do it, those that take
/// it back, and the words for it.

#include "actions/operator.h"
#include "models/servers_model.h"

#include <algorithm>

namespace steelyard::gui {

using engine::Command;
using engine::Outcome;

namespace {

Command command(const QString& name, const QJsonObject& arguments = {})
{
    return {name, arguments};
}

QString wordOf(std::string_view word)
{
    return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size()));
}

Command weigh(const QString& server, int weight)
{
    return command(QStringLiteral("weight"),
                   {{QStringLiteral("server"), server}, {QStringLiteral("weight"), weight}});
}

Command addCommand(const ServerDraft& server)
{
    QJsonObject arguments{{QStringLiteral("pool"), server.pool},
                          {QStringLiteral("name"), server.name},
                          {QStringLiteral("address"), server.address},
                          {QStringLiteral("weight"), server.weight}};
    if (server.maxRequests > 0)
        arguments.insert(QStringLiteral("max_requests"), server.maxRequests);
    if (server.backup)
        arguments.insert(QStringLiteral("backup"), true);
    return command(QStringLiteral("add"), arguments);
}

} // namespace

Command Operator::adminCommand(const QString& server, AdminState state) const
{
    const QJsonObject arguments{{QStringLiteral("server"), server}};
    switch (state) {
    case AdminState::Draining:
        return command(QStringLiteral("drain"), arguments);
    case AdminState::Maintenance:
        return command(QStringLiteral("maintenance"), arguments);
    case AdminState::Ready:
        break;
    }
    return command(QStringLiteral("ready"), arguments);
}

Operator::Plan Operator::adminPlan(const QStringList& servers, AdminState state) const
{
    Plan plan;
    for (const QString& id : servers) {
        const stats::BackendRow* row = m_servers.server(id);
        const AdminState before = row == nullptr ? AdminState::Ready : row->admin;
        plan.steps.append({adminCommand(id, state), adminCommand(id, before), id});
    }
    return plan;
}

void Operator::drain(const QStringList& servers)
{
    Plan plan = adminPlan(servers, AdminState::Draining);
    plan.doneText = servers.size() == 1
                        ? tr("Drained %1").arg(servers.first())
                        : tr("Drained %n servers", nullptr, static_cast<int>(servers.size()));
    plan.verb = tr("Drain anyway");
    run(plan);
}

void Operator::putBack(const QStringList& servers)
{
    Plan plan = adminPlan(servers, AdminState::Ready);
    plan.doneText = servers.size() == 1 ? tr("Returned %1 to service").arg(servers.first())
                                        : tr("Returned %n servers to service", nullptr,
                                             static_cast<int>(servers.size()));
    run(plan);
}

void Operator::maintain(const QStringList& servers)
{
    Plan plan = adminPlan(servers, AdminState::Maintenance);
    plan.doneText = servers.size() == 1 ? tr("%1 is in maintenance").arg(servers.first())
                                        : tr("%n servers are in maintenance", nullptr,
                                             static_cast<int>(servers.size()));
    plan.verb = tr("Start maintenance anyway");
    run(plan);
}

void Operator::remove(const QStringList& servers)
{
    Plan plan;
    plan.doneText = servers.size() == 1
                        ? tr("Removed %1").arg(servers.first())
                        : tr("Removed %n servers", nullptr, static_cast<int>(servers.size()));
    plan.verb = tr("Remove anyway");
    for (const QString& id : servers) {
        const stats::BackendRow* row = m_servers.server(id);
        if (row == nullptr)
            continue;
        Command back = addCommand(draftOf(*row));
        if (row->admin != AdminState::Ready)
            back.arguments.insert(QStringLiteral("state"), wordOf(toString(row->admin)));
        plan.steps.append(
            {command(QStringLiteral("remove"), {{QStringLiteral("server"), id}}), back, id});
    }
    run(plan);
}

void Operator::checkNow(const QStringList& servers)
{
    Plan plan;
    plan.undoable = false;
    plan.doneText = servers.size() == 1
                        ? tr("Checking %1 now").arg(servers.first())
                        : tr("Checking %n servers now", nullptr, static_cast<int>(servers.size()));
    for (const QString& id : servers) {
        plan.steps.append(
            {command(QStringLiteral("check-now"), {{QStringLiteral("server"), id}}), {}, id});
    }
    run(plan);
}

void Operator::expire(const QStringList& servers)
{
    Plan plan;
    plan.undoable = false;
    plan.doneText = servers.size() == 1 ? tr("Expired the sessions of %1").arg(servers.first())
                                        : tr("Expired the sessions of %n servers", nullptr,
                                             static_cast<int>(servers.size()));
    QStringList victims;
    for (const QString& id : servers) {
        const stats::BackendRow* row = m_servers.server(id);
        victims << tr("%1: %2 clients pinned").arg(id).arg(row == nullptr ? 0 : row->pinned);
        plan.steps.append(
            {command(QStringLiteral("expire"), {{QStringLiteral("server"), id}}), {}, id});
    }
    if (m_rehearsal != nullptr) {
        run(plan);
        return;
    }
    m_ask({tr("Expire sessions"),
           tr("The next request of these clients goes to whichever server the pool's algorithm "
              "chooses. What is in flight finishes. This cannot be undone."),
           victims, tr("Expire")},
          [this, plan] { run(plan); });
}

void Operator::setWeight(const QString& server, int weight)
{
    const stats::BackendRow* row = m_servers.server(server);
    if (row == nullptr)
        return;
    const int before = m_sentWeights.value(server, row->weight);
    Plan plan;
    plan.doneText = tr("Weight of %1 is %2, was %3").arg(server).arg(weight).arg(before);
    plan.verb = tr("Set weight 0 anyway");
    plan.steps.append({weigh(server, weight), weigh(server, before), server});
    run(plan);
}

void Operator::stepWeight(const QStringList& servers, int step)
{
    Plan plan;
    QStringList atLimit;
    QString change;
    for (const QString& id : servers) {
        const stats::BackendRow* row = m_servers.server(id);
        if (row == nullptr)
            continue;
        const int before = m_sentWeights.value(id, row->weight);
        const int after = std::clamp(before + step, 0, 256);
        if (after == before) {
            atLimit << tr("%1 stays at weight %2").arg(id).arg(before);
            continue;
        }
        change = tr("Weight of %1 is %2, was %3").arg(id).arg(after).arg(before);
        plan.steps.append({weigh(id, after), weigh(id, before), id});
    }
    plan.verb = tr("Set weight 0 anyway");
    plan.doneText = plan.steps.size() == 1 ? change
                                           : tr("Weight %1 for %n servers", nullptr,
                                                static_cast<int>(plan.steps.size()))
                                                 .arg(step > 0 ? QStringLiteral("+%1").arg(step)
                                                               : QStringLiteral("−%1").arg(-step));
    if (!atLimit.isEmpty() && !plan.steps.isEmpty())
        plan.doneText += tr("; %1").arg(atLimit.join(QLatin1String(", ")));
    if (plan.steps.isEmpty() && !atLimit.isEmpty() && m_rehearsal == nullptr) {
        Q_EMIT told(Outcome::Nothing, atLimit.join(QLatin1String(", ")),
                    tr("Weights go from 0 to 256."), false);
    }
    run(plan);
}

void Operator::setAlgorithm(const QString& pool, Algorithm algorithm)
{
    const stats::PoolRow* row = m_servers.pool(pool);
    if (row == nullptr || row->algorithm == algorithm)
        return;
    const auto choose = [&](Algorithm which) {
        return command(QStringLiteral("algorithm"),
                       {{QStringLiteral("pool"), pool},
                        {QStringLiteral("algorithm"), wordOf(toString(which))}});
    };
    Plan plan;
    plan.doneText = tr("%1 now uses %2").arg(pool, wordOf(toString(algorithm)));
    plan.steps.append({choose(algorithm), choose(row->algorithm), {}});
    run(plan);
}

void Operator::addPool(const QString& pool, Algorithm algorithm)
{
    Plan plan;
    plan.doneText = tr("Added pool %1").arg(pool);
    plan.steps.append({command(QStringLiteral("add-pool"),
                               {{QStringLiteral("pool"), pool},
                                {QStringLiteral("algorithm"), wordOf(toString(algorithm))}}),
                       command(QStringLiteral("remove-pool"), {{QStringLiteral("pool"), pool}}),
                       {}});
    run(plan);
}

void Operator::removePool(const QString& pool)
{
    const stats::PoolRow* row = m_servers.pool(pool);
    if (row == nullptr)
        return;
    Plan plan;
    plan.doneText = tr("Removed pool %1").arg(pool);
    plan.steps.append({command(QStringLiteral("remove-pool"), {{QStringLiteral("pool"), pool}}),
                       command(QStringLiteral("add-pool"),
                               {{QStringLiteral("pool"), pool},
                                {QStringLiteral("algorithm"), wordOf(toString(row->algorithm))}}),
                       {}});
    run(plan);
}

void Operator::add(const QList<ServerDraft>& servers)
{
    Plan plan;
    plan.doneText = servers.size() == 1
                        ? tr("Added %1").arg(servers.first().id())
                        : tr("Added %n servers", nullptr, static_cast<int>(servers.size()));
    for (const ServerDraft& server : servers) {
        const QString id = server.id();
        plan.steps.append({addCommand(server),
                           command(QStringLiteral("remove"), {{QStringLiteral("server"), id}}),
                           id});
    }
    run(plan);
}

void Operator::edit(const ServerDraft& wanted)
{
    const QString id = wanted.id();
    const stats::BackendRow* row = m_servers.server(id);
    if (row == nullptr)
        return;
    const ServerDraft now = draftOf(*row);
    QJsonObject forward{{QStringLiteral("server"), id}};
    QJsonObject backward = forward;
    const auto change = [&](const char* key, const QJsonValue& before, const QJsonValue& after) {
        if (before == after)
            return;
        forward.insert(QLatin1String(key), after);
        backward.insert(QLatin1String(key), before);
    };
    change("address", now.address, wanted.address);
    change("weight", now.weight, wanted.weight);
    change("max_requests", now.maxRequests, wanted.maxRequests);
    change("backup", now.backup, wanted.backup);
    if (now == wanted) {
        if (m_rehearsal == nullptr)
            Q_EMIT told(Outcome::Nothing, tr("%1 is so already").arg(id), {}, false);
        return;
    }
    Plan plan;
    plan.doneText = tr("Changed %1").arg(id);
    plan.verb = tr("Change anyway");
    plan.steps.append(
        {command(QStringLiteral("edit"), forward), command(QStringLiteral("edit"), backward), id});
    run(plan);
}

} // namespace steelyard::gui
