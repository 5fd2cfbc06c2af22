/// The servers by pool, and their charts below: where the operator works.
/// Thread: main.
#pragma once

#include "base/states.h"

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QSplitter;
class QTreeView;

namespace steelyard::gui {

class ChartsPane;
class ServersModel;
class ServersProxy;

class ServersPage : public QWidget
{
    Q_OBJECT

public:
    ServersPage(ServersModel& model, ChartsPane* charts, QWidget* parent = nullptr);

    /// Ids of the selected servers; a selected pool stands for all of its servers.
    [[nodiscard]] QStringList selectedServers() const;
    /// The pool of the current row, else the first one.
    [[nodiscard]] QString currentPool() const;
    void select(const QString& id);
    /// Opens the editor of the first selected server's weight.
    void editWeight();
    [[nodiscard]] bool canEditWeight() const;
    void focusFilter();
    /// After a snapshot: keeps pools expanded and the algorithm box right.
    void refresh();
    void setMenuOpen(bool open);

    [[nodiscard]] QTreeView* view() const { return m_view; }

    [[nodiscard]] QComboBox* algorithmBox() const { return m_algorithm; }

    [[nodiscard]] QByteArray saveState() const;
    void restoreState(const QByteArray& state);

Q_SIGNALS:
    void selectionChanged();
    void algorithmChosen(const QString& pool, steelyard::Algorithm algorithm);
    void menuWanted(const QPoint& globalPosition);
    /// Something to be said for now; empty: no more.
    void hinted(const QString& text);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void previewAlgorithm(int row);
    void setUpView();
    void setUpBar(QHBoxLayout* bar);
    void fitColumns();
    [[nodiscard]] QModelIndex editableWeight() const;

    ServersModel& m_model;
    ServersProxy* m_proxy;
    QTreeView* m_view;
    QLineEdit* m_filter;
    QLabel* m_poolLabel;
    QComboBox* m_algorithm;
    QLabel* m_empty;
    QSplitter* m_splitter;
    ChartsPane* m_charts;
};

} // namespace steelyard::gui
