#include "actions/operator.h"

#include "actions/command_text.h"
#include "actions/engine_edit.h"
#include "engine/control_socket.h"
#include "models/servers_model.h"

#include <algorithm>
#include <memory>

namespace steelyard::gui {

using engine::Command;
using engine::CommandResult;
using engine::Outcome;

namespace {

Command forced(Command original)
{
    original.arguments.insert(QStringLiteral("force"), true);
    return original;
}

bool takesAllWeight(const Command& command)
{
    return command.arguments.contains(QLatin1String("weight")) &&
           command.name != QLatin1String("add") &&
           command.arguments.value(QLatin1String("weight")).toInt() == 0;
}

bool isDone(Outcome outcome)
{
    return outcome == Outcome::Done || outcome == Outcome::Partly;
}

bool wantsForce(const CommandResult& result)
{
    return result.outcome == Outcome::Refused &&
           (result.text + result.hint).contains(QLatin1String("force"), Qt::CaseInsensitive);
}

} // namespace

/// Counts the answers to one plan.
struct Operator::Tally
{
    QList<CommandResult> results; ///< by step
    qsizetype missing = 0;
};

Operator::Operator(const ServersModel& servers, Ask ask, QObject* parent)
    : QObject(parent)
    , m_servers(servers)
    , m_ask(std::move(ask))
{
}

void Operator::setClient(engine::EngineClient* client, const QString& socket)
{
    m_client = client;
    m_socket = socket == engine::defaultSocketPath() ? QString() : socket;
    m_undo.clear();
    m_sentWeights.clear();
    m_outstanding = 0;
    m_moves.clear();
    if (client == nullptr)
        return;
    connect(client, &engine::EngineClient::snapshotArrived, this, [this] {
        if (m_outstanding == 0)
            m_sentWeights.clear();
    });
}

QStringList Operator::lastInService(const Plan& plan) const
{
    // Pools that would be left with nobody to serve, and had somebody before.
    QStringList pools;
    QStringList leaving;
    for (const Step& step : plan.steps) {
        const QString& name = step.forward.name;
        if (name == QLatin1String("drain") || name == QLatin1String("maintenance") ||
            name == QLatin1String("remove") || takesAllWeight(step.forward)) {
            leaving << step.server;
        }
    }
    for (const QString& pool : m_servers.pools()) {
        int before = 0;
        int after = 0;
        for (const QString& id : m_servers.serversOf(pool)) {
            const stats::BackendRow* row = m_servers.server(id);
            if (!row->selectable)
                continue;
            ++before;
            if (!leaving.contains(id))
                ++after;
        }
        if (before > 0 && after == 0)
            pools << pool;
    }
    return pools;
}

void Operator::run(const Plan& plan)
{
    if (plan.steps.isEmpty())
        return;
    if (m_rehearsal != nullptr) {
        for (const Step& step : plan.steps)
            *m_rehearsal << lineOf(step.forward);
        return;
    }
    if (!m_client) {
        Q_EMIT told(Outcome::Unreachable, tr("No engine is running"), tr("Start one first."),
                    false);
        return;
    }
    const QStringList emptied = lastInService(plan);
    if (!emptied.isEmpty()) {
        ask(plan, emptied.size() == 1 ? tr("Pool %1 would have no server left in service. Requests "
                                           "to it would be answered with 503.")
                                            .arg(emptied.first())
                                      : tr("The pools %1 would have no server left in service. "
                                           "Requests to them would be answered with 503.")
                                            .arg(emptied.join(QLatin1String(", "))));
        return;
    }
    send(plan);
}

QString Operator::lineOf(const Command& command) const
{
    return commandLine(command, m_socket);
}

QString Operator::asCommands(const std::function<void()>& act)
{
    QStringList lines;
    m_rehearsal = &lines;
    act();
    m_rehearsal = nullptr;
    return lines.join(u'\n');
}

void Operator::ask(const Plan& plan, const QString& why)
{
    QStringList victims;
    for (const Step& step : plan.steps) {
        const stats::BackendRow* row = m_servers.server(step.server);
        victims << (row == nullptr ? step.server
                                   : tr("%1: %2 in flight").arg(step.server).arg(row->inFlight));
    }
    Plan anyway = plan;
    anyway.forced = true;
    anyway.undoable = false;
    for (Step& step : anyway.steps)
        step.forward = forced(step.forward);
    m_ask({plan.verb, why, victims, plan.verb}, [this, anyway] { send(anyway); });
}

void Operator::send(const Plan& plan)
{
    if (!m_client)
        return;
    auto tally = std::make_shared<Tally>();
    tally->results.resize(plan.steps.size());
    tally->missing = plan.steps.size();
    m_lastCommands.clear();
    for (const Step& step : plan.steps) {
        m_lastCommands << lineOf(step.forward);
        if (step.forward.name == QLatin1String("weight")) {
            m_sentWeights.insert(step.server,
                                 step.forward.arguments.value(QLatin1String("weight")).toInt());
        }
    }
    for (qsizetype i = 0; i < plan.steps.size(); ++i) {
        ++m_outstanding;
        const QPointer<Operator> self(this);
        m_client->send(plan.steps.at(i).forward,
                       [self, plan, tally, i](const CommandResult& result) {
                           if (!self)
                               return;
                           if (self->m_outstanding > 0)
                               --self->m_outstanding;
                           tally->results[i] = result;
                           if (--tally->missing == 0) {
                               self->finish(plan, tally);
                               self->moveNext();
                           }
                       });
    }
}

void Operator::finish(const Plan& plan, const std::shared_ptr<Tally>& tally)
{
    Q_EMIT sent();
    Plan done = plan;
    done.steps.clear();
    bool allWell = true;
    for (qsizetype i = 0; i < plan.steps.size(); ++i) {
        const Outcome outcome = tally->results.at(i).outcome;
        if (isDone(outcome))
            done.steps.append(plan.steps.at(i));
        allWell = allWell && (isDone(outcome) || outcome == Outcome::Nothing);
    }
    const CommandResult& first = tally->results.first();
    if (plan.steps.size() == 1 && !plan.forced && !plan.verb.isEmpty() && wantsForce(first)) {
        m_moves.clear();
        ask(plan, first.text);
        return;
    }
    const bool undoable = plan.undoable && !done.steps.isEmpty();
    if (undoable)
        m_undo.push(new EngineEdit(done.steps, plan.doneText));
    if (plan.edit)
        settle(plan, tally->results);
    if (!allWell)
        m_sentWeights.clear();
    tellResult(plan, done, *tally, undoable);
    if (allWell && plan.then)
        plan.then();
}

/// In words: done, nothing changed, partly (for which not, and why), or refused.
void Operator::tellResult(const Plan& plan, const Plan& done, const Tally& tally, bool undoable)
{
    QStringList problems;
    QString hint;
    int nothing = 0;
    for (qsizetype i = 0; i < plan.steps.size(); ++i) {
        const CommandResult& result = tally.results.at(i);
        if (result.outcome == Outcome::Done)
            continue;
        const QString& server = plan.steps.at(i).server;
        if (result.outcome == Outcome::Nothing)
            ++nothing;
        else if (plan.steps.size() == 1 || server.isEmpty() || result.text.contains(server))
            problems << result.text;
        else
            problems << tr("%1: %2").arg(server, result.text);
        if (hint.isEmpty())
            hint = result.hint;
    }
    const CommandResult& first = tally.results.first();
    if (problems.isEmpty() && done.steps.isEmpty()) {
        Q_EMIT told(Outcome::Nothing, plan.steps.size() == 1 ? first.text : tr("Nothing to change"),
                    hint, false);
    } else if (problems.isEmpty()) {
        const QString text =
            nothing == 0 ? plan.doneText
                         : tr("%1 (%n needed nothing)", nullptr, nothing).arg(plan.doneText);
        Q_EMIT told(nothing == 0 ? Outcome::Done : Outcome::Partly, text, hint, undoable);
    } else if (done.steps.isEmpty()) {
        const Outcome outcome =
            first.outcome == Outcome::Unreachable ? Outcome::Unreachable : Outcome::Refused;
        problems.removeDuplicates();
        const QString why = problems.join(u'\n');
        const QString text = !plan.edit    ? why
                             : plan.isUndo ? tr("Not undone: %1").arg(why)
                                           : tr("Not made again: %1").arg(why);
        Q_EMIT told(outcome, text, hint, false);
    } else {
        Q_EMIT told(Outcome::Partly,
                    tr("Done for %1 of %2. %3")
                        .arg(done.steps.size())
                        .arg(plan.steps.size())
                        .arg(problems.join(QLatin1String("; "))),
                    hint, undoable);
    }
}

} // namespace steelyard::gui
