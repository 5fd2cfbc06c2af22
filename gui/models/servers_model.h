/// Pools and their servers as a tree of two levels. Takes whole snapshots and turns them into row
/// inserts, row removes and at most one dataChanged per group: never a reset while the structure
/// stays. Thread: main. Owner: MainWindow.
#pragma once

#include "models/history.h"
#include "stats/snapshot.h"

#include <QAbstractItemModel>
#include <QHash>

#include <vector>

namespace steelyard::gui {

class ServersModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column
    {
        State,
        Server,
        Weight,
        Share,
        Requests,
        Active,
        Pinned,
        P50,
        P95,
        P99,
        Errors,
        LastProbe,
        ColumnCount
    };

    enum Role
    {
        SortRole = Qt::UserRole + 1,
        IdRole, ///< "POOL/SERVER", or "POOL" for a group row
        IsPoolRole,
        BadgeRole,           ///< int of Badge; servers only
        BackupRole,          ///< is a backup server
        SparkRole,           ///< QList<float>: requests/s of the last 60 s
        ShareRole,           ///< 0-1, actual
        ConfiguredShareRole, ///< 0-1
        PreviewShareRole,    ///< 0-1: after the change that is in hand; invalid: there is none
        DetailRole,          ///< the quieter second text of a cell
        AlarmRole,           ///< the cell needs the eye
    };

    explicit ServersModel(const History& history, QObject* parent = nullptr);

    void update(const stats::Snapshot& snapshot);
    void clear();
    /// While stale every figure is shown muted.
    void setStale(bool stale);

    [[nodiscard]] const stats::BackendRow* server(const QString& id) const;
    [[nodiscard]] const stats::PoolRow* pool(const QString& name) const;
    /// Ids of the pool's servers, ghosts left out.
    [[nodiscard]] QStringList serversOf(const QString& pool) const;
    [[nodiscard]] QStringList pools() const;
    /// Does a pool keep clients at their servers?
    [[nodiscard]] bool anySticky() const;
    [[nodiscard]] QModelIndex indexOf(const QString& id, int column = State) const;
    /// The share of its pool that a server would get with another weight: 0-1.
    [[nodiscard]] double expectedShare(const QString& id, int weight) const;
    /// Shares by server id that a change in hand would bring, to be shown; empty: none is in hand.
    void setPreview(const QHash<QString, double>& shares);

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Weight only. Changes nothing here: the engine decides, the next snapshot shows.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

Q_SIGNALS:
    void weightEdited(const QString& server, int weight);

private:
    struct Group
    {
        quintptr key = 0; ///< internal id of its servers' indexes
        stats::PoolRow row;
    };

    void updateServers(int groupRow, const std::vector<stats::BackendRow>& wanted);
    [[nodiscard]] int groupRowOf(quintptr key) const;

    const History& m_history;
    std::vector<Group> m_groups;
    quintptr m_nextKey = 1;
    bool m_stale = false;
    QHash<QString, double> m_preview;
};

} // namespace steelyard::gui
