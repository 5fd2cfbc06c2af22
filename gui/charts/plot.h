/// One chart's content as plain values: what the charts draw, the table lists and CSV is made of.
/// Thread: main.
#pragma once

#include "models/history.h"

#include <QColor>
#include <QList>
#include <QString>

#include <functional>

namespace steelyard::gui {

struct PlotLine
{
    QString name;
    QColor color;
    QList<History::Reach> values; ///< one for each of Plots::moments
    bool onTop = false;           ///< in a stacked plot: a line over the areas, not stacked
};

struct Plot
{
    using Format = std::function<QString(double)>;
    using TickFormat = std::function<QString(double value, double step)>;

    QString id;    ///< "requests", "errors", "latency", "connections", "own"
    QString title; ///< "Requests/s of shop"
    QString unit;  ///< of the plain numbers, for CSV: "1/s", "ms", ""
    bool stacked = false;
    Format format;
    TickFormat tick; ///< of the axis's labels, `step` apart
    QList<PlotLine> lines;
};

struct Plots
{
    QList<double> moments;
    QList<Plot> plots;
};

/// "12 ms", or "12 ms–14 ms" where a slot reaches from one to the other; empty where there is
/// nothing.
[[nodiscard]] QString textOf(const History::Reach& reach, const Plot::Format& format);

} // namespace steelyard::gui
