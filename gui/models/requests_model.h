/// The recorded requests, newest first; bounded. Takes whole lists of `explain`, each of which
/// overlaps with the last one, and adds what is new. Thread: main. Owner: RequestsPage.
#pragma once

#include "models/request_row.h"

#include <QAbstractTableModel>
#include <QList>
#include <QSet>

namespace steelyard::gui {

class RequestsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Time,
        Request,
        Server,
        Status,
        Took,
        ColumnCount
    };

    enum Role
    {
        IdRole = Qt::UserRole + 1,
        TextRole ///< all of it in one text, for the filter
    };

    static constexpr int kMaximum = 500;
    using QAbstractTableModel::QAbstractTableModel;

    void add(const QList<RequestRow>& rows);
    void clear();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    void shorten();
    QList<RequestRow> m_rows;
    QSet<QString> m_ids;
};

} // namespace steelyard::gui
