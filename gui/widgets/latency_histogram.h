/// How long answers took, as bars over a logarithmic axis of time, with lines at p50, p95 and p99.
/// Thread: main.
#pragma once

#include "stats/snapshot.h"

#include <QList>
#include <QWidget>

#include <utility>

namespace steelyard::gui {

/// Time in µs and how many answers took that long; by rising time.
using LatencyCounts = QList<std::pair<double, double>>;

class LatencyHistogram : public QWidget
{
    Q_OBJECT

public:
    explicit LatencyHistogram(QWidget* parent = nullptr);

    /// Empty counts: nothing was answered.
    void setData(const LatencyCounts& counts, const stats::Latency& quantiles);

    [[nodiscard]] const LatencyCounts& counts() const { return m_counts; }

    [[nodiscard]] QSize sizeHint() const override;

    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintAxis(QPainter& painter, const QRectF& plot) const;
    void paintQuantiles(QPainter& painter, const QRectF& plot) const;
    [[nodiscard]] double xOf(const QRectF& plot, double micros) const;

    LatencyCounts m_counts;
    stats::Latency m_quantiles;
    double m_low = 1000, m_high = 10000; ///< ends of the axis, µs
};

} // namespace steelyard::gui
