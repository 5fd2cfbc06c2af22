/// Sorts servers inside their pools and filters by text. Pools keep the order of the configuration.
/// While a menu, an editor or a drag is open the order is frozen, so that nothing moves under the
/// pointer. Thread: main.
#pragma once

#include <QSortFilterProxyModel>

namespace steelyard::gui {

class ServersProxy : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit ServersProxy(QObject* parent = nullptr);
    /// Shows servers whose name, address, state or pool contains the text, whatever the case.
    void setFilterText(const QString& text);
    /// Counts: every freeze() needs its thaw().
    void freeze();
    void thaw();

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QString m_text;
    int m_frozen = 0;
};

} // namespace steelyard::gui
