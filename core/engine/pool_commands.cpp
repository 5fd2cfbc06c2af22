// The control plane's commands on whole pools: add one, and take one away that no route needs.
#include "config/values.h"
#include "engine/answers.h"
#include "engine/control_plane.h"

namespace steelyard::engine {

namespace {

bool uses(const config::Route& route, const std::string& pool)
{
    if (route.mirror && route.mirror->pool == pool)
        return true;
    if (const auto* name = std::get_if<std::string>(&route.action))
        return *name == pool;
    const auto* split = std::get_if<config::Split>(&route.action);
    if (split == nullptr)
        return false;
    for (const config::Split::Side& side : split->sides) {
        if (side.pool == pool)
            return true;
    }
    return false;
}

/// "web/api, web/all": the routes that send something to it.
QString usersOf(const config::Config& config, const std::string& pool)
{
    QStringList users;
    for (const config::Listener& listener : config.listeners) {
        for (const config::Route& route : listener.routes) {
            if (uses(route, pool))
                users << qs(listener.name + '/' + route.name);
        }
    }
    return users.join(QStringLiteral(", "));
}

} // namespace

void ControlPlane::addPool(const QJsonObject& arguments, const Done& done)
{
    const QString pool = arguments.value(QStringLiteral("pool")).toString();
    const std::string name = pool.toStdString();
    if (!config::isName(name)) {
        refuse(done, QStringLiteral("'%1' is not a pool name").arg(pool),
               QStringLiteral("1 to 64 letters, digits, '.', '_' or '-'"));
        return;
    }
    if (m_effective.pool(name) != nullptr) {
        refuse(done, QStringLiteral("there is a pool '%1' already").arg(pool),
               QStringLiteral("choose another name"));
        return;
    }
    const QJsonValue word = arguments.value(QStringLiteral("algorithm"));
    const auto algorithm = word.isUndefined() ? std::optional(config::Pool().algorithm)
                                              : algorithmFrom(word.toString().toStdString());
    if (!algorithm) {
        refuse(done, QStringLiteral("there is no algorithm '%1'").arg(word.toString()),
               QStringLiteral("steelyardctl --help lists them"));
        return;
    }
    m_edits.addPool(name, *algorithm);
    event(stats::Level::Info, name, "pool added by the operator");
    applyEdits([this, done, pool, name] {
        const config::Pool* now = m_effective.pool(name);
        const std::size_t servers = now == nullptr ? 0 : now->backends.size();
        answer(done, Outcome::Done,
               servers == 0
                   ? QStringLiteral("added pool '%1'; add servers, and a route to it").arg(pool)
                   : QStringLiteral("pool '%1' is back with %2 servers").arg(pool).arg(servers));
    });
}

void ControlPlane::removePool(const QJsonObject& arguments, const Done& done)
{
    const QString pool = arguments.value(QStringLiteral("pool")).toString();
    const std::string name = pool.toStdString();
    if (m_effective.pool(name) == nullptr) {
        refuse(done, QStringLiteral("there is no pool '%1'").arg(pool));
        return;
    }
    if (const QString users = usersOf(m_effective, name); !users.isEmpty()) {
        refuse(done, QStringLiteral("pool '%1' is used by the routes %2").arg(pool, users),
               QStringLiteral("send them elsewhere in the configuration first"));
        return;
    }
    m_edits.removePool(name);
    event(stats::Level::Info, name, "pool removed by the operator");
    applyEdits([done, pool] {
        answer(done, Outcome::Done, QStringLiteral("removed pool '%1'").arg(pool));
    });
}

} // namespace steelyard::engine
