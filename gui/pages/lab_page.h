/// The laboratory: how the demo's servers behave and how much traffic there is, to be changed while
/// one watches what the balancer makes of it. Thread: main.
#pragma once

#include "lab/demo.h"

#include <QPointer>
#include <QWidget>

#include <vector>

class QAction;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QStackedWidget;

namespace steelyard::gui {

class LabPage : public QWidget
{
    Q_OBJECT

public:
    /// `startDemo`: of the button where no demo runs.
    explicit LabPage(QAction* startDemo, QWidget* parent = nullptr);

    /// With every snapshot. Null: no demo runs here. `foreign`: the engine is another process's.
    void setDemo(lab::Demo* demo, bool foreign);
    /// Servers and load as they were at first.
    void reset();

private:
    struct Row
    {
        QString pool, name;
        int latency = 0;
        double errors = 0; ///< percent
        QDoubleSpinBox* latencyBox = nullptr;
        QDoubleSpinBox* errorsBox = nullptr;
        QComboBox* conduct = nullptr;
        QLabel* requests = nullptr;
    };

    void build(lab::Demo& demo);
    void refresh();
    [[nodiscard]] QWidget* buildEmpty(QAction* startDemo);
    [[nodiscard]] QWidget* buildLab();
    void addServer(const lab::DemoServer& server, int line);
    /// `parts`: of one unit, that the value may have.
    [[nodiscard]] QDoubleSpinBox* addPair(QGridLayout* grid, int line, int column,
                                          const QString& id, const QString& what, int most,
                                          const QString& unit, int parts = 1);
    [[nodiscard]] lab::DemoServer* serverOf(const Row& row) const;

    QPointer<lab::Demo> m_demo; ///< the session's, which ends it when it likes
    int m_firstRate = 0;
    std::vector<Row> m_rows;
    QStackedWidget* m_outer;
    QLabel* m_why = nullptr;
    QDoubleSpinBox* m_rate = nullptr;
    QLabel* m_load = nullptr;
    QWidget* m_servers = nullptr;
    QGridLayout* m_grid = nullptr;
};

} // namespace steelyard::gui
