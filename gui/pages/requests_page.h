/// A sample of the requests, live, and for the selected one why it went where it went. Asks the
/// engine once a second, and only while somebody looks. Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;
class QSortFilterProxyModel;
class QSplitter;
class QTableView;

namespace steelyard::gui {

class DecisionPicture;
class RequestsModel;

class RequestsPage : public QWidget
{
    Q_OBJECT

public:
    explicit RequestsPage(QWidget* parent = nullptr);

    /// Null: no engine. Forgets what the last one told.
    void setClient(engine::EngineClient* client);
    void setPaused(bool paused);
    void focusFilter();
    /// Asks for the newest requests now.
    void poll();

    [[nodiscard]] QTableView* table() const { return m_table; }

    [[nodiscard]] DecisionPicture* picture() const { return m_picture; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void setUpTable();
    void take(const engine::CommandResult& result);
    void explainCurrent();
    void follow();
    void showState();

    QPointer<engine::EngineClient> m_client;
    RequestsModel* m_model;
    QSortFilterProxyModel* m_proxy;
    QLineEdit* m_filter;
    QLabel* m_state;
    QPushButton* m_newest;
    QPushButton* m_copy;
    QTableView* m_table;
    QLabel* m_empty;
    QScrollArea* m_scroll;
    DecisionPicture* m_picture;
    QTimer m_timer;
    QString m_shown; ///< id of the picture's request
    bool m_paused = false;
    bool m_asking = false;
};

} // namespace steelyard::gui
