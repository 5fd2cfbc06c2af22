#include "models/servers_model.h"

#include "models/expected_shares.h"
#include "models/server_cells.h"

#include <algorithm>

namespace steelyard::gui {

namespace {

QString idOf(const stats::BackendRow& server)
{
    return QString::fromStdString(server.pool) + u'/' + QString::fromStdString(server.name);
}

template <typename Rows>
int rowNamed(const Rows& rows, const std::string& name)
{
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
    return found == rows.end() ? -1 : static_cast<int>(found - rows.begin());
}

} // namespace

ServersModel::ServersModel(const History& history, QObject* parent)
    : QAbstractItemModel(parent)
    , m_history(history)
{
}

void ServersModel::update(const stats::Snapshot& snapshot)
{
    for (int row = static_cast<int>(m_groups.size()) - 1; row >= 0; --row) {
        if (rowNamed(snapshot.pools, m_groups[static_cast<std::size_t>(row)].row.name) >= 0)
            continue;
        beginRemoveRows({}, row, row);
        m_groups.erase(m_groups.begin() + row);
        endRemoveRows();
    }
    int position = 0;
    for (const stats::PoolRow& pool : snapshot.pools) {
        auto found = std::find_if(m_groups.begin(), m_groups.end(),
                                  [&](const Group& group) { return group.row.name == pool.name; });
        if (found == m_groups.end()) {
            const int at = std::min(position, static_cast<int>(m_groups.size()));
            beginInsertRows({}, at, at);
            Group group{m_nextKey++, pool};
            group.row.backends.clear();
            found = m_groups.insert(m_groups.begin() + at, std::move(group));
            endInsertRows();
        } else {
            std::vector<stats::BackendRow> kept = std::move(found->row.backends);
            found->row = pool;
            found->row.backends = std::move(kept);
        }
        updateServers(static_cast<int>(found - m_groups.begin()), pool.backends);
        ++position;
    }
    if (!m_groups.empty()) {
        Q_EMIT dataChanged(index(0, 0),
                           index(static_cast<int>(m_groups.size()) - 1, ColumnCount - 1));
    }
}

void ServersModel::updateServers(int groupRow, const std::vector<stats::BackendRow>& wanted)
{
    std::vector<stats::BackendRow>& servers =
        m_groups[static_cast<std::size_t>(groupRow)].row.backends;
    const QModelIndex group = index(groupRow, 0);
    for (int row = static_cast<int>(servers.size()) - 1; row >= 0; --row) {
        if (rowNamed(wanted, servers[static_cast<std::size_t>(row)].name) >= 0)
            continue;
        beginRemoveRows(group, row, row);
        servers.erase(servers.begin() + row);
        endRemoveRows();
    }
    int position = 0;
    for (const stats::BackendRow& server : wanted) {
        const int row = rowNamed(servers, server.name);
        if (row < 0) {
            const int at = std::min(position, static_cast<int>(servers.size()));
            beginInsertRows(group, at, at);
            servers.insert(servers.begin() + at, server);
            endInsertRows();
        } else {
            servers[static_cast<std::size_t>(row)] = server;
        }
        ++position;
    }
    if (!servers.empty()) {
        Q_EMIT dataChanged(index(0, 0, group),
                           index(static_cast<int>(servers.size()) - 1, ColumnCount - 1, group));
    }
}

void ServersModel::clear()
{
    if (m_groups.empty())
        return;
    beginRemoveRows({}, 0, static_cast<int>(m_groups.size()) - 1);
    m_groups.clear();
    endRemoveRows();
}

void ServersModel::setStale(bool stale)
{
    if (m_stale == stale)
        return;
    m_stale = stale;
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex group = index(row, 0);
        Q_EMIT dataChanged(group, group.siblingAtColumn(ColumnCount - 1));
        const int servers = rowCount(group);
        if (servers > 0)
            Q_EMIT dataChanged(index(0, 0, group), index(servers - 1, ColumnCount - 1, group));
    }
}

const stats::PoolRow* ServersModel::pool(const QString& name) const
{
    for (const Group& group : m_groups) {
        if (QString::fromStdString(group.row.name) == name)
            return &group.row;
    }
    return nullptr;
}

const stats::BackendRow* ServersModel::server(const QString& id) const
{
    const qsizetype slash = id.indexOf(u'/');
    const stats::PoolRow* row = slash < 0 ? nullptr : pool(id.left(slash));
    if (row == nullptr)
        return nullptr;
    const int at = rowNamed(row->backends, id.mid(slash + 1).toStdString());
    return at < 0 ? nullptr : &row->backends[static_cast<std::size_t>(at)];
}

QStringList ServersModel::serversOf(const QString& name) const
{
    QStringList ids;
    if (const stats::PoolRow* row = pool(name)) {
        for (const stats::BackendRow& server : row->backends) {
            if (!server.ghost)
                ids << idOf(server);
        }
    }
    return ids;
}

QStringList ServersModel::pools() const
{
    QStringList names;
    for (const Group& group : m_groups)
        names << QString::fromStdString(group.row.name);
    return names;
}

bool ServersModel::anySticky() const
{
    return std::any_of(m_groups.begin(), m_groups.end(),
                       [](const Group& group) { return group.row.sticky; });
}

QModelIndex ServersModel::indexOf(const QString& id, int column) const
{
    const qsizetype slash = id.indexOf(u'/');
    const QString poolName = slash < 0 ? id : id.left(slash);
    for (int row = 0; row < rowCount(); ++row) {
        const stats::PoolRow& group = m_groups[static_cast<std::size_t>(row)].row;
        if (QString::fromStdString(group.name) != poolName)
            continue;
        if (slash < 0)
            return index(row, column);
        const int at = rowNamed(group.backends, id.mid(slash + 1).toStdString());
        return at < 0 ? QModelIndex() : index(at, column, index(row, 0));
    }
    return {};
}

double ServersModel::expectedShare(const QString& id, int weight) const
{
    const stats::BackendRow* changed = server(id);
    if (changed == nullptr)
        return 0;
    return sharesWithWeight(*pool(QString::fromStdString(changed->pool)), changed->name, weight)
        .shares.value(id);
}

void ServersModel::setPreview(const QHash<QString, double>& shares)
{
    if (m_preview == shares)
        return;
    m_preview = shares;
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex group = index(row, 0);
        const int servers = rowCount(group);
        if (servers > 0)
            Q_EMIT dataChanged(index(0, Share, group), index(servers - 1, Share, group));
    }
}

int ServersModel::groupRowOf(quintptr key) const
{
    for (std::size_t row = 0; row < m_groups.size(); ++row) {
        if (m_groups[row].key == key)
            return static_cast<int>(row);
    }
    return -1;
}

QModelIndex ServersModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    if (!parent.isValid())
        return createIndex(row, column, quintptr(0));
    return createIndex(row, column, m_groups[static_cast<std::size_t>(parent.row())].key);
}

QModelIndex ServersModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == 0)
        return {};
    const int row = groupRowOf(index.internalId());
    return row < 0 ? QModelIndex() : createIndex(row, 0, quintptr(0));
}

int ServersModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_groups.size());
    if (parent.column() != 0 || parent.internalId() != 0)
        return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].row.backends.size());
}

int ServersModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

QVariant ServersModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == SparkRole) {
        if (index.column() != Requests)
            return {};
        return QVariant::fromValue(
            m_history.values(data(index, IdRole).toString(), &History::Sample::requests, 60));
    }
    if (role == PreviewShareRole) {
        const auto found = m_preview.constFind(data(index, IdRole).toString());
        return found == m_preview.constEnd() ? QVariant() : QVariant(*found);
    }
    if (index.internalId() == 0) {
        return cells::poolData(m_groups[static_cast<std::size_t>(index.row())].row, index.column(),
                               role, m_stale);
    }
    const int group = groupRowOf(index.internalId());
    if (group < 0)
        return {};
    const auto& servers = m_groups[static_cast<std::size_t>(group)].row.backends;
    return cells::serverData(servers[static_cast<std::size_t>(index.row())], index.column(), role,
                             m_stale);
}

QVariant ServersModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    return orientation == Qt::Horizontal ? cells::headerData(section, role) : QVariant();
}

Qt::ItemFlags ServersModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags result = QAbstractItemModel::flags(index);
    if (!index.isValid() || index.internalId() == 0)
        return result;
    result |= Qt::ItemNeverHasChildren;
    const stats::BackendRow* row = server(data(index, IdRole).toString());
    if (index.column() == Weight && row != nullptr && !row->ghost)
        result |= Qt::ItemIsEditable;
    return result;
}

bool ServersModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    bool isNumber = false;
    const int weight = value.toInt(&isNumber);
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable) || !isNumber || weight < 0 ||
        weight > 256) {
        return false;
    }
    Q_EMIT weightEdited(data(index, IdRole).toString(), weight);
    return true;
}

} // namespace steelyard::gui
