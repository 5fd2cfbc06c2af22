/// The routes of a listener in their precedence, and a tester: a request typed or pasted shows
/// which route takes it and why the others do not. Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QPointer>
#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QTableView;

namespace steelyard::gui {

class RoutesModel;

class RoutesPage : public QWidget
{
    Q_OBJECT

public:
    explicit RoutesPage(QWidget* parent = nullptr);

    /// Null: no engine.
    void setClient(engine::EngineClient* client);
    /// After a snapshot: follows the listeners and a new configuration.
    void show(const stats::Snapshot* snapshot);
    void focusTester();
    /// As if it had been pasted.
    void test(const QString& request);

    [[nodiscard]] QTableView* table() const { return m_table; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    void setUpBar(QHBoxLayout* bar);
    void setUpTable();
    void ask();
    void take(const engine::CommandResult& result, bool asked);
    void say(const QString& text, const QColor& ink);

    QPointer<engine::EngineClient> m_client;
    RoutesModel* m_model;
    QComboBox* m_listener;
    QComboBox* m_method;
    QLineEdit* m_request;
    QLineEdit* m_clientAddress;
    QLabel* m_verdict;
    QTableView* m_table;
    quint64 m_configVersion = 0;
    int m_question = 0; ///< the newest; older answers are dropped
};

} // namespace steelyard::gui
