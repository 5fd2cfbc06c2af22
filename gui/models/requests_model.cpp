#include "models/requests_model.h"

#include "app/theme.h"
#include "models/figures.h"

#include <QDateTime>

#include <algorithm>

namespace steelyard::gui {

namespace {

QString cellText(const RequestRow& row, int column)
{
    switch (column) {
    case RequestsModel::Time:
        return QDateTime::fromMSecsSinceEpoch(row.wallMs).toString(QStringLiteral("HH:mm:ss.zzz"));
    case RequestsModel::Request:
        return row.method + u' ' + row.target;
    case RequestsModel::Server:
        return row.served.isEmpty() ? figures::nothing()
               : row.pool.isEmpty() ? row.served
                                    : row.pool + u'/' + row.served;
    case RequestsModel::Status:
        return row.status == 0 ? figures::nothing() : QString::number(row.status);
    default:
        return figures::latency(static_cast<double>(row.totalUs));
    }
}

} // namespace

void RequestsModel::add(const QList<RequestRow>& rows)
{
    const auto newer = [](const RequestRow& a, const RequestRow& b) { return a.wallMs > b.wallMs; };
    for (const RequestRow& row : rows) {
        if (m_ids.contains(row.id))
            continue;
        // A slow one is told of late: it goes where its time is.
        const auto at = std::upper_bound(m_rows.cbegin(), m_rows.cend(), row, newer);
        const auto position = static_cast<int>(at - m_rows.cbegin());
        if (position >= kMaximum)
            continue;
        beginInsertRows({}, position, position);
        m_rows.insert(position, row);
        m_ids.insert(row.id);
        endInsertRows();
    }
    shorten();
}

void RequestsModel::shorten()
{
    if (m_rows.size() <= kMaximum)
        return;
    beginRemoveRows({}, kMaximum, static_cast<int>(m_rows.size()) - 1);
    for (qsizetype i = kMaximum; i < m_rows.size(); ++i)
        m_ids.remove(m_rows.at(i).id);
    m_rows.resize(kMaximum);
    endRemoveRows();
}

void RequestsModel::clear()
{
    beginResetModel();
    m_rows.clear();
    m_ids.clear();
    endResetModel();
}

int RequestsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RequestsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RequestsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const RequestRow& row = m_rows.at(index.row());
    const bool failed = row.status == 0 || row.status >= 500;
    switch (role) {
    case Qt::DisplayRole:
        return cellText(row, index.column());
    case Qt::ToolTipRole:
        return tr("%1 %2%3 from %4\nRoute %5")
            .arg(row.method, row.host, row.target, row.client, row.route);
    case Qt::TextAlignmentRole:
        return int((index.column() >= Status ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::ForegroundRole:
        if (index.column() == Status && failed)
            return theme().danger;
        return index.column() == Time ? QVariant(theme().muted) : QVariant();
    case IdRole:
        return row.id;
    case TextRole:
        return QStringList{cellText(row, Time),
                           row.method,
                           row.host + row.target,
                           row.client,
                           row.route,
                           cellText(row, Server),
                           cellText(row, Status),
                           row.reason}
            .join(u' ');
    default:
        return {};
    }
}

QVariant RequestsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section >= Status ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Request:
        return tr("Request");
    case Server:
        return tr("Server");
    case Status:
        return tr("Status");
    default:
        return tr("Took");
    }
}

} // namespace steelyard::gui
