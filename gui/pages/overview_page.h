/// The glance: how much and how fast over the last minutes, every pool as a card, what needs
/// attention, and the engine itself. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QListWidget;

namespace steelyard::gui {

class ChartsPane;
class EnginePanel;
class PoolCard;

class OverviewPage : public QWidget
{
    Q_OBJECT

public:
    explicit OverviewPage(ChartsPane* charts, QWidget* parent = nullptr);
    /// Null clears the page.
    void show(const stats::Snapshot* snapshot);
    void setStale(bool stale);

Q_SIGNALS:
    /// "POOL" or "POOL/SERVER"
    void chosen(const QString& id);

private:
    void showCards(const stats::Snapshot* snapshot);
    void showAttention(const stats::Snapshot* snapshot);

    ChartsPane* m_charts;
    QGridLayout* m_grid;
    QList<PoolCard*> m_cards;
    QLabel* m_noPools;
    QLabel* m_calm;
    QListWidget* m_attention;
    EnginePanel* m_engine;
};

} // namespace steelyard::gui
