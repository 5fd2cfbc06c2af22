#include "pages/overview_page.h"

#include "app/theme.h"
#include "models/attention.h"
#include "pages/charts_pane.h"
#include "widgets/badge_painter.h"
#include "widgets/engine_panel.h"
#include "widgets/pool_card.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QScrollArea>
#include <QVBoxLayout>

namespace steelyard::gui {

namespace {

constexpr int kCardColumns = 2;

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont bold = label->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    return label;
}

} // namespace

OverviewPage::OverviewPage(ChartsPane* charts, QWidget* parent)
    : QWidget(parent)
    , m_charts(charts)
    , m_grid(new QGridLayout)
    , m_noPools(new QLabel(tr("No pool is configured."), this))
    , m_calm(new QLabel(this))
    , m_attention(new QListWidget(this))
    , m_engine(new EnginePanel(this))
{
    setObjectName(QStringLiteral("page-overview"));
    const int unit = fontMetrics().averageCharWidth();
    m_attention->setObjectName(QStringLiteral("attention"));
    m_attention->setAccessibleName(tr("Servers that need attention"));
    m_attention->setFrameShape(QFrame::NoFrame);
    m_attention->setWordWrap(true);
    m_attention->setSpacing(unit / 3);
    m_attention->viewport()->setAutoFillBackground(false);
    m_attention->setStyleSheet(
        QStringLiteral("QListWidget { background: transparent; border: none; }"));
    m_calm->setForegroundRole(QPalette::PlaceholderText);

    auto* cards = new QWidget(this);
    auto* cardsLayout = new QVBoxLayout(cards);
    cardsLayout->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    cardsLayout->setSpacing(unit);
    cardsLayout->addWidget(heading(tr("Pools"), cards));
    m_grid->setSpacing(2 * unit);
    for (int column = 0; column < kCardColumns; ++column)
        m_grid->setColumnStretch(column, 1);
    m_noPools->setForegroundRole(QPalette::PlaceholderText);
    cardsLayout->addWidget(m_noPools);
    cardsLayout->addLayout(m_grid);
    cardsLayout->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("pool-cards"));
    scroll->setAccessibleName(tr("Pools"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(cards);

    auto* side = new QWidget(this);
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    sideLayout->setSpacing(unit);
    sideLayout->addWidget(heading(tr("Needs attention"), side));
    sideLayout->addWidget(m_calm);
    sideLayout->addWidget(m_attention, 1);
    sideLayout->addStretch(0);

    auto* engine = new QWidget(this);
    auto* engineLayout = new QVBoxLayout(engine);
    engineLayout->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    engineLayout->setSpacing(unit);
    engineLayout->addWidget(heading(tr("Engine"), engine));
    engineLayout->addWidget(m_engine);
    engineLayout->addStretch(1);

    auto* lower = new QHBoxLayout;
    lower->setSpacing(0);
    lower->addWidget(scroll, 14);
    lower->addWidget(side, 5);
    lower->addWidget(engine, 6);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(unit);
    layout->addWidget(m_charts, 1);
    layout->addLayout(lower, 1);
    const auto choose = [this](const QListWidgetItem* item) {
        const QString id = item->data(Qt::UserRole).toString();
        if (!id.isEmpty())
            Q_EMIT chosen(id);
    };
    connect(m_attention, &QListWidget::itemActivated, this, choose);
    show(nullptr);
}

void OverviewPage::setStale(bool stale)
{
    for (PoolCard* card : m_cards)
        card->setStale(stale);
    m_engine->setStale(stale);
}

void OverviewPage::show(const stats::Snapshot* snapshot)
{
    showCards(snapshot);
    showAttention(snapshot);
    m_engine->show(snapshot);
}

void OverviewPage::showCards(const stats::Snapshot* snapshot)
{
    const auto count = snapshot == nullptr ? 0 : static_cast<qsizetype>(snapshot->pools.size());
    m_noPools->setVisible(snapshot != nullptr && count == 0);
    while (m_cards.size() > count)
        delete m_cards.takeLast();
    while (m_cards.size() < count) {
        auto* card = new PoolCard(this);
        const int at = static_cast<int>(m_cards.size());
        m_grid->addWidget(card, at / kCardColumns, at % kCardColumns);
        connect(card, &PoolCard::clicked, this, [this, card] { Q_EMIT chosen(card->pool()); });
        m_cards << card;
    }
    for (qsizetype i = 0; i < count; ++i)
        m_cards.at(i)->show(snapshot->pools[static_cast<std::size_t>(i)]);
}

void OverviewPage::showAttention(const stats::Snapshot* snapshot)
{
    const QList<Attention> list = snapshot == nullptr ? QList<Attention>() : attentionOf(*snapshot);
    while (m_attention->count() > list.size())
        delete m_attention->takeItem(m_attention->count() - 1);
    for (int row = 0; row < list.size(); ++row) {
        if (row == m_attention->count())
            m_attention->addItem(new QListWidgetItem);
        const Attention& each = list.at(row);
        QListWidgetItem* item = m_attention->item(row);
        if (item->text() != each.text)
            item->setText(each.text);
        const QColor color = theme().badge(each.badge);
        const QString drawn = QStringLiteral("%1 %2").arg(int(each.badge)).arg(color.name());
        if (item->data(Qt::UserRole + 1).toString() != drawn) {
            item->setIcon(
                QIcon(badgePixmap(each.badge, color, fontMetrics().ascent(), devicePixelRatioF())));
            item->setData(Qt::UserRole + 1, drawn);
        }
        item->setData(Qt::UserRole, each.id);
    }
    m_calm->setVisible(list.isEmpty());
    m_calm->setText(snapshot == nullptr ? QString() : tr("Nothing. All servers are in service."));
    m_attention->setVisible(!list.isEmpty());
}

} // namespace steelyard::gui
