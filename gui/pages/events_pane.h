/// What happened, newest first: a table with a level filter and a text filter. A click on an event
/// asks the charts to show that moment. Thread: main.
#pragma once

#include <QWidget>

class QComboBox;
class QLineEdit;
class QTableView;

namespace steelyard::gui {

class EventsModel;
class EventsProxy;

class EventsPane : public QWidget
{
    Q_OBJECT

public:
    explicit EventsPane(EventsModel& model, QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }

Q_SIGNALS:
    void momentChosen(qint64 wallMs);

private:
    EventsProxy* m_proxy;
    QComboBox* m_level;
    QLineEdit* m_filter;
    QTableView* m_table;
};

} // namespace steelyard::gui
