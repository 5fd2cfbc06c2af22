#include "pages/events_pane.h"

#include "models/events_model.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

namespace steelyard::gui {

EventsPane::EventsPane(EventsModel& model, QWidget* parent)
    : QWidget(parent)
    , m_proxy(new EventsProxy(this))
    , m_level(new QComboBox(this))
    , m_filter(new QLineEdit(this))
    , m_table(new QTableView(this))
{
    m_proxy->setSourceModel(&model);
    m_level->setObjectName(QStringLiteral("events-level"));
    m_level->setAccessibleName(tr("Least level of the events shown"));
    m_level->addItem(tr("All events"), int(stats::Level::Info));
    m_level->addItem(tr("Warnings and errors"), int(stats::Level::Warning));
    m_level->addItem(tr("Errors"), int(stats::Level::Error));
    m_filter->setObjectName(QStringLiteral("events-filter"));
    m_filter->setAccessibleName(tr("Filter events by text"));
    m_filter->setPlaceholderText(tr("Filter events"));
    m_filter->setClearButtonEnabled(true);
    m_table->setObjectName(QStringLiteral("events-table"));
    m_table->setAccessibleName(tr("Events, newest first"));
    m_table->setModel(m_proxy);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    QHeaderView* header = m_table->horizontalHeader();
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    const int unit = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(EventsModel::Time,
                            fontMetrics().horizontalAdvance(QStringLiteral("00:00:00.000")) +
                                4 * unit);
    m_table->setColumnWidth(EventsModel::Level,
                            fontMetrics().horizontalAdvance(tr("Warning")) + 4 * unit);
    m_table->setColumnWidth(EventsModel::Source, 18 * unit);

    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(2 * unit, unit / 2, 2 * unit, unit / 2);
    bar->setSpacing(unit);
    bar->addWidget(m_level);
    bar->addWidget(m_filter);
    bar->addStretch(1);
    m_filter->setMinimumWidth(30 * unit);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);

    connect(m_level, &QComboBox::currentIndexChanged, this, [this] {
        m_proxy->setLeast(static_cast<stats::Level>(m_level->currentData().toInt()));
    });
    connect(m_filter, &QLineEdit::textChanged, m_proxy, &EventsProxy::setText);
    const auto choose = [this](const QModelIndex& index) {
        if (index.isValid())
            Q_EMIT momentChosen(index.data(EventsModel::WallRole).toLongLong());
    };
    connect(m_table, &QTableView::clicked, this, choose);
    connect(m_table, &QTableView::activated, this, choose);
}

} // namespace steelyard::gui
