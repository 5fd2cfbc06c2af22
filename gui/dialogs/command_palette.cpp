#include "dialogs/command_palette.h"

#include "actions/action_registry.h"
#include "app/theme.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace steelyard::gui {

namespace {

/// Every word of `text` must be somewhere in `name`.
bool matches(const QString& name, const QString& text)
{
    for (const QString& word : text.split(u' ', Qt::SkipEmptyParts)) {
        if (!name.contains(word, Qt::CaseInsensitive))
            return false;
    }
    return true;
}

/// The name on the left, its keys or why it cannot run on the right.
class TwoSides : public QStyledItemDelegate
{
public:
    static constexpr int kRightRole = Qt::UserRole + 1;
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const int gap = option.fontMetrics.averageCharWidth();
        painter->save();
        painter->setPen(theme().muted);
        painter->drawText(option.rect.adjusted(gap, 0, -gap, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(kRightRole).toString());
        painter->restore();
    }
};

} // namespace

CommandPalette::CommandPalette(const ActionRegistry& actions, QWidget* parent)
    : QDialog(parent)
    , m_actions(actions)
    , m_text(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setObjectName(QStringLiteral("command-palette"));
    setWindowTitle(tr("Commands"));
    m_text->setObjectName(QStringLiteral("palette-text"));
    m_text->setAccessibleName(tr("Part of a command's name"));
    m_text->setPlaceholderText(tr("Type a command"));
    m_list->setObjectName(QStringLiteral("palette-list"));
    m_list->setAccessibleName(tr("Commands"));
    m_list->setUniformItemSizes(true);
    m_list->setItemDelegate(new TwoSides(m_list));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const int unit = fontMetrics().averageCharWidth();
    setMinimumSize(90 * unit, fontMetrics().height() * 22);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_text);
    layout->addWidget(m_list, 1);
    m_text->installEventFilter(this);
    connect(m_text, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemActivated, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    fill({});
}

void CommandPalette::fill(const QString& text)
{
    QPixmap blank(32, 32); // for those without an icon: the names stand in one line
    blank.fill(Qt::transparent);
    m_list->clear();
    for (const ActionSpec& spec : m_actions.specs()) {
        const QAction* action = m_actions.action(spec.id);
        if (!action->isVisible() || spec.id == QLatin1String("palette"))
            continue;
        const QString name = tr("%1: %2").arg(plainText(spec.group), plainText(action->text()));
        if (!matches(name, text))
            continue;
        const QString why = m_actions.obstacle(spec.id);
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        const QString right = why.isEmpty() ? keys : why;
        auto* item = new QListWidgetItem(action->icon().isNull() ? QIcon(blank) : action->icon(),
                                         name, m_list);
        item->setData(Qt::UserRole, spec.id);
        item->setData(TwoSides::kRightRole, right);
        item->setData(Qt::AccessibleTextRole,
                      right.isEmpty() ? name : tr("%1, %2").arg(name, right));
        const QString tip = spec.scriptable
                                ? tr("%1\nCtrl+C copies it as steelyardctl command").arg(spec.tip)
                                : spec.tip;
        item->setToolTip(why.isEmpty() ? tip : why);
        if (!why.isEmpty())
            item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
    }
    for (int row = 0; row < m_list->count(); ++row) {
        if (!(m_list->item(row)->flags() & Qt::ItemIsEnabled))
            continue;
        m_list->setCurrentRow(row);
        break;
    }
}

void CommandPalette::runCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr || !(item->flags() & Qt::ItemIsEnabled))
        return;
    QAction* action = m_actions.action(item->data(Qt::UserRole).toString());
    accept();
    if (action != nullptr)
        action->trigger();
}

bool CommandPalette::copyCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr || !(item->flags() & Qt::ItemIsEnabled) || m_text->hasSelectedText())
        return false;
    const QString id = item->data(Qt::UserRole).toString();
    for (const ActionSpec& spec : m_actions.specs()) {
        if (spec.id != id || !spec.scriptable)
            continue;
        accept();
        Q_EMIT commandWanted(id);
        return true;
    }
    return false;
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_text && event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Copy) && copyCurrent())
            return true;
        const int step = key->key() == Qt::Key_Down ? 1 : key->key() == Qt::Key_Up ? -1 : 0;
        for (int row = m_list->currentRow() + step; step != 0 && row >= 0 && row < m_list->count();
             row += step) {
            if (!(m_list->item(row)->flags() & Qt::ItemIsEnabled))
                continue;
            m_list->setCurrentRow(row);
            break;
        }
        if (step != 0)
            return true;
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace steelyard::gui
