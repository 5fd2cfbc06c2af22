/// How long the selected server's answers of the last 10 s took: asked from the engine while it is
/// to be seen. Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QPointer>
#include <QWidget>

class QLabel;

namespace steelyard::gui {

class LatencyHistogram;

class LatencyPane : public QWidget
{
    Q_OBJECT

public:
    explicit LatencyPane(QWidget* parent = nullptr);

    void setClient(engine::EngineClient* client);
    /// Shows what is known of this server and asks for more.
    void refresh(const QString& id, const stats::Latency& quantiles);

    [[nodiscard]] LatencyHistogram* histogram() const { return m_histogram; }

private:
    void ask();
    void take(const engine::CommandResult& result);

    QPointer<engine::EngineClient> m_client;
    QString m_id;
    stats::Latency m_quantiles;
    bool m_asking = false;
    LatencyHistogram* m_histogram;
    QLabel* m_figures;
};

} // namespace steelyard::gui
