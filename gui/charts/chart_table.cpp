#include "charts/chart_table.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

QDateTime timeOf(double moment, double wallOffset)
{
    return QDateTime::fromMSecsSinceEpoch(std::llround((moment + wallOffset) * 1000));
}

QString quoted(QString text)
{
    text.replace(u'"', QStringLiteral("\"\""));
    return u'"' + text + u'"';
}

bool anySpan(const Plots& plots)
{
    for (const Plot& plot : plots.plots) {
        for (const PlotLine& line : plot.lines) {
            for (const History::Reach& reach : line.values) {
                if (!std::isnan(reach.low) && reach.low != reach.high)
                    return true;
            }
        }
    }
    return false;
}

} // namespace

QStringList ChartTable::titles() const
{
    QStringList titles;
    for (int i = 1; i < columnCount(); ++i)
        titles << headerData(i, Qt::Horizontal, Qt::DisplayRole).toString();
    return titles;
}

void ChartTable::setPlots(const Plots& plots, double wallOffset)
{
    const QStringList before = titles();
    const QList<double> old = m_plots.moments;
    Plots next = plots;
    ChartTable probe;
    probe.m_plots = next;
    // What both have is one stretch: the end of the old, the begin of the new.
    const qsizetype gone =
        std::distance(old.begin(), next.moments.isEmpty() ? old.end()
                                                          : std::lower_bound(old.begin(), old.end(),
                                                                             next.moments.first()));
    const qsizetype kept = old.size() - gone;
    const bool grows = kept > 0 && kept <= next.moments.size() && probe.titles() == before &&
                       std::equal(old.begin() + gone, old.end(), next.moments.begin());
    m_wallOffset = wallOffset;
    if (!grows) {
        beginResetModel();
        m_plots = std::move(next);
        endResetModel();
        return;
    }
    if (gone > 0) {
        beginRemoveRows({}, static_cast<int>(kept), static_cast<int>(old.size()) - 1);
        m_plots.moments.remove(0, gone);
        for (Plot& plot : m_plots.plots) {
            for (PlotLine& line : plot.lines)
                line.values.remove(0, std::min(gone, line.values.size()));
        }
        endRemoveRows();
    }
    const qsizetype fresh = next.moments.size() - kept;
    if (fresh > 0)
        beginInsertRows({}, 0, static_cast<int>(fresh) - 1);
    m_plots = std::move(next);
    if (fresh > 0)
        endInsertRows();
    // The slot that was the newest may have grown since.
    const int row = static_cast<int>(fresh);
    Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
}

int ChartTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_plots.moments.size());
}

int ChartTable::columnCount(const QModelIndex& parent) const
{
    if (parent.isValid())
        return 0;
    qsizetype count = 1;
    for (const Plot& plot : m_plots.plots)
        count += plot.lines.size();
    return static_cast<int>(count);
}

ChartTable::Column ChartTable::column(int section) const
{
    qsizetype at = section - 1;
    for (const Plot& plot : m_plots.plots) {
        if (at < plot.lines.size())
            return {&plot, &plot.lines.at(at)};
        at -= plot.lines.size();
    }
    return {};
}

QVariant ChartTable::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const qsizetype slot = m_plots.moments.size() - 1 - index.row();
    if (role == Qt::TextAlignmentRole && index.column() > 0)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    if (index.column() == 0) {
        return timeOf(m_plots.moments.at(slot), m_wallOffset)
            .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    }
    const Column found = column(index.column());
    return textOf(found.line->values.value(slot), found.plot->format);
}

QVariant ChartTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    if (section == 0)
        return tr("Time");
    const Column found = column(section);
    return QString(found.plot->title + u'\n' + found.line->name);
}

QByteArray csvOf(const Plots& plots, double wallOffset)
{
    const bool spans = anySpan(plots);
    QStringList row{QStringLiteral("time")};
    for (const Plot& plot : plots.plots) {
        for (const PlotLine& line : plot.lines) {
            const QString unit = plot.unit.isEmpty() ? QString() : u' ' + plot.unit;
            const QString name = plot.id + u' ' + line.name + unit;
            if (spans)
                row << quoted(name + QLatin1String(" min")) << quoted(name + QLatin1String(" max"));
            else
                row << quoted(name);
        }
    }
    const auto number = [](float value) {
        return std::isnan(value) ? QString() : QString::number(static_cast<double>(value), 'g', 6);
    };
    QStringList lines{row.join(u',')};
    for (qsizetype i = 0; i < plots.moments.size(); ++i) {
        row = {timeOf(plots.moments.at(i), wallOffset).toUTC().toString(Qt::ISODateWithMs)};
        for (const Plot& plot : plots.plots) {
            for (const PlotLine& line : plot.lines) {
                const History::Reach reach = line.values.value(i);
                if (spans)
                    row << number(reach.low);
                row << number(reach.high);
            }
        }
        lines << row.join(u',');
    }
    return lines.join(QLatin1String("\r\n")).toUtf8() + "\r\n";
}

} // namespace steelyard::gui
