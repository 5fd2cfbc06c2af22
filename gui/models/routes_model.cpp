#include "models/routes_model.h"

#include "app/theme.h"

#include <QFont>
#include <QJsonObject>

#include <algorithm>

namespace steelyard::gui {

void RoutesModel::set(const QJsonArray& routes, bool asked)
{
    QList<RouteRow> rows;
    for (const auto each : routes) {
        const QJsonObject row = each.toObject();
        const auto word = [&row](const char* key) {
            return row.value(QLatin1String(key)).toString();
        };
        rows.append({word("route"), word("match"), word("action"), word("hidden_by"), word("why"),
                     row.value(QLatin1String("won")).toBool(),
                     row.value(QLatin1String("place")).toInt()});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const RouteRow& a, const RouteRow& b) { return a.place < b.place; });
    m_asked = asked;
    // While somebody types only the verdicts change: rows, selection and scroll position stay.
    if (rows.size() == m_rows.size()) {
        m_rows = rows;
        if (!rows.isEmpty())
            Q_EMIT dataChanged(index(0, 0),
                               index(static_cast<int>(rows.size()) - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

void RoutesModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

int RoutesModel::winner() const
{
    for (qsizetype i = 0; i < m_rows.size() && m_asked; ++i) {
        if (m_rows.at(i).won)
            return static_cast<int>(i);
    }
    return -1;
}

int RoutesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RoutesModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString RoutesModel::text(const RouteRow& row, int column) const
{
    switch (column) {
    case Place:
        return QString::number(row.place + 1);
    case Name:
        return row.name;
    case Match:
        return row.match;
    case Action:
        return row.action;
    default:
        break;
    }
    if (!row.hiddenBy.isEmpty() && !(m_asked && row.won))
        return tr("never reached: %1 takes all of it").arg(row.hiddenBy);
    if (!m_asked)
        return {};
    return row.won ? tr("wins: %1").arg(row.why) : row.why;
}

QVariant RoutesModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const RouteRow& row = m_rows.at(index.row());
    const bool won = m_asked && row.won;
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return int((index.column() == Place ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::FontRole: {
        QFont font;
        font.setWeight(won ? QFont::DemiBold : QFont::Normal);
        return font;
    }
    case Qt::ForegroundRole:
        if (!row.hiddenBy.isEmpty() && !won)
            return index.column() == Verdict ? theme().warning : theme().muted;
        if (won)
            return index.column() == Verdict ? theme().good : theme().text;
        return m_asked || index.column() == Place ? QVariant(theme().muted) : QVariant();
    case WonRole:
        return won;
    default:
        return {};
    }
}

QVariant RoutesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Place ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == Place)
        return tr("The more specific routes are asked first; equal ones in the order of the file");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Place:
        return tr("Order");
    case Name:
        return tr("Route");
    case Match:
        return tr("Takes");
    case Action:
        return tr("Does");
    default:
        return tr("With this request");
    }
}

} // namespace steelyard::gui
