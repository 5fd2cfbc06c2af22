/// The engine's events, newest first, bounded; and the filter of the events pane.
/// Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QAbstractTableModel>
#include <QList>
#include <QSortFilterProxyModel>

namespace steelyard::gui {

class EventsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    static constexpr int kMaximum = 1000;

    enum Column
    {
        Time,
        Level,
        Source,
        Text,
        ColumnCount
    };

    enum Role
    {
        LevelRole = Qt::UserRole + 1,
        WallRole
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// Oldest first, as the engine gives them; those with a sequence already known are left out.
    void add(const QList<stats::Event>& events);
    void clear();

    /// Newest first.
    [[nodiscard]] const QList<stats::Event>& events() const { return m_events; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    QList<stats::Event> m_events;
};

class EventsProxy : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setLeast(stats::Level level);
    void setText(const QString& text);

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    stats::Level m_least = stats::Level::Info;
    QString m_text;
};

} // namespace steelyard::gui
