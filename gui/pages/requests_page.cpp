#include "pages/requests_page.h"

#include "app/icons.h"
#include "models/decision_story.h"
#include "models/figures.h"
#include "models/requests_model.h"
#include "widgets/decision_picture.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace steelyard::gui {

namespace {

constexpr int kPollMs = 1000;

} // namespace

RequestsPage::RequestsPage(QWidget* parent)
    : QWidget(parent)
    , m_model(new RequestsModel(this))
    , m_proxy(new QSortFilterProxyModel(this))
    , m_filter(new QLineEdit(this))
    , m_state(new QLabel(this))
    , m_newest(new QPushButton(tr("Back to the &newest"), this))
    , m_copy(new QPushButton(tr("Copy e&xplanation"), this))
    , m_table(new QTableView(this))
    , m_empty(new QLabel(m_table))
    , m_scroll(new QScrollArea(this))
    , m_picture(new DecisionPicture(this))
{
    setObjectName(QStringLiteral("page-requests"));
    const int unit = fontMetrics().averageCharWidth();
    m_filter->setObjectName(QStringLiteral("requests-filter"));
    m_filter->setPlaceholderText(tr("Filter requests"));
    m_filter->setAccessibleName(
        tr("Filter requests by method, path, client, route, server or status"));
    m_filter->setToolTip(m_filter->accessibleName());
    m_filter->setClearButtonEnabled(true);
    m_filter->setMinimumWidth(32 * unit);
    m_state->setObjectName(QStringLiteral("requests-state"));
    m_state->setForegroundRole(QPalette::PlaceholderText);
    m_state->setMinimumWidth(
        fontMetrics().horizontalAdvance(tr("%1, paused").arg(tr("%1 of a sample").arg(500))));
    m_newest->setObjectName(QStringLiteral("requests-newest"));
    m_newest->setToolTip(tr("Let the list run again; while a request is selected it stands still"));
    m_copy->setObjectName(QStringLiteral("requests-copy"));
    m_copy->setToolTip(tr("Put the explanation on the clipboard, as text"));
    setUpTable();
    m_picture->setObjectName(QStringLiteral("decision-picture"));
    m_scroll->setObjectName(QStringLiteral("decision-scroll"));
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setWidget(m_picture);
    m_scroll->setMinimumWidth(60 * unit);

    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    bar->setSpacing(unit);
    bar->addWidget(m_filter);
    bar->addWidget(m_state);
    bar->addStretch(1);
    bar->addWidget(m_newest);
    bar->addWidget(m_copy);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setObjectName(QStringLiteral("requests-splitter"));
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(1);
    splitter->addWidget(m_table);
    splitter->addWidget(m_scroll);
    splitter->setSizes({1000, 1000});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(splitter, 1);

    m_timer.setInterval(kPollMs);
    connect(&m_timer, &QTimer::timeout, this, &RequestsPage::poll);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_proxy->setFilterFixedString(text.trimmed());
        showState();
    });
    connect(m_newest, &QPushButton::clicked, this, &RequestsPage::follow);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_picture->text()); });
    setClient(nullptr);
}

void RequestsPage::setUpTable()
{
    m_proxy->setSourceModel(m_model);
    m_proxy->setFilterRole(RequestsModel::TextRole);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setObjectName(QStringLiteral("requests-table"));
    m_table->setAccessibleName(tr("A sample of the requests, newest first"));
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
    header->setHighlightSections(false);
    const int unit = fontMetrics().averageCharWidth();
    const auto wide = [this, unit](const QString& sample) {
        return fontMetrics().horizontalAdvance(sample) + 4 * unit;
    };
    m_table->setColumnWidth(RequestsModel::Time, wide(QStringLiteral("00:00:00.000")));
    m_table->setColumnWidth(RequestsModel::Server, wide(QStringLiteral("checkout/web-1")));
    m_table->setColumnWidth(RequestsModel::Status, wide(tr("Status")));
    m_table->setColumnWidth(RequestsModel::Took, wide(QStringLiteral("99.9 ms")));
    header->setSectionResizeMode(RequestsModel::Request, QHeaderView::Stretch);
    m_table->setMinimumWidth(70 * unit);

    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    auto* over = new QVBoxLayout(m_table->viewport());
    over->addWidget(m_empty);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &RequestsPage::explainCurrent);
}

void RequestsPage::setClient(engine::EngineClient* client)
{
    m_client = client;
    m_asking = false;
    m_model->clear();
    follow();
    if (isVisible())
        poll();
}

void RequestsPage::setPaused(bool paused)
{
    m_paused = paused;
    poll();
    showState();
}

void RequestsPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void RequestsPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_timer.start();
    poll();
}

void RequestsPage::hideEvent(QHideEvent* event)
{
    m_timer.stop();
    QWidget::hideEvent(event);
}

void RequestsPage::poll()
{
    if (!m_client || !m_client->connected() || m_paused || m_asking || !isVisible())
        return;
    m_asking = true;
    const QPointer<engine::EngineClient> asked = m_client;
    m_client->send({QStringLiteral("explain"), {}},
                   [self = QPointer(this), asked](const engine::CommandResult& result) {
                       if (self && self->m_client == asked)
                           self->take(result);
                   });
}

void RequestsPage::take(const engine::CommandResult& result)
{
    m_asking = false;
    if (m_paused || result.outcome != engine::Outcome::Done)
        return;
    QList<RequestRow> rows;
    for (const auto each : result.data.value(QLatin1String("decisions")).toArray())
        rows.append(requestRow(each.toObject()));
    const int top = m_table->verticalScrollBar()->value();
    const int current = m_table->currentIndex().row();
    m_model->add(rows);
    // What is selected stays where the eye is; the newer ones pile up above it.
    if (current >= 0 && m_table->currentIndex().isValid())
        m_table->verticalScrollBar()->setValue(top + m_table->currentIndex().row() - current);
    showState();
}

void RequestsPage::explainCurrent()
{
    const QString id = m_table->currentIndex().data(RequestsModel::IdRole).toString();
    if (id.isEmpty() || id == m_shown || !m_client)
        return;
    m_shown = id;
    const QPointer<engine::EngineClient> asked = m_client;
    m_client->send({QStringLiteral("explain"), {{QStringLiteral("id"), id}}},
                   [self = QPointer(this), asked, id](const engine::CommandResult& result) {
                       if (!self || self->m_client != asked || self->m_shown != id)
                           return;
                       if (result.outcome == engine::Outcome::Done) {
                           self->m_picture->show(decisionStory(
                               result.data.value(QLatin1String("decision")).toObject()));
                       } else {
                           self->m_picture->say(tr("%1.\nSelect a newer one.").arg(result.text));
                       }
                       self->m_scroll->verticalScrollBar()->setValue(0);
                       self->showState();
                   });
    showState();
}

void RequestsPage::follow()
{
    m_shown.clear();
    m_table->setCurrentIndex({});
    m_table->clearSelection();
    m_table->scrollToTop();
    m_picture->say(tr("Select a request to see why it went where it went."));
    showState();
}

void RequestsPage::showState()
{
    const bool any = m_model->rowCount() > 0;
    m_empty->setVisible(m_proxy->rowCount() == 0);
    m_empty->setText(any ? tr("No request matches the filter")
                         : tr("Nothing is recorded yet. Every worker of the engine notes up to 20 "
                              "requests a second, with all that led to their server."));
    QString state;
    if (any)
        state = tr("%1 of a sample").arg(figures::count(qulonglong(m_proxy->rowCount())));
    m_state->setText(m_paused && any ? tr("%1, paused").arg(state) : state);
    m_newest->setEnabled(!m_shown.isEmpty());
    m_copy->setEnabled(!m_picture->text().isEmpty());
}

} // namespace steelyard::gui
