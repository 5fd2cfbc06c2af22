#include "pages/charts_bar.h"

#include "models/figures.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>

namespace steelyard::gui {

ChartsBar::ChartsBar(QWidget* parent)
    : QWidget(parent)
    , m_scope(new QComboBox(this))
    , m_range(new QComboBox(this))
    , m_moment(new QLabel(this))
    , m_reset(new QToolButton(this))
    , m_table(new QToolButton(this))
{
    const int unit = fontMetrics().averageCharWidth();
    m_scope->setObjectName(QStringLiteral("chart-scope"));
    m_scope->setAccessibleName(tr("What the charts show"));
    m_scope->setToolTip(tr("What the charts show"));
    m_scope->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_scope->setMinimumContentsLength(20);
    m_range->setObjectName(QStringLiteral("chart-range"));
    m_range->setAccessibleName(tr("How far back the charts look"));
    m_range->setToolTip(tr("How far back the charts look"));
    for (const double seconds : kChartRanges)
        m_range->addItem(tr("Last %1").arg(figures::span(seconds)), seconds);
    m_moment->setObjectName(QStringLiteral("chart-moment"));
    m_moment->setForegroundRole(QPalette::PlaceholderText);
    m_moment->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_reset->setObjectName(QStringLiteral("chart-reset"));
    m_reset->setText(tr("Reset zoom"));
    m_reset->setToolTip(tr("Show the whole range again, up to now"));
    m_reset->setAutoRaise(true);
    m_reset->setFocusPolicy(Qt::StrongFocus);
    m_reset->hide();
    m_table->setObjectName(QStringLiteral("chart-table-button"));
    m_table->setText(tr("Table"));
    m_table->setToolTip(tr("Show the charts' figures as a table, and back"));
    m_table->setAccessibleName(tr("Show as table"));
    m_table->setCheckable(true);
    m_table->setAutoRaise(true);
    m_table->setFocusPolicy(Qt::StrongFocus);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(unit);
    layout->addWidget(m_scope);
    layout->addWidget(m_range);
    layout->addSpacing(unit);
    layout->addWidget(m_moment, 1);
    layout->addWidget(m_reset);
    layout->addWidget(m_table);
    connect(m_scope, &QComboBox::activated, this,
            [this] { Q_EMIT scopeChosen(m_scope->currentData().toString()); });
    connect(m_range, &QComboBox::activated, this,
            [this] { Q_EMIT rangeChosen(m_range->currentData().toDouble()); });
    connect(m_reset, &QToolButton::clicked, this, &ChartsBar::resetWanted);
    connect(m_table, &QToolButton::clicked, this, &ChartsBar::tableWanted);
}

void ChartsBar::setScopes(const QList<Scope>& scopes, const Scope& current)
{
    if (scopes != m_scopes) {
        m_scopes = scopes;
        const QSignalBlocker quiet(m_scope);
        m_scope->clear();
        for (const Scope& scope : scopes)
            m_scope->addItem(scope.text(), scope.key);
    }
    m_scope->setCurrentIndex(m_scope->findData(current.key));
}

void ChartsBar::setRange(double seconds)
{
    m_range->setCurrentIndex(m_range->findData(seconds));
}

void ChartsBar::setZoomed(bool zoomed)
{
    m_reset->setVisible(zoomed);
}

void ChartsBar::setTable(bool table)
{
    m_table->setChecked(table);
}

void ChartsBar::tell(const QString& text)
{
    m_text = text;
    m_moment->setToolTip(text);
    showMoment();
}

void ChartsBar::showMoment()
{
    m_moment->setText(
        m_moment->fontMetrics().elidedText(m_text, Qt::ElideRight, m_moment->width()));
}

void ChartsBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    showMoment();
}

} // namespace steelyard::gui
