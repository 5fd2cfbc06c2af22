#include "charts/plots.h"

#include "app/theme.h"
#include "models/figures.h"
#include "models/servers_model.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::Plots)
};

constexpr int kMostAreas = 5; // more colours than that nobody can tell apart; the rest is one area

QString millis(double value)
{
    return value > 0 ? figures::latency(value * 1000) : QStringLiteral("0");
}

QString millisTick(double value, double step)
{
    return figures::latencyTick(value * 1000, step * 1000);
}

QString whole(double value)
{
    return figures::count(static_cast<qulonglong>(value + 0.5));
}

QColor colorOf(qsizetype at)
{
    return theme().series[static_cast<std::size_t>(at) % theme().series.size()];
}

/// Builds the lines of one scope and span.
class Maker
{
public:
    Maker(const Scope& scope, const History& history, const ServersModel& servers, double from,
          double to)
        : m_scope(scope)
        , m_history(history)
        , m_from(from)
        , m_to(to)
    {
        if (scope.kind() == Scope::Kind::Engine)
            m_parts = servers.pools();
        else if (scope.kind() == Scope::Kind::Pool)
            m_parts = servers.serversOf(scope.key);
    }

    [[nodiscard]] bool hasParts() const { return !m_parts.isEmpty(); }

    [[nodiscard]] PlotLine line(const QString& key, const QString& name, const QColor& color,
                                History::Field field, bool onTop = false) const
    {
        return {name, color, m_history.reaches(key, field, m_from, m_to), onTop};
    }

    /// The scope as one line.
    [[nodiscard]] PlotLine own(const QString& name, const QColor& color, History::Field field,
                               bool onTop = false) const
    {
        return line(m_scope.key, name, color, field, onTop);
    }

    /// One area for each pool or server; beyond kMostAreas they are one.
    [[nodiscard]] QList<PlotLine> byPart(const QStringList& keys, History::Field field) const
    {
        QList<PlotLine> areas;
        const bool many = keys.size() > kMostAreas + 1;
        for (const QString& key : keys) {
            if (many && areas.size() > kMostAreas) {
                addTo(areas.last().values, m_history.reaches(key, field, m_from, m_to));
            } else if (many && areas.size() == kMostAreas) {
                areas.append(line(key, Words::tr("others"), colorOf(kMostAreas), field));
            } else {
                const qsizetype cut = std::max(key.indexOf(u'/'), key.indexOf(u'@'));
                areas.append(line(key, key.mid(cut + 1), colorOf(areas.size()), field));
            }
        }
        return areas;
    }

    [[nodiscard]] QList<PlotLine> byPart(History::Field field) const
    {
        return byPart(m_parts, field);
    }

private:
    static void addTo(QList<History::Reach>& sum, const QList<History::Reach>& more)
    {
        for (qsizetype i = 0; i < sum.size() && i < more.size(); ++i) {
            if (std::isnan(more.at(i).low))
                continue;
            const bool there = !std::isnan(sum.at(i).low);
            sum[i].low = (there ? sum.at(i).low : 0) + more.at(i).low;
            sum[i].high = (there ? sum.at(i).high : 0) + more.at(i).high;
        }
    }

    const Scope& m_scope;
    const History& m_history;
    double m_from, m_to;
    QStringList m_parts;
};

QString of(const QString& what, const Scope& scope)
{
    return scope.key.isEmpty()
               ? what
               : Words::tr("%1 of %2", "Latency of shop/a")
                     .arg(what, scope.key.startsWith(u'@') ? scope.key.mid(1) : scope.key);
}

Plot connections(const Scope& scope, const History& history, const Maker& make)
{
    const auto load = &History::Sample::load;
    Plot plot{QStringLiteral("connections"), {}, {}, true, &whole, &figures::tick, {}};
    if (scope.kind() == Scope::Kind::Engine) {
        plot.title = Words::tr("Connections");
        QStringList keys;
        for (const QString& name : history.listeners())
            keys << History::listenerKey(name);
        plot.lines = keys.isEmpty() ? QList{make.own(Words::tr("open"), colorOf(0), load)}
                                    : make.byPart(keys, load);
    } else if (scope.kind() == Scope::Kind::Listener) {
        plot.title = of(Words::tr("Connections"), scope);
        plot.lines = {make.own(Words::tr("open"), colorOf(0), load)};
    } else {
        plot.title = of(Words::tr("Requests in flight"), scope);
        plot.lines = make.hasParts() ? make.byPart(load)
                                     : QList{make.own(Words::tr("in flight"), colorOf(0), load)};
    }
    if (scope.kind() == Scope::Kind::Pool || scope.kind() == Scope::Kind::Engine) {
        plot.lines << make.own(Words::tr("waiting"), theme().warning, &History::Sample::queued,
                               true);
    }
    return plot;
}

} // namespace

Scope::Kind Scope::kind() const
{
    if (key.isEmpty())
        return Kind::Engine;
    if (key.startsWith(u'@'))
        return Kind::Listener;
    return key.contains(u'/') ? Kind::Server : Kind::Pool;
}

QString Scope::text() const
{
    switch (kind()) {
    case Kind::Engine:
        return Words::tr("Whole engine");
    case Kind::Listener:
        return Words::tr("Listener %1").arg(key.mid(1));
    case Kind::Pool:
        return Words::tr("Pool %1").arg(key);
    case Kind::Server:
        break;
    }
    return Words::tr("Server %1").arg(key);
}

QList<Scope> allScopes(const History& history, const ServersModel& servers)
{
    QList<Scope> scopes{Scope{}};
    for (const QString& name : history.listeners())
        scopes.append(Scope{History::listenerKey(name)});
    for (const QString& pool : servers.pools()) {
        scopes.append(Scope{pool});
        for (const QString& server : servers.serversOf(pool))
            scopes.append(Scope{server});
    }
    return scopes;
}

Plots plotsOf(const Scope& scope, const History& history, const ServersModel& servers, double from,
              double to)
{
    const Maker make(scope, history, servers, from, to);
    using S = History::Sample;
    const auto shares = [&](History::Field field, const QString& name, const QColor& color) {
        return make.hasParts() ? make.byPart(field) : QList{make.own(name, color, field)};
    };
    Plot requests{QStringLiteral("requests"),
                  scope.key.isEmpty() ? Words::tr("Requests/s by pool")
                                      : of(Words::tr("Requests/s"), scope),
                  QStringLiteral("1/s"),
                  true,
                  &figures::rate,
                  &figures::tick,
                  shares(&S::requests, Words::tr("requests"), colorOf(0))};
    requests.lines << make.own(Words::tr("errors"), theme().danger, &S::errors, true);
    Plot errors{QStringLiteral("errors"),
                of(Words::tr("Errors/s"), scope),
                QStringLiteral("1/s"),
                true,
                &figures::rate,
                &figures::tick,
                shares(&S::errors, Words::tr("errors"), theme().danger)};
    // What no server is to blame for (no route, no server in service) is in no pool's figure.
    if (scope.kind() == Scope::Kind::Engine)
        errors.lines << make.own(Words::tr("seen by clients"), theme().danger, &S::errors, true);
    const Plot latency{QStringLiteral("latency"),
                       of(Words::tr("Latency"), scope),
                       QStringLiteral("ms"),
                       false,
                       &millis,
                       &millisTick,
                       {make.own(Words::tr("p50"), colorOf(0), &S::p50),
                        make.own(Words::tr("p95"), colorOf(3), &S::p95),
                        make.own(Words::tr("p99"), colorOf(2), &S::p99)}};
    const Plot added{QStringLiteral("own"),
                     scope.key.isEmpty() ? Words::tr("Added by Steelyard")
                                         : of(Words::tr("Added to requests"), scope),
                     QStringLiteral("ms"),
                     false,
                     &millis,
                     &millisTick,
                     scope.key.isEmpty() ? QList{make.own(Words::tr("p50"), colorOf(0), &S::own),
                                                 make.own(Words::tr("p99"), colorOf(2), &S::own99)}
                                         : QList{make.own(Words::tr("mean"), colorOf(0), &S::own)}};
    return {history.moments(from, to),
            {requests, errors, latency, connections(scope, history, make), added}};
}

} // namespace steelyard::gui
