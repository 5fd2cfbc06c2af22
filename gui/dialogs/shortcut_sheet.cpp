#include "dialogs/shortcut_sheet.h"

#include "actions/action_registry.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace steelyard::gui {

ShortcutSheet::ShortcutSheet(const ActionRegistry& actions, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("shortcut-sheet"));
    setWindowTitle(tr("Keyboard shortcuts"));
    auto* tree = new QTreeWidget(this);
    tree->setObjectName(QStringLiteral("shortcuts"));
    tree->setAccessibleName(tr("Keyboard shortcuts by menu"));
    tree->setHeaderLabels({tr("Action"), tr("Keys"), tr("What it does")});
    tree->setRootIsDecorated(false);
    tree->setTabKeyNavigation(false);
    tree->setSelectionMode(QAbstractItemView::NoSelection);
    tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    tree->setStyleSheet(QStringLiteral("QTreeView::item { border: 0px; padding: 0.5ex 0.4ex; }"));
    QTreeWidgetItem* group = nullptr;
    for (const ActionSpec& spec : actions.specs()) {
        const QAction* action = actions.action(spec.id);
        if (action->shortcuts().isEmpty())
            continue;
        const QString menu = plainText(spec.group);
        if (group == nullptr || group->text(0) != menu) {
            group = new QTreeWidgetItem(tree, {menu});
            QFont bold = font();
            bold.setWeight(QFont::DemiBold);
            group->setFont(0, bold);
        }
        const QString keys =
            QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText);
        new QTreeWidgetItem(group, {plainText(action->text()), keys, spec.tip});
    }
    tree->expandAll();
    const int unit = fontMetrics().averageCharWidth();
    for (int column = 0; column < 3; ++column) {
        tree->resizeColumnToContents(column);
        tree->setColumnWidth(column, tree->columnWidth(column) + 2 * unit);
    }
    const int width = tree->header()->length() + 8 * unit;
    tree->header()->setStretchLastSection(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(tree, 1);
    layout->addWidget(buttons);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("shortcuts-close"));
    buttons->button(QDialogButtonBox::Close)->setFocus();
    // It fits on a small screen, whatever the language makes of it.
    constexpr QSize kSmallScreen(1366, 768);
    resize(QSize(width, fontMetrics().height() * 36).boundedTo(kSmallScreen));
}

} // namespace steelyard::gui
