#include "pages/servers_page.h"

#include "models/expected_shares.h"
#include "models/servers_model.h"
#include "models/servers_proxy.h"
#include "pages/charts_pane.h"
#include "widgets/server_delegate.h"
#include "widgets/servers_view.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace steelyard::gui {

ServersPage::ServersPage(ServersModel& model, ChartsPane* charts, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_proxy(new ServersProxy(this))
    , m_view(new ServersView(this))
    , m_filter(new QLineEdit(this))
    , m_poolLabel(new QLabel(this))
    , m_algorithm(new QComboBox(this))
    , m_empty(new QLabel(m_view))
    , m_splitter(new QSplitter(Qt::Vertical, this))
    , m_charts(charts)
{
    setObjectName(QStringLiteral("page-servers"));
    m_proxy->setSourceModel(&m_model);
    setUpView();
    auto* bar = new QHBoxLayout;
    setUpBar(bar);
    m_splitter->setObjectName(QStringLiteral("servers-splitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->addWidget(m_view);
    m_splitter->addWidget(m_charts);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_splitter, 1);
    setTabOrder(m_filter, m_algorithm);
    setTabOrder(m_algorithm, m_view);
}

void ServersPage::setUpBar(QHBoxLayout* bar)
{
    const int unit = fontMetrics().averageCharWidth();
    bar->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    bar->setSpacing(unit);
    m_filter->setObjectName(QStringLiteral("servers-filter"));
    m_filter->setPlaceholderText(tr("Filter servers"));
    m_filter->setAccessibleName(tr("Filter servers by name, address or state"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMinimumWidth(32 * unit);
    m_algorithm->setObjectName(QStringLiteral("algorithm"));
    m_algorithm->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    for (const Algorithm algorithm : kAlgorithms) {
        const std::string_view word = toString(algorithm);
        m_algorithm->addItem(QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())),
                             int(algorithm));
    }
    m_poolLabel->setObjectName(QStringLiteral("algorithm-label"));
    m_poolLabel->setBuddy(m_algorithm);
    bar->addWidget(m_filter);
    bar->addStretch(1);
    bar->addWidget(m_poolLabel);
    bar->addWidget(m_algorithm);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_proxy->setFilterText(text);
        m_view->expandAll();
        refresh();
    });
    // What each would bring is shown while the list is open; the list goes in many ways, so its
    // hiding is looked at.
    m_algorithm->view()->installEventFilter(this);
    connect(m_algorithm, &QComboBox::highlighted, this, &ServersPage::previewAlgorithm);
    connect(m_algorithm, &QComboBox::activated, this, [this] {
        Q_EMIT algorithmChosen(currentPool(),
                               static_cast<Algorithm>(m_algorithm->currentData().toInt()));
    });
}

void ServersPage::setUpView()
{
    m_view->setObjectName(QStringLiteral("servers"));
    m_view->setAccessibleName(tr("Servers by pool"));
    m_view->setModel(m_proxy);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_view->setTabKeyNavigation(false);
    m_view->setUniformRowHeights(true);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(-1, Qt::AscendingOrder);
    m_view->setAllColumnsShowFocus(true);
    m_view->setExpandsOnDoubleClick(false);
    m_view->setIndentation(fontMetrics().averageCharWidth() * 5 / 2);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    auto* delegate = new ServerDelegate(
        [this](const QString& id, int weight) { return m_model.expectedShare(id, weight); },
        m_view);
    m_view->setItemDelegate(delegate);
    connect(delegate, &ServerDelegate::editingStarted, m_proxy, &ServersProxy::freeze);
    connect(delegate, &ServerDelegate::editingEnded, m_proxy, &ServersProxy::thaw);
    fitColumns();

    m_empty->setText(tr("No server matches the filter"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    auto* over = new QVBoxLayout(m_view->viewport());
    over->addWidget(m_empty);
    m_empty->hide();

    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        refresh();
        m_charts->showPool(m_view->selectionModel()->hasSelection() ? currentPool() : QString());
        Q_EMIT selectionChanged();
    });
    connect(m_proxy, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex& parent) {
        if (!parent.isValid())
            m_view->expandAll();
        else
            m_view->expand(parent);
    });
    connect(m_view, &QTreeView::customContextMenuRequested, this,
            [this](const QPoint& at) { Q_EMIT menuWanted(m_view->viewport()->mapToGlobal(at)); });
}

void ServersPage::fitColumns()
{
    const int unit = fontMetrics().averageCharWidth();
    const auto wide = [&](const QString& sample) {
        return fontMetrics().horizontalAdvance(sample) + 4 * unit;
    };
    QHeaderView* header = m_view->header();
    header->setStretchLastSection(true);
    header->setSectionsMovable(false);
    header->setMinimumSectionSize(6 * unit);
    const QString figure = QStringLiteral("99.9 ms");
    m_view->setColumnWidth(ServersModel::State,
                           wide(QStringLiteral("▾  checkout least-connections")));
    m_view->setColumnWidth(ServersModel::Server, wide(QStringLiteral("checkout 127.0.0.1:19001")));
    m_view->setColumnWidth(ServersModel::Weight, wide(QStringLiteral("Weight ▾")));
    m_view->setColumnWidth(ServersModel::Share, 17 * unit);
    m_view->setColumnWidth(ServersModel::Requests, 20 * unit);
    m_view->setColumnWidth(ServersModel::Active, wide(QStringLiteral("Active ▾")));
    m_view->setColumnWidth(ServersModel::Pinned, wide(QStringLiteral("Pinned ▾")));
    for (const int column : {ServersModel::P50, ServersModel::P95, ServersModel::P99}) {
        m_view->setColumnWidth(column, wide(figure) - unit);
    }
    m_view->setColumnWidth(ServersModel::Errors, wide(QStringLiteral("Errors ▾")));
    // Another language may need more for its headings.
    for (int column = 0; column < ServersModel::LastProbe; ++column) {
        const QString title =
            m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        m_view->setColumnWidth(column, std::max(m_view->columnWidth(column), wide(title)));
    }
}

QStringList ServersPage::selectedServers() const
{
    // From the top down, whatever the order of the clicks.
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    const auto place = [](const QModelIndex& row) {
        return row.parent().isValid() ? std::pair(row.parent().row(), row.row())
                                      : std::pair(row.row(), -1);
    };
    std::sort(rows.begin(), rows.end(),
              [&](const QModelIndex& a, const QModelIndex& b) { return place(a) < place(b); });
    QStringList ids;
    for (const QModelIndex& index : rows) {
        const QString id = index.data(ServersModel::IdRole).toString();
        const QStringList more =
            index.data(ServersModel::IsPoolRole).toBool() ? m_model.serversOf(id) : QStringList{id};
        for (const QString& one : more) {
            if (!ids.contains(one))
                ids << one;
        }
    }
    return ids;
}

QString ServersPage::currentPool() const
{
    const QModelIndexList rows = m_view->selectionModel()->selectedRows();
    const QModelIndex current = rows.isEmpty() ? m_view->currentIndex() : rows.first();
    const QString id = current.data(ServersModel::IdRole).toString();
    if (!id.isEmpty())
        return id.section(u'/', 0, 0);
    return m_model.pools().value(0);
}

void ServersPage::select(const QString& id)
{
    const QModelIndex index = m_proxy->mapFromSource(m_model.indexOf(id));
    if (!index.isValid())
        return;
    m_view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                                         QItemSelectionModel::Rows);
    m_view->scrollTo(index);
}

QModelIndex ServersPage::editableWeight() const
{
    for (const QModelIndex& row : m_view->selectionModel()->selectedRows()) {
        const QModelIndex weight = row.siblingAtColumn(ServersModel::Weight);
        if (weight.flags().testFlag(Qt::ItemIsEditable))
            return weight;
    }
    return {};
}

bool ServersPage::canEditWeight() const
{
    return editableWeight().isValid();
}

void ServersPage::editWeight()
{
    const QModelIndex weight = editableWeight();
    if (!weight.isValid())
        return;
    m_view->selectionModel()->setCurrentIndex(weight, QItemSelectionModel::NoUpdate);
    m_view->edit(weight);
}

void ServersPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void ServersPage::refresh()
{
    const QString pool = currentPool();
    const stats::PoolRow* row = m_model.pool(pool);
    m_algorithm->setEnabled(row != nullptr);
    m_algorithm->setAccessibleName(tr("Algorithm of pool %1").arg(pool));
    m_poolLabel->setText(row == nullptr ? tr("Algorithm") : tr("&Algorithm of %1").arg(pool));
    if (row != nullptr && !m_algorithm->view()->isVisible()) {
        m_algorithm->setCurrentIndex(m_algorithm->findData(int(row->algorithm)));
    }
    m_view->setColumnHidden(ServersModel::Pinned, !m_model.anySticky());
    m_empty->setVisible(m_proxy->rowCount() == 0 && !m_filter->text().isEmpty());
}

void ServersPage::previewAlgorithm(int row)
{
    const stats::PoolRow* pool = m_model.pool(currentPool());
    if (pool == nullptr || row < 0)
        return;
    const auto algorithm = static_cast<Algorithm>(m_algorithm->itemData(row).toInt());
    const ExpectedShares expected = sharesUnder(*pool, algorithm);
    m_model.setPreview(expected.shares);
    Q_EMIT hinted(
        tr("%1: %2 %3")
            .arg(m_algorithm->itemText(row), expected.list(*pool) + u'.', expected.words));
}

bool ServersPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_algorithm->view() && event->type() == QEvent::Hide) {
        m_model.setPreview({});
        Q_EMIT hinted({});
    }
    return QWidget::eventFilter(watched, event);
}

void ServersPage::setMenuOpen(bool open)
{
    if (open)
        m_proxy->freeze();
    else
        m_proxy->thaw();
}

QByteArray ServersPage::saveState() const
{
    return m_splitter->saveState();
}

void ServersPage::restoreState(const QByteArray& state)
{
    if (state.isEmpty())
        m_splitter->setSizes({3000, 2000});
    else
        m_splitter->restoreState(state);
}

} // namespace steelyard::gui
