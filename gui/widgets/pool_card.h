/// A pool at a glance: name, algorithm, a badge for every server, who gets which share, four
/// figures. A click goes to its servers. Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QAbstractButton>

namespace steelyard::gui {

class PoolCard : public QAbstractButton
{
    Q_OBJECT

public:
    explicit PoolCard(QWidget* parent = nullptr);
    void show(const stats::PoolRow& pool);
    void setStale(bool stale);

    [[nodiscard]] QString pool() const { return QString::fromStdString(m_pool.name); }

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintServers(QPainter& painter, QRect area) const;
    void paintShares(QPainter& painter, const QRect& area) const;
    void paintFigures(QPainter& painter, const QRect& area) const;

    stats::PoolRow m_pool;
    bool m_stale = false;
};

} // namespace steelyard::gui
