/// Which lines a scope has: from history and models to plots. Thread: main.
#pragma once

#include "charts/plot.h"

#include <QStringList>

namespace steelyard::gui {

class ServersModel;

/// What the charts look at, by its key in the history: "", "@LISTENER", "POOL" or "POOL/SERVER".
struct Scope
{
    enum class Kind
    {
        Engine,
        Listener,
        Pool,
        Server
    };

    QString key;

    [[nodiscard]] Kind kind() const;
    /// "whole engine", "listener web", "pool shop", "server shop/a".
    [[nodiscard]] QString text() const;
    bool operator==(const Scope&) const = default;
};

/// Every scope there is: engine, listeners, then each pool with its servers.
[[nodiscard]] QList<Scope> allScopes(const History& history, const ServersModel& servers);

/// The plots "requests", "errors", "latency", "connections" and "own" of a scope.
[[nodiscard]] Plots plotsOf(const Scope& scope, const History& history, const ServersModel& servers,
                            double from, double to);

} // namespace steelyard::gui
