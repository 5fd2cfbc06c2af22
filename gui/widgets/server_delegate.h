/// Paints the cells of the servers table that are more than text (badge, share bar, sparkline,
/// two-tone texts) and edits weights in place, telling the expected share while the number is still
/// in hand. Thread: main.
#pragma once

#include <QStyledItemDelegate>

#include <functional>

namespace steelyard::gui {

class ServerDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    /// `expectedShare(server id, weight)`: 0-1, for the preview.
    using ExpectedShare = std::function<double(const QString&, int)>;
    ServerDelegate(ExpectedShare expectedShare, QObject* parent = nullptr);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model,
                      const QModelIndex& index) const override;

Q_SIGNALS:
    void editingStarted() const;
    void editingEnded() const;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    ExpectedShare m_expectedShare;
};

} // namespace steelyard::gui
