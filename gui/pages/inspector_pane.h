/// The selected server closely: state and why, its weight to be slid with a preview of the shares,
/// how far its drain is and whether it may be stopped, the clients pinned to it, how long its
/// answers take, the last probe word for word. Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QHash>
#include <QPointer>
#include <QWidget>

class QAction;
class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QToolButton;

namespace steelyard::gui {

class LatencyPane;
class ServersModel;
class WeightSlider;

class InspectorPane : public QWidget
{
    Q_OBJECT

public:
    /// `expire` ends the pinned sessions of the selected servers.
    InspectorPane(const ServersModel& servers, QAction* expire, QWidget* parent = nullptr);

    /// Null: no engine.
    void setClient(engine::EngineClient* client);
    /// "POOL/SERVER"; empty: nothing is selected.
    void showServer(const QString& id);
    /// After a snapshot.
    void refresh();

    [[nodiscard]] QPlainTextEdit* transcript() const { return m_transcript; }

Q_SIGNALS:
    /// The slider is in hand: these shares would come of it; empty: it is no more.
    void previewed(const QHash<QString, double>& shares);
    void weightChosen(const QString& server, int weight);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    void preview(int weight);
    void showWeight(const stats::BackendRow& server);
    void showState(const stats::BackendRow& server);
    void showDrain(const stats::BackendRow& server);
    void showProbe(const stats::BackendRow& server);
    void askProbe();

    const ServersModel& m_servers;
    QPointer<engine::EngineClient> m_client;
    QString m_id;
    std::uint32_t m_drainFrom = 0; ///< in flight when the drain was first seen
    double m_probeAge = -1;        ///< of the probe whose transcript is shown; -1: none is
    bool m_asking = false;
    QLabel* m_hint;
    QWidget* m_body;
    QLabel* m_name;
    QLabel* m_address;
    QLabel* m_badge;
    QLabel* m_state;
    QLabel* m_why;
    WeightSlider* m_weight;
    QLabel* m_shares;
    QLabel* m_drain;
    QProgressBar* m_progress;
    QLabel* m_pinned;
    QToolButton* m_expire;
    LatencyPane* m_latency;
    QLabel* m_probe;
    QPlainTextEdit* m_transcript;
};

} // namespace steelyard::gui
