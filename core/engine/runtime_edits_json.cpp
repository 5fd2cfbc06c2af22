// The edits as JSON, for the runtime state's file.
#include "engine/answers.h"
#include "engine/runtime_edits.h"

#include <QJsonArray>

namespace steelyard::engine {

namespace {

std::string textOf(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key)).toString().toStdString();
}

QJsonObject toJson(const config::Backend& backend)
{
    QJsonObject object{{QStringLiteral("name"), qs(backend.name)},
                       {QStringLiteral("host"), qs(backend.address.host)},
                       {QStringLiteral("port"), backend.address.port},
                       {QStringLiteral("weight"), backend.weight},
                       {QStringLiteral("state"), qs(toString(backend.state))},
                       {QStringLiteral("backup"), backend.backup}};
    if (backend.maxRequests)
        object.insert(QStringLiteral("max_requests"), *backend.maxRequests);
    return object;
}

/// Nothing: it is none.
std::optional<config::Backend> backendFrom(const QJsonObject& object)
{
    config::Backend backend;
    backend.name = textOf(object, "name");
    backend.address.host = textOf(object, "host");
    const int port = object.value(QLatin1String("port")).toInt();
    backend.weight = object.value(QLatin1String("weight")).toInt(-1);
    const auto state = adminStateFrom(textOf(object, "state"));
    if (backend.name.empty() || backend.address.host.empty() || port < 1 || port > 65535 ||
        backend.weight < 0 || backend.weight > 256 || !state)
        return std::nullopt;
    backend.address.port = static_cast<std::uint16_t>(port);
    backend.state = *state;
    backend.backup = object.value(QLatin1String("backup")).toBool();
    if (const int most = object.value(QLatin1String("max_requests")).toInt(); most > 0)
        backend.maxRequests = most;
    return backend;
}

} // namespace

QJsonObject RuntimeEdits::toJson() const
{
    QJsonArray servers;
    for (const auto& [key, edit] : m_servers) {
        QJsonObject object{{QStringLiteral("pool"), qs(key.first)},
                           {QStringLiteral("server"), qs(key.second)}};
        if (edit.weight)
            object.insert(QStringLiteral("weight"), *edit.weight);
        if (edit.state)
            object.insert(QStringLiteral("state"), qs(toString(*edit.state)));
        if (edit.added)
            object.insert(QStringLiteral("added"), engine::toJson(*edit.added));
        if (edit.removed)
            object.insert(QStringLiteral("removed"), true);
        servers.append(object);
    }
    QJsonObject algorithms;
    for (const auto& [pool, algorithm] : m_algorithms)
        algorithms.insert(qs(pool), qs(toString(algorithm)));
    return {{QStringLiteral("servers"), servers}, {QStringLiteral("algorithms"), algorithms}};
}

void RuntimeEdits::assign(const QJsonObject& json)
{
    clear();
    const QJsonObject algorithms = json.value(QLatin1String("algorithms")).toObject();
    for (auto it = algorithms.begin(); it != algorithms.end(); ++it) {
        if (const auto known = algorithmFrom(it.value().toString().toStdString()))
            m_algorithms[it.key().toStdString()] = *known;
    }
    for (const auto each : json.value(QLatin1String("servers")).toArray()) {
        const QJsonObject object = each.toObject();
        ServerEdit edit;
        const int weight = object.value(QLatin1String("weight")).toInt(-1);
        if (weight >= 0 && weight <= 256)
            edit.weight = weight;
        edit.state = adminStateFrom(textOf(object, "state"));
        edit.added = backendFrom(object.value(QLatin1String("added")).toObject());
        edit.removed = object.value(QLatin1String("removed")).toBool();
        if (!edit.empty())
            m_servers[{textOf(object, "pool"), textOf(object, "server")}] = std::move(edit);
    }
}

} // namespace steelyard::engine
