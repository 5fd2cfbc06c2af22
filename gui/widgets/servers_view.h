/// The tree of pools and servers, whose pool rows are one band from edge to edge.
/// Thread: main.
#pragma once

#include <QTreeView>

namespace steelyard::gui {

class ServersView : public QTreeView
{
    Q_OBJECT

public:
    using QTreeView::QTreeView;

protected:
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override;
};

} // namespace steelyard::gui
