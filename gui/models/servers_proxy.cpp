#include "models/servers_proxy.h"

#include "models/servers_model.h"

namespace steelyard::gui {

ServersProxy::ServersProxy(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(ServersModel::SortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
    setRecursiveFilteringEnabled(true);
    setDynamicSortFilter(true);
}

void ServersProxy::setFilterText(const QString& text)
{
    m_text = text.trimmed();
    invalidateFilter();
}

void ServersProxy::freeze()
{
    if (m_frozen++ == 0)
        setDynamicSortFilter(false);
}

void ServersProxy::thaw()
{
    if (m_frozen > 0 && --m_frozen == 0)
        setDynamicSortFilter(true);
}

bool ServersProxy::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (m_text.isEmpty())
        return true;
    const auto contains = [&](const QModelIndex& index, int role) {
        return index.data(role).toString().contains(m_text, Qt::CaseInsensitive);
    };
    const QModelIndex state = sourceModel()->index(row, ServersModel::State, parent);
    const QModelIndex server = sourceModel()->index(row, ServersModel::Server, parent);
    if (!parent.isValid())
        return contains(state, ServersModel::IdRole);
    return contains(state, ServersModel::IdRole) || contains(state, Qt::DisplayRole) ||
           contains(server, ServersModel::DetailRole);
}

bool ServersProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    if (left.data(ServersModel::IsPoolRole).toBool()) {
        return sortOrder() == Qt::AscendingOrder ? left.row() < right.row()
                                                 : left.row() > right.row();
    }
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace steelyard::gui
