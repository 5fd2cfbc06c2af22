#include "pages/latency_pane.h"

#include "models/figures.h"
#include "widgets/latency_histogram.h"

#include <QJsonArray>
#include <QLabel>
#include <QVBoxLayout>

namespace steelyard::gui {

LatencyPane::LatencyPane(QWidget* parent)
    : QWidget(parent)
    , m_histogram(new LatencyHistogram(this))
    , m_figures(new QLabel(this))
{
    m_figures->setObjectName(QStringLiteral("inspector-latency"));
    m_figures->setForegroundRole(QPalette::PlaceholderText);
    m_figures->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(fontMetrics().averageCharWidth() / 2);
    layout->addWidget(m_figures);
    layout->addWidget(m_histogram);
}

void LatencyPane::setClient(engine::EngineClient* client)
{
    m_client = client;
    m_asking = false;
    m_id.clear();
    m_histogram->setData({}, {});
}

void LatencyPane::refresh(const QString& id, const stats::Latency& quantiles)
{
    m_quantiles = quantiles;
    if (id != m_id) {
        m_id = id;
        m_histogram->setData({}, {});
    }
    m_figures->setText(tr("p50 %1 · p95 %2 · p99 %3")
                           .arg(figures::latency(quantiles.p50), figures::latency(quantiles.p95),
                                figures::latency(quantiles.p99)));
    if (!m_asking && isVisible() && m_client && m_client->connected())
        ask();
}

void LatencyPane::ask()
{
    m_asking = true;
    m_client->send(
        {QStringLiteral("latency"), {{QStringLiteral("server"), m_id}}},
        [self = QPointer(this), asked = m_client, id = m_id](const engine::CommandResult& result) {
            if (!self || self->m_client != asked)
                return;
            self->m_asking = false;
            if (self->m_id == id && result.outcome == engine::Outcome::Done)
                self->take(result);
        });
}

void LatencyPane::take(const engine::CommandResult& result)
{
    LatencyCounts counts;
    for (const auto each : result.data.value(QLatin1String("buckets")).toArray()) {
        const QJsonArray pair = each.toArray();
        if (pair.at(0).toDouble() > 0 && pair.at(1).toDouble() > 0)
            counts.append({pair.at(0).toDouble(), pair.at(1).toDouble()});
    }
    m_histogram->setData(counts, m_quantiles);
}

} // namespace steelyard::gui
