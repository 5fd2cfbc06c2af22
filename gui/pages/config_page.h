/// The configuration as text: marks from the validator as one types, the differences to what runs,
/// apply and save; and the file is watched. The editor begins with what the engine runs, with what
/// operators changed by click, so that "apply" does what the differences show and nothing else.
/// Follows what runs until somebody types; then their text stays until they give it up.
/// Thread: main; checks run on a thread of the pool.
#pragma once

#include "actions/action_registry.h"
#include "engine/engine_client.h"
#include "models/config_check.h"

#include <QFileSystemWatcher>
#include <QFutureWatcher>
#include <QPointer>
#include <QTimer>
#include <QWidget>

class QHBoxLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QSplitter;

namespace steelyard::gui {

class CodeEditor;
class DiffView;
class NoticeBar;

class ConfigPage : public QWidget
{
    Q_OBJECT

public:
    /// `actions` has "apply-config", "save", "discard-edits" and "export" for the buttons.
    explicit ConfigPage(const ActionRegistry& actions, QWidget* parent = nullptr);
    ~ConfigPage() override;

    /// Null: no engine. What was typed stays.
    void setClient(engine::EngineClient* client);
    /// After a snapshot: follows what operators and reloads changed, while it is shown.
    void show(const stats::Snapshot* snapshot);

    [[nodiscard]] CodeEditor* editor() const { return m_editor; }

    /// Typed, and not what runs.
    [[nodiscard]] bool hasEdits() const { return m_edited; }

    /// Why the text cannot be applied; empty: it can.
    [[nodiscard]] QString obstacle() const;
    /// The text with the line ends of the one that runs.
    [[nodiscard]] QString textToApply() const;

    /// What runs, as save would write it.
    [[nodiscard]] QString running() const { return m_saved; }

    /// Back to what runs; undo in the editor brings the edits back.
    void discard();
    void nextProblem();
    void focusFind();
    /// For pictures: as if somebody had edited, with a mistake.
    void showSample();

Q_SIGNALS:
    /// Something the operator should know though the page is not shown.
    void noticed(const QString& text);
    /// The file in the editor is to become what runs.
    void reloadWanted();
    /// hasEdits() or obstacle() may say something else.
    void stateChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void setUpBar(QHBoxLayout* bar, const ActionRegistry& actions);
    void setUpPanes();
    void catchUp();
    void ask();
    void take(const QJsonObject& answer);
    void follow(bool samePath, const QString& before);
    void judge();
    void check();
    void showCheck();
    void showState();
    void jumpToProblem(int row);
    void find();
    void watch(const QString& path);
    void lookAtFile();
    void reloadFile();
    void keepMine();

    QPointer<engine::EngineClient> m_client;
    NoticeBar* m_notice;
    QLabel* m_state;
    QLineEdit* m_find;
    QSplitter* m_panes;
    CodeEditor* m_editor;
    QListWidget* m_problems;
    QLabel* m_diffTitle;
    DiffView* m_diff;

    QTimer m_checkSoon, m_lookSoon;
    QFutureWatcher<ConfigCheck> m_checking;
    ConfigCheck m_checked;
    bool m_stale = false; ///< typed since m_checked began

    QFileSystemWatcher m_watcher;
    QString m_path;        ///< of the engine's file; empty: none
    QString m_fileText;    ///< what the engine knows the file to say
    QString m_saved;       ///< what runs
    QString m_running;     ///< the same with "\n" only
    QString m_kept;        ///< another text of the file that the operator does not want
    QString m_reloaded;    ///< the file's text that was taken over last
    QString m_signature;   ///< of what may be changed by click, in the newest snapshot
    QString m_asked;       ///< the signature when the engine was asked last
    int m_question = 0;    ///< the newest; older answers are dropped
    bool m_known = false;  ///< an engine has told its configuration
    bool m_moved = false;  ///< what runs was changed under somebody's edits
    bool m_edited = false; ///< while somebody types: perhaps
    bool m_unsaved = false;
};

} // namespace steelyard::gui
