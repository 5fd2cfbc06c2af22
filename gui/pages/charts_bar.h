/// Above the charts: what they look at, how far back, the moment under the cursor, and buttons for
/// what the keys do. Thread: main.
#pragma once

#include "charts/plots.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;

namespace steelyard::gui {

class ChartsBar : public QWidget
{
    Q_OBJECT

public:
    explicit ChartsBar(QWidget* parent = nullptr);

    void setScopes(const QList<Scope>& scopes, const Scope& current);
    void setRange(double seconds);
    void setZoomed(bool zoomed);
    void setTable(bool table);
    /// The cursor's moment and what happened there; empty: none.
    void tell(const QString& text);

    [[nodiscard]] QComboBox* scopeBox() const { return m_scope; }

    [[nodiscard]] QComboBox* rangeBox() const { return m_range; }

    [[nodiscard]] QLabel* moment() const { return m_moment; }

Q_SIGNALS:
    void scopeChosen(const QString& key);
    void rangeChosen(double seconds);
    void resetWanted();
    void tableWanted(bool table);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showMoment();

    QList<Scope> m_scopes;
    QString m_text;
    QComboBox* m_scope;
    QComboBox* m_range;
    QLabel* m_moment;
    QToolButton* m_reset;
    QToolButton* m_table;
};

/// Seconds of the ranges offered: 1, 5, 10 min, 1 h, 6 h.
inline constexpr double kChartRanges[] = {60, 300, 600, 3600, 21600};

} // namespace steelyard::gui
