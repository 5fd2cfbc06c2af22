#include "widgets/servers_view.h"

#include "app/theme.h"
#include "models/servers_model.h"

#include <QPainter>

namespace steelyard::gui {

void ServersView::drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    // The delegate paints cells only: under the expander there is none.
    if (index.data(ServersModel::IsPoolRole).toBool())
        painter->fillRect(option.rect, theme().window);
    QTreeView::drawRow(painter, option, index);
}

} // namespace steelyard::gui
