/// A chart's title and its own legend in one line: swatch, name, value. What does not fit is
/// counted at the end. Thread: main.
#pragma once

#include <QColor>
#include <QList>
#include <QWidget>

namespace steelyard::gui {

struct LegendEntry
{
    QString name;
    QColor color;
    QString value;
};

class LegendBar : public QWidget
{
    Q_OBJECT

public:
    explicit LegendBar(QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setEntries(const QList<LegendEntry>& entries);

    [[nodiscard]] const QList<LegendEntry>& entries() const { return m_entries; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_title;
    QList<LegendEntry> m_entries;
};

} // namespace steelyard::gui
