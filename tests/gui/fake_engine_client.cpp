#include "fake_engine_client.h"

#include "fake_config.h"
#include "fake_decisions.h"

#include <algorithm>
#include <cmath>

namespace steelyard::test {

using engine::Command;
using engine::CommandResult;
using engine::Outcome;

namespace {

constexpr double kStep = 0.25;
constexpr qint64 kStartWallMs = 1'700'000'000'000;

QString text(const Command& command, const char* key)
{
    return command.arguments.value(QLatin1String(key)).toString();
}

stats::BackendRow makeServer(const std::string& pool, const std::string& name, int port)
{
    stats::BackendRow row;
    row.pool = pool;
    row.name = name;
    row.address = "127.0.0.1:" + std::to_string(port);
    row.health = HealthState::Healthy;
    row.probed = true;
    row.reason = "2 good probes in a row";
    row.probe = {true, true, "200 in 4 ms", 0.4, 4};
    return row;
}

} // namespace

FakeEngineClient::FakeEngineClient(unsigned seed, QObject* parent)
    : EngineClient(parent)
    , m_random(seed)
{
    m_state.state = stats::EngineState::Serving;
    m_state.configPath = "/etc/steelyard/shop.yaml";
    m_state.workers = 2;
    m_state.listeners.push_back({"web", {"127.0.0.1:8080"}, 0, 100000, 0, 0, {}});
    addPool("shop", 3);
    addPool("api", 3);
    m_state.pools[0].algorithm = Algorithm::LeastConnections;
    m_state.pools[0].sticky = true;
    for (stats::BackendRow& row : m_state.pools[0].backends)
        row.pinned = 40 + static_cast<std::uint32_t>(row.name[0] - 'a');
    connect(&m_live, &QTimer::timeout, this, [this] { advance(); });
    advance();
}

void FakeEngineClient::addPool(const std::string& name, int servers)
{
    stats::PoolRow pool;
    pool.name = name;
    for (int i = 0; i < servers; ++i) {
        pool.backends.push_back(makeServer(name, std::string(1, static_cast<char>('a' + i)),
                                           9001 + static_cast<int>(m_state.pools.size()) * 10 + i));
    }
    m_state.pools.push_back(std::move(pool));
}

void FakeEngineClient::removePool(const std::string& name)
{
    std::erase_if(m_state.pools, [&](const stats::PoolRow& pool) { return pool.name == name; });
}

stats::BackendRow* FakeEngineClient::server(const QString& id)
{
    for (stats::PoolRow& pool : m_state.pools) {
        for (stats::BackendRow& row : pool.backends) {
            if (QString::fromStdString(row.pool + "/" + row.name) == id)
                return &row;
        }
    }
    return nullptr;
}

double FakeEngineClient::noise()
{
    return std::uniform_real_distribution<double>(-1, 1)(m_random);
}

void FakeEngineClient::send(const Command& command, Done done)
{
    received.append(command);
    const CommandResult result =
        m_connected
            ? execute(command)
            : CommandResult{Outcome::Unreachable, QStringLiteral("The engine is gone"), {}, {}};
    QMetaObject::invokeMethod(
        this,
        [this, result, done = std::move(done)] {
            done(result);
            settle();
            if (!silent)
                publish();
        },
        Qt::QueuedConnection);
}

void FakeEngineClient::setConnected(bool connected)
{
    m_connected = connected;
    Q_EMIT connectedChanged(connected);
}

void FakeEngineClient::setHealth(const QString& id, HealthState health, const std::string& reason)
{
    stats::BackendRow* row = server(id);
    row->health = health;
    row->reason = reason;
    row->stateSeconds = 0;
    row->probe.good = health == HealthState::Healthy;
    row->probe.text = row->probe.good ? "200 in 4 ms" : reason;
    addEvent(row->probe.good ? stats::Level::Info : stats::Level::Error, id.toStdString(),
             std::string(row->probe.good ? "up: " : "down: ") + reason);
}

void FakeEngineClient::addEvent(stats::Level level, const std::string& source,
                                const std::string& what)
{
    const qint64 wallMs = kStartWallMs + static_cast<qint64>(m_time * 1000);
    Q_EMIT eventsArrived({{++m_events, wallMs, level, source, what}});
}

CommandResult FakeEngineClient::execute(const Command& command)
{
    const QString& name = command.name;
    if (name == QLatin1String("drain"))
        return setAdmin(command, AdminState::Draining);
    if (name == QLatin1String("ready"))
        return setAdmin(command, AdminState::Ready);
    if (name == QLatin1String("maintenance"))
        return setAdmin(command, AdminState::Maintenance);
    if (name == QLatin1String("add"))
        return addServer(command);
    if (name == QLatin1String("remove"))
        return removeServer(command);
    if (name == QLatin1String("algorithm"))
        return setAlgorithm(command);
    if (name == QLatin1String("weight")) {
        stats::BackendRow* row = server(text(command, "server"));
        if (row == nullptr)
            return {Outcome::Refused, QStringLiteral("There is no such server"), {}, {}};
        const int weight = command.arguments.value(QLatin1String("weight")).toInt();
        if (weight == row->weight)
            return {Outcome::Nothing, QStringLiteral("It has that weight already"), {}, {}};
        row->weight = weight;
        m_state.unsavedChanges = true;
        return {Outcome::Done, QStringLiteral("Weight set"), {}, {}};
    }
    if (name == QLatin1String("edit"))
        return editServer(command);
    if (name == QLatin1String("add-pool")) {
        addPool(text(command, "pool").toStdString(), 0);
        m_state.pools.back().algorithm =
            algorithmFrom(text(command, "algorithm").toStdString()).value_or(Algorithm::PowerOfTwo);
        return {Outcome::Done, QStringLiteral("Added"), {}, {}};
    }
    if (name == QLatin1String("remove-pool")) {
        if (text(command, "pool") == QLatin1String("shop"))
            return {Outcome::Refused, QStringLiteral("A route uses it"), {}, {}};
        removePool(text(command, "pool").toStdString());
        return {Outcome::Done, QStringLiteral("Removed"), {}, {}};
    }
    if (name == QLatin1String("latency"))
        return tellLatency(command);
    if (name == QLatin1String("explain"))
        return explain(command);
    if (name == QLatin1String("route"))
        return fakeRoutes(command.arguments);
    if (name == QLatin1String("expire") && server(text(command, "server")) != nullptr) {
        server(text(command, "server"))->pinned = 0;
        return {Outcome::Done, QStringLiteral("Expired"), {}, {}};
    }
    if (name == QLatin1String("probe")) {
        const stats::BackendRow* row = server(text(command, "server"));
        if (row == nullptr || !row->probe.done)
            return {Outcome::Refused, QStringLiteral("It has not been probed"), {}, {}};
        return {Outcome::Done,
                QString::fromStdString(row->probe.text),
                {},
                {{QStringLiteral("age_seconds"), row->probe.ageSeconds},
                 {QStringLiteral("transcript"),
                  QStringLiteral("> GET /health HTTP/1.1\n> Host: %1\n>\n< HTTP/1.1 200 OK\n")
                      .arg(QString::fromStdString(row->address))}}};
    }
    if (name == QLatin1String("save"))
        m_state.unsavedChanges = false;
    if (name == QLatin1String("config")) {
        const QString now = applied.isEmpty() ? fakeConfig(m_state) : applied;
        return {Outcome::Done,
                {},
                {},
                {{QStringLiteral("saved"), now},
                 {QStringLiteral("running"), now},
                 {QStringLiteral("text"), fileText.isNull() ? now : fileText},
                 {QStringLiteral("path"), QString::fromStdString(m_state.configPath)}}};
    }
    if (name == QLatin1String("apply")) {
        if (!refusal.isEmpty())
            return {Outcome::Refused, refusal, QStringLiteral("mend it"), {}};
        applied = text(command, "text");
        m_state.unsavedChanges = true;
        ++m_state.configVersion;
    }
    return {Outcome::Done, QStringLiteral("Done"), {}, {}};
}

CommandResult FakeEngineClient::explain(const Command& command) const
{
    const QString id = text(command, "id");
    QJsonArray list;
    for (const QJsonObject& decision : m_decisions) {
        if (decision.value(QLatin1String("id")).toString() == id)
            return {Outcome::Done, {}, {}, {{QStringLiteral("decision"), decision}}};
        list.append(fakeSummary(decision));
    }
    if (!id.isEmpty())
        return {Outcome::Refused,
                QStringLiteral("no decision %1 is recorded (any more)").arg(id),
                {},
                {}};
    return {Outcome::Done, {}, {}, {{QStringLiteral("decisions"), list}}};
}

bool FakeEngineClient::isLast(const stats::BackendRow& row) const
{
    for (const stats::PoolRow& pool : m_state.pools) {
        if (pool.name == row.pool)
            return row.selectable && pool.selectable == 1;
    }
    return false;
}

CommandResult FakeEngineClient::setAdmin(const Command& command, AdminState admin)
{
    const QString id = text(command, "server");
    stats::BackendRow* row = server(id);
    if (row == nullptr)
        return {Outcome::Refused, QStringLiteral("There is no server %1").arg(id), {}, {}};
    if (row->admin == admin)
        return {Outcome::Nothing, QStringLiteral("%1 is so already").arg(id), {}, {}};
    if (admin != AdminState::Ready && isLast(*row) &&
        !command.arguments.contains(QLatin1String("force"))) {
        return {Outcome::Refused,
                QStringLiteral("%1 is the last server in service").arg(id),
                QStringLiteral("Use force to do it anyway."),
                {}};
    }
    row->admin = admin;
    row->reason = command.name.toStdString() + " by the operator";
    row->stateSeconds = 0;
    row->drainSecondsLeft = admin == AdminState::Draining ? 30 : -1;
    m_state.unsavedChanges = true;
    settle();
    addEvent(stats::Level::Info, "operator", command.name.toStdString() + " " + id.toStdString());
    return {Outcome::Done, QStringLiteral("%1 done").arg(id), {}, {}};
}

CommandResult FakeEngineClient::addServer(const Command& command)
{
    const std::string poolName = text(command, "pool").toStdString();
    for (stats::PoolRow& pool : m_state.pools) {
        if (pool.name != poolName)
            continue;
        stats::BackendRow row = makeServer(poolName, text(command, "name").toStdString(), 0);
        row.address = text(command, "address").toStdString();
        row.weight = command.arguments.value(QLatin1String("weight")).toInt(100);
        row.admin = adminStateFrom(text(command, "state").toStdString()).value_or(row.admin);
        row.maxRequests = command.arguments.value(QLatin1String("max_requests")).toInt();
        row.backup = command.arguments.value(QLatin1String("backup")).toBool();
        pool.backends.push_back(row);
        return {Outcome::Done, QStringLiteral("Added"), {}, {}};
    }
    return {Outcome::Refused, QStringLiteral("There is no such pool"), {}, {}};
}

CommandResult FakeEngineClient::editServer(const Command& command)
{
    stats::BackendRow* row = server(text(command, "server"));
    if (row == nullptr)
        return {Outcome::Refused, QStringLiteral("There is no such server"), {}, {}};
    const QJsonObject& wanted = command.arguments;
    row->address = wanted.value(QLatin1String("address"))
                       .toString(QString::fromStdString(row->address))
                       .toStdString();
    row->weight = wanted.value(QLatin1String("weight")).toInt(row->weight);
    row->maxRequests = wanted.value(QLatin1String("max_requests")).toInt(row->maxRequests);
    row->backup = wanted.value(QLatin1String("backup")).toBool(row->backup);
    return {Outcome::Done, QStringLiteral("Changed"), {}, {}};
}

/// A hill around 3 ms.
CommandResult FakeEngineClient::tellLatency(const Command& command)
{
    const stats::BackendRow* row = server(text(command, "server"));
    if (row == nullptr)
        return {Outcome::Refused, QStringLiteral("There is no such server"), {}, {}};
    QJsonArray buckets;
    double count = 0;
    for (int i = -20; i <= 40; ++i) {
        const double value = std::round(400 * std::exp(-i * i / 90.0) + (i > 20 ? 6 : 0));
        if (value < 1)
            continue;
        buckets.append(QJsonArray{3000 * std::pow(1.032, i), value});
        count += value;
    }
    return {Outcome::Done,
            {},
            {},
            {{QStringLiteral("window_seconds"), 10},
             {QStringLiteral("count"), count},
             {QStringLiteral("buckets"), buckets}}};
}

CommandResult FakeEngineClient::removeServer(const Command& command)
{
    const QString id = text(command, "server");
    for (stats::PoolRow& pool : m_state.pools) {
        const auto gone = std::erase_if(pool.backends, [&](const stats::BackendRow& row) {
            return QString::fromStdString(row.pool + "/" + row.name) == id;
        });
        if (gone > 0)
            return {Outcome::Done, QStringLiteral("Removed"), {}, {}};
    }
    return {Outcome::Refused, QStringLiteral("There is no server %1").arg(id), {}, {}};
}

CommandResult FakeEngineClient::setAlgorithm(const Command& command)
{
    const auto algorithm = algorithmFrom(text(command, "algorithm").toStdString());
    for (stats::PoolRow& pool : m_state.pools) {
        if (pool.name != text(command, "pool").toStdString() || !algorithm)
            continue;
        pool.algorithm = *algorithm;
        return {Outcome::Done, QStringLiteral("Algorithm set"), {}, {}};
    }
    return {Outcome::Refused, QStringLiteral("There is no such pool or algorithm"), {}, {}};
}

void FakeEngineClient::settle()
{
    for (stats::PoolRow& pool : m_state.pools) {
        double weights = 0;
        pool.selectable = 0;
        for (stats::BackendRow& row : pool.backends) {
            row.selectable = row.admin == AdminState::Ready && row.health == HealthState::Healthy &&
                             !row.ejected && !row.backup && row.weight > 0;
            row.excluded = row.selectable                         ? ""
                           : row.admin == AdminState::Draining    ? "draining"
                           : row.admin == AdminState::Maintenance ? "in maintenance"
                           : row.health != HealthState::Healthy   ? "down"
                           : row.ejected                          ? "ejected"
                           : row.backup                           ? "a backup"
                                                                  : "its weight is 0";
            if (row.selectable)
                weights += row.weight;
            pool.selectable += row.selectable ? 1 : 0;
        }
        pool.allDown = pool.selectable == 0;
        for (stats::BackendRow& row : pool.backends) {
            row.configuredShare = row.selectable && weights > 0 ? row.weight / weights : 0;
        }
    }
}

void FakeEngineClient::moveServer(stats::BackendRow& row, double requests)
{
    row.requestsPerSecond = requests;
    row.errorsPerSecond = requests * std::max(0.0, 0.002 + 0.004 * noise());
    if (row.admin == AdminState::Draining)
        row.inFlight = row.inFlight > 0 ? row.inFlight - 1 : 0;
    else
        row.inFlight = static_cast<std::uint32_t>(requests * 0.004 * (1.2 + noise()));
    const double base = requests > 0 ? 3200 + 600 * noise() : 0;
    row.latency = {base, base * 1.9, base * (2.6 + 0.5 * noise())};
    row.ownMean = 42;
    row.totals.requests += static_cast<std::uint64_t>(requests * kStep);
    row.stateSeconds += kStep;
    row.probe.ageSeconds = std::fmod(row.probe.ageSeconds + kStep, 2.0);
    if (row.drainSecondsLeft > 0)
        row.drainSecondsLeft = std::max(0.0, row.drainSecondsLeft - kStep);
}

void FakeEngineClient::move()
{
    constexpr qsizetype kMostDecisions = 200;
    m_decisions.prepend(
        fakeDecision(m_decided, 1'700'000'000'000 + static_cast<qint64>(m_decided) * 250));
    ++m_decided;
    if (m_decisions.size() > kMostDecisions)
        m_decisions.removeLast();
    m_time += kStep;
    m_state.monotonicSeconds = m_time;
    m_state.wallMs = kStartWallMs + static_cast<qint64>(m_time * 1000);
    m_state.uptimeSeconds = m_time;
    m_state.requestsPerSecond = 0;
    m_state.errorsPerSecond = 0;
    settle();
    for (stats::PoolRow& pool : m_state.pools) {
        const double load = 900 * (1 + 0.25 * std::sin(m_time / 7) + 0.08 * noise());
        pool.requestsPerSecond = 0;
        pool.errorsPerSecond = 0;
        pool.inFlight = 0;
        for (stats::BackendRow& row : pool.backends) {
            moveServer(row, load * row.configuredShare);
            row.actualShare = row.configuredShare * (1 + 0.06 * noise());
            pool.requestsPerSecond += row.requestsPerSecond;
            pool.errorsPerSecond += row.errorsPerSecond;
            pool.inFlight += row.inFlight;
        }
        pool.latency = {3200 + 300 * noise(), 6100 + 500 * noise(), 8400 + 900 * noise()};
        pool.ownMean = 42;
        m_state.requestsPerSecond += pool.requestsPerSecond;
        m_state.errorsPerSecond += pool.errorsPerSecond;
    }
    m_state.latency = {3300, 6300, 8600 + 400 * noise()};
    m_state.own = {42 + 4 * noise(), 88 + 8 * noise(), 130 + 20 * noise()};
    m_state.connections = static_cast<std::uint32_t>(300 + 12 * noise());
    stats::ListenerRow& web = m_state.listeners[0];
    web.connections = m_state.connections;
    web.requestsPerSecond = m_state.requestsPerSecond;
    web.errorsPerSecond = m_state.errorsPerSecond;
    web.latency = m_state.latency;
    web.ownMean = 42;
    m_state.cpuShare = 0.31;
}

void FakeEngineClient::publish()
{
    ++m_state.sequence;
    m_latest = std::make_shared<const stats::Snapshot>(m_state);
    Q_EMIT snapshotArrived();
}

void FakeEngineClient::advance(int steps)
{
    for (int i = 0; i < steps; ++i) {
        move();
        if (!silent)
            publish();
    }
}

} // namespace steelyard::test
