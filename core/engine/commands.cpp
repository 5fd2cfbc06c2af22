// The control plane's commands: what operators and scripts may do to a running engine. Every answer
// says what was done, or why not and what to do.
#include "config/values.h"
#include "engine/answers.h"
#include "engine/control_plane.h"
#include "engine/wire.h"

#include <algorithm>
#include <functional>
#include <map>

namespace steelyard::engine {

namespace {

std::string textOf(const QJsonObject& arguments, const char* key)
{
    return arguments.value(QLatin1String(key)).toString().toStdString();
}

QString listOf(const std::vector<std::string>& names)
{
    QStringList list;
    for (const std::string& name : names)
        list << qs(name);
    return list.join(QStringLiteral(", "));
}

/// In service: it would get traffic if all were well with its weight and state.
bool inService(const runtime::Pool& pool, const std::string& server)
{
    return std::any_of(
        pool.candidates.backends.begin(), pool.candidates.backends.end(),
        [&](std::uint32_t index) { return pool.backends[index].state->name == server; });
}

std::string_view adminWord(AdminState state)
{
    return state == AdminState::Ready      ? "returned by the operator"
           : state == AdminState::Draining ? "drained by the operator"
                                           : "put into maintenance by the operator";
}

} // namespace

void ControlPlane::execute(const Command& command, EngineClient::Done done)
{
    const QJsonObject& arguments = command.arguments;
    const std::string name = command.name.toStdString();
    if (name == "status" || name == "servers") {
        const auto snapshot = latest();
        answer(done, Outcome::Done, QString(), {},
               {{QStringLiteral("snapshot"), toJson(*snapshot)}});
    } else if (name == "events") {
        const auto since = static_cast<quint64>(
            std::max<qint64>(0, arguments.value(QStringLiteral("since")).toInteger()));
        answer(done, Outcome::Done, QString(), {},
               {{QStringLiteral("events"), toJson(m_events.since(since))}});
    } else if (name == "config") {
        tellConfig(done);
    } else if (name == "save") {
        save(arguments, done);
    } else if (m_stopping) {
        refuse(done, QStringLiteral("the engine is stopping"),
               QStringLiteral("start it again first"));
    } else if (name == "reload") {
        reload(done);
    } else {
        static const std::map<std::string, void (ControlPlane::*)(const QJsonObject&, const Done&)>
            kCommands{
                {"apply", &ControlPlane::apply},
                {"drain", &ControlPlane::drain},
                {"ready", &ControlPlane::ready},
                {"maintenance", &ControlPlane::maintenance},
                {"weight", &ControlPlane::weight},
                {"algorithm", &ControlPlane::algorithm},
                {"add-pool", &ControlPlane::addPool},
                {"remove-pool", &ControlPlane::removePool},
                {"add", &ControlPlane::add},
                {"edit", &ControlPlane::edit},
                {"remove", &ControlPlane::remove},
                {"check-now", &ControlPlane::checkNow},
                {"probe", &ControlPlane::tellProbe},
                {"latency", &ControlPlane::tellLatency},
                {"sessions", &ControlPlane::listSessions},
                {"expire", &ControlPlane::expireSessions},
                {"route", &ControlPlane::explainRoute},
                {"explain", &ControlPlane::explain},
            };
        const auto found = kCommands.find(name);
        if (found == kCommands.end()) {
            refuse(done,
                   QStringLiteral("this engine does not know the command '%1'").arg(command.name));
            return;
        }
        (this->*found->second)(arguments, done);
    }
}

// ---- servers

bool ControlPlane::find(const QJsonObject& arguments, ServerRef& found, const Done& done)
{
    const std::string text = textOf(arguments, "server");
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        refuse(done, QStringLiteral("'%1' is not POOL/SERVER").arg(qs(text)),
               QStringLiteral("write it as shop/a"));
        return false;
    }
    const std::string pool = text.substr(0, slash);
    const std::string server = text.substr(slash + 1);
    found.name = text;
    found.pool = m_effective.pool(pool);
    if (found.pool == nullptr) {
        std::vector<std::string> names;
        for (const config::Pool& each : m_effective.pools)
            names.push_back(each.name);
        refuse(done, QStringLiteral("there is no pool '%1'").arg(qs(pool)),
               QStringLiteral("the pools are: %1").arg(listOf(names)));
        return false;
    }
    std::vector<std::string> names;
    for (const config::Backend& backend : found.pool->backends) {
        if (backend.name == server)
            found.server = &backend;
        names.push_back(backend.name);
    }
    if (found.server == nullptr) {
        refuse(done,
               QStringLiteral("there is no server '%1' in pool '%2'").arg(qs(server), qs(pool)),
               QStringLiteral("its servers are: %1").arg(listOf(names)));
        return false;
    }
    found.info = &m_infos[{pool, server}];
    return true;
}

bool ControlPlane::refuseLast(const ServerRef& server, const QJsonObject& arguments,
                              const char* verb, const Done& done)
{
    if (arguments.value(QStringLiteral("force")).toBool())
        return false;
    for (const auto& pool : m_snapshot->pools) {
        if (pool->settings->name != server.pool->name)
            continue;
        if (pool->candidates.backends.size() != 1 || !inService(*pool, server.server->name))
            return false;
    }
    refuse(
        done,
        QStringLiteral(
            "%1 is the last server in service of pool '%2': %3 it would leave the pool without any")
            .arg(qs(server.name), qs(server.pool->name), QLatin1String(verb)),
        QStringLiteral("use --force to do it all the same"),
        {{QStringLiteral("last_in_service"), true}});
    return true;
}

void ControlPlane::changeState(const ServerRef& server, AdminState state, const std::string& reason,
                               const QString& text, const Done& done)
{
    // At once, before any worker has the new candidates: a choice looks at this too.
    server.info->state->admin.store(state, std::memory_order_relaxed);
    server.info->admin = state;
    server.info->since = Clock::now();
    server.info->reason = reason;
    if (state != AdminState::Draining)
        server.info->drainDeadline.reset();
    server.info->cutting = false;
    if (state == AdminState::Draining)
        cutPinned(server);
    m_edits.setState(server.pool->name, server.server->name, state);
    event(stats::Level::Info, server.name, reason);
    applyEdits([done, text] { answer(done, Outcome::Done, text); });
}

void ControlPlane::drain(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    if (server.server->state != AdminState::Ready) {
        answer(done, Outcome::Nothing,
               QStringLiteral("%1 is %2 already")
                   .arg(qs(server.name), qs(toString(server.server->state))));
        return;
    }
    if (refuseLast(server, arguments, "draining", done))
        return;
    const QJsonValue timeoutValue = arguments.value(QStringLiteral("timeout_ms"));
    const milliseconds timeout = timeoutValue.isDouble()
                                     ? milliseconds(static_cast<std::int64_t>(std::clamp(
                                           timeoutValue.toDouble(), 0.0, 366.0 * 86'400'000.0)))
                                     : server.pool->drainTimeout;
    const std::uint32_t inFlight =
        server.info->state->load.inFlight.load(std::memory_order_relaxed);
    const QString deadline =
        timeout.count() > 0 ? QStringLiteral("deadline %1").arg(qs(config::durationText(timeout)))
                            : QStringLiteral("no deadline");
    if (timeout.count() > 0) {
        server.info->drainDeadline = Clock::now() + timeout;
    } else {
        server.info->drainDeadline.reset();
    }
    changeState(server, AdminState::Draining, std::string(adminWord(AdminState::Draining)),
                QStringLiteral("draining %1: %2 in flight, %3")
                    .arg(qs(server.name))
                    .arg(inFlight)
                    .arg(deadline),
                done);
}

void ControlPlane::ready(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    if (server.server->state == AdminState::Ready) {
        answer(done, Outcome::Nothing, QStringLiteral("%1 is ready already").arg(qs(server.name)));
        return;
    }
    changeState(server, AdminState::Ready, std::string(adminWord(AdminState::Ready)),
                QStringLiteral("%1 is ready").arg(qs(server.name)), done);
}

void ControlPlane::maintenance(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    if (server.server->state == AdminState::Maintenance) {
        answer(done, Outcome::Nothing,
               QStringLiteral("%1 is in maintenance already").arg(qs(server.name)));
        return;
    }
    if (refuseLast(server, arguments, "taking out", done))
        return;
    changeState(
        server, AdminState::Maintenance, std::string(adminWord(AdminState::Maintenance)),
        QStringLiteral("%1 is in maintenance; what is in flight finishes").arg(qs(server.name)),
        done);
}

void ControlPlane::weight(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    // toInt() gives its default for what is not whole or out of range.
    const int weight = arguments.value(QStringLiteral("weight")).toInt(-1);
    if (weight < 0 || weight > 256) {
        refuse(done, QStringLiteral("a weight is a whole number from 0 to 256"),
               QStringLiteral("0 means no new work, 100 is the default"));
        return;
    }
    if (weight == server.server->weight) {
        answer(done, Outcome::Nothing,
               QStringLiteral("%1 has weight %2 already").arg(qs(server.name)).arg(weight));
        return;
    }
    if (weight == 0 && refuseLast(server, arguments, "giving weight 0 to", done))
        return;
    const int before = server.server->weight;
    m_edits.setWeight(server.pool->name, server.server->name, weight);
    const QString text =
        QStringLiteral("%1: weight %2, was %3").arg(qs(server.name)).arg(weight).arg(before);
    event(stats::Level::Info, server.name,
          "weight " + std::to_string(weight) + ", was " + std::to_string(before));
    applyEdits([done, text] { answer(done, Outcome::Done, text); });
}

void ControlPlane::algorithm(const QJsonObject& arguments, const Done& done)
{
    const std::string name = textOf(arguments, "pool");
    const config::Pool* pool = m_effective.pool(name);
    if (pool == nullptr) {
        refuse(done, QStringLiteral("there is no pool '%1'").arg(qs(name)));
        return;
    }
    const std::string word = textOf(arguments, "algorithm");
    const auto wanted = algorithmFrom(word);
    if (!wanted) {
        std::vector<std::string> names;
        for (const Algorithm each : kAlgorithms)
            names.emplace_back(toString(each));
        refuse(done, QStringLiteral("there is no algorithm '%1'").arg(qs(word)),
               QStringLiteral("the algorithms are: %1").arg(listOf(names)));
        return;
    }
    if (pool->algorithm == *wanted) {
        answer(done, Outcome::Nothing,
               QStringLiteral("pool '%1' uses %2 already").arg(qs(name), qs(word)));
        return;
    }
    const std::string before(toString(pool->algorithm));
    m_edits.setAlgorithm(name, *wanted);
    event(stats::Level::Info, name, "algorithm " + word + ", was " + before);
    const QString text =
        QStringLiteral("pool '%1': %2, was %3").arg(qs(name), qs(word), qs(before));
    applyEdits([done, text] { answer(done, Outcome::Done, text); });
}

void ControlPlane::add(const QJsonObject& arguments, const Done& done)
{
    const std::string poolName = textOf(arguments, "pool");
    const config::Pool* pool = m_effective.pool(poolName);
    if (pool == nullptr) {
        refuse(done, QStringLiteral("there is no pool '%1'").arg(qs(poolName)));
        return;
    }
    config::Backend server;
    server.name = textOf(arguments, "name");
    if (!config::isName(server.name)) {
        refuse(done, QStringLiteral("'%1' is not a server name").arg(qs(server.name)),
               QStringLiteral("1 to 64 letters, digits, '.', '_' or '-'"));
        return;
    }
    for (const config::Backend& each : pool->backends) {
        if (each.name != server.name)
            continue;
        refuse(done,
               QStringLiteral("pool '%1' has a server '%2' already")
                   .arg(qs(poolName), qs(server.name)),
               QStringLiteral("choose another name, or remove that one first"));
        return;
    }
    auto address = config::parseAddress(textOf(arguments, "address"));
    if (!address || address.value().port == 0) {
        refuse(done, QStringLiteral("'%1' is not an address").arg(qs(textOf(arguments, "address"))),
               QStringLiteral("write host:port, e.g. 127.0.0.1:9001 or [::1]:9001"));
        return;
    }
    server.address = address.value();
    const QJsonValue weightValue = arguments.value(QStringLiteral("weight"));
    server.weight = weightValue.isUndefined() ? 100 : weightValue.toInt(-1);
    if (server.weight < 0 || server.weight > 256) {
        refuse(done, QStringLiteral("a weight is a whole number from 0 to 256"));
        return;
    }
    if (const QString problem = readLimits(arguments, server); !problem.isEmpty()) {
        refuse(done, problem, QStringLiteral("0 requests at once means no limit"));
        return;
    }
    if (const std::string word = textOf(arguments, "state"); !word.empty()) {
        const auto state = adminStateFrom(word);
        if (!state) {
            refuse(done, QStringLiteral("there is no state '%1'").arg(qs(word)),
                   QStringLiteral("the states are: ready, draining, maintenance"));
            return;
        }
        server.state = *state;
    }
    // Removed a moment ago, it may still be leaving: no more.
    if (const auto leaving = m_infos.find({poolName, server.name}); leaving != m_infos.end()) {
        BackendInfo& info = leaving->second;
        info.cutting = false;
        info.drainDeadline.reset();
        if (server.state == AdminState::Draining && pool->drainTimeout.count() > 0)
            info.drainDeadline = Clock::now() + pool->drainTimeout;
    }
    m_edits.addServer(poolName, server);
    const std::string name = poolName + '/' + server.name;
    const std::string as = server.state == AdminState::Ready
                               ? std::string()
                               : ", " + std::string(toString(server.state));
    event(stats::Level::Info, name, "added at " + server.address.text() + as);
    const QString text =
        QStringLiteral("added %1 at %2%3").arg(qs(name), qs(server.address.text()), qs(as));
    applyEdits([done, text] { answer(done, Outcome::Done, text); });
}

void ControlPlane::remove(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    if (refuseLast(server, arguments, "removing", done))
        return;
    const std::string name = server.name;
    const std::uint32_t inFlight =
        server.info->state->load.inFlight.load(std::memory_order_relaxed);
    server.info->state->admin.store(AdminState::Maintenance, std::memory_order_relaxed);
    server.info->admin = AdminState::Maintenance;
    if (server.pool->drainTimeout.count() > 0)
        server.info->drainDeadline = Clock::now() + server.pool->drainTimeout;
    m_edits.removeServer(server.pool->name, server.server->name);
    event(stats::Level::Info, name, "removed by the operator");
    const QString text =
        inFlight > 0
            ? QStringLiteral("removed %1; %2 requests in flight finish").arg(qs(name)).arg(inFlight)
            : QStringLiteral("removed %1").arg(qs(name));
    applyEdits([done, text] { answer(done, Outcome::Done, text); });
}

void ControlPlane::tellProbe(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    const auto& probe = server.info->probe;
    if (!probe) {
        refuse(done, QStringLiteral("%1 has not been probed").arg(qs(server.name)),
               server.pool->healthCheck ? QStringLiteral("wait for its first probe")
                                        : QStringLiteral("its pool has no health_check"));
        return;
    }
    const double age = std::chrono::duration<double>(Clock::now() - server.info->probedAt).count();
    answer(done, Outcome::Done,
           QStringLiteral("%1, %2 s ago, %3 alike in a row")
               .arg(qs(probe->text))
               .arg(age, 0, 'f', 1)
               .arg(probe->inRow),
           {},
           {{QStringLiteral("good"), probe->good},
            {QStringLiteral("text"), qs(probe->text)},
            {QStringLiteral("layer"), qs(probe->layer)},
            {QStringLiteral("status"), probe->status},
            {QStringLiteral("age_seconds"), age},
            {QStringLiteral("duration_ms"), probe->durationMs},
            {QStringLiteral("in_row"), probe->inRow},
            {QStringLiteral("pending"), probe->pending},
            {QStringLiteral("needed"), probe->needed},
            {QStringLiteral("transcript"), qs(probe->transcript)}});
}

void ControlPlane::checkNow(const QJsonObject& arguments, const Done& done)
{
    if (textOf(arguments, "server").empty()) {
        m_health->checkNow();
        answer(done, Outcome::Done, QStringLiteral("checking all probed servers now"));
        return;
    }
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    if (!m_health->checkNow({server.pool->name, server.server->name})) {
        refuse(done, QStringLiteral("pool '%1' has no health_check").arg(qs(server.pool->name)),
               QStringLiteral("add one to the configuration and reload"));
        return;
    }
    answer(done, Outcome::Done, QStringLiteral("checking %1 now").arg(qs(server.name)));
}

} // namespace steelyard::engine
