/// What became of each thing that a configuration says, in an export: exact, only nearly, or left
/// out, with the line of the configuration that it is about. Thread: main.
#pragma once

#include "interop/export.h"

#include <QAbstractTableModel>
#include <QList>

#include <vector>

namespace steelyard::gui {

class ExportNotesModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Outcome,
        Line,
        Key,
        Words,
        Columns
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// `source`: the configuration as text, for the lines. `exactToo`: not only what is lost.
    void set(const std::vector<interop::ExportNote>& notes, const std::string& source);
    void setExactToo(bool exactToo);
    /// From 1; 0: of no line.
    [[nodiscard]] int lineOf(int row) const;
    [[nodiscard]] int countOf(interop::ExportNote::Kind kind) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    struct Row
    {
        interop::ExportNote note;
        int line = 0;
    };

    void choose();

    std::vector<Row> m_all;
    QList<int> m_shown; ///< of m_all
    bool m_exactToo = false;
};

} // namespace steelyard::gui
