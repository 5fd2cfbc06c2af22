/// A listener's routes in their precedence, and how each fared with the request asked about.
/// Thread: main. Owner: RoutesPage.
#pragma once

#include <QAbstractTableModel>
#include <QJsonArray>
#include <QList>
#include <QString>

namespace steelyard::gui {

struct RouteRow
{
    QString name, match, action;
    QString hiddenBy; ///< no request reaches it, because of this one
    QString why;
    bool won = false;
    int place = 0; ///< 0 is asked first

    bool operator==(const RouteRow&) const = default;
};

class RoutesModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Place,
        Name,
        Match,
        Action,
        Verdict,
        ColumnCount
    };

    enum Role
    {
        WonRole = Qt::UserRole + 1
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// The rows of the engine's `route`. `asked`: the verdicts are to be shown.
    void set(const QJsonArray& routes, bool asked);
    void clear();
    /// Of the winner; -1: none.
    [[nodiscard]] int winner() const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    [[nodiscard]] QString text(const RouteRow& row, int column) const;

    QList<RouteRow> m_rows;
    bool m_asked = false;
};

} // namespace steelyard::gui
