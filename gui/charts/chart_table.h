/// The charts as a table, newest first, and as CSV. A tick inserts and removes rows; only another
/// scope or zoom resets. Thread: main.
#pragma once

#include "charts/plot.h"

#include <QAbstractTableModel>

namespace steelyard::gui {

class ChartTable : public QAbstractTableModel
{
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `wallOffset`: seconds since 1970 minus a moment.
    void setPlots(const Plots& plots, double wallOffset);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    struct Column
    {
        const Plot* plot = nullptr;
        const PlotLine* line = nullptr;
    };

    [[nodiscard]] Column column(int section) const;
    [[nodiscard]] QStringList titles() const;

    Plots m_plots;
    double m_wallOffset = 0;
};

/// RFC 4180, oldest first: the time (ISO 8601, UTC) and a column for each line; two, "min" and
/// "max", when the slots are longer than a second. Numbers are plain, with a point.
[[nodiscard]] QByteArray csvOf(const Plots& plots, double wallOffset);

} // namespace steelyard::gui
