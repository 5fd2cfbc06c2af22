/// One server, to be added to a pool or changed. Every field is checked while it is typed; the
/// button waits until all are right. Thread: main.
#pragma once

#include "models/server_draft.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace steelyard::gui {

class ServersModel;

class ServerDialog : public QDialog
{
    Q_OBJECT

public:
    enum class Kind
    {
        Add,
        Change ///< pool and name stay
    };
    /// `server`: what stands in the fields at first.
    ServerDialog(const ServersModel& servers, Kind kind, const ServerDraft& server,
                 QWidget* parent = nullptr);

    /// As the fields say now.
    [[nodiscard]] ServerDraft draft() const;

Q_SIGNALS:
    void chosen(const steelyard::gui::ServerDraft& server);
    /// The same as a command for a shell is wanted on the clipboard.
    void commandWanted(const steelyard::gui::ServerDraft& server);

private:
    void build();
    void check();
    void finish();
    [[nodiscard]] QStringList takenNames() const;
    void suggestName();

    const ServersModel& m_servers;
    const bool m_adds;
    const ServerDraft m_before;
    QComboBox* m_pool;
    QLineEdit* m_name;
    QLineEdit* m_address;
    QSpinBox* m_weight;
    QSpinBox* m_limit;
    QCheckBox* m_backup;
    QLabel* m_problem;
    QPushButton* m_copy;
    QPushButton* m_accept;
};

} // namespace steelyard::gui
